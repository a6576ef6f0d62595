"""On which side of which bound a value lies, by exact arithmetic."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.finding import Severity
from lipready.profiles.limit import Limit, Range


@dataclass(frozen=True, slots=True)
class Breach:
    """A value outside a range: `severity` by the strength of the limit, `side` and `bound` say where it left.

    `disputed` says that only some readings of the documentation are broken (inside `accept`, outside `safe`).
    """

    severity: Severity
    side: Literal["below", "above"]
    bound: Fraction
    range: Range
    disputed: bool


def outside(limit: Limit) -> Severity:
    """Return the severity of a broken limit: only what the documents require is an error."""
    return "error" if limit.strength == "required" else "warning"


def breach(value: Fraction, limit: Limit) -> Breach | None:
    """Compare a value with the two ranges of a limit; None where every reading accepts it."""
    for allowed, severity, disputed in ((limit.accept, outside(limit), False), (limit.safe, "warning", True)):
        if allowed is None or value in allowed:
            continue
        low, high = allowed.minimum, allowed.maximum
        if low is not None and value <= low:
            return Breach(severity, "below", low, allowed, disputed)
        if high is not None:
            return Breach(severity, "above", high, allowed, disputed)
    return None


def refusal(choice: str, limit: Limit) -> Severity | None:
    """Compare a word with the choices of a limit; None where every reading accepts it."""
    if choice not in limit.choices:
        return outside(limit)
    return "warning" if limit.safe_choices and choice not in limit.safe_choices else None
