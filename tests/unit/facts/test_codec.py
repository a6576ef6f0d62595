"""Facts to JSON and back: exactly, and nothing else."""

import json
import math
from copy import deepcopy
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lipready.check import Settings, measure
from lipready.facts.codec import from_plain, to_plain
from lipready.facts.file import FileFacts, LfsPointer
from lipready.facts.finding import Finding
from lipready.facts.people import Look
from lipready.facts.unmeasured import Unmeasured
from lipready.job import Job
from lipready.probe.source import examine
from lipready.rules.examples import addressed, file, person, speech_facts, unread

ANY_FACTS = st.from_type(FileFacts)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6) | st.just("1/2"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["Unmeasured", "x"]), inner),
    max_leaves=8,
)
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def through_json(value: object) -> Any:
    return json.loads(json.dumps(to_plain(value), allow_nan=False))


def again(facts: Any) -> Any:
    return from_plain(type(facts), through_json(facts))


def same(one: Any, other: Any) -> bool:
    """Equal to the type and the bit, where == would take 1 for 1.0 and 0.0 for -0.0."""
    return one == other and repr(one) == repr(other)


@pytest.mark.parametrize("role", ["video", "audio", "reference"])
def test_samples_come_back(role: Any) -> None:
    for facts in (file(role), unread(role, "is empty"), unread(role, None, LfsPointer("a" * 64, 5))):
        assert same(again(facts), facts)


def test_real_facts_come_back(good_job, bad_job) -> None:
    for job in (good_job, bad_job):
        measured = measure(Job.of(*job), Settings(), describe=True)
        for facts in measured.files():
            assert same(again(facts), facts)
    assert any(isinstance(each.descriptor, tuple) for each in measured.video.people.people)


def test_facts_of_the_corpus_come_back(corpus) -> None:
    paths = sorted(each for folder in ("video", "audio", "image", "odd") for each in (corpus / folder).iterdir())
    for path in paths[::9]:
        for role in ("video", "audio", "reference"):
            facts = examine(str(path), role, quick=True)
            assert same(again(facts), facts)


@PATIENT
@given(ANY_FACTS)
def test_whatever_facts_there_may_be_come_back(facts: FileFacts) -> None:
    assert repr(again(facts)) == repr(facts)


@PATIENT
@given(st.data())
def test_hostile_json_is_refused_or_is_exactly_what_it_says(data: st.DataObject) -> None:
    plain = deepcopy(through_json(file(data.draw(st.sampled_from(["video", "audio", "reference"])))))
    spots = list(_spots(plain))
    holder, key = data.draw(st.sampled_from(spots))
    holder[key] = data.draw(ANY_JSON)
    try:
        facts = from_plain(FileFacts, plain)
    except ValueError:
        return
    assert repr(to_plain(facts)) == repr(plain)


def _spots(plain: Any) -> Any:
    for key, inner in enumerate(plain) if isinstance(plain, list) else plain.items():
        yield plain, key
        if isinstance(inner, list | dict):
            yield from _spots(inner)


@pytest.mark.parametrize(
    "plain",
    [None, 1, "x", {}, [], [1], {"FileFacts": []}, [[]] * 11, {"LfsPointer": ["a", 1], "more": 1}],
)
def test_what_is_no_facts_is_refused(plain: Any) -> None:
    with pytest.raises(ValueError, match="it holds"):
        from_plain(FileFacts, plain)


@pytest.mark.parametrize(
    "text",
    ["2/4", "1/1", "0/1", "1/0", "1/-2", "+1/2", " 1/2", "1_0/3", "1/2/3", "1.5", "", "/", "٣/٤", "1" * 400 + "/7"],
)
def test_a_fraction_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="no Fraction"):
        from_plain(tuple[Fraction, ...], [text])


@pytest.mark.parametrize("number", [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1, math.inf, -math.inf, math.nan])
def test_floats_come_back_to_the_bit(number: float) -> None:
    look = replace(person(1, 0).looks[0], yaw=number)
    assert repr(again(look)) == repr(look)


def test_numbers_of_numpy_come_back_as_those_of_python() -> None:
    look = again(replace(person(1, 0).looks[0], yaw=np.float64(0.1)))
    assert type(look.yaw) is float
    with pytest.raises(TypeError, match="float32"):
        to_plain(replace(look, score=np.float32(0.1)))


@pytest.mark.parametrize(
    "wrong", [{"time": 0.5}, {"score": True}, {"score": "1"}, {"box": Unmeasured("x")}, {"cut": 1}, {"yaw": "nan"}]
)
def test_a_value_that_is_not_of_its_type_is_not_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        to_plain(replace(person(1, 0).looks[0], **wrong))


def test_halves_of_characters_come_back() -> None:
    facts = replace(file("audio"), problem="\udce4")
    assert again(facts) == facts


def test_unmeasured_is_told_from_every_other_value() -> None:
    heard = replace(speech_facts(), loudness=Unmeasured("why", skipped=True), background="hum")
    assert same(again(heard), heard)
    plain = through_json(heard)
    assert {"Unmeasured": ["why", True, False]} in plain


def test_other_dataclasses_and_tuples_of_them_go_through_too() -> None:
    address = addressed("timeout", "is silent").video.address
    assert same(again(address), address)
    assert from_plain(tuple[Look, ...], to_plain(person(1, 0).looks, tuple[Look, ...])) == person(1, 0).looks
    assert from_plain(tuple[Finding, ...], []) == ()


@dataclass(frozen=True, slots=True)
class Ambiguous:
    value: int | Fraction


@dataclass(frozen=True, slots=True)
class Strange:
    value: dict[str, int]


@dataclass(frozen=True, slots=True)
class Worded:
    value: Literal["a", "b"] | None


def test_a_type_that_cannot_be_kept_is_a_fault_of_the_programmer() -> None:
    for kind in (Ambiguous, Strange):
        with pytest.raises(TypeError):
            from_plain(kind, [1])


@pytest.mark.parametrize("plain", [["c"], [0], [["a"]], [{"a": "a"}]])
def test_only_the_words_of_a_literal_are_taken(plain: Any) -> None:
    assert from_plain(Worded, ["a"]) == Worded("a")
    assert from_plain(Worded, [None]) == Worded(None)
    with pytest.raises(ValueError, match="it holds"):
        from_plain(Worded, plain)
