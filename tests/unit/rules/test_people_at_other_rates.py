"""The same clip at another frame rate, or with its held frames repeated, gets the same verdict on its face."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest

from lipready.facts.job import JobFacts
from lipready.facts.people import PeopleFacts, Person
from lipready.probe.decoding.decoder import samples
from lipready.profiles.loader import load_profile
from lipready.rules.examples import look, with_file
from lipready.rules.judge import judge

PROFILE = load_profile("dashscope")
LENGTH = 10
RATES = (12, 25, 60)
TENTHS = [Fraction(tenth, 10) for tenth in range(1, 100)]
CHANGES = {"P303": {"height": 30}, "P304": {"yaw": 40.0}, "P306": {"cut": True}}
"""What is wrong with the face while it is, for each rule that judges a share of the time."""


def constant(rate: int) -> list[Fraction]:
    return [Fraction(number, rate) for number in range(LENGTH * rate)]


def held() -> list[Fraction]:
    """Thirty frames in every other second, and one frame that is held in those between."""
    return [time for time in constant(30) if time % 2 < 1 or time % 1 == 0]


def sampled(times: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Choose the frames that are looked at, of a clip of frames at `times`."""
    return tuple(samples(times, lambda time: time, None))


def clip(chosen: tuple[Fraction, ...], change: Callable[[Fraction], dict[str, object]]) -> JobFacts:
    """Make a clip of what is seen in its samples: each differs from a good look as `change` says."""
    looks = tuple(look(time, **change(time)) for time in chosen)
    one = Person(1, looks[0].time, looks[-1].time, 1.0, 300, 1.0, looks)
    return with_file("video", people=PeopleFacts(1, 1, 1.0, (one,), 1, chosen))


def found(rule: str, facts: JobFacts) -> bool:
    return bool(judge(facts, PROFILE, only=(rule,))[0])


@pytest.mark.parametrize("rule", CHANGES)
def test_another_constant_rate_changes_no_verdict(rule: str) -> None:
    verdicts = {
        rate: [
            found(rule, clip(chosen, lambda time, until=until: CHANGES[rule] if time < until else {}))
            for until in TENTHS
        ]
        for rate, chosen in ((rate, sampled(constant(rate))) for rate in RATES)
    }
    assert set(verdicts[12]) == {True, False}
    # A change between two frames of one rate may come a tenth of a second later at another.
    firsts = [TENTHS[verdict.index(True)] for verdict in verdicts.values()]
    assert max(firsts) - min(firsts) <= Fraction(1, 10)
    assert verdicts[12] == verdicts[60]


@pytest.mark.parametrize("rule", CHANGES)
def test_held_frames_that_are_repeated_change_no_verdict(rule: str) -> None:
    stored = held()

    def shown(time: Fraction) -> Fraction:
        return max(each for each in stored if each <= time)

    verdicts, bad = [], CHANGES[rule]
    before, after = sampled(stored), sampled(constant(30))
    for until in TENTHS:
        variable = clip(before, lambda time, until=until: bad if time < until else {})
        repeated = clip(after, lambda time, until=until: bad if shown(time) < until else {})
        verdicts.append((found(rule, variable), found(rule, repeated)))
    assert {one for one, _ in verdicts} == {True, False}
    assert all(one == other for one, other in verdicts)
