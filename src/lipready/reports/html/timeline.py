"""The lanes of a timeline: who is seen when, and what is heard."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lipready.facts.quantity import counted
from lipready.reports.html.drawing import Lane, bar, bars, clock_of, span_of, together
from lipready.reports.html.figures import Figures
from lipready.reports.html.words import person_in_words

Plain = Mapping[str, Any]
MOST_LANES = 12
_TONES = 6
_MOST_SAID = 12
_STANDS = 1.0
"""Seconds for which the last look at a clip may stand."""


def tone_of(person: int | None) -> str:
    """Return the class of a person's colour."""
    return "nobody" if person is None else f"who{(person - 1) % _TONES + 1}"


def length_of_file(facts: Plain) -> float | None:
    """Return how long a file is in seconds; None where that is not known, and for a picture."""
    length = facts.get("duration")
    if not length:
        people = (facts.get("people") or {}).get("people") or ()
        length = max((person["last"] for person in people), default=None) or (facts.get("speech") or {}).get("length")
    return float(length) if length else None


def people_lanes(facts: Plain, figures: Figures, length: float) -> Iterator[Lane]:
    """Draw when each person is seen, and when several are seen at once."""
    seen = facts.get("people")
    if not seen:
        return
    people = seen["people"]
    last = max((person["last"] for person in people), default=0.0)
    for person in people[:MOST_LANES]:
        covered = bars(person["mouth_covered"]["spans"], length, "covered")
        tone = tone_of(person["id"])
        yield Lane(
            f"Person {person['id']}",
            (*bars(_until_the_end(person, last, length), length, tone), *covered),
            tone,
            figures.faces.get(("video", person["id"])),
            tuple(person_in_words(person, seen)),
        )
    if len(people) > MOST_LANES:
        yield Lane(f"{len(people) - MOST_LANES} more", (), "nobody")
    shared = together([_until_the_end(person, last, length) for person in people])
    if shared:
        yield Lane("Two or more", bars(shared, length, "together"), "together", notes=("in one frame",))


def _until_the_end(person: Plain, last: float, length: float) -> list[tuple[float, float]]:
    """Return when a person is seen: whom the last look shows, until the end."""
    spans = [(start, end) for start, end in person["spans"]]
    if spans and spans[-1][1] >= last and length - last <= _STANDS:
        spans[-1] = (spans[-1][0], length)
    return spans


def sound_lanes(heard: Plain, length: float) -> Iterator[Lane]:
    """Draw when somebody speaks, when it is silent, where it is clipped, and music."""
    if not heard:
        return
    share = heard.get("share")
    spoken = () if share is None else (f"{share:.0%}".replace("%", " %"),)
    yield Lane("Speech", bars(heard.get("spans") or (), length, "speech"), "speech", notes=spoken)
    silences = heard.get("silences") or ()
    if silences:
        yield Lane("Pauses", bars(silences, length, "pause"), "pause", notes=("half a second and more",))
    clipping = heard.get("clipping") or {}
    if clipping.get("runs"):
        first = clipping.get("first")
        places = () if first is None else (bar(first, None, length, f"first at {clock_of(first)}", tone="error"),)
        yield Lane("Clipped", places, "error", notes=(counted(clipping["runs"], "run"),))
    if heard.get("background") == "music":
        gaps = _between(heard.get("spans") or (), length)
        yield Lane("Music", bars(gaps, length, "music"), "music", notes=("where nobody speaks",))


def _between(spans: Sequence[Sequence[float]], length: float) -> Iterator[tuple[float, float]]:
    """Return what lies between stretches: where the background was listened to."""
    at = 0.0
    for start, end in spans:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < length:
        yield at, length


def wave_in_words(heard: Plain) -> str:
    """Say where somebody speaks, for those who do not see the waveform."""
    spans = heard.get("spans") or ()
    if not spans:
        return "Waveform: no speech is heard."
    said = ", ".join(span_of(a, b) for a, b in spans[:_MOST_SAID])
    return f"Waveform: speech at {said}{' and later' if len(spans) > _MOST_SAID else ''}."
