"""Rules about the result video that came back: its file, and how it compares with what was sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Where
from lipready.facts.job import JobFacts
from lipready.facts.quantity import counted, exactly, number
from lipready.facts.result import PictureMatch, ResultFacts, SoundMatch
from lipready.facts.speech import Span
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.examples import came, rate, seconds, spans, unread
from lipready.rules.length import seconds_of
from lipready.rules.rule import Verdicts, about, rule
from lipready.rules.subjects import finding, media_of
from lipready.rules.wording import name_of, named

_DIGITS = 2
_AGAIN = "Download it again, which costs nothing while the provider keeps it (a day)."


@dataclass(frozen=True, slots=True)
class Returned:
    """A result that opens: its file and its video stream, and the job that it belongs to."""

    file: FileFacts
    video: VideoFacts
    facts: ResultFacts
    job: JobFacts


def _find(facts: JobFacts) -> tuple[Returned] | Unmeasured | None:
    result = facts.result
    if result is None:
        return None
    video = media_of(result.file, VideoFacts, "a video")
    return video if isinstance(video, Unmeasured) else (Returned(result.file, video, result, facts),)


# Turns a function of (result, limit) into a rule; a result that does not open is O801's alone.
of_result = about(_find)


@rule(
    "O801",
    needs="headers",
    valid=lambda: (came(),),
    invalid=lambda: (
        came(part={"file": unread("result", "ends in the middle of its index")}),
        came(truncated=True),
        came(part={"picture": PictureMatch(frames=249, damaged=1, black=(), frozen=())}),
        came(part={"picture": PictureMatch(frames=0, damaged=250, black=(), frozen=())}),
    ),
)
def result_incomplete(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the result video is whole, and that all of it can be played.

    What it checks
        That the file opens as a video, is not cut off, and that every frame of it decodes.

    Why it matters
        A download that broke off looks like a result until somebody plays it to the end.

    What the provider says
        Nothing about broken results. DashScope and EvoLink keep a result for 24 hours.

    How to repair
        Download it again, with `lipready tasks resume` or `Task.download`: that costs nothing. Where it comes as broken
        again, it was made so.
    """
    if facts.result is None:
        return
    file, picture = facts.result.file, facts.result.picture
    name, broken = name_of(file), None
    if file.problem is not None:
        broken = file.problem.rstrip(".")
    elif isinstance(file.media, Unmeasured):
        yield file.media
    elif isinstance(file.media, VideoFacts) and file.media.truncated is True:
        broken = "is cut off"
    elif isinstance(picture, PictureMatch) and not picture.frames:
        broken = "has no frame that decodes"
    elif isinstance(picture, PictureMatch) and picture.damaged:
        broken = f"has {counted(picture.damaged, 'damaged frame')}"
    if broken is not None:
        yield finding(limit, file, f"{name} {broken}. {_AGAIN}", measured=broken, allowed="all of it plays")
    elif isinstance(picture, Unmeasured):
        yield picture


@rule(
    "O802",
    valid=lambda: (came(duration=seconds("9.5")), came(duration=seconds("10.5"))),
    invalid=lambda: (came(duration=seconds("9.49")), came(duration=seconds("10.51")), came(duration=seconds("3"))),
)
@of_result
def result_length(came_back: Returned, limit: Limit) -> Verdicts:
    """Compare the length of the result with what the job foretold.

    What it checks
        The length of the result against the shorter one of video and audio, or that of the audio with
        `video_extension`; up to `tolerance` nothing is said.

    Why it matters
        Of a result that is too short words are missing; one that is too long may be another job's.

    What the provider says
        Without `video_extension` the result is as long as the shorter of the two, with it as long as the audio.

    How to repair
        Make sure that the files named are those that were sent. Where the speech is cut off, trim the silence of the
        audio or lengthen the video before the next job (see R705).
    """
    duration, foretold = came_back.video.duration, came_back.job.result_length
    if isinstance(duration, Unmeasured):
        yield duration
        return
    if foretold is None:
        yield Unmeasured("the lengths of the video and the audio track are not known")
        return
    tolerance = limit.bands["tolerance"]
    apart = abs(duration.believed - foretold)
    if apart <= tolerance:
        return
    short = duration.believed < foretold
    lasts, expected = seconds_of(duration.believed), seconds_of(foretold)
    message = (
        f"{name_of(came_back.file)} lasts {lasts} where {expected} were foretold: it is "
        f"{number(apart, (tolerance,))} s too {'short' if short else 'long'}. Make sure that the video and the audio "
        f"track named are those that were sent{'; see by R705 what the result can hold' if short else ''}."
    )
    yield finding(limit, came_back.file, message, measured=lasts, allowed=f"{expected}, to {exactly(tolerance)} s")


