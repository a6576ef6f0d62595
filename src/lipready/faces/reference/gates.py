"""The hard gates: what a frame must have before it may become a reference image, each with its number."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from lipready.faces.detection.landmarks import Pose
from lipready.faces.reference.headshot import Headshot
from lipready.facts.people import COVERED, Look
from lipready.facts.quantity import exactly, number, seconds
from lipready.profiles.limit import Profile
from lipready.repair.recipe import band
from lipready.rules.pose import degrees
from lipready.rules.wording import percent

_POSE, _CLARITY = "I606", "I607"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bands of I606 (largest `yaw`, `pitch` and `roll` in degrees) and of I607 (the rest).

    `sharpness` is the least variance of the Laplacian at 128 × 128, `darkest` and `brightest` are the mean luma 0..1,
    `eye_distance` is the least number of pixels between the eyes. The numbers here are the design's (section 6) and
    hold where a provider's profile has no such rule.
    """

    yaw: Fraction = Fraction(20)
    pitch: Fraction = Fraction(20)
    roll: Fraction = Fraction(20)
    sharpness: Fraction = Fraction(30)
    darkest: Fraction = Fraction("0.12")
    brightest: Fraction = Fraction("0.92")
    eye_distance: Fraction = Fraction(25)


OWN = Bounds()


def bounds_of(profile: Profile) -> Bounds:
    """Read the bounds off a provider's profile."""
    return Bounds(
        yaw=band(profile, _POSE, "yaw", OWN.yaw),
        pitch=band(profile, _POSE, "pitch", OWN.pitch),
        roll=band(profile, _POSE, "roll", OWN.roll),
        sharpness=band(profile, _CLARITY, "sharpness", OWN.sharpness),
        darkest=band(profile, _CLARITY, "darkest", OWN.darkest),
        brightest=band(profile, _CLARITY, "brightest", OWN.brightest),
        eye_distance=band(profile, _CLARITY, "eye_distance", OWN.eye_distance),
    )


LEAST_SCORE, LEAST_FIT = Fraction("0.65"), Fraction(12)
"""How sure of a face the detector (0..1; section 6 of the design: SURE) and the mesh (its flag, a logit) have to be. 32
frontal pictures of one face read 0.83 and 14.5 at least; profiles and hidden faces often read less, not always."""

LEAST_EYES, WIDEST_MOUTH = Fraction("0.18"), Fraction("0.40")
"""See `expression.Expression` for what was measured on either side of them; no rule judges them."""


@dataclass(frozen=True, slots=True)
class GateReading:
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

    time: Fraction
    failed: tuple[GateReading, ...]

    @property
    def distance(self) -> tuple[int, float]:
        """How far it is from good: the number of gates that it fails, then by how much."""
        return len(self.failed), sum(reading.miss for reading in self.failed)

    def __str__(self) -> str:
        """`at 12.30 s, fails on pose (the head is turned to the side by 20.3°; at most 20°)`."""
        listed = " and ".join(f"{r.gate} ({r.measured}; {r.allowed})" for r in self.failed)
        return f"at {seconds(self.time)}, fails on {listed}"


def look_readings(look: Look, bounds: Bounds = OWN) -> tuple[GateReading, ...]:
    """Read the gates that can be told from a sampled look, before its frame is decoded again."""
    pose = None
    if look.yaw is not None and look.pitch is not None and look.roll is not None:
        pose = Pose(look.yaw, look.pitch, look.roll)
    return tuple(_common(look.eye_distance, look.mouth_cover, pose, bounds, cut=look.cut is True))


