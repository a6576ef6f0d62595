"""A second person who is in the picture for one second, anywhere in a longer clip, is always found."""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import sin
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from studio.encoder import encode_pictures
from studio.recipe import portrait

Picture = np.ndarray[Any, np.dtype[np.uint8]]
SIZE, RATE, SECONDS = (960, 540), 12, 20
# Key frames stand 8 s apart: at 0, 8 and 16 s.
ENCODE = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "96", "-keyint_min", "96")
BESIDE, CORNER, CHEST, BACKGROUND = (620, 130, 330), (20, 330, 200), (400, 380, 150), (760, 60, 170)
"""Left, top and width of the guest's picture; the face is a fifth of it."""


def frames(appears: Fraction | None, place: tuple[int, int, int]) -> Iterator[Picture]:
    speaker = cv2.resize(cv2.imread(str(portrait("astronaut").path)), (560, 560), interpolation=cv2.INTER_AREA)
    guest = cv2.imread(str(portrait("hopper").path))[60:572]
    left, top, side = place
    guest = cv2.resize(guest, (side, side), interpolation=cv2.INTER_AREA)
    room = np.full((SIZE[1] + 40, SIZE[0] + 40, 3), (150, 140, 120), np.uint8)
    room[:, ::60] = 90
    room[:, 190:750] = np.vstack([speaker, np.repeat(speaker[-1:], 20, axis=0)])
    grain = np.random.default_rng(1).normal(0, 2, room.shape[:2]).astype(np.int16)[..., None]
    for index in range(SECONDS * RATE):
        sway = 20 + round(6 * sin(index / 5))
        picture = np.clip(room + np.roll(grain, 7 * index, axis=1), 0, 255).astype(np.uint8)
        picture = picture[20 : 20 + SIZE[1], sway : sway + SIZE[0]]
        if appears is not None and appears <= Fraction(index, RATE) < appears + 1:
            picture[top : top + side, left : left + side] = guest[: SIZE[1] - top, : SIZE[0] - left]
        yield np.ascontiguousarray(picture)


@pytest.fixture
def findings(tmp_path: Path, lipready_run: Callable[..., Any]) -> Callable[..., tuple[int, set[str]]]:
    def check(appears: Fraction | None, place: tuple[int, int, int] = BESIDE) -> tuple[int, set[str]]:
        path = tmp_path / "clip.mp4"
        encode_pictures(frames(appears, place), SIZE, Fraction(RATE), (*ENCODE, "-sc_threshold", "0"), path)
        done = lipready_run("check", path, "--format", "json")
        report = json.loads(done.stdout)
        people = report["files"][0]["facts"]["people"]
        return people["count"], {finding["rule"] for finding in report["findings"]}

    return check


@pytest.mark.parametrize(
    ("appears", "place"),
    [
        (Fraction(1, 4), BESIDE),
        (Fraction(37, 12), CORNER),
        (Fraction(85, 12), CHEST),  # over the key frame at 8 s
        (Fraction(119, 12), BACKGROUND),
        (Fraction(181, 12), CHEST),
        (Fraction(19), CORNER),  # to the end
    ],
)
def test_a_guest_of_one_second_is_found(
    findings: Callable[..., tuple[int, set[str]]], appears: Fraction, place: tuple[int, int, int]
) -> None:
    count, rules = findings(appears, place)
    assert count == 2
    assert "P302" in rules


def test_without_a_guest_there_is_one_person(findings: Callable[..., tuple[int, set[str]]]) -> None:
    count, rules = findings(None)
    assert count == 1
    assert "P302" not in rules
