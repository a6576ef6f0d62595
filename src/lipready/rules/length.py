"""The rule about how the lengths of audio and video go together, and what the result will cost."""

from dataclasses import dataclass, replace
from fractions import Fraction

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix, Severity
from lipready.facts.job import JobFacts
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.bounds import outside
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.samples import job, lasting
from lipready.rules.subjects import finding, media_of
from lipready.rules.wording import money, name_of, number


def length_mismatch(facts: JobFacts, limit: Limit) -> Verdicts:
    """Say what happens where audio and video are not equally long.

    What it checks
        Both lengths, exactly, against each other. A warning where speech is cut off (the audio is longer and
        `video_extension` is off); a remark where only the video's tail is dropped, or the video is lengthened. Where
        it is known what is said when, a cut is a remark too: R706 tells what is lost. Up to the profile's tolerance
        nothing is said.

    Why it matters
        What is cut off is lost, and the result is billed by the second.

    What the provider says
        Without `video_extension` the result is as long as the shorter of the two. With it the result is as long as the
        audio: the video is played forward and backward in turn until then, or cut. DashScope: 0.08 CNY a second.

    How to repair
        Ask for `video_extension`, lengthen the video with `--extend`, or trim the longer of the two.
    """
    known = lengths_of(facts)
    if known is None:
        return
    if isinstance(known, Unmeasured):
        yield known
        return
    if abs(known.picture - known.sound) <= limit.bands["tolerance"]:
        return
    severity, what, fix = _consequence(known, limit, heard=_listened_to(known.audio))
    bills = {extension: replace(known, extended=extension).result for extension in (False, True)}
    yield finding(
        limit,
        None,
        severity,
        f"{name_of(known.video)} lasts {seconds_of(known.picture)} and {name_of(known.audio)} "
        f"{seconds_of(known.sound)}: {what}. The result will be {seconds_of(known.result)} long. Billed are "
        f"{bill(bills[False], limit)} without video_extension, {bill(bills[True], limit)} with it."
        f"{f' {fix.text}' if fix else ''}",
        measured=f"video {seconds_of(known.picture)}, audio {seconds_of(known.sound)}",
        allowed=f"difference ≤ {seconds_of(limit.bands['tolerance'])}",
        fix=fix,
    )


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


def lengths_of(facts: JobFacts) -> Lengths | Unmeasured | None:
    """Return the lengths of both files; None where the job has only one of them."""
    video, audio = facts.video, facts.audio
    if video is None or audio is None:
        return None
    shown, spoken = media_of(video, VideoFacts, "a video"), media_of(audio, AudioFacts, "an audio file")
    picture = shown if isinstance(shown, Unmeasured) else shown.duration
    sound = spoken if isinstance(spoken, Unmeasured) else spoken.duration
    if isinstance(picture, Unmeasured) or isinstance(sound, Unmeasured):
        unknown = [length.reason for length in (picture, sound) if isinstance(length, Unmeasured)]
        return Unmeasured(f"the lengths of both files are not known: {unknown[0]}")
    return Lengths(video, audio, picture.believed, sound.believed, facts.request.video_extension)


def _listened_to(audio: FileFacts) -> bool:
    """Whether it is known what is said when, so that R706 can tell what of it is lost."""
    return isinstance(audio.speech, SpeechFacts) and audio.speech.has_speech


def _consequence(known: Lengths, limit: Limit, *, heard: bool) -> tuple[Severity, str, Fix | None]:
    apart = seconds_of(abs(known.picture - known.sound))
    if known.picture > known.sound:
        return "info", f"the last {apart} of the video are dropped", None
    if known.extended:
        return "info", f"the video is lengthened by {apart}, forward and backward in turn", None
    if heard:
        return "info", f"the last {apart} of the audio are cut off", None
    fix = Fix("extend", "editorial", "Ask for video_extension, lengthen the video with --extend, or trim the audio.")
    return outside(limit), f"the last {apart} of the speech are cut off", fix


def seconds_of(value: Fraction, digits: int = 3) -> str:
    """Write a length with its unit: "3.2 s"."""
    return f"{number(value, digits=digits)} s"


def bill(length: Fraction, limit: Limit, digits: int = 3) -> str:
    """Write a length, and what it costs where the limit has a price: "5 s (about 0.40 CNY)"."""
    price, text = limit.bands.get("cny_per_second"), seconds_of(length, digits)
    return text if price is None else f"{text} (about {money(length * price)} CNY)"


LENGTH_MISMATCH = Rule(
    id="R705",
    name="length-mismatch",
    subject="job",
    needs="headers",
    judge=length_mismatch,
    valid=lambda: (
        lasting("10", "10"),
        lasting("10", "10.5"),
        lasting("10.5", "10"),
        job(audio=None),
        job(video=None),
    ),
    invalid=lambda: (lasting("5", "8.2"), lasting("5", "8.2", extension=True), lasting("8.2", "5")),
)
