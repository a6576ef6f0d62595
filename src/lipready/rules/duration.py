"""What the rules about durations share: the believed length decides, and other readings of it can only warn."""

from collections.abc import Iterator
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration
from lipready.profiles.limit import Limit
from lipready.rules.bounds import Breach, breach
from lipready.rules.subjects import finding
from lipready.rules.wording import amount, interval, name_of


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
