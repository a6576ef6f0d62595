"""Things before a mouth, painted over a face by its mesh: hands, masks, microphones, food, cups, phones."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

_JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
_CHEEKS = (50, 205, 425, 280)
_RIGHT, _LEFT, _MOUTH = (362, 263), (33, 133), (13, 14)
_BRIDGE, _TIP = 197, 4

Paint = Callable[[Picture, Points, Generator], Picture]


def covered(kind: str, image: Picture, points: Points, random: Generator) -> Picture:
    """Return a copy of an RGB picture in which something of this kind (a name of `OCCLUDERS`) hides the mouth."""
    return OCCLUDERS[kind](image, points.astype(np.float64)[:, :2], random)


def _frame(points: Points) -> tuple[Points, float, Points, Points]:
    """Return the middle of the mouth, the distance of the eyes, and the directions right and down of the face."""
    right = points[list(_RIGHT)].mean(0) - points[list(_LEFT)].mean(0)
    mouth, between = points[list(_MOUTH)].mean(0), points[[*_RIGHT, *_LEFT]].mean(0)
    down = mouth - between
    apart = max(float(np.linalg.norm(right)), 0.9 * float(np.linalg.norm(down)), 4.0)
    return mouth, apart, right / max(np.linalg.norm(right), 1e-6), down / max(np.linalg.norm(down), 1e-6)


def _place(points: Points, shape: Points) -> Points:
    """Put a shape, in distances of the eyes from the mouth, on the face."""
    mouth, apart, right, down = _frame(points)
    return np.asarray(mouth + apart * (shape[:, :1] * right + shape[:, 1:] * down))


def _fill(
    image: Picture, outline: Points, colour: Points, points: Points, random: Generator, *, grain: float
) -> Picture:
    """Paint an outline with a colour (3 numbers, or a picture), shaded from side to side, its edge a little soft."""
    _, apart, right, down = _frame(points)
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.5, 0.01 * apart)).astype(np.float64)[..., None] / 255
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    centre = outline.mean(0)
    across = ((columns - centre[0]) * right[0] + (rows - centre[1]) * right[1]) / apart
    along = ((columns - centre[0]) * down[0] + (rows - centre[1]) * down[1]) / apart
    tilt = random.uniform(-0.15, 0.15, 2)
    shade = 1 + tilt[0] * across + tilt[1] * along - 0.12 * np.minimum(1.5, across**2 + along**2)
    noise = cv2.GaussianBlur(random.normal(0, 1, image.shape[:2]), (0, 0), max(0.6, 0.03 * apart))
    shade = shade + grain * noise / max(float(noise.std()), 1e-6)
    painted = np.clip(colour * shade[..., None], 0, 255)
    return np.asarray(np.round(image * (1 - soft) + painted * soft), np.uint8)


def skin(image: Picture, points: Points) -> Points:
    """Return the colour of the cheeks."""
    _, apart, _, _ = _frame(points)
    half = max(1, round(0.08 * apart))
    parts = []
    for x, y in np.round(points[list(_CHEEKS)]).astype(int):
        patch = image[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]
        if patch.size:
            parts.append(patch.reshape(-1, 3))
    return np.asarray(np.median(np.concatenate(parts), 0) if parts else [150, 110, 90], np.float64)


def _lit(colour: Points, image: Picture, points: Points) -> Points:
    """Show a colour in the light of the face: as bright against white as its skin is against a usual one."""
    tone = float(skin(image, points).mean())
    return colour * min(1.1, max(0.25, tone / 140))


def _capsule(begin: Points, end: Points, thick: float) -> Points:
    along = end - begin
    angle = np.arctan2(along[1], along[0])
    turns = np.linspace(-np.pi / 2, np.pi / 2, 12)
    tip = end + thick * np.stack([np.cos(angle + turns), np.sin(angle + turns)], 1)
    back = begin + thick * np.stack([np.cos(angle + np.pi + turns), np.sin(angle + np.pi + turns)], 1)
    return np.concatenate([tip, back])


def _fingers(image: Picture, points: Points, random: Generator) -> Picture:
    tone = skin(image, points) * random.uniform(0.85, 1.1)
    angle = random.choice([random.uniform(-0.5, 0.5), random.uniform(1.1, 2.0)])
    way, side = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    if random.random() < 0.5:
        way = -way
    thick = random.uniform(0.14, 0.19)
    middle = random.uniform(-0.08, 0.08, 2)
    number = int(random.integers(3, 5))
    for finger in range(number):
        offset = (finger - (number - 1) / 2) * 1.9 * thick
        tip = middle + side * offset + way * random.uniform(0.5, 0.8)
        begin = middle + side * offset - way * 2.2
        dark = _place(points, _capsule(begin, tip, thick * 1.06))
        image = _fill(image, dark, tone * 0.55, points, random, grain=0.0)
        image = _fill(image, _place(points, _capsule(begin, tip, thick * 0.95)), tone, points, random, grain=0.03)
    return image


def _ellipse(across: float, down: float, at: tuple[float, float] = (0.0, 0.0)) -> Points:
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.stack([at[0] + across * np.cos(turns), at[1] + down * np.sin(turns)], 1)


def _palm(image: Picture, points: Points, random: Generator) -> Picture:
    tone = skin(image, points) * random.uniform(0.85, 1.12)
    at = (random.uniform(-0.1, 0.1), random.uniform(-0.05, 0.15))
    shape = _ellipse(random.uniform(0.65, 0.9), random.uniform(0.42, 0.6), at)
    image = _fill(image, _place(points, shape * 1.04), tone * 0.6, points, random, grain=0.0)
    image = _fill(image, _place(points, shape), tone, points, random, grain=0.04)
    for _ in range(int(random.integers(1, 4))):
        begin = np.array([random.uniform(-0.5, 0.5), random.uniform(-0.4, 0.4)])
        end = begin + random.uniform(-0.5, 0.5, 2)
        crease = _place(points, _capsule(begin, end, 0.012))
        image = _fill(image, crease, tone * 0.75, points, random, grain=0.0)
    return image


def _mask(colours: tuple[tuple[int, int, int], ...]) -> Paint:
    def paint(image: Picture, points: Points, random: Generator) -> Picture:
        colour = _lit(np.array(colours[int(random.integers(len(colours)))], np.float64), image, points)
        return _cloth(image, points, random, colour)

    return paint


def _cloth(image: Picture, points: Points, random: Generator, colour: Points) -> Picture:
    top = points[_BRIDGE] + random.uniform(0.0, 0.8) * (points[_TIP] - points[_BRIDGE])
    jaw = points[list(_JAW)]
    outline = np.concatenate([jaw[1:-1], [points[425], top, points[205]]])
    image = _fill(image, outline, colour, points, random, grain=0.02)
    for _ in range(int(random.integers(0, 4))):
        at = random.uniform(-0.3, 0.5)
        fold = np.array(
            [[-0.7, at], [0.0, at + 0.08], [0.7, at], [0.7, at + 0.03], [0.0, at + 0.11], [-0.7, at + 0.03]]
        )
        image = _fill(image, _place(points, fold), colour * 0.88, points, random, grain=0.0)
    return image


def _skin_mask(image: Picture, points: Points, random: Generator) -> Picture:
    return _cloth(image, points, random, skin(image, points) * random.uniform(0.85, 1.15))


def _pattern(image: Picture, points: Points, random: Generator) -> Picture:
    _, apart, right, down = _frame(points)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    step = random.uniform(0.1, 0.3) * apart
    across = (columns * right[0] + rows * right[1]) / step
    along = (columns * down[0] + rows * down[1]) / step
    checks = (np.floor(across) + np.floor(along) * int(random.integers(0, 2))) % 2
    one, other = random.uniform(20, 240, 3), random.uniform(20, 240, 3)
    colour = np.where(checks[..., None] > 0, one, other)
    return _cloth(image, points, random, _lit(colour, image, points))


def _microphone(image: Picture, points: Points, random: Generator) -> Picture:
    tone = _lit(
        random.choice([[40, 40, 42], [25, 25, 25], [120, 120, 125], [150, 30, 30]]).astype(float), image, points
    )
    size = random.uniform(0.42, 0.6)
    at = (random.uniform(-0.12, 0.12), random.uniform(-0.05, 0.15))
    handle = _capsule(np.add(at, [random.uniform(-0.4, 0.4), 1.6]), np.array(at), 0.6 * size)
    image = _fill(image, _place(points, handle), tone * 0.7, points, random, grain=0.02)
    return _fill(image, _place(points, _ellipse(size, size, at)), tone, points, random, grain=0.15)


def _food(image: Picture, points: Points, random: Generator) -> Picture:
    tones = [[170, 110, 50], [200, 160, 90], [170, 40, 35], [110, 160, 50], [90, 60, 40], [230, 200, 150]]
    tone = _lit(np.array(tones[int(random.integers(len(tones)))], np.float64), image, points)
    at = (random.uniform(-0.1, 0.1), random.uniform(-0.05, 0.1))
    shape = _ellipse(random.uniform(0.5, 0.8), random.uniform(0.35, 0.5), at)
    return _fill(image, _place(points, shape), tone, points, random, grain=0.08)


def _cup(image: Picture, points: Points, random: Generator) -> Picture:
    tones = [[235, 235, 230], [60, 90, 160], [180, 50, 40], [210, 190, 160], [40, 40, 40]]
    tone = _lit(np.array(tones[int(random.integers(len(tones)))], np.float64), image, points)
    top, wide = random.uniform(-0.4, -0.25), random.uniform(0.42, 0.6)
    shape = np.array([[-wide, top], [wide, top], [0.85 * wide, 1.2], [-0.85 * wide, 1.2]])
    return _fill(image, _place(points, shape), tone, points, random, grain=0.02)


def _phone(image: Picture, points: Points, random: Generator) -> Picture:
    tones = [[25, 25, 28], [230, 230, 235], [90, 90, 100]]
    tone = _lit(np.array(tones[int(random.integers(len(tones)))], np.float64), image, points)
    turn = random.uniform(-0.4, 0.4)
    corners = np.array([[-0.55, -0.35], [0.55, -0.35], [0.55, 0.6], [-0.55, 0.6]])
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return _fill(image, _place(points, corners @ spin.T), tone, points, random, grain=0.01)


OCCLUDERS: dict[str, Paint] = {
    "fingers": _fingers,
    "palm": _palm,
    "blue mask": _mask(((130, 175, 215), (90, 140, 190), (150, 205, 205))),
    "white mask": _mask(((235, 235, 235), (215, 220, 225))),
    "black mask": _mask(((25, 25, 28), (45, 45, 50))),
    "bright mask": _mask(((190, 40, 50), (60, 130, 70), (220, 130, 170), (210, 190, 60))),
    "patterned mask": _pattern,
    "skin-coloured mask": _skin_mask,
    "microphone": _microphone,
    "food": _food,
    "cup": _cup,
    "phone": _phone,
}

_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_NOSE_BASE = 2


def _beard(image: Picture, points: Points, random: Generator) -> Picture:
    """Let a beard grow around the lips, in strands."""
    tones = [[30, 24, 22], [70, 48, 32], [110, 105, 100], [210, 205, 200], [140, 80, 45]]
    tone = _lit(np.array(tones[int(random.integers(len(tones)))], np.float64), image, points)
    _mouth, apart, _, down = _frame(points)
    jaw = points[list(_JAW)][2:-2]
    grown = jaw + 0.12 * apart * down
    top = points[_NOSE_BASE] + 0.06 * apart * down
    outline = np.concatenate([grown, [points[425] + 0.25 * apart * down, top, points[205] + 0.25 * apart * down]])
    return _keep_lips(image, _strands(image, outline, tone, points, random), points)


def _moustache(image: Picture, points: Points, random: Generator) -> Picture:
    tones = [[30, 24, 22], [80, 55, 38], [190, 185, 180]]
    tone = _lit(np.array(tones[int(random.integers(len(tones)))], np.float64), image, points)
    _, apart, right, down = _frame(points)
    nose, corners = points[_NOSE_BASE] + 0.05 * apart * down, (points[291], points[61])
    left, lip = corners[1], points[0] + 0.03 * apart * down
    low = [corners[0] + 0.08 * apart * down, lip, left + 0.08 * apart * down]
    outline = np.array([nose, corners[0] + 0.05 * apart * right, *low, left - 0.05 * apart * right])
    return _strands(image, outline, tone, points, random)


def _strands(image: Picture, outline: Points, tone: Points, points: Points, random: Generator) -> Picture:
    _, apart, _, _ = _frame(points)
    noise = cv2.GaussianBlur(
        random.normal(0, 1, image.shape[:2]), (0, 0), sigmaX=max(0.5, 0.012 * apart), sigmaY=max(0.8, 0.06 * apart)
    )
    strands = tone * (1 + 0.3 * noise / max(float(noise.std()), 1e-6))[..., None]
    full = _fill(image, outline, np.clip(strands, 0, 255), points, random, grain=0.05)
    thick = random.uniform(0.55, 0.95)
    return np.asarray(np.round(full * thick + image * (1 - thick)), np.uint8)


def _lip_mask(image: Picture, points: Points) -> Points:
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(points[list(_LIPS)] * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    _, apart, _, _ = _frame(points)
    return cv2.GaussianBlur(mask, (0, 0), max(0.5, 0.015 * apart)).astype(np.float64)[..., None] / 255


def _keep_lips(image: Picture, changed: Picture, points: Points) -> Picture:
    lips = _lip_mask(image, points)
    return np.asarray(np.round(image * lips + changed * (1 - lips)), np.uint8)


def _lipstick(image: Picture, points: Points, random: Generator) -> Picture:
    tones = [[170, 20, 40], [90, 10, 40], [220, 90, 120], [40, 20, 30], [200, 70, 50], [190, 130, 110]]
    tone = _lit(np.array(tones[int(random.integers(len(tones)))], np.float64), image, points)
    grey = image.mean(2, keepdims=True)
    lips = _lip_mask(image, points)
    around = max(1.0, float((grey * lips).sum() / max(lips.sum(), 1e-6)))
    made_up = np.clip(tone * grey / around, 0, 255)
    part = 0.75 * lips
    return np.asarray(np.round(image * (1 - part) + made_up * part), np.uint8)


def _shadow(image: Picture, points: Points, random: Generator) -> Picture:
    """Darken what lies beyond a line somewhere over the face."""
    mouth, apart, right, down = _frame(points)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    turn = random.uniform(-0.8, 0.8) if random.random() < 0.5 else random.uniform(1.2, 1.9)
    way = np.cos(turn) * down + np.sin(turn) * right
    across = ((columns - mouth[0]) * way[0] + (rows - mouth[1]) * way[1]) / apart + random.uniform(-0.3, 0.6)
    part = 1 / (1 + np.exp(-np.clip(across / random.uniform(0.02, 0.2), -30, 30)))
    dark = 1 - random.uniform(0.3, 0.7) * part
    return np.asarray(np.round(image * dark[..., None]), np.uint8)


def _dim(image: Picture, _points: Points, random: Generator) -> Picture:
    dark = image * random.uniform(0.25, 0.55) + random.normal(0, random.uniform(2, 7), image.shape)
    return np.asarray(np.clip(np.round(dark), 0, 255), np.uint8)


def _coloured_light(image: Picture, _points: Points, random: Generator) -> Picture:
    light = np.array([[1.1, 0.85, 0.6], [0.8, 0.9, 1.15], [1.1, 0.7, 0.9], [0.85, 1.05, 0.8]])[int(random.integers(4))]
    return np.asarray(np.clip(np.round(image * light), 0, 255), np.uint8)


def _sepia(image: Picture, _points: Points, random: Generator) -> Picture:
    grey = image.astype(np.float64) @ [0.299, 0.587, 0.114]
    tone = np.array([1.08, 0.96, 0.76]) + random.uniform(-0.05, 0.05, 3)
    return np.asarray(np.clip(np.round(grey[..., None] * tone), 0, 255), np.uint8)


def _blur(image: Picture, points: Points, random: Generator) -> Picture:
    _, apart, _, _ = _frame(points)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.03, 0.09) * apart), np.uint8)


def _pale(image: Picture, _points: Points, random: Generator) -> Picture:
    grey = image.astype(np.float64).mean(2, keepdims=True)
    flat = grey + random.uniform(0.35, 0.7) * (image - grey)
    flat = 128 + random.uniform(0.6, 1.0) * (flat - 128) + random.uniform(0, 40)
    return np.asarray(np.clip(np.round(flat), 0, 255), np.uint8)


VISIBLE: dict[str, Paint] = {
    "beard": _beard,
    "moustache": _moustache,
    "lipstick": _lipstick,
    "shadow": _shadow,
    "low light": _dim,
    "coloured light": _coloured_light,
    "sepia": _sepia,
    "blur": _blur,
    "pale": _pale,
}
"""What changes a face and leaves its mouth to be seen."""


def changed(kind: str, image: Picture, points: Points, random: Generator) -> Picture:
    """Return a copy of an RGB picture with something of this kind (a name of `VISIBLE`)."""
    return VISIBLE[kind](image, points.astype(np.float64)[:, :2], random)