def headshot_readings(shot: Headshot, bounds: Bounds = OWN) -> tuple[GateReading, ...]:
    """Read all gates of a face that was measured at full size."""
    quality, expression = shot.quality, shot.expression
    eyes, mouth = _exact(expression.eyes), _exact(expression.mouth)
    sharpness = _exact(quality.sharpness)
    score, fit = _exact(shot.score), _exact(shot.flag)
    return (
        _at_least("face", f"the detector is sure of it by {number(score, (LEAST_SCORE,))}", score, LEAST_SCORE),
        _at_least("fit", f"the face mesh fits by {number(fit, (LEAST_FIT,), 0)}", fit, LEAST_FIT),
        *_common(quality.eye_distance, quality.mouth_cover, shot.pose, bounds, cut=quality.cut),
        _at_least("eyes", f"the eyes are open by {number(eyes, (LEAST_EYES,))} of their width", eyes, LEAST_EYES),
        GateReading(
            "mouth",
            f"the lips are apart by {number(mouth, (WIDEST_MOUTH,))} of the mouth's width",
            f"at most {exactly(WIDEST_MOUTH)}",
            max(0.0, _excess(mouth - WIDEST_MOUTH, WIDEST_MOUTH)),
        ),
        _at_least(
            "sharpness", f"its sharpness is {number(sharpness, (bounds.sharpness,), 0)}", sharpness, bounds.sharpness
        ),
        _light(quality.light, bounds),
    )


def failed(readings: Iterable[GateReading]) -> tuple[GateReading, ...]:
    """Keep the gates that were not passed."""
    return tuple(reading for reading in readings if not reading.passed)


def pose_reading(pose: Pose, bounds: Bounds = OWN) -> GateReading:
    """Gate the one of the three angles that is nearest to its bound, or farthest beyond it."""
    turns = (
        ("turned to the side", _exact(pose.yaw), bounds.yaw),
        ("up" if pose.pitch > 0 else "down", _exact(pose.pitch), bounds.pitch),
        ("tilted", _exact(pose.roll), bounds.roll),
    )
    how, angle, most = max(turns, key=lambda turn: _excess(abs(turn[1]) - turn[2], turn[2]))
    miss = max(0.0, _excess(abs(angle) - most, most))
    return GateReading("pose", f"the head is {how} by {degrees(abs(angle), most)}", f"at most {exactly(most)}°", miss)


def _light(light: float, bounds: Bounds = OWN) -> GateReading:
    """Gate the mean luma of the face, 0..1: beyond the bounds, features drown in black or white."""
    value, low, high = _exact(light), bounds.darkest, bounds.brightest
    miss = max(0.0, _excess(max(low - value, value - high), low))
    return GateReading(
        "light",
        f"its brightness is {percent(value, (low, high))}",
        f"{percent(low, (low,))} to {percent(high, (high,))}",
        miss,
    )


def _common(
    eye_distance: float | None, cover: float | None, pose: Pose | None, bounds: Bounds, *, cut: bool
) -> Iterator[GateReading]:
    """Read the gates of a sampled look and of a headshot alike; there is none where nothing was measured."""
    if eye_distance is not None:
        apart = _exact(eye_distance)
        measured = f"the eyes are {number(apart, (bounds.eye_distance,), 0)} px apart"
        yield _at_least("size", measured, apart, bounds.eye_distance, " px")
    seen = "the edge of the frame cuts the face" if cut else "the face is whole"
    yield GateReading("edge", seen, "nothing of it cut off", 1.0 if cut else 0.0)
    if cover is not None:
        covered = cover >= COVERED
        seen = "something covers the mouth" if covered else "nothing covers the mouth"
        yield GateReading("cover", seen, "nothing before the mouth", 1.0 if covered else 0.0)
    if pose is not None:
        yield pose_reading(pose, bounds)


def _at_least(gate: str, measured: str, value: Fraction, least: Fraction, unit: str = "") -> GateReading:
    return GateReading(gate, measured, f"at least {exactly(least)}{unit}", max(0.0, _excess(least - value, least)))


def _exact(value: float) -> Fraction:
    """Take a number as it is written: 0.12 is twelve hundredths, not the binary fraction next to it."""
    return Fraction(repr(float(value)))


def _excess(beyond: Fraction, bound: Fraction) -> float:
    """Return how far something is beyond its bound, as a share of the bound where that is not zero."""
    return float(beyond / bound if bound else beyond)
