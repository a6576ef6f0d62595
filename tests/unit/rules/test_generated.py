"""Every rule against the facts that stand beside it."""

import pytest

from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile, profile_names
from lipready.rules.judge import judge
from lipready.rules.registry import RULES
from lipready.rules.rule import Rule

HEADINGS = ("What it checks", "Why it matters", "What the provider says", "How to repair")
DASHSCOPE = load_profile("dashscope")


def cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, facts, id=f"{rule.id}-{number}")
        for rule in RULES
        for number, facts in enumerate(getattr(rule, kind)())
    ]


def findings(rule: Rule, facts: JobFacts, profile: Profile = DASHSCOPE) -> tuple[Finding, ...]:
    return judge(facts, profile, only=(rule.id,))[0]


@pytest.mark.parametrize(("rule", "facts"), cases("valid"))
def test_valid_facts_yield_nothing(rule: Rule, facts: JobFacts) -> None:
    assert findings(rule, facts) == ()


@pytest.mark.parametrize(("rule", "facts"), cases("invalid"))
def test_invalid_facts_yield_a_whole_finding(rule: Rule, facts: JobFacts) -> None:
    found = findings(rule, facts)
    assert found
    for finding in found:
        assert (finding.rule, finding.name) == (rule.id, rule.name)
        assert finding.source == DASHSCOPE.limits[rule.id].source
        expected = DASHSCOPE.limits[rule.id].remote
        # R704 names the member of a family of codes, the others the code itself.
        assert finding.remote == expected or (expected == "InvalidURL" and (finding.remote or "").startswith(expected))
        for text in (finding.message, finding.measured, finding.limit):
            assert text
            assert text == text.strip()
            assert text.isprintable()
        assert finding.message[-1] in ".!?"
        assert "  " not in finding.message
        assert ".." not in finding.message
        if finding.role == "job":
            assert finding.path is None
        else:
            assert finding.path is not None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_has_examples_and_documentation(rule: Rule) -> None:
    assert rule.valid()
    assert rule.invalid()
    lines = (rule.judge.__doc__ or "").splitlines()
    assert lines
    assert lines[0].endswith(".")
    assert [line.strip() for line in lines if line.strip() in HEADINGS] == list(HEADINGS)


def test_ids_and_names_are_unique_and_those_of_the_catalogue() -> None:
    assert {rule.id: rule.name for rule in RULES} == {id_: entry.name for id_, entry in CATALOGUE.items()}
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("name", profile_names())
def test_every_rule_has_a_limit_in_every_shipped_profile(name: str) -> None:
    # EvoLink's page shows a face threshold without a reference image.
    without = {"R702"} if name == "evolink" else set()
    assert set(load_profile(name).limits) == {rule.id for rule in RULES} - without
