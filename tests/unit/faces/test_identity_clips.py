"""Who is whom in real clips, composed of two portraits with cuts between them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from lipready.check import Settings, measure
from lipready.faces.people import PeopleWatcher, match_reference, people_in_image
from lipready.facts.people import Match, PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.job import Job
from lipready.probe.decoding.frames import scan

Picture = np.ndarray[Any, np.dtype[np.uint8]]
WriteClip = Callable[..., Path]
FactsOf = Callable[[Path], VideoFacts]
Watch = Callable[..., PeopleFacts]
pytestmark = pytest.mark.usefixtures("weights")


@pytest.fixture
def watch(write_clip: WriteClip, facts_of: FactsOf) -> Watch:
    """Write a clip and say who is in it."""

    def see(pictures: Sequence[Picture], *, describe: bool = False, every_frame: bool = False) -> PeopleFacts:
        path, watcher = write_clip(pictures), PeopleWatcher()
        scan(str(path), facts_of(path), (watcher,), every_frame=every_frame, progress=None)
        facts = watcher.facts(describe=describe)
        assert isinstance(facts, PeopleFacts)
        return facts

    return see


def stage(portrait: Picture | None, *, grey: int = 90, left: int = 60, size: int = 448) -> Picture:
    """Lay a portrait on a 960 × 540 stage of one colour."""
    picture = np.full((540, 960, 3), grey, np.uint8)
    if portrait is not None:
        side = min(portrait.shape[:2])
        square = portrait[:side, :side]
        picture[46 : 46 + size, left : left + size] = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)
    return picture


def both_on_stage(one: Picture, other: Picture) -> Picture:
    picture = stage(one, left=20)
    picture[:, 490:] = stage(other, left=500)[:, 490:]
    return picture


def numbers(facts: PeopleFacts) -> tuple[int, int | None, int | None, int]:
    return facts.count, facts.count_low, facts.count_high, facts.most_in_one_frame


def test_one_person_before_and_after_a_cut_is_one(astronaut: Picture, nobody: Picture, watch: Watch) -> None:
    away = cv2.resize(nobody, (960, 540))
    facts = watch([*[stage(astronaut)] * 18, *[away] * 24, *[stage(astronaut, grey=230, left=450)] * 18])
    assert numbers(facts) == (1, 1, 1, 1)
    (person,) = facts.people
    assert len(person.spans) == 2
    assert person.spans[0][0] == 0
    assert person.spans[0][1] < Fraction(18, 12)
    assert Fraction(42, 12) <= person.spans[1][0] <= person.spans[1][1] == person.last
    assert facts.certain


def test_two_people_who_are_never_together_are_two(astronaut: Picture, hopper: Picture, watch: Watch) -> None:
    facts = watch([*[stage(astronaut)] * 18, *[stage(hopper, grey=230, left=450)] * 18])
    assert numbers(facts) == (2, 2, 2, 1)
    assert facts.default_person == 1
    assert [person.first for person in facts.people] == sorted(person.first for person in facts.people)


def test_somebody_who_takes_the_place_of_another_in_the_same_setting_is_noticed(
    astronaut: Picture, hopper: Picture, watch: Watch
) -> None:
    """The histograms on both sides of such a cut agree, and so do the places of the faces."""
    hers = cv2.cvtColor(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    other = cv2.cvtColor(cv2.cvtColor(hopper, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    other = cv2.resize(other, (253, 296), interpolation=cv2.INTER_AREA)
    shots = [stage(p, left=300, size=200) for p in (hers[30:230, 120:320], other[21:221, 25:225])]
    assert numbers(watch([*[shots[0]] * 18, *[shots[1]] * 18, *[shots[0]] * 18])) == (2, 2, 2, 1)


def test_two_at_once_are_two_and_need_no_description(astronaut: Picture, hopper: Picture, watch: Watch) -> None:
    facts = watch([both_on_stage(astronaut, hopper)] * 18)
    assert numbers(facts) == (2, 2, 2, 2)
    assert all(isinstance(person.descriptor, Unmeasured) for person in facts.people)


def test_two_equal_faces_in_one_frame_are_two_people(astronaut: Picture, watch: Watch) -> None:
    assert numbers(watch([both_on_stage(astronaut, astronaut)] * 14, describe=True)) == (2, 2, 2, 2)


@pytest.mark.parametrize("first", [17, 20, 23])
def test_a_person_who_appears_for_one_second_is_counted(
    astronaut: Picture, hopper: Picture, watch: Watch, first: int
) -> None:
    alone, guest = stage(astronaut), stage(hopper, grey=200, left=450)
    facts = watch([*[alone] * first, *[guest] * 12, *[alone] * 24])
    assert numbers(facts) == (2, 2, 2, 1)
    assert Fraction(first, 12) <= facts.people[1].first <= facts.people[1].last < Fraction(first + 12, 12)


def test_one_person_alone_is_only_described_on_demand(astronaut: Picture, watch: Watch) -> None:
    plain, described = watch([stage(astronaut)] * 14), watch([stage(astronaut)] * 14, describe=True)
    assert isinstance(plain.people[0].descriptor, Unmeasured)
    assert isinstance(described.people[0].descriptor, tuple)
    assert len(described.people[0].descriptor) == 128


def test_a_clip_says_the_same_every_time(astronaut: Picture, hopper: Picture, watch: Watch) -> None:
    pictures = [*[stage(astronaut)] * 14, *[stage(hopper, grey=230)] * 14, *[stage(astronaut, left=400)] * 14]
    assert watch(pictures, describe=True) == watch(pictures, describe=True)


def test_every_frame_finds_the_same_people(astronaut: Picture, hopper: Picture, watch: Watch) -> None:
    pictures = [*[stage(astronaut)] * 12, *[stage(hopper, grey=230)] * 12]
    assert numbers(watch(pictures)) == numbers(watch(pictures, every_frame=True)) == (2, 2, 2, 1)


def test_looks_say_how_well_the_face_is_seen(astronaut: Picture, watch: Watch) -> None:
    dark, blurred = (astronaut // 4).astype(np.uint8), cv2.GaussianBlur(astronaut, (0, 0), 2.5)
    looks = [watch([stage(p)] * 8).people[0].looks[0] for p in (astronaut, dark, blurred)]
    light, sharpness = [look.light or 0 for look in looks], [look.sharpness or 0 for look in looks]
    assert light[1] < 0.5 * light[0]
    assert sharpness[2] < 0.2 * sharpness[0]
    assert [look.cut for look in looks] == [False] * 3
    assert looks[0].eye_distance == pytest.approx(43 * 448 / 512, abs=3)
    assert watch([np.ascontiguousarray(stage(astronaut)[:, 222:])] * 8).people[0].looks[0].cut is True


def save(picture: Picture, path: Path) -> Path:
    Image.fromarray(picture).save(path)
    return path


@pytest.fixture
def matched(astronaut: Picture, tmp_path: Path, write_clip: WriteClip) -> Callable[[Picture], Match | Unmeasured]:
    """Check a picture as the reference of a clip of the astronaut."""
    video, references = str(write_clip([stage(astronaut)] * 18)), count()

    def match(picture: Picture) -> Match | Unmeasured:
        path = save(np.ascontiguousarray(picture), tmp_path / f"reference-{next(references)}.png")
        found = measure(Job(video, None, str(path)), Settings()).match
        assert found is not None
        return found

    return match


def test_a_reference_is_matched_with_the_video(
    astronaut: Picture, hopper: Picture, matched: Callable[[Picture], Match | Unmeasured]
) -> None:
    her, other = matched(astronaut[:, ::-1]), matched(hopper)
    assert isinstance(her, Match)
    assert isinstance(other, Match)
    assert (her.alike, her.person) == ("same", 1)
    assert other.alike == "different"
    assert her.distance < 0.35
    assert other.distance >= 0.6


def test_a_reference_without_one_face_is_not_matched(
    nobody: Picture, both: Picture, matched: Callable[[Picture], Match | Unmeasured]
) -> None:
    assert matched(nobody) == Unmeasured("the reference image shows no face instead of one")
    assert matched(both) == Unmeasured("the reference image shows 2 faces instead of one")


def test_facts_that_are_known_are_compared_with_a_reference_that_comes_later(
    astronaut: Picture, tmp_path: Path, write_clip: WriteClip
) -> None:
    video = str(write_clip([stage(astronaut)] * 14))
    reference = str(save(astronaut, tmp_path / "her.png"))
    described, plain = (measure(Job(video), Settings(), describe=describe).video for describe in (True, False))
    assert described is not None
    assert plain is not None
    later = measure(Job(video, None, reference), Settings(), known={"video": described})
    assert later.video is described
    assert isinstance(later.match, Match)
    assert later.match.alike == "same"
    undescribed = measure(Job(video, None, reference), Settings(), known={"video": plain}).match
    assert isinstance(undescribed, Unmeasured)
    assert "not described" in undescribed.reason


def test_nothing_is_matched_in_a_quick_check_or_without_a_reference(
    astronaut: Picture, tmp_path: Path, write_clip: WriteClip
) -> None:
    video, picture = str(write_clip([stage(astronaut)] * 8)), str(save(astronaut, tmp_path / "her.png"))
    assert measure(Job(video, None, picture), Settings(quick=True)).match is None
    assert measure(Job(video), Settings()).match is None


def test_a_face_that_is_too_small_or_blurred_is_not_described(astronaut: Picture, tmp_path: Path) -> None:
    small = stage(astronaut, size=130)
    blurred = stage(cv2.GaussianBlur(astronaut, (0, 0), 3))
    for name, picture in (("small", small), ("blurred", blurred)):
        facts = people_in_image(str(save(picture, tmp_path / f"{name}.png")))
        assert isinstance(facts, PeopleFacts)
        assert facts.count == 1
        assert isinstance(facts.people[0].descriptor, Unmeasured)
        assert isinstance(match_reference(facts, facts), Unmeasured)


def test_a_clip_on_its_side_is_noticed(astronaut: Picture, nobody: Picture, watch: Watch) -> None:
    upright = stage(astronaut)
    assert watch([upright] * 8).turned is None
    assert watch([np.rot90(upright).copy()] * 8).turned == 90
    assert watch([np.rot90(upright, -1).copy()] * 8).turned == 270
    assert watch([cv2.resize(nobody, (960, 540))] * 8).turned is None


def test_a_picture_on_its_side_is_noticed(astronaut: Picture, tmp_path: Path) -> None:
    facts = people_in_image(str(save(np.rot90(astronaut).copy(), tmp_path / "side.png")))
    assert isinstance(facts, PeopleFacts)
    assert facts.turned == 90
