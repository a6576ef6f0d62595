"""The table of formats."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from lipready.reports.page import Page
from lipready.reports.report import Report, Shard
from lipready.reports.values import plain_text

FORMATS = {
    "full": "lipready.reports.full",
    "concise": "lipready.reports.concise",
    "json": "lipready.reports.json",
    "jsonl": "lipready.reports.jsonl",
    "junit": "lipready.reports.ci.junit",
    "sarif": "lipready.reports.ci.sarif",
    "github": "lipready.reports.ci.github",
    "gitlab": "lipready.reports.ci.gitlab",
    "markdown": "lipready.reports.markdown",
}
DOCUMENTS = frozenset({"json", "junit", "sarif", "github", "gitlab", "markdown"})
"""Formats of which there is one document for all reports of a run; of the others, reports follow one another."""
_SHARDED = frozenset({"json", "jsonl"})
"""Formats that say of which shard they are."""


def render(report: Report, form: str, page: Page) -> str:
    """Write a report in one of `FORMATS`; the text ends with a line end."""
    if form in ("full", "concise"):
        text: str = import_module(FORMATS[form]).render(report, page)
        return text
    # As JSON a report alone is a line of its own, and no document that holds it.
    return render_all([report.to_dict()], "jsonl" if form == "json" else form, page, times=times_of([report]))


def times_of(reports: Iterable[Report]) -> dict[str, float]:
    """Return the seconds that each file took to measure, by its path; 0 where that is known from an earlier run."""
    return {plain_text(file.path): file.seconds or 0.0 for report in reports for file in report.facts.files()}


def render_all(
    reports: Iterable[Mapping[str, Any]],
    form: str,
    page: Page,
    shard: Shard | None = None,
    times: Mapping[str, float] | None = None,
) -> str:
    """Write all reports of a run, as `lipready.report/1`, in one of `FORMATS` but `full`, in the order of paths.

    `shard` is the part of the run that they are, None where they are all of it. `times` are those of `times_of`, None
    where nobody knows them: a report is the same however fast it came. As JSON thousands of reports take little memory
    where they come from an iterator.
    """
    if form != "json":
        reports = tuple(reports)
    more: tuple[object, ...] = (shard,) if form in _SHARDED else (times,) if form == "junit" else ()
    text: str = import_module(FORMATS[form]).render_all(reports, page, *more)
    return text
