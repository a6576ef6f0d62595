"""Each band of the rules about sound: at it, just inside and just outside; and what is said of it."""

from fractions import Fraction
from math import inf, nan, nextafter
from typing import Any

import pytest

from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.speech import Clipping, SignalToNoise
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.loader import load_profile
from lipready.rules.examples import file, heard, job, spans, unread
from lipready.rules.judge import judge

GONE = Unmeasured("the pauses are too short")


def findings(facts: JobFacts, rule: str, provider: str = "dashscope") -> tuple[Finding, ...]:
    return judge(facts, load_profile(provider), only=(rule,))[0]


def only(facts: JobFacts, rule: str) -> Finding:
    (found,) = findings(facts, rule)
    return found


def reasons(facts: JobFacts, rule: str) -> list[str]:
    return [entry.reason for entry in judge(facts, load_profile("dashscope"), only=(rule,))[1] if entry.rule == rule]


def fix_of(facts: JobFacts, rule: str) -> tuple[str, str] | None:
    fix = only(facts, rule).fix
    return None if fix is None else (fix.name, fix.level)


def noise(mean: float, median: float, *, gated: bool = False) -> SignalToNoise:
    return SignalToNoise(mean, median, gated)


@pytest.mark.parametrize(
    ("rule", "change", "warns"),
    [
        ("A502", {"loudness": -35.0}, False),
        ("A502", {"loudness": nextafter(-35.0, 0.0)}, False),
        ("A502", {"loudness": nextafter(-35.0, -inf)}, True),
        ("A502", {"loudness": -3.0, "true_peak": 4.0}, False),
        ("A503", {"clipping": Clipping(3, 100.0, Fraction(1))}, False),
        ("A503", {"clipping": Clipping(3, nextafter(100.0, inf), Fraction(1))}, True),
        ("A503", {"true_peak": 4.0, "peak": 0.0}, False),
        ("A504", {"noise": noise(15.0, 0.0)}, False),
        ("A504", {"noise": noise(0.0, 25.0)}, False),
        ("A504", {"noise": noise(nextafter(15.0, 0.0), nextafter(25.0, 0.0))}, True),
        ("A504", {"noise": noise(0.0, 0.0, gated=True)}, False),
        ("A504", {"noise": noise(0.0, 0.0), "background": "music"}, False),
        ("A505", {"background": "hum"}, False),
        ("A505", {"background": "music", "noise": noise(40.0, 0.0)}, False),
        ("A505", {"background": "music", "noise": noise(nextafter(40.0, 0.0), 0.0)}, True),
        ("A505", {"background": "music", "noise": GONE}, True),
        ("A506", {"speech": spans((1, 4))}, False),
        ("A506", {"speech": spans((1, "3.9999999999999999"))}, True),
        ("A507", {"bandwidth": 4000.0}, False),
        ("A507", {"bandwidth": nextafter(4000.0, 0.0)}, True),
        ("A508", {"channel_fault": None}, False),
        ("A508", {"channel_fault": "inverted"}, True),
        ("A509", {"dc_offsets": (0.01, -0.01)}, False),
        ("A509", {"dc_offsets": (0.0, nextafter(-0.01, -1.0))}, True),
    ],
)
@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_bands(rule: str, change: dict[str, Any], provider: str, *, warns: bool) -> None:
    found = findings(heard(**change), rule, provider)
    assert [finding.severity for finding in found] == (["warning"] if warns else [])


@pytest.mark.parametrize(
    ("parts", "warns"),
    [
        ((("1", "1.4"), ("2", "2.1")), False),
        ((("1", "1.39"), ("2", "2.39")), True),
        ((("1", "1.499"),), True),
        ((("1", "1.5"),), False),
        ((), True),
    ],
)
def test_what_counts_as_speech(parts: tuple[tuple[str, str], ...], *, warns: bool) -> None:
    assert bool(findings(heard(speech=spans(*parts)), "A501")) is warns


def test_no_speech_says_that_singing_is_not_seen() -> None:
    found = only(heard(speech=(), background="music"), "A501")
    assert "it sounds like music" in found.message
    assert "Singing over loud accompaniment is not seen as speech." in found.message
    assert found.fix is None


@pytest.mark.parametrize("rule", ["A502", "A504", "A505", "A506", "A507"])
def test_without_speech_there_is_nothing_to_say_of_it(rule: str) -> None:
    silent = heard(speech=(), loudness=-60.0, background="music", noise=noise(0, 0), bandwidth=100.0)
    assert findings(silent, rule) == ()
    assert reasons(silent, rule) == ["no speech was heard in the audio track"]


