"""One person of a clip, in words."""

from collections.abc import Sequence

from lipready.facts.appearances import appearances
from lipready.facts.people import PeopleFacts, Person
from lipready.facts.picked import picked
from lipready.facts.quantity import stretch
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

BLURRED, SOFT = 30.0, 100.0
"""Variance of the Laplacian of the face at 128 × 128: below them it is called blurred, and soft."""

DARK, GLARING = 0.2, 0.85
"""Mean luma of the face, 0..1: below and above them it is called dark, and glaring."""

_MOST_TIMES = 3


def introduce(person: Person, people: PeopleFacts, video: VideoFacts) -> str:
    """`person 1: 0:00–0:42, left, face 310 px (43%); the provider's own pick`."""
    words = [_listing(times_of(person, people, video)), request_step_of(person, video), face_size(person, video)]
    those = [each.id for each in picked(people)]
    pick = "" if person.id not in those else f"; {'perhaps ' if len(those) > 1 else ''}the provider's own pick"
    return f"person {person.id}: {', '.join(word for word in words if word)}{pick}"


def times_of(person: Person, people: PeopleFacts, video: VideoFacts) -> tuple[str, ...]:
    """`0:00–0:42` for each appearance; of more than three the first ones, and how many more there are."""
    end = None if isinstance(video.duration, Unmeasured) else video.duration.believed
    times = [stretch(*seen, end) for seen in appearances(person, people, end)]
    more = len(times) - _MOST_TIMES
    return tuple(times) if more <= 0 else (*times[:_MOST_TIMES], f"{more} more")


def request_step_of(person: Person, video: VideoFacts) -> str:
    """Tell in which third of the picture the face usually is; empty where that is not known."""
    return person.position(video.width) or ""


def face_size(person: Person, video: VideoFacts) -> str:
    """`face 310 px (43%)`: the usual height of the face, in pixels and as a share of the frame's height."""
    height = person.face_height
    return "" if height is None else f"face {height:.0f} px ({height / max(1, video.height):.0%})"


def picture_of(person: Person) -> str:
    """Say in words how sharp and how bright the face usually is."""
    sharpness, light = person.typical("sharpness"), person.typical("light")
    words = []
    if sharpness is not None:
        words.append("blurred" if sharpness < BLURRED else "soft" if sharpness < SOFT else "sharp")
    if light is not None:
        words.append("dark" if light < DARK else "glaring" if light > GLARING else "well lit")
    return ", ".join(words)


def _listing(words: Sequence[str]) -> str:
    """Join words: `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
