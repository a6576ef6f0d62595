"""Films of rendered people: what each frame shows is decided here, before a pixel is drawn.

A recipe's `shots` follow each other by cuts. Where a number may stand, so may two: [at the first frame, at the last].
With `hold` people and light change only every so many frames, as in a cartoon: the other frames cost nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from studio.bust import bust
from studio.camera import Angles
from studio.head import Picture
from studio.recipe import FixtureError
from studio.render import Rectangle, draw, face_rectangle


@dataclass(frozen=True, slots=True)
class Appearance:
    """One person in one frame: how the head is held, where its middle is (pixels), and how high the level face is."""

    person: str
    angles: Angles
    at: tuple[float, float]
    height: float

    @property
    def face(self) -> Rectangle:
        """The rectangle around the face: left, top, width, height in pixels; it may reach beyond the frame."""
        return face_rectangle(bust(self.person), self.angles, self.at, self.height)


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame: `blur` is a Gaussian's standard deviation and `motion` a smear across, in pixels; `light` a factor.

    Who stands later in `cast` stands in front. `gamma` over 1 darkens the middle tones.
    """

    time: Fraction
    shot: int
    background: int
    cast: tuple[Appearance, ...]
    blur: float
    motion: float
    light: float
    gamma: float


def moments(recipe: Mapping[str, Any]) -> Iterator[Moment]:
    """Say what each frame of a film shows, in order.

    Raises FixtureError where a shot does not last a whole number of frames.
    """
    size, frame_rate = tuple(recipe["size"]), Fraction(recipe["frame_rate"])
    start, hold = 0, recipe.get("hold", 1)
    for number, shot in enumerate(recipe["shots"]):
        count = Fraction(shot["seconds"]) * frame_rate
        if count.denominator != 1:
            raise FixtureError(f"Shot {number + 1} lasts {count} frames: it must be a whole number of them.")
        for index in range(int(count)):
            way = _way(index, int(count), hold)
            blur, motion, light, gamma = (
                _between(shot.get(name, default), way)
                for name, default in (("blur", 0), ("motion", 0), ("light", 1), ("gamma", 1))
            )
            roles = [(role, *_stay(role, int(count), frame_rate)) for role in shot["cast"]]
            cast = tuple(
                _appearance(role, _way(index - first, end - first, hold), size)
                for role, first, end in roles
                if first <= index < end
            )
            time = (start + index) / frame_rate
            yield Moment(time, number, shot["background"], cast, blur, motion, light, gamma)
        start += int(count)


def _stay(role: Mapping[str, Any], count: int, frame_rate: Fraction) -> tuple[int, int]:
    """Say at which frames of a shot somebody comes and is gone."""
    first = int(Fraction(role.get("from", "0")) * frame_rate)
    return first, int(Fraction(role["until"]) * frame_rate) if "until" in role else count


def _way(index: int, count: int, hold: int) -> float:
    """How far (0..1) something of `count` frames has come."""
    return (index - index % hold) / max(count - 1, 1)


def _appearance(role: Mapping[str, Any], way: float, size: tuple[int, ...]) -> Appearance:
    angles = Angles(*(_between(role.get(name, 0), way) for name in ("yaw", "pitch", "roll")))
    x, y = (_between(role[name], way) for name in ("x", "y"))
    return Appearance(role["portrait"], angles, (x * size[0], y * size[1]), _between(role["height"], way))


def _between(value: float | Sequence[float], way: float) -> float:
    """Take a number as it is; of two, the point that lies `way` (0..1) between them."""
    if isinstance(value, int | float):
        return float(value)
    first, last = value
    return float(first + (last - first) * way)


def pictures(recipe: Mapping[str, Any]) -> Iterator[Picture]:
    """Draw each frame of a film, in order."""
    width, height = recipe["size"]
    before, picture = None, None
    for moment in moments(recipe):
        same = replace(moment, time=Fraction(0))
        if picture is None or same != before:
            before, picture = same, shoot(moment, (width, height))
        yield picture


def shoot(moment: Moment, size: tuple[int, int]) -> Picture:
    """Draw one frame of `size` (width, height)."""
    picture = _room(moment.background, size)
    for appearance in moment.cast:
        picture = draw(bust(appearance.person), appearance.angles, appearance.at, appearance.height, picture)
    if moment.motion > 1:
        picture = cv2.blur(picture, (round(moment.motion), 1), borderType=cv2.BORDER_REPLICATE)
    if moment.blur > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), moment.blur, borderType=cv2.BORDER_REPLICATE)
    curve = np.clip(np.rint(255 * moment.light * (np.arange(256) / 255) ** moment.gamma), 0, 255)
    return curve.astype(np.uint8)[picture]


def _room(number: int, size: tuple[int, int]) -> Picture:
    """Paint a background out of focus: the same number, the same room."""
    chance = np.random.default_rng(number)
    grey = chance.uniform(50, 200)
    patches = grey + chance.normal(0, 12, 3) + chance.normal(0, 22, (5, 8, 1)) + chance.normal(0, 5, (5, 8, 3))
    smooth = cv2.resize(np.clip(patches, 0, 255).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    room: Picture = np.clip(np.rint(smooth), 0, 255).astype(np.uint8)
    return room
