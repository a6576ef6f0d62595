"""Every rule, in the order of the documentation."""

from collections.abc import Sequence
from difflib import get_close_matches

from lipready.errors import UsageError
from lipready.profiles.catalogue import CATALOGUE
from lipready.rules import (
    address,
    audio,
    background,
    clarity,
    face,
    file,
    image,
    length,
    level,
    mouth,
    people,
    picture,
    pose,
    request,
    result,
    speech,
    speech_timing,
    surroundings,
    timing,
    video,
)
from lipready.rules.rule import Rule

_MODULES = (
    address,
    audio,
    background,
    clarity,
    face,
    file,
    image,
    length,
    level,
    mouth,
    people,
    picture,
    pose,
    request,
    result,
    speech,
    speech_timing,
    surroundings,
    timing,
    video,
)
_ORDER = tuple(CATALOGUE)
RULES: tuple[Rule, ...] = tuple(
    sorted(
        (each for module in _MODULES for each in vars(module).values() if isinstance(each, Rule)),
        key=lambda rule: _ORDER.index(rule.id),
    )
)


def find_rule(id_or_name: str) -> Rule:
    """Return the rule with this id ("V104", in any case) or name ("video-frame-rate").

    Raises UsageError, with what may have been meant.
    """
    wanted = id_or_name.strip()
    for rule in RULES:
        if wanted.upper() == rule.id or wanted.lower() == rule.name:
            return rule
    raise unknown(id_or_name)


def select(selector: str, own: Sequence[Rule] = ()) -> frozenset[str]:
    """Return the ids of the rules that an id, the beginning of ids ("V1") or a name means, also of the caller's `own`.

    Raises UsageError where it means none.
    """
    wanted = selector.strip()
    found = frozenset(
        rule.id
        for rule in (*RULES, *own)
        if wanted and (rule.id.startswith(wanted.upper()) or rule.name == wanted.lower())
    )
    if not found:
        raise unknown(selector)
    return found


def unknown(selector: str) -> UsageError:
    """Return the error for a rule that is not there."""
    words = [word for rule in RULES for word in (rule.id, rule.name)]
    close = get_close_matches(selector.strip(), words, n=3, cutoff=0.5) or get_close_matches(
        selector.strip().upper(), words, n=3, cutoff=0.5
    )
    hint = f"did you mean {' or '.join(close)}?" if close else "`Profile.limits` lists them all."
    return UsageError(f"There is no rule {selector!r}; {hint}")
