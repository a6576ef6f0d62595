"""The hard gates: what a frame must have before it may become a reference image, each with its number."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lipready.faces.headshot import Headshot
from lipready.faces.pose import Pose
from lipready.facts.people import Look

LEAST_FACE = 64
"""Pixels: the height of a face below which eyes and mouth are only guessed at."""

LARGEST_ANGLE = 30.0
"""Degrees: beyond it a look is rejected (section 6 of the design: Pose)."""

LEAST_EYES = 0.18
WIDEST_MOUTH = 0.40
"""See `expression.Expression` for what was measured on either side of them."""

LEAST_SHARPNESS = 30.0
"""Variance of the Laplacian at 128 × 128 (`quality.Quality`): below it the features of a face run into each other."""

DARKEST, BRIGHTEST = 0.12, 0.92
"""Mean luma of the face, 0..1: outside of it, features drown in black or white. Dark skin in plain light reads 0.2."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one gate measured, in words, and how far beyond its bound that is, as a share of the bound (0: passed)."""

    gate: str
    measured: str
    allowed: str
    miss: float

    @property
    def passed(self) -> bool:
        """Whether the gate lets it through."""
        return self.miss <= 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a frame does not serve: its time in seconds, and the gates that it fails."""

    time: float
    failed: tuple[Reading, ...]

    @property
    def distance(self) -> tuple[int, float]:
        """How far it is from good: the number of gates that it fails, then by how much."""
        return len(self.failed), sum(reading.miss for reading in self.failed)

    def __str__(self) -> str:
        """`at 12.30 s, fails on pose (the head is turned by 37°; at most 30°)`."""
        listed = " and ".join(f"{r.gate} ({r.measured}; {r.allowed})" for r in self.failed)
        return f"at {self.time:.2f} s, fails on {listed}"


def look_readings(look: Look) -> tuple[Reading, ...]:
    """Read the gates that can be told from a sampled look, before its frame is decoded again."""
    return tuple(_of_look(look))


def headshot_readings(shot: Headshot) -> tuple[Reading, ...]:
    """Read all gates of a face that was measured at full size."""
    quality, expression = shot.quality, shot.expression
    return (
        size_reading(shot.box.height),
        edge_reading(cut=quality.cut),
        pose_reading(shot.pose),
        _at_least("eyes", "the eyes are open by {:.2f} of their width", expression.eyes, LEAST_EYES),
        _at_most("mouth", "the lips are apart by {:.2f} of the mouth's width", expression.mouth, WIDEST_MOUTH),
        _at_least("sharpness", "its sharpness is {:.0f}", quality.sharpness, LEAST_SHARPNESS),
        _light(quality.light),
    )


def failed(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Keep the gates that were not passed."""
    return tuple(reading for reading in readings if not reading.passed)


def size_reading(height: int) -> Reading:
    """Gate the height of the face's box in pixels."""
    return _at_least("size", "the face is {:.0f} pixels high", height, LEAST_FACE)


def edge_reading(*, cut: bool) -> Reading:
    """Gate a face that the edge of the frame cuts."""
    return Reading("edge", "the edge cuts the face" if cut else "the face is whole", "whole", 1.0 if cut else 0.0)


def pose_reading(pose: Pose) -> Reading:
    """Gate the largest of the three angles."""
    angles = {"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll}
    worst = max(angles, key=lambda name: abs(angles[name]))
    words = {"yaw": "turned to the side", "pitch": "up" if pose.pitch > 0 else "down", "roll": "tilted"}[worst]
    return _at_most("pose", f"the head is {words} by {{:.0f}}°", abs(angles[worst]), LARGEST_ANGLE, "{:.0f}°")


def _of_look(look: Look) -> Iterator[Reading]:
    yield size_reading(look.box.height)
    yield edge_reading(cut=look.cut is True)
    if look.yaw is not None and look.pitch is not None and look.roll is not None:
        yield pose_reading(Pose(look.yaw, look.pitch, look.roll))


def _light(light: float) -> Reading:
    miss = max(DARKEST - light, light - BRIGHTEST, 0.0) / DARKEST
    return Reading("light", f"its brightness is {light:.0%}", f"{DARKEST:.0%} to {BRIGHTEST:.0%}", miss)


def _at_least(gate: str, text: str, value: float, least: float) -> Reading:
    bound = f"at least {least:g}"
    return Reading(gate, text.format(value), bound, max(0.0, (least - value) / least))


def _at_most(gate: str, text: str, value: float, most: float, form: str = "{:g}") -> Reading:
    bound = f"at most {form.format(most)}"
    return Reading(gate, text.format(value), bound, max(0.0, (value - most) / most))
