"""The bounds that a reference image has to keep: those of the image rules, so that what passes here passes there."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.profiles.limit import Profile
from lipready.repair.aims import band

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
