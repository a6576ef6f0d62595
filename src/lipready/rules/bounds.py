"""On which side of which bound a value lies, by exact arithmetic; sizes and lengths of files."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.file import FileFacts, Role
from lipready.facts.finding import Finding, Fix, Severity
from lipready.facts.video import Duration
from lipready.profiles.limit import Limit, Range
from lipready.rules.subjects import finding, outside
from lipready.rules.wording import amount, interval, name_of, size, size_limit

FROM_THE_CLIP = Fix(
    "choose-person", "editorial", "Name the speaker to `prepare` by number: it takes a picture from the clip instead."
)


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


FITS: dict[Role, Fix] = {
    "video": Fix("fit-size", "reencode", "Encode it in two passes at a rate that fits."),
    "audio": Fix("fit-size", "reencode", "Encode it at a rate that fits."),
    "reference": Fix("fit-image-size", "reencode", "Write it as a JPEG that fits."),
}


def judge_size(
    file: FileFacts, count: int, limit: Limit, states: str = "the limit is", otherwise: str = ""
) -> Iterator[Finding]:
    """Judge a size in bytes; `states` is what the limit does, `otherwise` what helps besides a smaller file."""
    broken = breach(Fraction(count), limit)
    if broken is None:
        return
    fix, measured = FITS[file.role], size(count, limit)
    allowed = f"{'≤' if broken.side == 'above' else '≥'} {size_limit(broken.bound)}"
    doubt = ", if the strictest reading of the documents is meant" if broken.disputed else ""
    yield finding(
        limit,
        file,
        f"{name_of(file)} has {measured}; {states} {allowed}{doubt}. {fix.text[:-1]}{otherwise}.",
        measured=measured,
        allowed=allowed,
        severity=broken.severity,
        fix=fix if file.lfs is None else None,
    )


def judge_duration(
    file: FileFacts, duration: Duration, limit: Limit, *, longer: Fix, shorter: Fix, header: Fix
) -> Iterator[Finding]:
    """Judge a length in seconds.

    `longer` and `shorter` are the repairs of what is too short and too long, `header` the one of a header that says
    something else. A reading of zero or less is a header that says nothing (a fragmented file), and is passed over;
    any other reading may be the one that the provider takes, however wrong it is.
    """
    truth, broken = amount(duration.believed, limit), breach(duration.believed, limit)
    if broken is not None:
        allowed, fix = interval(broken.range, limit.unit), longer if broken.side == "below" else shorter
        doubt = f"only {allowed} is accepted beyond doubt.{f' {limit.note}' if limit.note else ''}"
        verdict = doubt if broken.disputed else f"{allowed} is accepted."
        message = f"{name_of(file)} lasts {truth}; {verdict} {fix.text}"
        yield finding(limit, file, message, measured=truth, allowed=allowed, severity=broken.severity, fix=fix)
        return
    said = {"the container": duration.container, "the stream": duration.stream, "the packets": duration.packets}
    for reader, reading in said.items():
        if reading is not None and reading > 0 and (other := breach(reading, limit)) is not None:
            allowed = interval(other.range, limit.unit)
            message = (
                f"{name_of(file)} lasts {truth}, but {reader} says {amount(reading, limit)}, outside of {allowed}: "
                f"the provider may believe it. {header.text}"
            )
            measured = f"{amount(reading, limit)} by {reader}, {truth} in fact"
            yield finding(limit, file, message, measured=measured, allowed=allowed, severity="warning", fix=header)
            return
