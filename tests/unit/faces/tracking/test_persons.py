"""People as facts, from tracks made by hand."""

from fractions import Fraction

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.picture import Face
from lipready.faces.detection.quality import Quality
from lipready.faces.tracking.persons import UNUSABLE, Screen, people_of
from lipready.faces.tracking.runs import Sighting
from lipready.faces.tracking.tracks import Track

HALF = Fraction(1, 2)
SCREEN = Screen(1000, 500, 2.0)


def sighting(sample: int, left: float, *, size: float = 100, yaw: float = 0) -> Sighting:
    face = Face(Area(left, 100, size, size), 0.9, 20, Pose(yaw, 0, 0))
    return Sighting(sample, sample * HALF, face, Quality(sharpness=200.04, light=0.5, cut=False, eye_distance=40.0))


def track(*sightings: Sighting, shot: int = 1, descriptor: tuple[float, ...] | None = None) -> Track:
    return Track(shot, sightings, (), descriptor)


def times(count: int) -> list[Fraction]:
    return [i * HALF for i in range(count)]


def test_facts_are_in_displayed_pixels() -> None:
    facts = people_of([track(sighting(0, 100, yaw=30), sighting(1, 110, size=120))], times(4), SCREEN)
    (person,) = facts.people
    assert (facts.count, facts.most_in_one_frame, facts.face_share, facts.default_person) == (1, 1, 0.5, 1)
    assert (person.first, person.last, person.share, person.frontal_share) == (0, HALF, 0.5, 0.5)
    assert (person.largest_face, person.descriptor) == (240, UNUSABLE)
    look = person.looks[0]
    assert (look.box.left, look.box.width, look.yaw) == (200, 200, 30)
    assert (look.eye_distance, look.sharpness, look.light, look.cut) == (80.0, 200.0, 0.5, False)


def test_spans_are_merged_over_short_breaks() -> None:
    samples = (0, 1, 4, 8, 9)
    (person,) = people_of([track(*(sighting(i, 100) for i in samples))], times(10), SCREEN).people
    assert person.spans == ((0, 2), (4, Fraction(9, 2)))


def test_ids_follow_first_appearance_and_then_size() -> None:
    first = [track(sighting(0, 600, size=120), descriptor=(9.0,)), track(sighting(0, 100), descriptor=(5.0,))]
    late = track(sighting(5, 300, size=300), shot=2, descriptor=(1.0,))
    facts = people_of([*first, late], times(6), SCREEN)
    assert [person.looks[0].box.left for person in facts.people] == [1200, 200, 600]
    assert [person.id for person in facts.people] == [1, 2, 3]
    assert facts.most_in_one_frame == 2


def test_the_provider_picks_the_largest_face_of_the_first_frame_with_one() -> None:
    small = track(sighting(1, 100, size=90), sighting(2, 100, size=300))
    large = track(sighting(1, 600, size=110), sighting(2, 600, size=110))
    facts = people_of([large, small], times(3), SCREEN)
    chosen = next(p for p in facts.people if p.id == facts.default_person)
    assert chosen.looks[0].box.left == 1200


def test_a_crowd_is_counted_as_at_least() -> None:
    crowd = [track(sighting(0, 150.0 * i)) for i in range(5)]
    assert people_of(crowd, times(1), SCREEN).at_least
    assert not people_of(crowd[:4], times(1), SCREEN).at_least


def test_an_uncertain_count_says_so() -> None:
    same = track(sighting(0, 100), descriptor=(0.0,)), track(sighting(9, 100), shot=2, descriptor=(0.57,))
    facts = people_of(same, times(10), SCREEN)
    assert (facts.count, facts.count_low, facts.count_high, facts.certain) == (2, 1, 2, False)


def test_descriptors_of_one_person_are_averaged() -> None:
    same = track(sighting(0, 100), descriptor=(0.0, 1.0)), track(sighting(9, 100), shot=2, descriptor=(0.25, 1.0))
    (person,) = people_of(same, times(10), SCREEN).people
    assert person.descriptor == (0.125, 1.0)


def test_nobody() -> None:
    facts = people_of([], times(3), SCREEN, turned=90)
    assert (facts.count, facts.most_in_one_frame, facts.face_share, facts.people) == (0, 0, 0.0, ())
    assert (facts.default_person, facts.certain, facts.turned) == (None, True, 90)
    assert facts.samples == tuple(times(3))
