"""The numbers behind findings: what a rule adds to each of its findings, and a baseline accepts and compares."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from math import isfinite
from typing import TypeVarTuple

from lipready.facts.file import FileFacts
from lipready.facts.finding import Better, Finding, Reading
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach
from lipready.rules.rule import Verdicts

Readings = tuple[Reading, ...]
T = TypeVarTuple("T")
# A reading of a decoder or a model differs in its last digits from one processor to the next.
_GRAIN = 1000


def with_readings(
    read: Callable[[*T], Readings],
) -> Callable[[Callable[[*T], Verdicts]], Callable[[*T], Verdicts]]:
    """Turn a rule into one whose findings carry what `read` returns of the same arguments.

    It stands below `of_video`, `of_target` and the like, so that `read` is handed what they have found for the rule.
    """

    def decorate(judge: Callable[[*T], Verdicts]) -> Callable[[*T], Verdicts]:
        @wraps(judge)
        def judge_with_readings(*arguments: *T) -> Verdicts:
            readings: Readings | None = None
            for outcome in judge(*arguments):
                if isinstance(outcome, Finding):
                    readings = tuple(sorted(read(*arguments))) if readings is None else readings
                    yield replace(outcome, readings=readings)
                else:
                    yield outcome

        return judge_with_readings

    return decorate


def ranged(name: str, value: Fraction | int, limit: Limit) -> Readings:
    """Return a number that lies outside of a limit's range: back towards the range is better; inside of it nothing."""
    broken = breach(Fraction(value), limit)
    if broken is None:
        return ()
    return (Reading(name, Fraction(value), "smaller" if broken.side == "above" else "larger"),)


def measured(name: str, value: Fraction | float | Unmeasured | None, better: Better) -> Readings:
    """Return a number that was measured in pictures or sound, to a thousandth."""
    if value is None or isinstance(value, Unmeasured) or (isinstance(value, float) and not isfinite(value)):
        return ()
    return (Reading(name, Fraction(round(Fraction(value) * _GRAIN), _GRAIN), better),)


def length(_file: FileFacts, duration: Duration, limit: Limit) -> Readings:
    """Return a length in seconds, or else what headers say of it, where that is outside of the limit."""
    said = {"container": duration.container, "stream": duration.stream, "packets": duration.packets}
    # A header that says zero says nothing, and one is only looked at where the length itself is fine.
    return ranged("length", duration.believed, limit) or tuple(
        reading
        for name, value in said.items()
        if value is not None and value > 0
        for reading in ranged(f"length by {name}", value, limit)
    )


def in_bytes(_file: FileFacts, size: int, limit: Limit) -> Readings:
    """Return the size of a file in bytes."""
    return ranged("bytes", size, limit)