@pytest.mark.parametrize(
    ("rule", "change", "fix"),
    [
        ("A502", {"loudness": -40.0}, ("loudness", "reencode")),
        ("A503", {"clipping": Clipping(3, 200.0, None)}, None),
        ("A504", {"noise": noise(5, 5)}, ("denoise", "editorial")),
        ("A505", {"background": "music", "noise": noise(5, 5)}, None),
        ("A506", {"speech": spans((1, 2))}, ("trim-silence", "editorial")),
        ("A506", {"speech": spans((0, "0.5"), (9, "9.5"))}, ("trim", "editorial")),
        ("A507", {"bandwidth": 3400.0}, None),
        ("A508", {"channel_fault": "left-silent"}, ("mono", "reencode")),
        ("A509", {"dc_offsets": (0.02,)}, ("remove-dc", "reencode")),
    ],
)
def test_repairs(rule: str, change: dict[str, Any], fix: tuple[str, str] | None) -> None:
    assert fix_of(heard(**change), rule) == fix


def test_messages_name_numbers_and_flags() -> None:
    assert "-41.2 LUFS" in only(heard(loudness=-41.23), "A502").message
    assert (
        "Raise it to -20 LUFS, or as far as its peaks stay under -1 dBTP." in only(heard(loudness=-40), "A502").message
    )
    clipped = only(heard(clipping=Clipping(1204, 4282.4, Fraction(7, 10))), "A503")
    assert "clipped 1,204 times, first at 0:00.7 (4282 samples per million" in clipped.message
    assert clipped.where is not None
    assert clipped.where.start == Fraction(7, 10)
    assert "clipped once (" in only(heard(clipping=Clipping(1, 101, None)), "A503").message
    hum = only(heard(noise=noise(9.31, 12.0), background="hum"), "A504").message
    assert "only 9.3 dB louder than the hum" in hum
    assert "`Choices(denoise=True)`" in hum
    assert "20 dB over it" in only(heard(background="music", noise=noise(-20.1, 1)), "A505").message
    assert "12 dB under it" in only(heard(background="music", noise=noise(12.3, 1)), "A505").message
    sparse = only(heard(speech=spans((1, 2), (9, 10))), "A506")
    assert "Only 20 % of speech.wav is speech (2 of 10 s; the longest stretch without is 0:02–0:09)" in sparse.message
    assert "cancel each other out" in only(heard(channel_fault="inverted"), "A508").message
    assert only(heard(dc_offsets=(0.168,)), "A509").measured == "17 % of full scale"


def test_numbers_are_never_rounded_onto_their_bound() -> None:
    assert only(heard(loudness=-35.0004), "A502").measured == "-35.0004 LUFS"
    assert only(heard(bandwidth=3999.9), "A507").measured == "3999.9 Hz"
    assert only(heard(dc_offsets=(0.0100001,)), "A509").measured == "1.00001 % of full scale"
    assert only(heard(speech=spans((1, "3.9999"))), "A506").measured == "29.999 % speech"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("A502", {"loudness": GONE}),
        ("A504", {"noise": GONE}),
        ("A505", {"background": GONE}),
        ("A507", {"bandwidth": GONE}),
    ],
)
def test_what_was_not_measured_is_no_pass(rule: str, change: dict[str, Any]) -> None:
    assert findings(heard(**change), rule) == ()
    assert reasons(heard(**change), rule) == ["the pauses are too short"]


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("A502", {"loudness": nan}),
        ("A502", {"loudness": -inf}),
        ("A503", {"clipping": Clipping(1, nan, None)}),
        ("A504", {"noise": noise(nan, 3.0)}),
        ("A507", {"bandwidth": inf}),
        ("A509", {"dc_offsets": (nan,)}),
    ],
)
def test_what_is_no_number_is_no_pass(rule: str, change: dict[str, Any]) -> None:
    assert findings(heard(**change), rule) == ()
    (reason,) = reasons(heard(**change), rule)
    assert reason.endswith("is no number")


def test_nobody_listened() -> None:
    assert reasons(job(audio=file("audio", speech=GONE)), "A501") == ["the pauses are too short"]
    assert reasons(job(audio=unread("audio", "is empty")), "A504") == ["the file is empty"]
    assert reasons(job(audio=None), "A504") == []
