"""The table of people, its JSON, and the contact sheet."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.reports.page import Page
from lipready.reports.people import as_json, as_text, introduce
from lipready.reports.sheet import HEAD, MARGIN, ROW, STRIP, WIDTH, Moment, Row, draw_sheet

SECONDS = Fraction(4)


def person(number, left, sharpness=400.0, light=0.5, spans=((Fraction(0), Fraction(2)),)):
    looks = tuple(
        Look(Fraction(n, 2), Box(left, 50, 90, 122), 0.9, -3.0, 2.0, 0.0, 40.0, sharpness, light, cut=False)
        for n in range(5)
    )
    return Person(number, looks[0].time, looks[-1].time, 0.75, 122, 0.9, looks, spans)


@pytest.fixture
def crowd():
    return PeopleFacts(2, 2, 1.0, (person(1, 0), person(2, 380, 10.0, 0.1)), 2, (Fraction(0),), 2, 2)


def test_the_table_names_everybody(video_file, crowd):
    text = as_text(replace(video_file, people=crowd), Page(width=100))
    first, second = (line for line in text.splitlines() if "0:00–0:02" in line)
    for word in ("1", "75%", "left", "122 px (14%)", "-3°", "90%", "sharp, well lit"):
        assert word in first
    for word in ("2 *", "right", "blurred, dark"):
        assert word in second
    assert "the provider would pick person 2" in text


def test_uncertain_counts_say_so(video_file, crowd):
    page = Page(width=100)
    unsure = replace(crowd, count_low=1, count_high=2)
    assert "1 or 2 people" in as_text(replace(video_file, people=unsure), page)
    assert "could not be decided" in as_text(replace(video_file, people=unsure), page)
    assert "could not be decided" not in as_text(replace(video_file, people=crowd), page)
    assert "lower bound" in as_text(replace(video_file, people=replace(crowd, at_least=True)), page)


def test_a_person_is_introduced_in_one_line(video_file, crowd):
    assert introduce(crowd.people[0], video_file.media) == "person 1: 0:00–0:02, left, face 122 px (14%)"


def test_json_has_the_people_of_a_report(video_file, crowd):
    content = json.loads(as_json(replace(video_file, people=crowd)))
    assert (content["schema"], content["path"], content["unmeasured"]) == ("lipready.people/1", "clip.webm", None)
    assert (content["width"], content["height"], content["duration"]) == (480, 854, 4.004)
    assert [each["id"] for each in content["people"]["people"]] == [1, 2]
    unseen = json.loads(as_json(replace(video_file, people=Unmeasured("no frame"))))
    assert (unseen["people"], unseen["unmeasured"]) == (None, "no frame")


def test_the_sheet_has_a_row_for_each_person_and_a_timeline(video_file, crowd):
    red, blue = (np.full((50, 50, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200)))
    rows = [Row(crowd.people[0], red, (Moment(Fraction(1), blue),)), Row(crowd.people[1], None, ())]
    sheet = draw_sheet("clip\x1b[31m名.mp4", video_file.media, crowd, rows, SECONDS)
    assert sheet.size == (WIDTH, HEAD + 2 * ROW + MARGIN)
    pixels = np.asarray(sheet)
    row = pixels[HEAD : HEAD + ROW]
    assert (row == (200, 0, 0)).all(axis=2).sum() > 30_000
    assert (row == (0, 0, 200)).all(axis=2).sum() > 10_000
    bar = row[ROW - 30, STRIP : WIDTH - MARGIN]
    filled = (bar == bar[4]).all(axis=1)
    assert filled[: len(bar) // 2 - 4].all()
    assert not filled[len(bar) // 2 + 4 :].any()
