"""The third outcome of a measurement: neither a value nor a guess."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A thing that could not be measured, and why. Never a pass."""

    reason: str
