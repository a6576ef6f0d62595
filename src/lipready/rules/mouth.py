"""Rules about the mouths of a result: whether the right one moves, and with the speech."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from lipready.facts.file import FileFacts
from lipready.facts.finding import Where
from lipready.facts.job import JobFacts
from lipready.facts.quantity import counted, exactly, number
from lipready.facts.result import MouthMatch, MouthMovement
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import MOUTH, came
from lipready.rules.rule import Verdicts, about, rule
from lipready.rules.subjects import finding
from lipready.rules.wording import name_of, named

_DIGITS = 3
_MOVED, _HELD = MOUTH.speaker, MouthMovement(0.001, None, 0.001, None)


def _find(facts: JobFacts) -> tuple[FileFacts, MouthMatch] | Unmeasured | None:
    if facts.result is None:
        return None
    mouth = facts.result.mouth
    return mouth if isinstance(mouth, Unmeasured) else (facts.result.file, mouth)


# Turns a function of (result file, mouths, limit) into a rule.
of_mouth = about(_find)


def _with(**changes: Any) -> JobFacts:
    return came(part={"mouth": replace(MOUTH, **changes)})


def _small(mouth: MouthMatch, limit: Limit) -> Unmeasured | None:
    """Return why nothing is said of a mouth: the face is too small, or it was followed for too short a time."""
    if mouth.eyes < limit.bands["eyes"]:
        return Unmeasured("the speaker's face is too small in the result")
    if mouth.followed < limit.bands["seconds"] or mouth.speaker.spoken is None:
        return Unmeasured("the speaker's mouth was not followed for long enough")
    return None


def _where(mouth: MouthMatch) -> Where:
    return Where(mouth.stretches[0].start, mouth.stretches[0].end)


def _when(mouth: MouthMatch) -> str:
    return named([(span.start, span.end) for span in mouth.stretches])


@rule(
    "O808",
    needs="pixels",
    valid=lambda: (
        came(),
        _with(speaker=replace(_MOVED, spoken=0.0055)),
        _with(speaker=_HELD, eyes=39.0),
        _with(speaker=_HELD, followed=Fraction("1.9")),
        _with(speaker=replace(_HELD, spoken=0.0021)),
        _with(speaker=replace(_HELD, spoken=0.0054)),
        _with(unchanged=True),
        _with(unchanged=True, own=0.95),
    ),
    invalid=lambda: (
        _with(speaker=_HELD),
        _with(speaker=replace(_MOVED, spoken=0.0019)),
        _with(unchanged=True, own=0.4),
    ),
)
@of_mouth
def result_mouth_still(file: FileFacts, mouth: MouthMatch, limit: Limit) -> Verdicts:
    """Look for a mouth that does not move although somebody speaks.

    What it checks
        The opening of the speaker's lips, over the distance of the eyes, in the stretches in which most is spoken: its
        standard deviation from the mean of the second around. Up to `still` the mouth did not move, from `moves` on it
        did; between them, of faces with fewer than `eyes` pixels between the eyes, of covered mouths, and of one that
        was followed for less than `seconds` of speech, it cannot be told. Nor did it where it moves clearly, but just
        as in the video, whose own sound is less than `own` alike to what was sent.

    Why it matters
        It is what everything was paid for.

    What the provider says
        The mouth follows the audio track where a face is found. Such a result counts as success, and is billed.

    How to repair
        Change what goes in: a larger, frontal, uncovered face (P303 to P308), a reference image of the one who speaks
        (`lipready reference`), clear speech (A501 to A506). The same files give the same result again.
    """
    unknown = _small(mouth, limit)
    moves = mouth.speaker.spoken
    if unknown is not None or moves is None:
        yield unknown or Unmeasured("the speaker's mouth was not followed for long enough")
    elif moves <= limit.bands["still"]:
        measured = f"{number(Fraction(moves), (limit.bands['still'],), _DIGITS)} of the distance of the eyes"
        message = (
            f"The mouth in {name_of(file)} does not move although somebody speaks ({_when(mouth)}). The same files "
            "give the same result again: take a larger, frontal, uncovered face, name the speaker by a reference "
            "image, or send clearer speech."
        )
        yield finding(
            limit,
            file,
            message,
            measured=measured,
            allowed=f"≥ {exactly(limit.bands['moves'])} where somebody speaks",
            where=_where(mouth),
        )
    elif mouth.unchanged and mouth.own is not None and mouth.own < limit.bands["own"]:
        message = (
            f"The mouth in {name_of(file)} moves just as in the video, which has other sound than was sent: nothing "
            "was changed. The same files give the same result again: take a larger, frontal, uncovered face, or name "
            "the speaker by a reference image."
        )
        yield finding(
            limit,
            file,
            message,
            measured="as in the video",
            allowed="moves with the speech that was sent",
            where=_where(mouth),
        )
    elif moves < limit.bands["moves"]:
        yield Unmeasured("the mouth moves so little that it cannot be told whether it does")


@rule(
    "O809",
    needs="pixels",
    valid=lambda: (_with(lag=Fraction("0.15")), _with(lag=Fraction("-0.15"))),
    invalid=lambda: (_with(lag=Fraction("0.151")), _with(lag=Fraction("-0.4"))),
)
@of_mouth
def result_mouth_out_of_sync(file: FileFacts, mouth: MouthMatch, limit: Limit) -> Verdicts:
    """Compare when the mouth moves with when somebody speaks.

    What it checks
        The opening of the speaker's lips against the level of the speech, at every shift of up to a second. A lag is
        told only where one shift stands clear of all others; up to `lag` seconds nothing is said, since a mouth opens a
        little before it is heard.

    Why it matters
        From a fifth of a second on anybody sees it.

    What the provider says
        Nothing.

    How to repair
        Move the sound by as much in an editor. Where it is so again and again, see whether the sound is that which was
        sent, and in its place (O805, O806).
    """
    unknown = _small(mouth, limit)
    if unknown is not None:
        yield unknown
    elif isinstance(mouth.lag, Unmeasured):
        yield mouth.lag
    elif abs(mouth.lag) > limit.bands["lag"]:
        by = f"{number(abs(mouth.lag), (limit.bands['lag'],), _DIGITS)} s {'after' if mouth.lag > 0 else 'before'}"
        message = (
            f"The mouth in {name_of(file)} moves {by} the speech. Move the sound by as much in an editor; nothing "
            "has to be sent again for that."
        )
        allowed = f"≤ {exactly(limit.bands['lag'])} s apart"
        yield finding(limit, file, message, measured=f"{by} the speech", allowed=allowed, where=_where(mouth))


@rule(
    "O810",
    needs="pixels",
    valid=lambda: (
        _with(others=(_HELD,)),
        _with(others=(replace(_HELD, spoken=0.05, before=0.05),)),
        _with(speaker=_HELD, others=(_HELD,)),
    ),
    invalid=lambda: (_with(speaker=_HELD, others=(replace(_HELD, spoken=0.05),)),),
)
@of_mouth
def result_other_mouth(file: FileFacts, mouth: MouthMatch, limit: Limit) -> Verdicts:
    """Look for somebody else's mouth that moves instead of the speaker's.

    What it checks
        Where several people are in front: whether the speaker's mouth is as still as O808 has it, and another one
        moves that did not in the video.

    Why it matters
        The wrong person says the words.

    What the provider says
        With a reference image the face that is most like it is driven, without one the largest face of the first frame
        that shows any.

    How to repair
        Give a reference image of the one who speaks (`lipready reference VIDEO --person N`), or raise
        `query_face_threshold`, so that no face that is less alike is taken.
    """
    unknown = _small(mouth, limit)
    still, moves = limit.bands["still"], limit.bands["moves"]
    if not mouth.others:
        return
    if unknown is not None or mouth.speaker.spoken is None:
        yield unknown or Unmeasured("the speaker's mouth was not followed for long enough")
    elif mouth.speaker.spoken <= still:
        if any(None in (each.spoken, each.before) for each in mouth.others):
            yield Unmeasured("the mouths of the others were not followed for long enough")
        driven = [each for each in mouth.others if (each.spoken or 0) >= moves and (each.before or 0) <= still]
        if driven:
            message = (
                f"In {name_of(file)} another person's mouth moves, and not the speaker's ({_when(mouth)}). "
                "Name the speaker by a reference image of a frontal, sharp face, or raise query_face_threshold, before "
                "the job is sent anew."
            )
            yield finding(
                limit,
                file,
                message,
                measured="another mouth moves",
                allowed="the speaker's mouth moves",
                where=_where(mouth),
            )


@rule(
    "O811",
    needs="pixels",
    valid=lambda: (
        _with(speaker=replace(_MOVED, silent=0.0109, silent_before=0.001)),
        _with(speaker=replace(_MOVED, silent=0.05, silent_before=0.05)),
        _with(speaker=replace(_MOVED, silent=None)),
    ),
    invalid=lambda: (_with(speaker=replace(_MOVED, silent=0.0111, silent_before=0.0019)),),
)
@of_mouth
def result_mouth_moves_in_silence(file: FileFacts, mouth: MouthMatch, limit: Limit) -> Verdicts:
    """Look for a mouth that moves while nobody speaks, and did not in the video.

    What it checks
        The opening of the speaker's lips in pauses of the speech: a standard deviation, as of O808, of `moves` or more,
        where that in the video is `before` or less at the same moments. Up to `before`, or no more than in the video,
        nothing is said; between them it cannot be told.

    Why it matters
        The mouth speaks words that nobody hears, often to music or noise.

    What the provider says
        Where the audio is silent the mouth closes.

    How to repair
        Take music and noise out of the audio track (A504, A505) before it is sent.
    """
    silent, before = mouth.speaker.silent, mouth.speaker.silent_before
    unknown = _small(mouth, limit)
    if unknown is not None:
        yield unknown
    elif silent is None or before is None or silent <= before or silent <= limit.bands["before"]:
        return
    elif silent < limit.bands["moves"] or before > limit.bands["before"]:
        yield Unmeasured("the mouth moves so little in pauses that it cannot be told whether it does")
    else:
        measured = f"{number(Fraction(silent), (limit.bands['moves'],), _DIGITS)} of the distance of the eyes"
        message = (
            f"The mouth in {name_of(file)} moves while nobody speaks, and did not in the video. Take noise and music "
            "out of the audio track before it is sent."
        )
        allowed = f"< {exactly(limit.bands['moves'])} in silence"
        yield finding(limit, file, message, measured=measured, allowed=allowed, where=_where(mouth))


@rule(
    "O812",
    needs="pixels",
    valid=lambda: (_with(apart=0.5), _with(apart=0.6)),
    invalid=lambda: (_with(apart=0.61),),
)
@of_mouth
def result_other_person(file: FileFacts, mouth: MouthMatch, limit: Limit) -> Verdicts:
    """Look whether the speaker of the result is still the person of the video.

    What it checks
        How far the face of the speaker is from the one that the video shows in the same place, by its description: over
        `apart` they are different people, up to `same` one; between them it cannot be told.

    Why it matters
        A face that changed while the mouth was drawn is nobody's.

    What the provider says
        Nothing.

    How to repair
        Take a video in which the face is larger, sharper and more frontal (P303, P304, P306).
    """
    if isinstance(mouth.apart, Unmeasured):
        yield mouth.apart
    elif mouth.apart > limit.bands["apart"]:
        measured = f"{number(Fraction(mouth.apart), (limit.bands['apart'],), 2)} apart"
        message = (
            f"The face of the speaker in {name_of(file)} is not that of the video. Take a video in which the face is "
            "larger, sharper and more frontal."
        )
        allowed = f"≤ {exactly(limit.bands['apart'])} apart"
        yield finding(limit, file, message, measured=measured, allowed=allowed, where=_where(mouth))
    elif mouth.apart > limit.bands["same"]:
        yield Unmeasured(
            "the speaker's face has changed so much that it cannot be told whether it is the same person's"
        )


@rule("O813", needs="pixels", valid=lambda: (came(),), invalid=lambda: (_with(more=1), _with(more=2)))
@of_mouth
def result_more_people(file: FileFacts, mouth: MouthMatch, limit: Limit) -> Verdicts:
    """Look for faces that the video does not have.

    What it checks
        How many people are seen in the result for certain, and how many there can be in the video at most, at the same
        moments.

    Why it matters
        A second face beside or over the first one is an error of the model that everybody sees.

    What the provider says
        Nothing.

    How to repair
        Look at the stretch that is named. Take a part of the video in which the head moves less and is not cut off.
    """
    if mouth.more:
        more = f"{counted(mouth.more, 'face')} more than in the video"
        message = (
            f"{name_of(file)} shows {more} ({_when(mouth)}). Take a part of the video in which the head moves less and "
            "is not cut off."
        )
        yield finding(limit, file, message, measured=more, allowed="as many as in the video", where=_where(mouth))
