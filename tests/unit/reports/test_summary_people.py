from dataclasses import replace

import pytest

from lipready.facts.unmeasured import Unmeasured
from lipready.reports.full import details
from lipready.reports.page import Page
from lipready.reports.render import render
from lipready.reports.summary import summarize
from lipready.rules.examples import file, people, person


@pytest.mark.parametrize(
    ("count", "low", "high", "at_least", "words"),
    [
        (0, 0, 0, False, "nobody seen"),
        (1, 1, 1, False, "1 person"),
        (2, None, None, False, "2 people"),
        (2, 2, 3, False, "2 or 3 people"),
        (2, 1, 2, False, "1 or 2 people"),
        (6, 6, 6, True, "at least 6 people"),
    ],
)
def test_the_summary_says_how_many_people_there_are_and_how_sure_that_is(count, low, high, at_least, words):
    seen = replace(people(), count=count, count_low=low, count_high=high, at_least=at_least)
    assert summarize(file("video", people=seen), None).endswith(f" · {words}")


def test_the_summary_is_silent_where_nobody_looked():
    assert "people" not in summarize(file("video", people=Unmeasured("not run with --quick")), None)


def test_the_full_report_shows_the_uncertain_number(make_report, video_file):
    seen = replace(people(30, 600), count_low=2, count_high=3)
    assert " · 2 or 3 people\n" in render(make_report(video=replace(video_file, people=seen)), "full", Page())


def test_the_details_of_a_person_are_those_that_were_measured():
    left, right = replace(people(30, 600)).people
    tilted = replace(left, looks=tuple(replace(each, yaw=-0.4, pitch=12.6, light=0.456) for each in left.looks))
    bare = replace(right, looks=tuple(replace(each, yaw=None, pitch=None, roll=None, sharpness=None, light=None)
                                      for each in right.looks))  # fmt: skip
    lines = list(details(file("video", people=replace(people(30, 600), people=(tilted, bare)))))
    assert lines[-2] == (
        "person 1: 0 s to 9.5 s, left, in 100% of the frames, face up to 300 px high, 100% from the front, "
        "yaw 0°, pitch 13°, roll 0°, sharpness 300, light 0.46"
    )
    assert lines[-1].endswith("right, in 100% of the frames, face up to 290 px high, 100% from the front")
    nowhere = file("video", people=replace(people(), count=1, people=(replace(person(1, 0), looks=()),)))
    assert "left" not in list(details(nowhere))[-1]
