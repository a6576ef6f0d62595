"""How the frames turned out that were looked at for a reference image."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from lipready.faces.reference.bounds import Bounds
from lipready.faces.reference.gates import Reading, Refusal, failed, headshot_readings
from lipready.faces.reference.headshot import Headshot
from lipready.faces.reference.ranking import merit
from lipready.facts.people import Look

Timed = TypeVar("Timed", Look, Headshot, Refusal)


@dataclass(slots=True)
class Trials:
    """What was tried: faces that pass the gates, and the refusals of the others."""

    bounds: Bounds
    passed: list[Headshot] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def best_first(self) -> list[Headshot]:
        """Order the faces that pass by their merit, blinks judged by the person's own eyes."""
        eyes = sorted(shot.expression.eyes for shot in self.passed)
        own = eyes[len(eyes) * 3 // 4] if eyes else 0.0
        return sorted(self.passed, key=lambda p: merit(p, own), reverse=True)

    def closest_first(self) -> list[Refusal]:
        """Order the refusals, those that came closest to passing first."""
        return sorted(self.refused, key=lambda each: each.distance)

    def add(self, time: Fraction, shot: Headshot | None) -> None:
        """Take down how a frame turned out."""
        if shot is None:
            unseen = Reading("face", "no face is seen at full size", "one face", 1.0)
            self.refused.append(Refusal(time, (unseen,)))
        elif closed := failed(headshot_readings(shot, self.bounds)):
            self.refused.append(Refusal(time, closed))
        else:
            self.passed.append(shot)


def moments(found: Iterable[Timed], least: Fraction) -> Iterator[Timed]:
    """Leave out what lies nearer than `least` seconds to something better; the best must come first."""
    kept: list[Timed] = []
    for each in found:
        if all(abs(each.time - other.time) >= least for other in kept):
            kept.append(each)
            yield each