@rule(
    "O803",
    valid=lambda: (came(coded_width=719, coded_height=1280),),
    invalid=lambda: (came(coded_width=360, coded_height=640), came(coded_width=1280, coded_height=720)),
)
@of_result
def result_size(came_back: Returned, limit: Limit) -> Verdicts:
    """Compare the size of the result's picture with that of the video.

    What it checks
        Width and height as shown, in pixels; up to `tolerance` nothing is said.

    Why it matters
        A picture that was scaled down is less sharp than the video, and one of another shape was cut or squeezed.

    What the provider says
        Nothing about the size of the result.

    How to repair
        Scale the result back where only its size matters. Before the next job, take a video of a size that comes back
        as it is: of up to 1920 pixels, upright, with square pixels.
    """
    source = _source(came_back)
    if isinstance(source, Unmeasured):
        yield source
        return
    sizes = [(each.width, each.height) for each in (came_back.video, source)]
    if all(abs(one - other) <= limit.bands["tolerance"] for one, other in zip(*sizes, strict=True)):
        return
    has, had = (f"{width} × {height} px" for width, height in sizes)
    message = (
        f"{name_of(came_back.file)} is {has} where its video is {had}. Scale it back where only the size matters; for "
        "the next job take a video of a size that comes back as it is, upright and with square pixels."
    )
    yield finding(limit, came_back.file, message, measured=has, allowed=had)


@rule(
    "O804",
    valid=lambda: (came(frame_rate=rate("25000/1001")), came(frame_rate=rate("25.25"))),
    invalid=lambda: (came(frame_rate=rate(30)), came(frame_rate=rate("25.26")), came(frame_rate=rate("24.74"))),
)
@of_result
def result_frame_rate(came_back: Returned, limit: Limit) -> Verdicts:
    """Compare the frame rate of the result with that of the video.

    What it checks
        The mean frame rates; up to `tolerance`, a share of the video's own, nothing is said.

    Why it matters
        At another rate frames are repeated or left out: what moves evenly in the video jerks in the result, and an
        editor that puts both side by side has to convert one.

    What the provider says
        15 to 60 fps go in; what comes out is not said.

    How to repair
        Send the video at the rate at which results come back, which `prepare` writes. The result at hand can be
        converted in an editor.
    """
    source = _source(came_back)
    rates = [source if isinstance(source, Unmeasured) else source.frame_rate, came_back.video.frame_rate]
    unknown = next((each for each in rates if isinstance(each, Unmeasured)), None)
    if unknown is not None:
        yield unknown
        return
    had, has = (each.nominal for each in rates if not isinstance(each, Unmeasured))
    if abs(has - had) <= limit.bands["tolerance"] * had:
        return
    message = (
        f"{name_of(came_back.file)} runs at {_fps(has)} where its video runs at {_fps(had)}: frames are repeated or "
        f"left out. Convert it in an editor, or send a video of {_fps(has)} the next time."
    )
    yield finding(limit, came_back.file, message, measured=_fps(has), allowed=_fps(had))


def _fps(value: Fraction) -> str:
    return f"{number(value, (), 3)} fps"


def _source(came_back: Returned) -> VideoFacts | Unmeasured:
    video = came_back.job.video
    return (
        Unmeasured("there is no video to compare it with") if video is None else media_of(video, VideoFacts, "a video")
    )


def _match(**changes: float | str) -> JobFacts:
    plain = {"alike": 0.95, "level": 0.98, **{key: changes[key] for key in ("alike", "level") if key in changes}}
    shift, compared = (Fraction(changes.get(key, default)) for key, default in (("shift", 0), ("compared", 10)))
    return came(part={"sound": SoundMatch(**plain, shift=shift, compared=compared)})  # type: ignore[arg-type]


@rule(
    "O805",
    needs="samples",
    valid=lambda: (_match(alike=0.5), _match(alike=0.1, level=0.86)),
    invalid=lambda: (came(sound_tracks=()), _match(alike=0.49, level=0.84), _match(compared="0.49")),
)
@of_result
def result_sound_differs(came_back: Returned, limit: Limit) -> Verdicts:
    """Check that the sound of the result is the speech that was sent.

    What it checks
        Whether there is sound, and how alike its wave is to that of the audio track where both fit best; or, where
        the wave was changed, such as by noise reduction, how alike their loudness over time is.

    Why it matters
        Other sound belongs to another job, or the mouth moves to words that nobody hears.

    What the provider says
        The result has the sound of the audio track.

    How to repair
        Make sure that the result and the audio track named belong together. Where the picture is right, put the audio
        track back under it in an editor; nothing has to be sent again for that.
    """
    sound, audio = came_back.facts.sound, came_back.job.audio
    sent = "the audio track" if audio is None else name_of(audio)
    if not came_back.video.sound_tracks:
        message = (
            f"{name_of(came_back.file)} has no sound. Put {sent} under its picture in an editor; nothing has to be "
            "sent again for that."
        )
        yield finding(limit, came_back.file, message, measured="no sound", allowed=f"the speech of {sent}")
    elif isinstance(sound, Unmeasured):
        yield sound
    elif not _same(sound, limit) or sound.compared < limit.bands["seconds"]:
        alike = f"{_hundredths(sound.alike)} of 1 alike"
        message = (
            f"The sound of {name_of(came_back.file)} is not the speech of {sent} ({alike}, its loudness "
            f"{_hundredths(sound.level)}). Make sure that both belong together, and that it is not the result of "
            "another job."
        )
        least = f"≥ {exactly(limit.bands['alike'])} of 1 alike"
        yield finding(limit, came_back.file, message, measured=alike, allowed=least)


