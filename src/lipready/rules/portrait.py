"""The one face of the reference image."""

from collections.abc import Callable, Iterator
from functools import wraps

from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.people import Look
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.rule import Judge, Verdicts


def of_portrait(judge: Callable[[FileFacts, Look, Limit], Verdicts]) -> Judge:
    """Turn a function of (reference image, its one face, limit) into a rule; without an image nothing is judged."""

    @wraps(judge)
    def judge_job(facts: JobFacts, limit: Limit) -> Iterator[Finding | Unmeasured]:
        found = portrait(facts)
        if isinstance(found, Unmeasured):
            yield found
        elif found is not None and facts.reference is not None:
            yield from judge(facts.reference, found, limit)

    return judge_job


def portrait(facts: JobFacts) -> Look | Unmeasured | None:
    """Return the one face that the reference image shows; None where the job has no image.

    Unmeasured where it was not looked at, or does not show exactly one face (which I605 judges).
    """
    image = facts.reference
    if image is None:
        return None
    if isinstance(image.people, Unmeasured):
        return image.people
    looks = [look for person in image.people.people for look in person.looks[:1]]
    if image.people.count != 1 or len(looks) != 1:
        return Unmeasured("the picture does not show exactly one face")
    return looks[0]
