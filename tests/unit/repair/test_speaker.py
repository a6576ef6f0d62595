"""Nothing is repaired before it is known who speaks, and what follows a face follows the speaker's."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.facts.job import JobFacts
from lipready.facts.people import Box, Look, Match, PeopleFacts, Person
from lipready.repair.choices import Choices
from lipready.repair.plan import plan_job, speaker_open
from lipready.reports.report import Report
from lipready.rules.judge import judge


def person(number, begin, end):
    looks = tuple(Look(Fraction(n, 2), Box(200 * number, 100, 120, 150), 0.9) for n in range(2 * begin, 2 * end))
    return Person(number, looks[0].time, looks[-1].time, len(looks) / 24, 150, 1.0, looks)


@pytest.fixture
def two(reported, clip, profile):
    """Report on a clip of twelve seconds: person 1 in the first six of them, person 2 in the last six."""
    samples = tuple(Fraction(n, 2) for n in range(24))
    people = PeopleFacts(2, 1, 1.0, (person(1, 0, 6), person(2, 6, 12)), 1, samples, 2, 2)
    report = reported(video=clip("a.mp4", seconds="12"))

    def build(match=None, **selection):
        video = replace(report.facts.video, people=people)
        facts = JobFacts(video=video, audio=None, reference=None, request=report.facts.request, match=match)
        findings, unchecked = judge(facts, profile, **selection)
        return Report(provider=profile.name, facts=facts, findings=findings, unchecked=unchecked)

    return build


def test_nothing_is_planned_while_it_is_open_who_speaks(two, profile):
    plan = plan_job(two(), profile, Choices(trim="best"), "out")
    assert plan.files == ()
    assert speaker_open(plan.undecided)
    assert ("P302", "`Choices(person=…)`") in {gap[:2] for gap in plan.undecided}


def test_a_number_settles_it_and_makes_the_reference(two, profile):
    plan = plan_job(two(), profile, Choices(person=2), "out")
    assert not speaker_open(plan.undecided)
    assert [file.role for file in plan.files] == ["video", "reference"]


def test_who_does_not_want_to_know_is_not_stopped(two, profile):
    plan = plan_job(two(ignore=("P302",)), profile, Choices(), "out")
    assert not speaker_open(plan.undecided)


@pytest.mark.parametrize(
    ("choices", "match", "begin"),
    [
        (Choices(trim="best", person=1), None, "0:00"),
        (Choices(trim="best", person=2), None, "0:06"),
        (Choices(trim="best"), Match("same", 2, 0.2), "0:06"),
        (Choices(trim="best"), Match("uncertain", 2, 0.55), "0:00"),
    ],
)
def test_trim_best_follows_the_speaker(two, profile, choices, match, begin):
    plan = plan_job(two(match, ignore=("P302",)), profile, choices, "out")
    (step,) = (step for file in plan.files for step in file.steps if step.name == "trim")
    assert step.text.startswith(f"Keep {begin}")
