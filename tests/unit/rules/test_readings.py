"""Which numbers stand behind a finding."""

from fractions import Fraction

import pytest

from lipready.facts.finding import Reading
from lipready.profiles.loader import load_profile
from lipready.rules.examples import rate, with_video
from lipready.rules.judge import judge
from lipready.rules.readings import measured, ranged
from lipready.rules.registry import RULES, find_rule

DASHSCOPE = load_profile("dashscope")
# Told in words where there is no number: a head on its side, "at least 6 people", music of unknown level.
IN_WORDS = {"P302", "P304", "A505"}


WITH_NUMBERS = sorted(
    [
        *(
            "F004",
            "V103",
            "V104",
            "V105",
            "V106",
            "V202",
            "V206",
            "V207",
            "P302",
            "P303",
            "P304",
            "P305",
            "P306",
            "P308",
        ),
        *("A402", "A403", "A501", "A502", "A503", "A504", "A505", "A506", "A507", "A509"),
        *("I602", "I603", "I604", "I605", "I606", "I607", "R701", "R705", "R706"),
    ]
)


def readings_of(rule, facts):
    findings, _ = judge(facts, DASHSCOPE, only=(rule,))
    return [finding.readings for finding in findings]


@pytest.mark.parametrize("rule", WITH_NUMBERS)
def test_a_rule_that_knows_numbers_gives_them_for_what_it_finds(rule):
    found = [readings for facts in find_rule(rule).invalid() for readings in readings_of(rule, facts)]

    assert any(found)
    assert all(found) or rule in IN_WORDS


def test_every_rule_with_a_range_knows_numbers():
    ranges = {rule.id for rule in RULES if (limit := DASHSCOPE.limits.get(rule.id)) is not None and limit.accept}

    # A callback URL is refused for many reasons, of which its length is one.
    assert ranges - {"R703"} <= set(WITH_NUMBERS)


def test_numbers_are_exact():
    facts = with_video(frame_rate=rate(Fraction(14_985, 1001)))

    assert readings_of("V104", facts) == [(Reading("rate", Fraction(14_985, 1001), "larger"),)]


def test_a_finding_about_no_number_has_no_readings():
    found = [readings for facts in find_rule("V101").invalid() for readings in readings_of("V101", facts)]

    assert found
    assert set(found) == {()}


def test_a_range_tells_which_way_is_better():
    limit = DASHSCOPE.limits["V105"]

    assert [reading.better for value in (1, 2, 50, 120, 121) for reading in ranged("x", value, limit)] == [
        "larger",
        "larger",
        "smaller",
        "smaller",
    ]


def test_what_models_and_decoders_measure_is_kept_to_a_thousandth():
    (one,), (other,) = measured("x", -36.123400001, "larger"), measured("x", -36.123399999, "larger")

    assert one == other == Reading("x", Fraction(-36_123, 1000), "larger")
    assert [measured("x", value, "larger") for value in (None, float("inf"), float("nan"))] == [(), (), ()]
