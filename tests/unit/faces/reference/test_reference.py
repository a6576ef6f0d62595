"""The reference picture: which frame it is, what it shows, and why there may be none."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from lipready.check import Settings, measure
from lipready.errors import FixError
from lipready.faces.detection.picture import faces_in_picture
from lipready.faces.reference.choice import try_looks
from lipready.faces.reference.gates import OWN
from lipready.faces.reference.reference import find_reference
from lipready.facts.file import FileFacts
from lipready.facts.people import Front, Match, PeopleFacts
from lipready.facts.video import VideoFacts
from lipready.job import Job
from lipready.prepare import take_reference
from lipready.profiles.loader import load_profile

Picture = np.ndarray[Any, np.dtype[np.uint8]]
WriteClip = Callable[[Sequence[Picture]], Path]
pytestmark = pytest.mark.usefixtures("weights")


def looked_at(path: Path) -> tuple[FileFacts, VideoFacts, PeopleFacts]:
    file = measure(Job(video=str(path)), Settings(), describe=True).video
    assert file is not None
    assert isinstance(file.media, VideoFacts)
    assert isinstance(file.people, PeopleFacts)
    return file, file.media, file.people


def test_the_sharp_moment_is_found_between_blurred_ones(astronaut: Picture, write_clip: WriteClip) -> None:
    blurred = cv2.GaussianBlur(astronaut, (0, 0), 4)
    path = write_clip([*[blurred] * 18, *[astronaut] * 3, *[blurred] * 18])
    _, video, people = looked_at(path)

    found = find_reference(str(path), video, people)

    assert Fraction(18, 12) <= found.time < Fraction(21, 12)
    assert isinstance(found.match, Match)
    assert (found.match.alike, found.match.person) == ("same", 1)
    assert all(reading.passed for reading in found.readings)
    (face,) = faces_in_picture(found.image)
    assert face.area.height > 0.2 * found.image.shape[0]


def test_a_moment_with_a_covered_mouth_is_not_taken(astronaut: Picture, write_clip: WriteClip) -> None:
    (face,) = faces_in_picture(astronaut)
    area = face.area
    centre = (round(area.left + area.width / 2), round(area.top + 0.78 * area.height))
    masked = astronaut.copy()
    cv2.ellipse(masked, centre, (round(0.42 * area.width), round(0.27 * area.height)), 0, 0, 360, (110, 160, 205), -1)
    # Without the mask the first part would be taken: it is the sharper one.
    path = write_clip([*[masked] * 18, *[cv2.GaussianBlur(astronaut, (0, 0), 0.8)] * 9])
    _, video, people = looked_at(path)

    assert find_reference(str(path), video, people).time >= Fraction(18, 12)


def test_of_two_people_each_gets_a_picture_without_the_other(both: Picture, write_clip: WriteClip) -> None:
    path = write_clip([both] * 14)
    _, video, people = looked_at(path)
    assert people.count == 2
    for person in people.people:
        found = find_reference(str(path), video, people, person.id)
        assert len(faces_in_picture(found.image)) == 1
        assert isinstance(found.match, Match)
        assert (found.match.alike, found.match.person) == ("same", person.id)
    with pytest.raises(FixError, match="say by number which of them speaks"):
        find_reference(str(path), video, people)
    # With the second in the background the first is meant.
    first, second = people.people
    turned = replace(second, looks=tuple(replace(look, yaw=50.0) for look in second.looks))
    behind = replace(people, people=(first, turned), default_person=first.id)
    found = find_reference(str(path), video, behind, front=Front(Fraction(1, 20), Fraction(30)))
    assert isinstance(found.match, Match)
    assert (found.match.alike, found.match.person) == ("same", first.id)
    with pytest.raises(FixError, match="no person 7"):
        find_reference(str(path), video, people, 7)


def test_a_face_that_is_too_small_is_refused_with_its_size(astronaut: Picture, write_clip: WriteClip) -> None:
    scene = np.full((480, 640, 3), 128, np.uint8)
    scene[100:356, 200:456] = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    path = write_clip([scene] * 14)
    _, video, people = looked_at(path)
    with pytest.raises(FixError, match=r"size \(the eyes are \d\d px apart; at least 25 px\)"):
        find_reference(str(path), video, people)


def test_a_frame_between_two_samples_serves_where_no_sample_does(astronaut: Picture, write_clip: WriteClip) -> None:
    soft = cv2.GaussianBlur(astronaut, (0, 0), 3)
    path = write_clip([*[soft] * 20, *[astronaut] * 3, *[soft] * 16])
    _, video, people = looked_at(path)
    (person,) = people.people
    assert all(look.sharpness is not None and look.sharpness < 30 for look in person.looks)

    trials = try_looks(str(path), video, person, OWN)

    assert trials.passed
    assert all(Fraction(20, 12) <= shot.time < Fraction(23, 12) for shot in trials.passed)
    assert trials.refused


def test_a_face_that_no_sample_showed_is_kept_out_as_well(both: Picture, write_clip: WriteClip) -> None:
    path = write_clip([both] * 14)
    _, video, people = looked_at(path)
    for person in people.people:
        unaware = replace(people, people=(person,), count=1)
        found = find_reference(str(path), video, unaware, person.id)
        assert len(faces_in_picture(found.image)) == 1


def test_a_frame_that_is_turned_beyond_the_rule_is_refused_by_its_gate(
    astronaut: Picture, write_clip: WriteClip
) -> None:
    path = write_clip([astronaut] * 14)
    _, video, people = looked_at(path)
    with pytest.raises(FixError, match=r"fails on pose \(the head is .*; at most 0°\)"):
        find_reference(str(path), video, people, bounds=replace(OWN, yaw=Fraction(0)))


def test_a_clip_that_lies_on_its_side_is_turned_first(astronaut: Picture, write_clip: WriteClip) -> None:
    path = write_clip([np.ascontiguousarray(np.rot90(astronaut))] * 14)
    _, video, people = looked_at(path)
    with pytest.raises(FixError, match="lie on their side: turn the video by 90° clockwise"):
        find_reference(str(path), video, people)


def test_an_objection_is_passed_on_and_leads_to_the_next_frame(astronaut: Picture, write_clip: WriteClip) -> None:
    path = write_clip([astronaut] * 14)
    _, video, people = looked_at(path)
    seen: list[Fraction] = []

    def first_is_bad(frame: Any) -> str | None:
        seen.append(frame.time)
        return "not this one" if len(seen) == 1 else None

    assert find_reference(str(path), video, people, judge=first_is_bad).time == seen[1] != seen[0]
    with pytest.raises(FixError, match=r"fails on the rules \(none is good; nothing found\)"):
        find_reference(str(path), video, people, judge=lambda _: "none is good")


def test_what_is_written_passes_the_image_rules(astronaut: Picture, write_clip: WriteClip, tmp_path: Path) -> None:
    path = write_clip([astronaut] * 14)
    file, _, _ = looked_at(path)
    profile = load_profile("dashscope")
    target = tmp_path / "reference.jpg"

    take_reference(file, None, profile, target)

    report = measure(Job(video=str(path), reference=str(target)), Settings(), known={"video": file})
    assert report.reference is not None
    assert isinstance(report.reference.people, PeopleFacts)
    assert report.reference.people.count == 1
    assert isinstance(report.match, Match)
    assert report.match.alike == "same"


def test_a_clip_without_a_face_says_so(nobody: Picture, write_clip: WriteClip) -> None:
    path = write_clip([nobody[:, :600]] * 8)
    _, video, people = looked_at(path)
    with pytest.raises(FixError, match="shows no face"):
        find_reference(str(path), video, people)
