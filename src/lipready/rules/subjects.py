"""What a rule is about: the facts that it reads, and the finding that it makes of them."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TypeVar

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix, Severity, Where
from lipready.facts.image import ImageFacts
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Limit
from lipready.rules.rule import Judge, Verdicts

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
