"""Rules about what is heard: the facts that they read, as exact numbers."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import wraps

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.rule import Judge, Verdicts
from lipready.rules.subjects import media_of
from lipready.rules.target import exact

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
