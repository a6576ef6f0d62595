"""Which of several frames that pass the gates is the better reference image."""

from lipready.faces.detection.pose import Pose
from lipready.faces.reference.gates import WIDEST_MOUTH
from lipready.faces.reference.headshot import Headshot
from lipready.facts.people import Look

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
    rating = 1.0
    for angle, preferred in pairs:
        rating *= _angle(abs(angle), preferred)
    return rating


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
