"""What `rules`, `explain` and `profiles` write as JSON; see reports/schema."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Any

from lipready.profiles.limit import Limit, Price, Profile, Range, TaskTimes
from lipready.rules.documentation import broken_examples, documentation, repairs_of
from lipready.rules.registry import RULES
from lipready.rules.rule import Rule
from lipready.rules.subjects import outside

RULES_SCHEMA, RULE_SCHEMA = "lipready.rules/1", "lipready.rule/1"
PROFILES_SCHEMA, PROFILE_SCHEMA = "lipready.profiles/1", "lipready.profile/1"

Plain = dict[str, Any]


def as_line(document: Mapping[str, Any]) -> str:
    """Write one line of ASCII."""
    return json.dumps(document, allow_nan=False) + "\n"


def rules_document(profile: Profile) -> Plain:
    """Return every rule in short, with its limit at a provider; null where the rule does not apply there."""
    rules = [{**_head(rule), **_judged(profile.limits.get(rule.id))} for rule in RULES]
    return {"schema": RULES_SCHEMA, "provider": profile.name, "rules": rules}


def rule_document(rule: Rule, profiles: Iterable[Profile]) -> Plain:
    """Return all that is known of one rule: its documentation, its repairs, and limit and examples at each provider."""
    told = documentation(rule)
    examples = [(profile, broken_examples(rule, profile)) for profile in profiles]
    fixes = repairs_of(tuple(finding for _, found in examples for finding in found))
    return {
        "schema": RULE_SCHEMA,
        **_head(rule),
        "documentation": [{"title": each.title, "paragraphs": list(each.paragraphs)} for each in told.sections],
        "repairs": [{"name": fix.name, "level": fix.level, "text": fix.text} for fix in fixes],
        "providers": [
            {
                "provider": profile.name,
                "title": profile.title,
                **_judged(rule.limit_at(profile)),
                "examples": [
                    {"measured": each.measured, "severity": each.severity, "message": each.message} for each in found
                ],
            }
            for profile, found in examples
        ],
    }


def profiles_document(profiles: Iterable[Profile]) -> Plain:
    """Return every profile in short."""
    listed = [{**_profile(profile), "limit_count": len(profile.limits)} for profile in profiles]
    return {"schema": PROFILES_SCHEMA, "profiles": listed}


def profile_document(profile: Profile) -> Plain:
    """Return one profile with all of its limits."""
    limits = list(map(_limit, profile.limits.values()))
    return {"schema": PROFILE_SCHEMA, **_profile(profile), "task": _fields(profile.task), "limits": limits}


def _head(rule: Rule) -> Plain:
    return {
        "id": rule.id,
        "name": rule.name,
        "subject": rule.subject,
        "needs": rule.needs,
        "summary": documentation(rule).summary,
        "help": rule.help,
    }


def _judged(limit: Limit | None) -> Plain:
    return {
        "severity": None if limit is None else outside(limit),
        "limit": None if limit is None else _limit(limit),
    }


def _profile(profile: Profile) -> Plain:
    return {
        "name": profile.name,
        "title": profile.title,
        "model": profile.model,
        "path": profile.path,
        "base": profile.base,
        "price": _plain(profile.price),
    }


def _limit(limit: Limit) -> Plain:
    return {name: value for name, value in _fields(limit).items() if name != "price"}


def _fields(value: Limit | Price | Range | TaskTimes) -> Plain:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: object) -> Any:
    match value:
        case Fraction():
            return value.numerator if value.denominator == 1 else float(value)
        case date():
            return value.isoformat()
        case tuple():
            return list(map(_plain, value))
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case Price() | Range():
            return _fields(value)
    return value
