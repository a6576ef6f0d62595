"""Whether the picture of a result is that of its source outside of the faces."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import lipready
from lipready.facts.people import Box, Look
from lipready.facts.result import Surroundings
from lipready.facts.unmeasured import Unmeasured
from lipready.result.outside import structure, surroundings
from lipready.result.passage import Watched
from lipready.rules.examples import came, people
from lipready.rules.judge import judge

Picture = np.ndarray  # type: ignore[type-arg]
SIZE = (216, 384, 3)
FACE = Box(800, 300, 400, 500)


def scene(seed: int = 1) -> Picture:
    """Draw stripes and patches, with some noise."""
    numbers = np.random.default_rng(seed)
    coarse = numbers.integers(40, 200, (27, 48, 3)).repeat(8, axis=0).repeat(8, axis=1)
    return np.clip(coarse + numbers.normal(0, 2, SIZE), 0, 255).astype(np.uint8)


def watched(*pictures: Picture, late: Fraction = Fraction(0), box: Box = FACE, width: int = 1920) -> Watched:
    """Make what is seen in pictures that follow each other by half a second, with one face."""
    times = [Fraction(number, 2) + late for number in range(len(pictures))]
    looks = tuple(Look(time, box, 0.9) for time in times)
    facts = people(box.left)
    shown = replace(facts, people=(replace(facts.people[0], looks=looks),))
    return Watched(shown, {}, [[(time, picture)] for time, picture in zip(times, pictures, strict=True)], width)


def measured(result: Watched, source: Watched) -> Surroundings:
    found = surroundings(result, source)
    assert isinstance(found, Surroundings)
    return found


def test_what_was_encoded_anew_is_alike() -> None:
    noise = np.random.default_rng(2).normal(0, 4, SIZE)
    noisy = np.clip(scene() + noise, 0, 255).astype(np.uint8)
    found = measured(watched(*[noisy] * 4), watched(*[scene()] * 4))
    assert found.alike > 0.95
    assert found.colour < 0.01


@pytest.mark.parametrize("change", [lambda picture: picture[:, ::-1], lambda picture: np.roll(picture, 19, axis=1)])
def test_what_was_mirrored_or_moved_is_not(change) -> None:  # type: ignore[no-untyped-def]
    found = measured(watched(*[np.ascontiguousarray(change(scene()))] * 4), watched(*[scene()] * 4))
    assert found.alike < 0.6
    assert found.colour < 0.03


def test_other_colours_are_told_beside_the_structure() -> None:
    redder = scene() + np.array([26, 0, 0], np.uint8)
    found = measured(watched(*[redder] * 4), watched(*[scene()] * 4))
    assert found.alike > 0.95
    assert found.colour == pytest.approx(26 / 255, abs=0.001)


def test_what_a_face_and_its_surroundings_show_does_not_count() -> None:
    spoken = scene()
    spoken[35:205, 125:275] = scene(9)[35:205, 125:275]
    assert measured(watched(*[spoken] * 4), watched(*[scene()] * 4)) == Surroundings(1.0, 0.0)


def test_a_result_that_is_one_frame_late_or_smaller_shows_the_same() -> None:
    source = watched(*[scene(number) for number in range(4)])
    late = watched(*[scene(number) for number in range(4)], late=Fraction(1, 25))
    assert measured(late, source) == Surroundings(1.0, 0.0)
    small = watched(*[scene(number)[::2, ::2] for number in range(4)], box=Box(400, 150, 200, 250), width=960)
    assert measured(small, source).alike > 0.8
    too_late = watched(*[scene(number) for number in range(4)], late=Fraction(1, 4))
    assert isinstance(surroundings(too_late, source), Unmeasured)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (watched(*[scene()[:, 20:]] * 4), "the result has another shape than the video"),
        (watched(*[scene()] * 4, box=Box(100, 0, 1700, 1080)), "too little lies outside of the faces"),
        (watched(scene()), "too little lies outside of the faces"),
    ],
)
def test_what_cannot_be_compared_is_unmeasured(result: Watched, reason: str) -> None:
    assert surroundings(result, watched(*[scene()] * 4)) == Unmeasured(reason)
    found, unchecked = judge(came(part={"surroundings": Unmeasured(reason)}), lipready.Profile.load("dashscope"))
    assert "O814" not in {finding.rule for finding in found}
    assert [entry.reason for entry in unchecked if entry.rule == "O814"] == [reason]


def test_flat_walls_do_not_make_pictures_alike() -> None:
    wall, other = np.full(SIZE, 220, np.uint8), np.full(SIZE, 220, np.uint8)
    wall[80:120, 20:60], other[80:120, 320:360] = 0, 0
    everywhere = np.ones(SIZE[:2], bool)
    assert structure(wall, wall, everywhere) == pytest.approx(1)
    assert structure(wall, other, everywhere) < 0.6
