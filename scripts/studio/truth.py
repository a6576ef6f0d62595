"""The ground truth of a film: who is where, and how they hold their heads, frame by frame."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import groupby
from typing import Any

from studio.film import Appearance, Moment, moments

VISIBLE = 0.5
"""Somebody is there while at least this share of the face is inside the frame."""


def truth(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what a film shows. Times are fractions of a second written out, sizes and places pixels, angles degrees.

    `people` names everybody in order of appearance with the `spans` (begin, end) that show the face, `count` and
    `most_in_one_frame` say how many, `cuts` when shots begin, and `frames` has, for each frame, its `time`, `shot`,
    `blur`, `motion`, `light`, `gamma` and its `faces`: `person`, `box` (left, top, width, height around the mesh),
    `yaw`, `pitch`, `roll` and `height`, that of the same face held level.
    """
    size, step = recipe["size"], 1 / Fraction(recipe["frame_rate"])
    film = list(moments(recipe))
    seen = [tuple(a for a in m.cast if _shown(a, size) >= VISIBLE) for m in film]
    names = list(dict.fromkeys(a.person for shown in seen for a in shown))
    return {
        "size": list(size),
        "frame_rate": str(recipe["frame_rate"]),
        "count": len(names),
        "most_in_one_frame": max((len(shown) for shown in seen), default=0),
        "cuts": [str(next(g).time) for shot, g in groupby(film, key=lambda m: m.shot) if shot],
        "people": [
            {"person": name, "spans": _spans((m.time for m, s in zip(film, seen, strict=True) if _in(name, s)), step)}
            for name in names
        ],
        "frames": [_frame(moment, shown) for moment, shown in zip(film, seen, strict=True)],
    }


def _in(name: str, shown: Iterable[Appearance]) -> bool:
    return any(appearance.person == name for appearance in shown)


def _spans(times: Iterable[Fraction], step: Fraction) -> list[list[str]]:
    spans: list[list[Fraction]] = []
    for time in times:
        if spans and spans[-1][1] == time:
            spans[-1][1] = time + step
        else:
            spans.append([time, time + step])
    return [[str(begin), str(end)] for begin, end in spans]


def _frame(moment: Moment, shown: Iterable[Appearance]) -> dict[str, Any]:
    frame = {"time": str(moment.time), "shot": moment.shot, "blur": moment.blur, "motion": moment.motion}
    return frame | {"light": moment.light, "gamma": moment.gamma, "faces": [_face(appearance) for appearance in shown]}


def _face(appearance: Appearance) -> dict[str, Any]:
    angles = appearance.angles
    held = {"yaw": round(angles.yaw, 4), "pitch": round(angles.pitch, 4), "roll": round(angles.roll, 4)}
    box = [round(edge, 2) for edge in appearance.face]
    return {"person": appearance.person, "box": box, **held, "height": round(appearance.height, 2)}


def _shown(appearance: Appearance, size: tuple[int, int]) -> float:
    """Tell which share of the face's rectangle lies inside the frame (0..1)."""
    left, top, width, height = appearance.face
    across = min(left + width, size[0]) - max(left, 0.0)
    down = min(top + height, size[1]) - max(top, 0.0)
    return max(across, 0.0) * max(down, 0.0) / (width * height)
