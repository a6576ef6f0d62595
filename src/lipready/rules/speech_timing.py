"""The rule about when somebody speaks, beside how long the video is."""

from collections.abc import Iterator
from fractions import Fraction

from lipready.facts.finding import Finding, Fix, Where
from lipready.facts.job import JobFacts
from lipready.facts.quantity import clock, exactly, number
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import job, lasting, spans, speech_facts
from lipready.rules.length import Lengths, bill, of_lengths, seconds_of
from lipready.rules.readings import Readings, measured, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, speech_in
from lipready.rules.wording import Stretch, listing, name_of, named, percent

# Seconds that --trim-silence may leave around the speech.
_AROUND = Fraction(1, 2)
# Of seconds: the voice detector is no finer than a thirtieth.
_DIGITS = 1


def _seconds_lost(known: Lengths, _limit: Limit) -> Readings:
    heard = known.audio.speech
    if not isinstance(heard, SpeechFacts):
        return ()
    ends = [(max(span.start, known.result), min(span.end, known.sound)) for span in heard.speech]
    return measured("speech lost", sum((end - start for start, end in ends if end > start), Fraction(0)), "smaller")


@rule(
    "R706",
    needs="samples",
    valid=lambda: (
        job(audio=None),
        job(video=None),
        _spoken("10", "10", ("1.999", "8.001")),
        _spoken("5", "9", ("0.5", "5.2")),
        _spoken("5", "9", ("0.5", "8.9"), extension=True),
    ),
    invalid=lambda: (
        _spoken("5", "9", ("0.5", "5.21")),
        _spoken("5", "9", ("6", "8.5")),
        _spoken("5", "9", ("5", "8.5")),
        _spoken("5", "9", ("0.5", "3"), ("4", "8"), ("8.2", "8.9")),
        _spoken("10", "10", ("2", "9")),
        _spoken("10", "10", ("0.2", "8")),
        _spoken("5", "9", ("0.5", "3"), extension=True),
        _spoken("20", "20", ("5", "8")),
    ),
)
@of_lengths
@with_readings(_seconds_lost)
def speech_timing(known: Lengths, limit: Limit) -> Verdicts:
    """Check that the result holds all that is said, and does not show a closed mouth for long.

    What it checks
        When somebody speaks, against the length of the result (see R705). A warning where more than `lost` seconds of
        speech (about a syllable) come after its end, and which. Else a remark where nobody speaks for `silence` seconds
        or more at its beginning or its end: how long, and what that costs.

    Why it matters
        Words are lost that nobody meant to lose. And each second is billed, whether the mouth moves in it or not.

    What the provider says
        Without `video_extension` the result is as long as the shorter of the two, with it as long as the audio; where
        the audio is silent the mouth closes. DashScope: 0.08 CNY a second.

    How to repair
        Ask for `video_extension`, lengthen the video with `--extend`, or trim the audio; `prepare --trim-silence` cuts
        the silence before and after the speech.
    """
    heard = speech_in(known.audio)
    if isinstance(heard, Unmeasured):
        yield heard
        return
    spoken = [(span.start, min(span.end, known.sound)) for span in heard.speech if span.start < known.sound]
    lost = [(max(start, known.result), end) for start, end in spoken if end > known.result]
    if sum((end - start for start, end in lost), Fraction(0)) > limit.bands["lost"]:
        yield _lost(known, spoken, lost, limit)
    elif spoken:
        yield from _closed(known, (spoken[0][0], min(spoken[-1][1], known.result)), limit)


def _lost(known: Lengths, spoken: list[Stretch], lost: list[Stretch], limit: Limit) -> Finding:
    video, audio, end = name_of(known.video), name_of(known.audio), clock(known.result, 1)
    gone, whole = (sum((stop - start for start, stop in parts), Fraction(0)) for parts in (lost, spoken))
    broken = any(start < known.result < stop for start, stop in spoken)
    fits = spoken[-1][1] - spoken[0][0] + _AROUND <= known.result
    fix = (
        Fix(
            "trim-silence",
            "editorial",
            "Cut the silence before it with `Choices(trim_silence=True)`: then all of it fits.",
        )
        if fits
        else Fix(
            "extend",
            "editorial",
            "Ask for video_extension, lengthen the video with `Choices(extend=True)`, or trim the audio.",
        )
    )
    share = percent(gone / whole, (Fraction(0), Fraction(1)))
    message = (
        f"{video} ends at {end}, before the speech in {audio} begins (at {clock(spoken[0][0], 1)}): not a word of it "
        "is in the result, which is billed."
        if gone == whole
        else f"{video} ends at {end}{', while somebody speaks' if broken else ''}: of the speech in {audio} "
        f"{named(lost)} is lost ({number(gone, (limit.bands['lost'],), _DIGITS)} s, {share} of it)."
    )
    message = f"{message} {fix.text}"
    measured = f"{number(gone, (limit.bands['lost'],), _DIGITS)} of {seconds_of(whole, _DIGITS)} of speech lost"
    allowed = f"≤ {exactly(limit.bands['lost'])} s of speech lost"
    return finding(limit, None, message, measured=measured, allowed=allowed, where=Where(*lost[0]), fix=fix)


def _closed(known: Lengths, said: Stretch, limit: Limit) -> Iterator[Finding]:
    least, (first, last) = limit.bands["silence"], said
    ends = ((Fraction(0), first, f"before {clock(first, 1)}"), (last, known.result, f"after {clock(last, 1)}"))
    silent = [(start, stop, words) for start, stop, words in ends if stop - start >= least]
    if not silent:
        return
    closed = sum((stop - start for start, stop, _ in silent), Fraction(0))
    fix = Fix("trim-silence", "editorial", "Cut the silence around the speech with `Choices(trim_silence=True)`.")
    message = (
        f"Nobody speaks in {name_of(known.audio)} {listing([words for *_, words in silent], 'and')}, while "
        f"{name_of(known.video)} goes on: {bill(closed, limit, _DIGITS)} of the {seconds_of(known.result)} that "
        f"are billed show a closed mouth. {fix.text}"
    )
    measured = f"{seconds_of(closed, _DIGITS)} without speech at {'both ends' if len(silent) > 1 else 'one end'}"
    allowed = f"< {exactly(least)} s at either end"
    where = Where(silent[0][0], silent[0][1])
    yield finding(limit, None, message, measured=measured, allowed=allowed, severity="info", where=where, fix=fix)


def _spoken(video: str, audio: str, *said: tuple[str, str], extension: bool = False) -> JobFacts:
    return lasting(video, audio, extension=extension, speech=speech_facts(audio, speech=spans(*said)))
