"""The table of people, its JSON, and the contact sheet."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lipready.cli.output.contact import HEAD, MARGIN, ROW, STRIP, WIDTH, Moment, Row, draw_sheet
from lipready.facts.people import Box, Front, Look, PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration
from lipready.reports.page import Page
from lipready.reports.people import as_json, as_text, introduce, introductions, picture_of, times_of

SECONDS = Fraction(4)


def person(number, left, sharpness=400.0, light=0.5, spans=((Fraction(0), Fraction(2)),)):
    looks = tuple(
        Look(Fraction(n, 2), Box(left, 50, 90, 122), 0.9, -3.0, 2.0, 0.0, 40.0, sharpness, light, cut=False)
        for n in range(5)
    )
    return Person(number, looks[0].time, looks[-1].time, 0.75, 122, 0.9, looks, spans)


def lasting(video_file, seconds):
    """Give the file with another length."""
    length = Fraction(seconds)
    return replace(
        video_file, media=replace(video_file.media, duration=Duration(None, None, length, length, "packets"))
    )


@pytest.fixture
def video_file(video_file):
    """Give a clip that is long enough for everything that is seen here."""
    return lasting(video_file, 70)


@pytest.fixture
def crowd():
    return PeopleFacts(2, 2, 1.0, (person(1, 0), person(2, 380, 10.0, 0.1)), 2, (Fraction(0), Fraction(60)), 2, 2)


def test_the_table_names_everybody(video_file, crowd):
    text = as_text(replace(video_file, people=crowd), Page(width=200), None)
    first, second = (line for line in text.splitlines() if "0:00–0:02" in line)
    for word in ("1 *", "75%", "left", "122 px (14%)", "-3°", "90%", "sharp, well lit"):
        assert word in first
    for word in ("2 *", "right", "blurred, dark"):
        assert word in second
    assert "the provider would pick person 2 or person 1: their faces are nearly equally large" in text


def test_uncertain_counts_say_so(video_file, crowd):
    page = Page(width=100)
    unsure = replace(crowd, count_low=1, count_high=2)
    assert "1 or 2 people" in as_text(replace(video_file, people=unsure), page, None)
    assert "could not be decided" in as_text(replace(video_file, people=unsure), page, None)
    assert "could not be decided" not in as_text(replace(video_file, people=crowd), page, None)
    assert "lower bound" in as_text(replace(video_file, people=replace(crowd, at_least=True)), page, None)


def test_the_table_has_a_line_for_each_further_appearance(video_file, crowd):
    spans = ((Fraction(0), Fraction(2)), (Fraction(4), Fraction(61, 10)))
    people = replace(crowd, people=(replace(crowd.people[0], spans=spans), crowd.people[1]))
    lines = as_text(replace(video_file, people=people), Page(width=100), None).splitlines()
    (number,) = (number for number, line in enumerate(lines) if line.startswith("  1 "))
    assert lines[number].split()[2] == "0:00–0:02"
    assert lines[number + 1].split() == ["0:04–0:07"]
    assert lines[number].index("0:00") == lines[number + 1].index("0:04")


def test_who_is_in_the_background_is_said(video_file, crowd):
    """The second one is picked, and the first is a tenth as high as what counts as in front."""
    small = replace(
        crowd.people[0], looks=tuple(replace(look, box=Box(0, 0, 12, 12)) for look in crowd.people[0].looks)
    )
    file = replace(video_file, people=replace(crowd, people=(small, crowd.people[1])))
    front = Front(Fraction(12, 85), Fraction(30))
    text = as_text(file, Page(width=200), front)
    assert "1 person; 1 more face in the background, too small or turned to be driven" in text
    assert "In the background, too small or turned to be driven: person 1." in text
    assert json.loads(as_json(file, front))["people"]["background"] == [1]
    lines = introductions(file, front)
    assert lines[1].endswith("; in the background")
    assert "background" not in lines[2]
    assert "background" not in as_text(file, Page(width=200), None)


@pytest.mark.parametrize(("left", "said"), [(81, "person 2 or person 1: their faces"), (80, "pick person 2.")])
def test_faces_that_are_nearly_equally_large_are_not_told_apart(video_file, crowd, left, said):
    """The second face is picked; the first has that many percent of its area."""
    looks = (replace(crowd.people[0].looks[0], box=Box(0, 0, 10, left)), *crowd.people[0].looks[1:])
    largest = (replace(crowd.people[1].looks[0], box=Box(0, 0, 10, 100)), *crowd.people[1].looks[1:])
    both = (replace(crowd.people[0], looks=looks), replace(crowd.people[1], looks=largest))
    text = as_text(replace(video_file, people=replace(crowd, people=both)), Page(width=200), None)
    assert said in text
    assert ("  1 * " in text) is (left == 81)
    assert "  2 * " in text


def test_a_person_is_introduced_in_one_line(video_file, crowd):
    small = Look(Fraction(0), Box(0, 50, 45, 61), 0.9)
    one = replace(crowd.people[0], looks=(small, *crowd.people[0].looks))
    twice = replace(one, spans=((Fraction(0), Fraction(2)), (Fraction(4), Fraction(6))))
    words = "person 1: 0:00–0:02, left, face 122 px (14%)"
    alone, both = replace(crowd, people=(one,), default_person=1), replace(crowd, people=(one, crowd.people[1]))
    assert introduce(one, both, video_file.media) == words
    assert introduce(twice, both, video_file.media) == words.replace("0:02,", "0:02 and 0:04–0:06,")
    assert introduce(one, alone, video_file.media) == f"{words}; the provider's own pick"
    assert introduce(crowd.people[0], crowd, video_file.media) == f"{words}; perhaps the provider's own pick"


@pytest.mark.parametrize(
    ("spans", "times"),
    [
        ([(0, 2)], ["0:00–0:02"]),
        ([(0, "2.1")], ["0:00–0:03"]),
        ([("59.9", "59.9")], ["0:59–1:00"]),
        ([(3, 3)], ["0:03–0:04"]),
        ([(0, 2), ("2.9", 5)], ["0:00–0:05"]),
        ([(0, 2), (3, 5)], ["0:00–0:02", "0:03–0:05"]),
        ([(n, n + 1) for n in (0, 10, 20)], ["0:00–0:01", "0:10–0:11", "0:20–0:21"]),
        ([(n, n + 1) for n in (0, 10, 20, 30, 40)], ["0:00–0:01", "0:10–0:11", "0:20–0:21", "2 more"]),
        ([], ["0:00–0:02"]),
    ],
)
def test_when_somebody_is_seen(video_file, crowd, spans, times):
    exact = tuple((Fraction(start), Fraction(end)) for start, end in spans)
    assert list(times_of(person(1, 0, spans=exact), crowd, video_file.media)) == times


@pytest.mark.parametrize(
    ("length", "times"),
    [
        (5, ["0:00–0:02", "0:04–0:05"]),
        ("4.999", ["0:00–0:02", "0:04–0:04.9"]),
        ("4.61", ["0:00–0:02", "0:04–0:04.6"]),
        ("60.04", ["0:00–0:02", "0:04–0:05"]),
    ],
)
def test_nobody_is_seen_after_the_clip_has_ended(video_file, crowd, length, times):
    spans = ((Fraction(0), Fraction("1.2")), (Fraction(4), Fraction("4.6")))
    media = lasting(video_file, length).media
    assert list(times_of(person(1, 0, spans=spans), crowd, media)) == times


@pytest.mark.parametrize(
    ("sharpness", "light", "words"),
    [
        (29.9, 0.19, "blurred, dark"),
        (30.0, 0.2, "soft, well lit"),
        (99.9, 0.85, "soft, well lit"),
        (100.0, 0.86, "sharp, glaring"),
    ],
)
def test_how_well_somebody_is_seen(sharpness, light, words):
    assert picture_of(person(1, 0, sharpness, light)) == words


def test_json_has_the_people_of_a_report(video_file, crowd, fits):
    content = json.loads(as_json(replace(video_file, people=crowd), None))
    assert (content["schema"], content["path"], content["unmeasured"]) == ("lipready.people/1", "clip.webm", None)
    assert (content["width"], content["height"], content["duration"]) == (480, 854, 70.0)
    assert [each["id"] for each in content["people"]["people"]] == [1, 2]
    unseen = json.loads(as_json(replace(video_file, people=Unmeasured("no frame")), None))
    assert (unseen["people"], unseen["unmeasured"]) == (None, "no frame")
    fits(content)
    fits(unseen)


def test_the_sheet_has_a_row_for_each_person_and_a_timeline(video_file, crowd):
    red, blue = (np.full((50, 50, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200)))
    rows = [Row(crowd.people[0], red, (Moment(Fraction(1), blue),)), Row(crowd.people[1], None, ())]
    sheet = draw_sheet("clip\x1b[31m名.mp4", video_file.media, crowd, rows, SECONDS, front=None)
    assert sheet.size == (WIDTH, HEAD + 2 * ROW + MARGIN)
    pixels = np.asarray(sheet)
    row = pixels[HEAD : HEAD + ROW]
    assert (row == (200, 0, 0)).all(axis=2).sum() > 30_000
    assert (row == (0, 0, 200)).all(axis=2).sum() > 10_000
    bar = row[ROW - 30, STRIP : WIDTH - MARGIN]
    filled = (bar == bar[4]).all(axis=1)
    assert filled[: len(bar) // 2 - 4].all()
    assert not filled[len(bar) // 2 + 4 :].any()


def test_the_sheet_does_not_mark_one_of_two_equals(video_file, crowd):
    """Both numbers are marked where either may be picked, and nobody else's."""
    third = replace(crowd.people[0], id=3, looks=crowd.people[0].looks[1:])
    marks = []
    for people in (crowd.people, (*crowd.people, third)):
        rows = [Row(each, None, ()) for each in people]
        pixels = np.asarray(
            draw_sheet("a.mp4", video_file.media, replace(crowd, people=people), rows, SECONDS, front=None)
        )
        blue = (pixels[:, :STRIP] == (28, 104, 168)).all(axis=2).any(axis=1)
        marks.append([bool(blue[HEAD + n * ROW : HEAD + (n + 1) * ROW].any()) for n in range(len(rows))])
    assert marks == [[True, True], [True, True, False]]
