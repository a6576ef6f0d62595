"""Cutting the picture to one person: the window, and what ffmpeg makes of it."""

from dataclasses import replace
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import FixError, UsageError
from lipready.facts.job import JobFacts
from lipready.facts.people import Box, Look, Match, PeopleFacts, Person
from lipready.profiles.limit import Range
from lipready.repair.choices import Choices, TrimSpan
from lipready.repair.plan import plan_job
from lipready.repair.recipe import Part
from lipready.repair.video.crop import crop_to_person
from lipready.reports.report import Report

EDGES = Range(Fraction(640), Fraction(2048))


def person(number, *boxes):
    looks = tuple(Look(Fraction(n, 2), box, 0.9) for n, box in enumerate(boxes))
    height = max(box.height for box in boxes)
    return Person(number, looks[0].time, looks[-1].time, 1.0, height, 1.0, looks)


def seen(*people):
    samples = tuple(Fraction(n, 2) for n in range(6))
    return PeopleFacts(len(people), len(people), 1.0, people, 1, samples, len(people), len(people))


def window(people, size=(1920, 1080), part=None):
    return crop_to_person(people, people.people[0], size, part, edges=EDGES, path="a.mp4")


def holds(outer, inner):
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.left + outer.width >= inner.left + inner.width
        and outer.top + outer.height >= inner.top + inner.height
    )


def test_the_window_holds_every_look_in_the_shape_of_the_picture():
    boxes = [Box(900, 300, 60, 80), Box(980, 320, 60, 80)]
    box = window(seen(person(1, *boxes)))
    assert all(holds(box, each) for each in boxes)
    assert box.width / box.height == pytest.approx(16 / 9, rel=0.02)
    assert min(box.width, box.height) >= 320


def test_another_face_stays_outside_even_if_the_shape_changes():
    other = Box(1100, 300, 60, 80)
    box = window(seen(person(1, Box(900, 300, 60, 80)), person(2, other)))
    assert box.left + box.width <= other.left
    assert holds(box, Box(900, 300, 60, 80))


def test_only_what_is_kept_of_the_clip_counts():
    moving = [Box(100, 300, 60, 80), Box(100, 300, 60, 80), Box(1100, 300, 60, 80)]
    everybody = seen(person(1, *moving))
    assert window(everybody, part=Part(Fraction(0), Fraction(1))).width < window(everybody).width
    with pytest.raises(FixError, match="does not show person 1"):
        window(everybody, part=Part(Fraction(50), Fraction(1)))


def test_nothing_is_gained_where_the_face_is_everywhere_or_another_is_too_close():
    with pytest.raises(FixError, match="seen all over the picture"):
        window(seen(person(1, Box(0, 100, 300, 400), Box(1600, 500, 300, 400))))
    with pytest.raises(FixError, match="comes too close"):
        window(seen(person(1, Box(900, 300, 60, 80)), person(2, Box(930, 310, 60, 80))))


@given(st.integers(0, 1800), st.integers(0, 900), st.integers(20, 120), st.booleans())
def test_windows_are_even_and_inside_the_picture(left, top, side, portrait):
    width, height = (1080, 1920) if portrait else (1920, 1080)
    face = Box(min(left, width - side), min(top, height - side), side, side)
    box = window(seen(person(1, face)), (width, height))
    assert all(value % 2 == 0 for value in (box.left, box.top, box.width, box.height))
    assert holds(Box(0, 0, width, height), box)
    assert holds(box, replace(face, left=face.left + 1, top=face.top + 1, width=side - 2, height=side - 2))


@pytest.fixture
def spotted(make):
    """Make a grey clip with a white spot where the face is said to be: `spotted(name, sar)`."""

    def build(name, sar="1"):
        spot = "drawbox=x=960:y=160:w=40:h=50:color=white:t=fill"
        source = "color=gray:size=1280x720:rate=25:duration=2.4"
        options = ("-vf", f"{spot},setsar={sar}", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
        return make("-f", "lavfi", "-i", source, *options, name)

    return build


@pytest.mark.parametrize(("sar", "left", "width"), [("1", 960, 40), ("3/2", 1440, 60)])
def test_the_output_shows_the_person_in_an_accepted_size(repaired, spotted, sar, left, width):
    small = seen(person(1, Box(left, 160, width, 50)))
    done = repaired("video", spotted("a.mp4", sar), Choices(crop=True), people=small)
    (step,) = (step for step in done.plan.steps if step.name == "crop")
    assert step.level == "editorial"
    assert "P303" in step.rules
    with av.open(str(done.path)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    high, wide = picture.shape
    assert min(wide, high) >= 640
    assert wide % 2 == high % 2 == 0
    white = picture > 200
    assert white.mean() / (width * 50 / (done.before.facts.video.media.width * 720)) > 2.5
    # The spot keeps its shape: in square pixels it is as wide as was said.
    rows, columns = white.any(axis=1).sum(), white.any(axis=0).sum()
    assert columns / rows == pytest.approx(width / 50, rel=0.08)


def video_report(reported, path, people, match=None):
    report = reported(video=path)
    file = replace(report.facts.video, people=people)
    facts = JobFacts(video=file, audio=None, reference=None, request=report.facts.request, match=match)
    return Report(provider=report.provider, facts=facts, findings=report.findings, unchecked=())


def test_without_need_nothing_is_cropped(reported, spotted, profile):
    alone = video_report(reported, spotted("a.mp4"), seen(person(1, Box(960, 160, 80, 100))))
    (plan,) = plan_job(alone, profile, Choices(crop=True), "out").files
    assert plan.already_fine


@pytest.mark.parametrize(("height", "cropped"), [(72, False), (71, True)])
def test_the_chosen_speaker_s_face_decides_even_if_another_s_was_judged(reported, spotted, profile, height, cropped):
    """A tenth of 720 px is enough. The other one, whom the provider would pick, is not in the part that is kept."""
    big = replace(person(1, Box(100, 160, 300, 400)), first=Fraction(2), last=Fraction(2))
    big = replace(big, looks=(replace(big.looks[0], time=Fraction(2)),))
    small = person(2, *[Box(960, 160, 60, height)] * 3)
    report = video_report(reported, spotted("a.mp4"), seen(big, small))
    first_half = TrimSpan(Fraction(0), Fraction(2))
    plan = plan_job(report, profile, Choices(crop=True, person=2, trim=first_half), "out")
    assert ("crop" in {step.name for file in plan.files for step in file.steps}) is cropped


def test_the_person_of_the_reference_is_followed(reported, spotted, profile):
    people = seen(person(1, Box(960, 160, 80, 100)), person(2, Box(100, 160, 80, 100)))
    report = video_report(reported, spotted("a.mp4"), people, Match("same", 2, 0.2))
    (plan,) = plan_job(report, profile, Choices(crop=True), "out").files
    (step,) = (step for step in plan.steps if step.name == "crop")
    assert "from (0, " in step.text


def test_crop_needs_a_video(reported, make, profile):
    sound = make("-f", "lavfi", "-i", "sine=duration=3", "a.wav")
    with pytest.raises(UsageError, match=r"`Choices\.crop` is about the picture"):
        plan_job(reported(audio=sound), profile, Choices(crop=True), "out")
