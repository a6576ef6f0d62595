"""What a rule is about: the facts that it reads, and the finding that it makes of them."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import wraps
from typing import TypeVar

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.finding import Finding, Fix, Severity, Where
from lipready.facts.job import JobFacts
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Limit
from lipready.rules.rule import Judge, Verdicts
from lipready.rules.target import exact

M = TypeVar("M", VideoFacts, AudioFacts, ImageFacts)


def finding(
    limit: Limit,
    file: FileFacts | None,
    severity: Severity,
    message: str,
    *,
    measured: str,
    allowed: str,
    fix: Fix | None = None,
    where: Where | None = None,
) -> Finding:
    """Make the finding of the rule that `limit` belongs to; without a file it is about the job."""
    return Finding(
        rule=limit.rule,
        name=CATALOGUE[limit.rule].name,
        severity=severity,
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


def media_of(file: FileFacts, kind: type[M], noun: str) -> M | Unmeasured:
    """Return the facts of a file where they are of the kind that its role asks for."""
    if isinstance(file.media, (kind, Unmeasured)):
        return file.media
    return Unmeasured(f"the file is not {noun}")


def _about(
    file_of: Callable[[JobFacts], FileFacts | None], kind: type[M], noun: str
) -> Callable[[Callable[[FileFacts, M, Limit], Verdicts]], Judge]:
    def decorate(judge: Callable[[FileFacts, M, Limit], Verdicts]) -> Judge:
        @wraps(judge)
        def judge_job(facts: JobFacts, limit: Limit) -> Iterator[Finding | Unmeasured]:
            file = file_of(facts)
            if file is None:
                return
            media = media_of(file, kind, noun)
            if isinstance(media, Unmeasured):
                yield media
            else:
                yield from judge(file, media, limit)

        return judge_job

    return decorate


# Each turns a function of (file, media, limit) into a rule; what is not there at all is not judged.
of_video = _about(lambda facts: facts.video, VideoFacts, "a video")
of_audio = _about(lambda facts: facts.audio, AudioFacts, "an audio file")
of_image = _about(lambda facts: facts.reference, ImageFacts, "a picture")


NO_SPEECH = Unmeasured("no speech was heard in the audio track")
JudgeSound = Callable[[FileFacts, SpeechFacts, Limit], Verdicts]


def heard_in(file: FileFacts) -> SpeechFacts | Unmeasured:
    """Return what was heard in an audio track, or why nothing was."""
    media = media_of(file, AudioFacts, "an audio file")
    return media if isinstance(media, Unmeasured) else file.speech


def of_sound(judge: JudgeSound) -> Judge:
    """Turn a function of (file, what is heard in it, limit) into a rule."""

    @wraps(judge)
    def judge_job(facts: JobFacts, limit: Limit) -> Iterator[Finding | Unmeasured]:
        file = facts.audio
        if file is None:
            return
        heard = heard_in(file)
        if isinstance(heard, Unmeasured):
            yield heard
        else:
            yield from judge(file, heard, limit)

    return judge_job


def of_speech(judge: JudgeSound) -> Judge:
    """Turn a function as `of_sound` takes it into a rule about speech; without any there is nothing to judge (A501)."""

    @wraps(judge)
    def judge_speech(file: FileFacts, heard: SpeechFacts, limit: Limit) -> Iterator[Finding | Unmeasured]:
        if heard.has_speech:
            yield from judge(file, heard, limit)
        else:
            yield NO_SPEECH

    return of_sound(judge_speech)


def reading(value: float | Unmeasured, what: str) -> Fraction | Unmeasured:
    """Return a measured number as it is, without rounding; `what` names it where it is no number."""
    if isinstance(value, Unmeasured):
        return value
    number = exact(value)
    return Unmeasured(f"the {what} is no number") if number is None else number
