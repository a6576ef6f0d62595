"""The table of formats."""

from importlib import import_module

from lipready.facts.report import Report
from lipready.reports.page import Page

FORMATS = {
    "full": "lipready.reports.full",
    "concise": "lipready.reports.concise",
    "json": "lipready.reports.json",
}


def render(report: Report, form: str, page: Page) -> str:
    """Write a report in one of `FORMATS`; the text ends with a line end."""
    text: str = import_module(FORMATS[form]).render(report, page)
    return text
