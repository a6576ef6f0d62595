"""Which moments of a person are looked at again at full size, and how they turn out."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import TypeVar

from lipready.errors import ProbeError
from lipready.faces.detection.landmarks import Pose
from lipready.faces.reference.gates import (
    WIDEST_MOUTH,
    Bounds,
    GateReading,
    Refusal,
    failed,
    headshot_readings,
    look_readings,
)
from lipready.faces.reference.headshot import Headshot, headshot_at
from lipready.facts.people import Look, Person
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import decode_at
from lipready.probe.decoding.stretch import decode_stretch

PREFERRED = Pose(yaw=10.0, pitch=15.0, roll=10.0)
ACCEPTED, REJECTED = 20.0, 30.0
"""Degrees (section 6 of the design: Pose)."""

LARGE_FACE = 256
"""Pixels: the height from which a face gains nothing by being larger."""

SHARP = 200.0
"""Variance of the Laplacian at 128 × 128 at which a face counts half as much as an ideally sharp one."""

EVEN_LIGHT = (0.25, 0.75)
"""Mean luma of a face in which shadows and lights both have room."""

GOOD_FIT = 16.0
"""The mesh's flag (logit) of a face that nothing hides: hands, a wide open mouth and a turned head read less."""

OPEN_EYES = 0.30
"""Eye aspect ratio of an open eye, where the person's own is not known."""


def merit(shot: Headshot, open_eyes: float = OPEN_EYES) -> float:
    """Rate a face 0..1: the product of certainty, sharpness, frontality, light, size and a quiet expression.

    `open_eyes` is how far this person's eyes open: a blink is judged by the person's own eyes.
    """
    quality, expression = shot.quality, shot.expression
    eyes = min(1.0, expression.eyes / max(open_eyes, 1e-6))
    mouth = 1.0 - 0.6 * min(1.0, expression.mouth / float(WIDEST_MOUTH))
    sharp = quality.sharpness / (quality.sharpness + SHARP)
    sure = shot.score * min(1.0, shot.flag / GOOD_FIT)
    return sure * sharp * frontality(shot.pose) * _light(quality.light) * _size(shot.box.height) * eyes**2 * mouth


def promise(look: Look) -> float:
    """Rate a sampled look before its frame is decoded again; what was not measured counts in the middle."""
    rating = _size(look.box.height) * look.score
    if look.yaw is not None and look.pitch is not None and look.roll is not None:
        rating *= frontality(Pose(look.yaw, look.pitch, look.roll))
    if look.sharpness is not None:
        rating *= look.sharpness / (look.sharpness + SHARP)
    return rating if look.light is None else rating * _light(look.light)


def frontality(pose: Pose) -> float:
    """Rate a direction: 1 straight ahead, 0.9 at the preferred angles, 0.5 at the accepted, 0.1 at the rejected."""
    pairs = ((pose.yaw, PREFERRED.yaw), (pose.pitch, PREFERRED.pitch), (pose.roll, PREFERRED.roll))
    return prod(_angle(abs(angle), preferred) for angle, preferred in pairs)


def _angle(angle: float, preferred: float) -> float:
    if angle <= preferred:
        return 1.0 - 0.1 * angle / preferred
    if angle <= ACCEPTED:
        return 0.9 - 0.4 * (angle - preferred) / (ACCEPTED - preferred)
    return max(0.02, 0.5 - 0.4 * (angle - ACCEPTED) / (REJECTED - ACCEPTED))


def _light(light: float) -> float:
    low, high = EVEN_LIGHT
    off = max(low - light, light - high, 0.0)
    return max(0.2, 1.0 - 4.0 * off)


def _size(height: float) -> float:
    return float(min(1.0, height / LARGE_FACE) ** 0.5)


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

    def add(self, time: Fraction, shot: Headshot | None) -> None:
        """Take down how a frame turned out."""
        if shot is None:
            unseen = GateReading("face", "no face is seen at full size", "one face", 1.0)
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


TRIED, ROUNDS = 8, 3
"""So many of the best looks are decoded again in one round; another round follows where none of them passes."""

APART = Fraction(2, 5)
"""Seconds between two looks that are tried: neighbours show the same."""

BETTER, CLOSER = 2, 6
"""Around so many of the best faces the frames between two samples are looked at as well; around so many of the closest
ones, one after the other, where no face has passed yet."""

NEIGHBOURHOOD = Fraction(1, 2)
"""Seconds before and after the best look in which each frame may be better (section 6 of the design)."""

FINEST = Fraction(1, 16)
"""Seconds from one neighbour that is tried to the next, at least."""


def try_looks(path: str, video: VideoFacts, person: Person, bounds: Bounds) -> Trials:
    """Measure the best looks of a person at full size, and the frames around the best of them."""
    trials = Trials(bounds)
    promising: list[Look] = []
    for look in person.looks:
        closed = failed(look_readings(look, bounds))
        if closed:
            trials.refused.append(Refusal(look.time, closed))
        else:
            promising.append(look)
    order = list(moments(sorted(promising, key=promise, reverse=True), APART))
    for first in range(0, TRIED * ROUNDS, TRIED):
        if trials.passed:
            break
        for look in sorted(order[first : first + TRIED], key=lambda each: each.time):
            shot = None
            with suppress(ProbeError):
                frame = decode_at(path, video, look.time)
                shot = headshot_at(frame.image, frame.time, look.box)
            trials.add(look.time, shot)
    _try_between(path, video, person, trials)
    return trials


def _try_between(path: str, video: VideoFacts, person: Person, trials: Trials) -> None:
    """Look at the frames around the best faces; where none has passed, around the closest ones until one does."""
    if trials.passed:
        for best in list(moments(trials.best_first(), NEIGHBOURHOOD))[:BETTER]:
            _try_around(path, video, person, trials, best.time)
        return
    for refusal in list(moments(sorted(trials.refused, key=lambda each: each.distance), NEIGHBOURHOOD))[:CLOSER]:
        _try_around(path, video, person, trials, refusal.time)
        if trials.passed:
            return


def _try_around(path: str, video: VideoFacts, person: Person, trials: Trials, centre: Fraction) -> None:
    begin, end = _span_around(person, centre)
    last = begin - FINEST
    with suppress(ProbeError):
        for frame in decode_stretch(path, video, begin, end):
            if frame.time - last >= FINEST and frame.time != centre:
                last = frame.time
                near = min(person.looks, key=lambda look: abs(look.time - frame.time))
                shot = headshot_at(frame.image, frame.time, near.box)
                if shot is not None:
                    trials.add(frame.time, shot)


def _span_around(person: Person, centre: Fraction) -> tuple[Fraction, Fraction]:
    """Stay near the centre, and inside the stretch in which this person is seen: behind a cut somebody else may be."""
    begin, end = centre - NEIGHBOURHOOD, centre + NEIGHBOURHOOD
    for first, last in person.spans:
        if first <= centre <= last:
            return max(begin, first), min(end, last)
    return max(begin, person.first), min(end, person.last)