def _same(sound: SoundMatch, limit: Limit) -> bool:
    return sound.alike >= limit.bands["alike"] or sound.level >= limit.bands["level"]


def _hundredths(value: float) -> str:
    return number(Fraction(value), (Fraction(1, 2), Fraction(17, 20)), _DIGITS)


@rule(
    "O806",
    needs="samples",
    valid=lambda: (_match(shift="0.06"), _match(shift="-0.04"), _match(shift="0.5", alike=0.1, level=0.3)),
    invalid=lambda: (_match(shift="0.0601"), _match(shift="-0.0401"), _match(shift="0.5"), _match(shift="-2")),
)
@of_result
def result_sound_shifted(came_back: Returned, limit: Limit) -> Verdicts:
    """Check that the speech of the result is heard when it was sent to be.

    What it checks
        By how much the result's sound is later or earlier than the audio track, from the first frame on. Nothing is
        said up to `late` and `early` seconds, nor where it is other sound (O805).

    Why it matters
        The mouth is made to fit the audio track as it was sent: sound that comes before or after is out of sync.

    What the provider says
        Nothing. EBU R 37 lets sound come 40 ms before and 60 ms after its picture.

    How to repair
        Move the sound in an editor, or put the audio track under the picture anew; nothing has to be sent again.
    """
    sound, other = came_back.facts.sound, came_back.job.audio
    if not came_back.video.sound_tracks:
        return
    if isinstance(sound, Unmeasured):
        yield sound
        return
    early, late = limit.bands["early"], limit.bands["late"]
    if -early <= sound.shift <= late or not _same(sound, limit):
        return
    sent = "the audio track" if other is None else name_of(other)
    way = "late" if sound.shift > 0 else "early"
    by = f"{number(abs(sound.shift), (early, late), 3)} s"
    message = (
        f"The sound of {name_of(came_back.file)} comes {by} too {way}, against {sent} as it was sent. Move it by as "
        "much in an editor, or put the audio track under the picture anew; nothing has to be sent again for that."
    )
    bounds = f"{exactly(early)} s early to {exactly(late)} s late"
    yield finding(limit, came_back.file, message, measured=f"{by} {way}", allowed=bounds)


def _seen(**stretches: tuple[Span, ...]) -> JobFacts:
    return came(part={"picture": PictureMatch(250, 0, **{"black": (), "frozen": (), **stretches})})


@rule(
    "O807",
    needs="pixels",
    valid=lambda: (_seen(black=spans(("1", "1.5"))), _seen(frozen=spans(("1", "1.99")))),
    invalid=lambda: (
        _seen(black=spans(("1", "1.51"))),
        _seen(frozen=spans(("1", "2"), ("4", "6"))),
        _seen(black=spans(("0", "2")), frozen=spans(("0", "2"))),
    ),
)
@of_result
def result_frozen_or_black(came_back: Returned, limit: Limit) -> Verdicts:
    """Look for stretches in which the result is black or stands still, and the video does not.

    What it checks
        Every frame: stretches of more than `black` seconds that are black, and of `frozen` seconds or more in which
        nothing moves. Where the video is black or still for half of that time nothing is said.

    Why it matters
        A model that loses the face may hold the last picture, or give none.

    What the provider says
        Nothing about black or frozen pictures.

    How to repair
        Look at what the video shows there: a face that is turned away, covered or cut off (P305, P306, P308). Sending
        the same files again gives the same result; take another part of the video.
    """
    picture = came_back.facts.picture
    if isinstance(picture, Unmeasured):
        yield picture
        return
    black = [span for span in picture.black if span.length > limit.bands["black"]]
    # What is black stands still as well, for about as long.
    still = [
        span for span in picture.frozen if not any(span.start < each.end and each.start < span.end for each in black)
    ]
    frozen = [span for span in still if span.length >= limit.bands["frozen"]]
    found = [*_stretches("is black", black), *_stretches("stands still", frozen)]
    if not found:
        return
    what = " and ".join(found)
    message = (
        f"The picture of {name_of(came_back.file)} {what}, where the video is not so. Look at what the video shows "
        "there, such as a face that is turned away or covered: the same files give the same result again."
    )
    first = min((*black, *frozen), key=lambda span: span.start)
    bounds = f"black ≤ {exactly(limit.bands['black'])} s, still < {exactly(limit.bands['frozen'])} s"
    where = Where(first.start, first.end)
    yield finding(limit, came_back.file, message, measured=what, allowed=bounds, where=where)


def _stretches(what: str, parts: list[Span]) -> Iterator[str]:
    if parts:
        yield f"{what} {named([(span.start, span.end) for span in parts])}"
