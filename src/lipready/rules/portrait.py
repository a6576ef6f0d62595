"""The one face of the reference image."""

from lipready.facts.job import JobFacts
from lipready.facts.people import Look
from lipready.facts.unmeasured import Unmeasured


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
