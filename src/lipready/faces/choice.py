"""Which moments of a person are looked at again at full size, and how they turn out."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction

from lipready.errors import ProbeError
from lipready.faces.gates import Reading, Refusal, failed, headshot_readings, look_readings
from lipready.faces.headshot import Headshot, headshot_at
from lipready.faces.ranking import merit, promise
from lipready.facts.people import Look, Person
from lipready.facts.video import VideoFacts
from lipready.probe.frames import Frame, decode_at
from lipready.probe.stretch import decode_stretch

TRIED, ROUNDS = 8, 3
"""So many of the best looks are decoded again in one round; another round follows where none of them passes."""

APART = Fraction(2, 5)
"""Seconds between two looks that are tried: neighbours show the same."""

NEIGHBOURHOOD = Fraction(1, 2)
"""Seconds before and after the best look in which each frame may be better (section 6 of the design)."""

FINEST = Fraction(1, 16)
"""Seconds from one neighbour that is tried to the next, at least."""


@dataclass(slots=True)
class Trials:
    """What was tried: faces that pass the gates, and the refusals of the others."""

    passed: list[Headshot] = field(default_factory=list)
    refused: list[tuple[Refusal, Look]] = field(default_factory=list)

    def best_first(self) -> list[Headshot]:
        """Order the faces that pass by their merit, blinks judged by the person's own eyes."""
        eyes = sorted(shot.expression.eyes for shot in self.passed)
        own = eyes[len(eyes) * 3 // 4] if eyes else 0.0
        return sorted(self.passed, key=lambda p: merit(p, own), reverse=True)

    def closest(self) -> tuple[Refusal, Look]:
        """Return the refusal that came closest to passing."""
        return min(self.refused, key=lambda pair: pair[0].distance)

    def add(self, look: Look, time: Fraction, shot: Headshot | None) -> None:
        """Take down how a look turned out."""
        if shot is None:
            unseen = Reading("face", "no face is seen at full size", "one face", 1.0)
            self.refused.append((Refusal(float(time), (unseen,)), look))
        elif closed := failed(headshot_readings(shot)):
            self.refused.append((Refusal(float(time), closed), look))
        else:
            self.passed.append(shot)


def try_looks(path: str, video: VideoFacts, person: Person) -> Trials:
    """Measure the best looks of a person at full size, and the frames around the best of them."""
    trials = Trials()
    promising: list[Look] = []
    for look in person.looks:
        closed = failed(look_readings(look))
        if closed:
            trials.refused.append((Refusal(float(look.time), closed), look))
        else:
            promising.append(look)
    order = list(_apart(sorted(promising, key=promise, reverse=True)))
    tried: list[Look] = []
    while order and not trials.passed and len(tried) < TRIED * ROUNDS:
        batch, order = order[:TRIED], order[TRIED:]
        for look in sorted(batch, key=lambda each: each.time):
            frame = _decoded(path, video, look)
            trials.add(look, look.time, None if frame is None else headshot_at(frame.image, frame.time, look.box))
        tried += batch
    if tried:
        _try_neighbours(path, video, person, trials, tried)
    return trials


def moments(shots: Sequence[Headshot], least: Fraction) -> Iterator[Headshot]:
    """Leave out each face that lies nearer than `least` seconds to a better one; the best must come first."""
    kept: list[Headshot] = []
    for shot in shots:
        if all(abs(shot.time - other.time) >= least for other in kept):
            kept.append(shot)
            yield shot


def _try_neighbours(path: str, video: VideoFacts, person: Person, trials: Trials, tried: Sequence[Look]) -> None:
    """Look at the frames around the best face, or around the one that came closest."""
    if trials.passed:
        best = trials.best_first()[0]
        centre, box = best.time, best.box
        look = min(tried, key=lambda each: abs(each.time - centre))
    else:
        look = min((pair for pair in trials.refused if pair[1] in tried), key=lambda pair: pair[0].distance)[1]
        centre, box = look.time, look.box
    begin, end = _span_around(person, centre)
    last = begin - FINEST
    with suppress(ProbeError):
        for frame in decode_stretch(path, video, begin, end):
            if frame.time - last >= FINEST and frame.time != centre:
                last = frame.time
                shot = headshot_at(frame.image, frame.time, box)
                if shot is not None:
                    trials.add(look, frame.time, shot)


def _span_around(person: Person, centre: Fraction) -> tuple[Fraction, Fraction]:
    """Stay near the centre, and inside the stretch in which this person is seen: behind a cut somebody else may be."""
    begin, end = centre - NEIGHBOURHOOD, centre + NEIGHBOURHOOD
    for first, last in person.spans:
        if first <= centre <= last:
            return max(begin, first), min(end, last)
    return max(begin, person.first), min(end, person.last)


def _apart(looks: Sequence[Look]) -> Iterator[Look]:
    kept: list[Look] = []
    for look in looks:
        if all(abs(look.time - other.time) >= APART for other in kept):
            kept.append(look)
            yield look


def _decoded(path: str, video: VideoFacts, look: Look) -> Frame | None:
    try:
        return decode_at(path, video, look.time)
    except ProbeError:
        return None
