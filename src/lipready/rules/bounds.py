"""On which side of which bound a value lies, by exact arithmetic; sizes and lengths of files."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix, Severity
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration
from lipready.profiles.limit import Limit, Range
from lipready.rules.subjects import finding
from lipready.rules.wording import amount, interval, name_of, size, size_limit


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


def judge_size(file: FileFacts | None, limit: Limit, fix: Fix) -> Iterator[Finding | Unmeasured]:
    """Judge the size of a file in bytes."""
    if file is None:
        return
    if isinstance(file.bytes, Unmeasured):
        yield file.bytes
        return
    broken = breach(Fraction(file.bytes), limit)
    if broken is None:
        return
    allowed = f"≤ {size_limit(broken.bound)}" if broken.side == "above" else f"≥ {size_limit(broken.bound)}"
    doubt = ", if the strictest reading of the documents is meant" if broken.disputed else ""
    yield finding(
        limit,
        file,
        broken.severity,
        f"{name_of(file)} has {size(file.bytes, limit)}; the limit is {allowed}{doubt}. {fix.text}",
        measured=size(file.bytes, limit),
        allowed=allowed,
        fix=fix if file.lfs is None else None,
    )


def judge_duration(
    file: FileFacts, duration: Duration | Unmeasured, limit: Limit, *, longer: Fix, shorter: Fix, header: Fix
) -> Iterator[Finding | Unmeasured]:
    """Judge a length in seconds.

    `longer` and `shorter` are the repairs of what is too short and too long, `header` the one of a header that says
    something else. A reading of zero or less is a header that says nothing (a fragmented file), and is passed over;
    any other reading may be the one that the provider takes, however wrong it is.
    """
    if isinstance(duration, Unmeasured):
        yield duration
        return
    broken = breach(duration.believed, limit)
    if broken is not None:
        yield _finding(file, duration.believed, broken, limit, longer if broken.side == "below" else shorter)
        return
    said = {"the container": duration.container, "the stream": duration.stream, "the packets": duration.packets}
    for reader, reading in said.items():
        other = None if reading is None or reading <= 0 else breach(reading, limit)
        if reading is not None and other is not None:
            truth, allowed = amount(duration.believed, limit), interval(other.range, limit.unit)
            yield finding(
                limit,
                file,
                "warning",
                f"{name_of(file)} lasts {truth}, but {reader} says {amount(reading, limit)}, outside of {allowed}: "
                f"the provider may believe it. {header.text}",
                measured=f"{amount(reading, limit)} by {reader}, {truth} in fact",
                allowed=allowed,
                fix=header,
            )
            return


def _finding(file: FileFacts, length: Fraction, broken: Breach, limit: Limit, fix: Fix) -> Finding:
    allowed = interval(broken.range, limit.unit)
    if broken.disputed:
        verdict = f"only {allowed} is accepted beyond doubt."
        verdict = f"{verdict} {limit.note}" if limit.note else verdict
    else:
        verdict = f"{allowed} is accepted."
    return finding(
        limit,
        file,
        broken.severity,
        f"{name_of(file)} lasts {amount(length, limit)}; {verdict} {fix.text}",
        measured=amount(length, limit),
        allowed=allowed,
        fix=fix,
    )
