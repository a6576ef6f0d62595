"""Tracks → people, on tracks made by hand."""

from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.picture import Face
from lipready.faces.detection.quality import Quality
from lipready.faces.tracking.persons import Grouping, group, link
from lipready.faces.tracking.runs import Sighting
from lipready.faces.tracking.tracks import Track

HALF = Fraction(1, 2)
SEEN = Quality(sharpness=200.0, light=0.5, cut=False, eye_distance=40.0)


def at(position: float) -> tuple[float, ...]:
    """Return a descriptor on a line, so that distances are differences."""
    return (position, 0.0, 0.0)


def track(samples: range, where: float | None = None, *, shot: int = 1, left: float = 100, size: float = 100) -> Track:
    """Make a track; `where` is the place of its descriptor on the line, None for one that cannot be described."""
    face = Face(Area(left, 100, size, size), 0.9, 20, Pose(0, 0, 0))
    sightings = tuple(Sighting(i, i * HALF, face, SEEN) for i in samples)
    return Track(shot, sightings, (), None if where is None else at(where))


def answer(*tracks: Track) -> tuple[int, int, int]:
    grouping = group(tracks)
    return len(grouping.groups), grouping.low, grouping.high


def test_nobody() -> None:
    assert group([]) == Grouping((), 0, 0)


def test_descriptors_join_across_a_cut_or_not() -> None:
    first = track(range(5), 0.0)
    assert answer(first, track(range(5, 9), 0.50, shot=2)) == (1, 1, 1)
    assert answer(first, track(range(5, 9), 0.54, shot=2)) == (1, 1, 2)
    assert answer(first, track(range(5, 9), 0.56, shot=2)) == (2, 1, 2)
    assert answer(first, track(range(5, 9), 0.60, shot=2)) == (2, 2, 2)


def test_two_faces_in_one_frame_are_two_whatever_the_descriptors_say() -> None:
    assert answer(track(range(5), 0.0), track(range(4, 9), 0.0, left=600)) == (2, 2, 2)


def test_linkage_is_by_the_mean() -> None:
    """The third is near the second only: one chain of neighbours is not one person."""
    tracks = [track(range(3 * i, 3 * i + 3), 0.45 * i, shot=i) for i in range(3)]
    assert group(tracks).groups == ((0, 1), (2,))


def test_a_face_that_is_found_again_in_place_is_the_same() -> None:
    blurred = track(range(8, 12), None, left=110)
    assert answer(track(range(5), 0.0), blurred) == (1, 1, 1)
    assert answer(track(range(5), None), blurred) == (1, 1, 1)
    assert answer(track(range(5), 0.0), track(range(8, 12), 0.58, left=110)) == (1, 1, 1)


def test_place_says_nothing_across_a_cut_after_long_or_against_the_descriptors() -> None:
    first = track(range(5), 0.0)
    assert answer(first, track(range(8, 12), None, left=110, shot=2)) == (1, 1, 2)
    assert answer(first, track(range(30, 34), None, left=110)) == (1, 1, 2)
    assert answer(first, track(range(8, 12), 0.7, left=110)) == (2, 2, 2)


def test_who_cannot_be_described_is_known_or_new() -> None:
    first, second = track(range(5), 0.0), track(range(5), 0.9, left=900)
    assert answer(first, second, track(range(10, 14), None, shot=2)) == (2, 2, 3)
    pair = track(range(10, 14), None, shot=2), track(range(10, 14), None, left=800, shot=2)
    assert answer(first, second, *pair) == (2, 2, 4)
    assert answer(first, *pair) == (2, 2, 3)


def test_who_cannot_have_gone_so_far_is_somebody_else() -> None:
    first = track(range(5), 0.0)
    assert answer(first, track(range(5, 9), None, left=1500)) == (2, 1, 2)
    assert answer(first, track(range(20, 24), None, left=1500)) == (1, 1, 2)


def test_groups_come_in_order_of_first_appearance() -> None:
    tracks = [track(range(i, i + 1), where, shot=i) for i, where in enumerate((0.0, 0.9, 0.0, 1.8, 0.9))]
    assert group(tracks).groups == ((0, 2), (1, 4), (3,))


def test_link_keeps_forbidden_pairs_apart_through_others() -> None:
    descriptors = [at(0.0), at(0.0), at(0.01)]
    apart = [[False, True, False], [True, False, False], [False, False, False]]
    assert link(descriptors, apart, 0.5, [1, 1, 1]) in ([(0, 2), (1,)], [(0,), (1, 2)])


def test_link_weighs_what_stands_for_several() -> None:
    """The pair's mean distance to the third is 0.55 with equal weights, 0.46 where the near one weighs nine times."""
    descriptors = [at(0.0), at(0.2), at(0.65)]
    nothing = [[False] * 3] * 3
    assert link(descriptors, nothing, 0.5, [1, 1, 1]) == [(0, 1), (2,)]
    assert link(descriptors, nothing, 0.5, [1, 9, 1]) == [(0, 1, 2)]


@st.composite
def scenes(draw: st.DrawFn) -> list[Track]:
    tracks = []
    for i in range(draw(st.integers(0, 7))):
        begin = draw(st.integers(0, 20))
        where = draw(st.none() | st.sampled_from([0.0, 0.3, 0.55, 0.9, 1.4]))
        shot = draw(st.integers(1, 2))
        samples = range(begin + 40 * shot, begin + 40 * shot + draw(st.integers(1, 6)))
        tracks.append(track(samples, where, shot=shot, left=draw(st.sampled_from([0.0, 50.0, 300.0, 900.0])) + i))
    return sorted(tracks, key=lambda t: t.sightings[0].sample)


@given(scenes())
def test_every_track_is_one_persons_and_nobody_is_in_two_places(tracks: list[Track]) -> None:
    grouping = group(tracks)
    assert sorted(i for numbers in grouping.groups for i in numbers) == list(range(len(tracks)))
    assert grouping.low <= len(grouping.groups) <= grouping.high
    for numbers in grouping.groups:
        samples = [s for i in numbers for s in tracks[i].samples]
        assert len(samples) == len(set(samples))
    most = max((sum(s in t.samples for t in tracks) for s in range(200)), default=0)
    assert grouping.low >= most


@given(scenes())
def test_only_known_descriptors_are_certain(tracks: list[Track]) -> None:
    grouping = group(tracks)
    apart = [
        abs(a.descriptor[0] - b.descriptor[0])
        for a in tracks
        for b in tracks
        if a.descriptor is not None and b.descriptor is not None
    ]
    if all(t.descriptor is not None for t in tracks) and all(d == 0 or d > sqrt(0.36) for d in apart):
        assert grouping.low == len(grouping.groups) == grouping.high


@pytest.mark.parametrize("count", [1, 2, 5])
def test_more_than_four_in_a_row(count: int) -> None:
    tracks = [track(range(i, i + 1), 1.0 * i, shot=i) for i in range(count)]
    assert answer(*tracks) == (count, count, count)
