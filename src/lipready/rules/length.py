"""The rule about how the lengths of audio and video go together, and what the result will cost."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix, Reading, Severity
from lipready.facts.job import JobFacts
from lipready.facts.quantity import exactly, money, number
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import job, lasting
from lipready.rules.readings import Readings, with_readings
from lipready.rules.rule import Verdicts, about, rule
from lipready.rules.subjects import finding, length_in, speech_in
from lipready.rules.wording import name_of, percent


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long both files of a job are, in seconds, and whether the video may be lengthened (`video_extension`)."""

    video: FileFacts
    audio: FileFacts
    picture: Fraction
    sound: Fraction
    extended: bool

    @property
    def result(self) -> Fraction:
        """How long the result will be, which is what is billed: as providers.md (section 0) has it."""
        return self.sound if self.extended else min(self.picture, self.sound)

    @property
    def apart(self) -> Fraction:
        """By how much one file is longer than the other."""
        return abs(self.picture - self.sound)

    @property
    def lost(self) -> Fraction:
        """How much of the longer file the result does not hold; nothing where the video is lengthened."""
        return max(self.picture, self.sound) - self.result

    @property
    def lost_share(self) -> Fraction:
        """The share (0..1) of the longer file that the result does not hold."""
        longer = max(self.picture, self.sound)
        return self.lost / longer if longer > 0 else Fraction(0)


def much_lost(known: Lengths, limit: Limit) -> bool:
    """Return whether so much of one file is not in the result that it may be the wrong file."""
    return known.lost >= limit.bands["lost_seconds"] and known.lost_share >= limit.bands["lost_share"]


def _find(facts: JobFacts) -> tuple[Lengths] | Unmeasured | None:
    video, audio = facts.video, facts.audio
    if video is None or audio is None:
        return None
    picture, sound = length_in(video), length_in(audio)
    if isinstance(picture, Unmeasured) or isinstance(sound, Unmeasured):
        unknown = [length.reason for length in (picture, sound) if isinstance(length, Unmeasured)]
        return Unmeasured(f"the lengths of both files are not known: {unknown[0]}")
    return (Lengths(video, audio, picture.believed, sound.believed, facts.request.video_extension),)


# Turns a function of (lengths, limit) into a rule; a job that has only one of the files is not judged.
of_lengths = about(_find)


def _apart(known: Lengths, limit: Limit) -> Readings:
    longer = "video" if known.picture > known.sound else "audio"
    share = (Reading(f"share of the {longer} lost", known.lost_share, "smaller"),) if much_lost(known, limit) else ()
    return (Reading(f"{longer} longer by", known.apart, "smaller"), *share)


@rule(
    "R705",
    valid=lambda: (lasting("10", "10"), lasting("10", "10.5"), lasting("10.5", "10"), job(audio=None), job(video=None)),
    invalid=lambda: (
        lasting("5", "8.2"),
        lasting("5", "8.2", extension=True),
        lasting("8.2", "5"),
        lasting("100", "5"),
        lasting("5", "100"),
    ),
)
@of_lengths
@with_readings(_apart)
def length_mismatch(known: Lengths, limit: Limit) -> Verdicts:
    """Check that audio and video are equally long; where they are not, what that means for the result.

    What it checks
        Both lengths, exactly, against each other. A warning where at least `lost_share` of the video or of the audio
        and at least `lost_seconds` of it are not in the result. Else a remark: the end of the video is dropped, or the
        video is lengthened. An end of the audio that is cut off (`video_extension` is off) is a warning however short
        it is, but a remark where it is known what is said when: then R706 tells which words are lost. Up to the
        profile's tolerance nothing is said.

    Why it matters
        What is cut off is lost, and the result is billed by the second. Where most of a file is lost, it is often the
        wrong file.

    What the provider says
        Without `video_extension` the result is as long as the shorter of the two. With it the result is as long as the
        audio: the video is played forward and backward in turn until then, or cut. DashScope: 0.08 CNY a second.

    How to repair
        Ask for `video_extension`, lengthen the video with `--extend`, or trim the longer of the two. Without a trim the
        video is used from its beginning.
    """
    tolerance, most, share = (limit.bands[name] for name in ("tolerance", "lost_seconds", "lost_share"))
    if known.apart <= tolerance:
        return
    severity, what, fix = _consequence(known, limit, heard=not isinstance(speech_in(known.audio), Unmeasured))
    bills = {extension: replace(known, extended=extension).result for extension in (False, True)}
    picture, sound = _side_by_side(known, tolerance)
    message = (
        f"{name_of(known.video)} lasts {picture} and {name_of(known.audio)} {sound}: {what}. The result will be "
        f"{seconds_of(known.result)} long. Billed: {bill(bills[False], limit)} without video_extension, "
        f"{bill(bills[True], limit)} with it.{f' {fix.text}' if fix else ''}"
    )
    measured = f"video {picture}, audio {sound}"
    allowed = (
        f"difference ≤ {exactly(tolerance)} s"
        if not much_lost(known, limit)
        else f"< {exactly(most)} s or < {percent(share, (share,))} of a file lost"
    )
    yield finding(limit, None, message, measured=measured, allowed=allowed, severity=severity, fix=fix)


def _consequence(known: Lengths, limit: Limit, *, heard: bool) -> tuple[Severity | None, str, Fix | None]:
    much = much_lost(known, limit)
    share = percent(known.lost_share, (Fraction(0), limit.bands["lost_share"], Fraction(1)))
    apart = seconds_of(known.apart, near=(limit.bands["tolerance"], limit.bands["lost_seconds"]))
    if known.picture > known.sound:
        trim = Fix("trim", "editorial", "Check that both files belong together, or keep a part with `Choices(trim=…)`.")
        what = f"the last {apart} of the video ({share} of it) is dropped"
        return (None, what, trim) if much else ("info", what, None)
    if known.extended:
        return "info", f"the video is lengthened by {apart}, forward and backward in turn", None
    fix = Fix(
        "extend",
        "editorial",
        "Ask for video_extension, lengthen the video with `Choices(extend=True)`, or trim the audio.",
    )
    what = f"the last {apart} of the {'audio' if heard else 'speech'} ({share} of it) is cut off"
    return (None, what, fix) if much or not heard else ("info", what, None)


def _side_by_side(known: Lengths, tolerance: Fraction) -> tuple[str, str]:
    """Write both lengths with so many digits that what is written differs by more than the tolerance, too."""
    both = (known.picture, known.sound)
    digits = next(
        (count for count in range(3, 60) if abs(round(both[0], count) - round(both[1], count)) > tolerance), 60
    )
    picture, sound = (seconds_of(length, digits) for length in both)
    return picture, sound


def seconds_of(value: Fraction, digits: int = 3, near: Iterable[Fraction] = ()) -> str:
    """Write a length with its unit: "3.2 s"."""
    return f"{number(value, near, digits)} s"


def bill(length: Fraction, limit: Limit, digits: int = 3) -> str:
    """Write a length, and what it costs where the limit has a price: "5 s (about 0.40 CNY)"."""
    price, text = limit.price, seconds_of(length, digits)
    return text if price is None else f"{text} (about {money(length * price.per_second)} {price.currency})"
