"""Which numbers stand behind a finding."""

from fractions import Fraction

import pytest

from lipready.gate.baseline.observed import _OBSERVERS, observe
from lipready.gate.baseline.reading import Reading, measured, ranged
from lipready.profiles.loader import load_profile
from lipready.rules.examples import job, rate, with_video
from lipready.rules.judge import judge
from lipready.rules.registry import RULES, find_rule

DASHSCOPE = load_profile("dashscope")
# Told in words where there is no number: a head on its side, "at least 6 people", music of unknown level.
IN_WORDS = {"P302", "P304", "A505"}


def readings_of(rule, facts):
    findings, _ = judge(facts, DASHSCOPE, only=(rule,))
    return [observe(rule, facts, DASHSCOPE.limits[rule]) for _ in findings[:1]]


@pytest.mark.parametrize("rule", sorted(_OBSERVERS))
def test_a_rule_that_knows_numbers_gives_them_for_what_it_finds(rule):
    found = [readings for facts in find_rule(rule).invalid() for readings in readings_of(rule, facts)]

    assert any(found)
    assert all(found) or rule in IN_WORDS


def test_every_rule_with_a_range_knows_numbers():
    ranges = {rule.id for rule in RULES if (limit := DASHSCOPE.limits.get(rule.id)) is not None and limit.accept}

    # A callback URL is refused for many reasons, of which its length is one.
    assert ranges - {"R703"} <= set(_OBSERVERS)


def test_numbers_are_exact():
    facts = with_video(frame_rate=rate(Fraction(14_985, 1001)))

    assert observe("V104", facts, DASHSCOPE.limits["V104"]) == (Reading("rate", Fraction(14_985, 1001), "larger"),)


def test_what_is_not_there_has_no_number():
    empty = job(video=None, audio=None, reference=None)

    for rule in _OBSERVERS:
        assert observe(rule, empty, DASHSCOPE.limits[rule]) == ()
    assert observe("V104", job(), None) == ()
    assert observe("V101", job(), DASHSCOPE.limits["V101"]) == ()


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
