"""What a rule is about: the facts that it reads, and the finding that it makes of them."""

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts, Role
from lipready.facts.finding import Finding, Fix, Severity, Where
from lipready.facts.job import JobFacts
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, VideoFacts
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Limit
from lipready.rules.rule import Judge, Verdicts, about
from lipready.rules.target import exact

F = TypeVar("F")
M = TypeVar("M", VideoFacts, AudioFacts, ImageFacts)


def outside(limit: Limit) -> Severity:
    """Return the severity of a broken limit: only what the documents require is an error."""
    return "error" if limit.strength == "required" else "warning"


def finding(
    limit: Limit,
    file: FileFacts | None,
    message: str,
    *,
    measured: str,
    allowed: str,
    severity: Severity | None = None,
    fix: Fix | None = None,
    where: Where | None = None,
) -> Finding:
    """Return the finding of the rule that `limit` belongs to, as severe as that; without a file it is about the job.

    >>> limit = lipready.Profile.load("dashscope").limits["V104"]
    >>> lipready.finding(limit, None, "It is too slow.", measured="12 fps", allowed="15–60 fps").severity
    'error'
    """
    return Finding(
        rule=limit.rule,
        # The name of a rule of the caller's own is filled in by the judge.
        name=CATALOGUE[limit.rule].name if limit.rule in CATALOGUE else limit.rule,
        severity=severity or outside(limit),
        role="job" if file is None else file.role,
        path=None if file is None else file.path,
        message=message,
        measured=measured,
        limit=allowed,
        remote=limit.remote,
        where=where,
        fix=fix,
        source=limit.source,
    )


def of_file(
    role: Role, read: Callable[[FileFacts], F | Unmeasured]
) -> Callable[[Callable[[FileFacts, F, Limit], Verdicts]], Judge]:
    """Turn a function of (file of a role, what is read of it, limit) into a rule."""

    def find(facts: JobFacts) -> tuple[FileFacts, F] | Unmeasured | None:
        file = facts.file(role)
        if file is None:
            return None
        value = read(file)
        return value if isinstance(value, Unmeasured) else (file, value)

    return about(find)


def media_of(file: FileFacts, kind: type[M], noun: str) -> M | Unmeasured:
    """Return the facts of a file where they are of the kind that its role asks for."""
    if isinstance(file.media, (kind, Unmeasured)):
        return file.media
    return Unmeasured(f"the file is not {noun}")


def of_video_fact(
    read: Callable[[VideoFacts], F | Unmeasured],
) -> Callable[[Callable[[FileFacts, F, Limit], Verdicts]], Judge]:
    """Turn a function of (video file, what is read of its video stream, limit) into a rule."""

    def read_file(file: FileFacts) -> F | Unmeasured:
        video = media_of(file, VideoFacts, "a video")
        return video if isinstance(video, Unmeasured) else read(video)

    return of_file("video", read_file)


def length_in(file: FileFacts) -> Duration | Unmeasured:
    """Return the length of a video or of an audio file."""
    if file.role == "video":
        video = media_of(file, VideoFacts, "a video")
        return video if isinstance(video, Unmeasured) else video.duration
    audio = media_of(file, AudioFacts, "an audio file")
    return audio if isinstance(audio, Unmeasured) else audio.duration


def heard_in(file: FileFacts) -> SpeechFacts | Unmeasured:
    """Return what was heard in an audio track."""
    media = media_of(file, AudioFacts, "an audio file")
    return media if isinstance(media, Unmeasured) else file.speech


def speech_in(file: FileFacts) -> SpeechFacts | Unmeasured:
    """Return what was heard in an audio track in which somebody speaks; in any other there is none (A501)."""
    heard = heard_in(file)
    if isinstance(heard, Unmeasured) or heard.has_speech:
        return heard
    return Unmeasured("no speech was heard in the audio track")


# Each turns a function of (file, what is read of it, limit) into a rule; what is not there at all is not judged.
of_video = of_video_fact(lambda video: video)
of_audio = of_file("audio", lambda file: media_of(file, AudioFacts, "an audio file"))
of_image = of_file("reference", lambda file: media_of(file, ImageFacts, "a picture"))
of_sound = of_file("audio", heard_in)
of_speech = of_file("audio", speech_in)


def reading(value: float | Unmeasured, what: str) -> Fraction | Unmeasured:
    """Return a measured number as it is, without rounding; `what` names it where it is no number."""
    if isinstance(value, Unmeasured):
        return value
    number = exact(value)
    return Unmeasured(f"the {what} is no number") if number is None else number
