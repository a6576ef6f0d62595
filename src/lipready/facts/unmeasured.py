"""The third outcome of a measurement: neither a value nor a guess."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A thing that could not be measured, and why. Never a pass.

    `skipped` says that the user asked not to measure it (--quick), which is no defect of the file.
    """

    reason: str
    skipped: bool = False
