"""What the rules about file sizes share: both readings of MB, and the size that a Git LFS pointer names."""

from collections.abc import Iterator
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach
from lipready.rules.subjects import finding
from lipready.rules.wording import name_of, size, size_limit


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
