"""What a profile says about one rule, in words."""

from collections.abc import Iterator

from lipready.facts.quantity import exactly
from lipready.profiles.limit import Limit, Range
from lipready.reports.page import Page
from lipready.rules.wording import interval, size_limit

_LABEL = 16


def describe_limit(limit: Limit) -> str:
    """`15–60 fps`, `mp4, avi, mov`, `300 MB of 2^20 bytes …`, or both; empty where there is neither."""
    number = [] if limit.accept is None else [_range(limit.accept, limit.unit)]
    return "; ".join([", ".join(limit.choices)] * bool(limit.choices) + number)


def limit_lines(limit: Limit, page: Page) -> list[str]:
    """Everything that a profile says about one rule, one labelled line for each fact."""
    return [line for label, text in _details(limit) if text for line in _labelled(label, text, page)]


def source_of(limit: Limit) -> str:
    """Where a limit was read, and when."""
    return f"{limit.source}{f', {limit.url}' if limit.url else ''}, read {limit.read.isoformat()}"


def _details(limit: Limit) -> Iterator[tuple[str, str]]:
    yield "accepts", describe_limit(limit)
    if limit.safe is not None and limit.safe != limit.accept:
        yield "certain", f"{_range(limit.safe, limit.unit)}; outside of that the documents differ: a warning"
    if limit.safe_choices and limit.safe_choices != limit.choices:
        yield "certain", f"{', '.join(limit.safe_choices)}; about the others the documents differ: a warning"
    if limit.aim is not None and limit.aim not in (limit.accept, limit.safe):
        yield "repaired to", _range(limit.aim, limit.unit)
    yield "repaired to", limit.aim_choice or ""
    for name, value in limit.bands.items():
        yield name.replace("_", " "), exactly(value)
    yield "strength", limit.strength
    yield "prevents", limit.remote or ""
    yield "note", limit.note
    yield "source", source_of(limit)


def _range(allowed: Range, unit: str) -> str:
    if unit == "byte" and allowed.minimum is None and allowed.maximum is not None:
        return f"up to {size_limit(allowed.maximum)}"
    return interval(allowed, unit)


def _labelled(label: str, text: str, page: Page) -> list[str]:
    margin = " " * (2 + _LABEL)
    first, *rest = page.wrap(text, indent=margin)
    return [f"  {page.paint(label.ljust(_LABEL), 'dim')}{first[len(margin) :]}", *rest]
