"""A number that a finding is about, and which way it gets better."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Literal

from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach

Better = Literal["smaller", "larger"]
# A reading of a decoder or a model differs in its last digits from one processor to the next.
_GRAIN = 1000


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """An exact number by name; `better` tells on which side of it nothing is worse."""

    name: str
    number: Fraction
    better: Better

    def meets(self, accepted: "Reading") -> bool:
        """Whether it is equal to or better than another reading of the same thing."""
        if (self.name, self.better) != (accepted.name, accepted.better):
            return False
        return self.number <= accepted.number if self.better == "smaller" else self.number >= accepted.number


Readings = tuple[Reading, ...]
Observe = Callable[[JobFacts, Limit], Readings]


def ranged(name: str, value: Fraction | int, limit: Limit) -> Readings:
    """Read a number that lies outside of a limit's range: back towards the range is better; inside of it nothing."""
    broken = breach(Fraction(value), limit)
    if broken is None:
        return ()
    return (Reading(name, Fraction(value), "smaller" if broken.side == "above" else "larger"),)


def measured(name: str, value: Fraction | float | Unmeasured | None, better: Better) -> Readings:
    """Read a number that was measured in pictures or sound, to a thousandth."""
    if value is None or isinstance(value, Unmeasured) or (isinstance(value, float) and not isfinite(value)):
        return ()
    return (Reading(name, Fraction(round(Fraction(value) * _GRAIN), _GRAIN), better),)
