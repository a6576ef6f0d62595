"""Where repairs go: the ranges that a profile aims at."""

from fractions import Fraction

from lipready.profiles.catalogue import UPLOAD_RULE
from lipready.profiles.limit import Limit, Profile, Range

ANY = Range()


def aim(profile: Profile, rule: str) -> Range:
    """Return the range that a repair aims at: inside the strictest reading, with a margin; open without a limit."""
    limit = profile.limits.get(rule)
    return ANY if limit is None else _first(limit.aim, limit.safe, limit.accept)


def most_bytes(profile: Profile, rule: str) -> Fraction | None:
    """Return how large a repaired file may be: for the model, by `rule`, and for the upload; None without a limit."""
    bounds = (aim(profile, each).maximum for each in (rule, UPLOAD_RULE))
    return min((bound for bound in bounds if bound is not None), default=None)


def accepted(profile: Profile, rule: str) -> Range:
    """Return the range that no reading of the documentation refuses, which needs no repair."""
    limit = profile.limits.get(rule)
    return ANY if limit is None else _first(limit.safe, limit.accept)


def band(profile: Profile, rule: str, name: str, otherwise: Fraction) -> Fraction:
    """Return one further number of a limit."""
    limit: Limit | None = profile.limits.get(rule)
    return otherwise if limit is None else limit.bands.get(name, otherwise)


def _first(*ranges: Range | None) -> Range:
    return next((r for r in ranges if r is not None), ANY)
