"""`lipready.report/1`, one report per line."""

import json

from lipready.facts.report import Report
from lipready.reports.page import Page


def render(report: Report, page: Page) -> str:
    """One line of ASCII: control characters in paths arrive escaped, whatever reads the stream.

    JSON is data, so the page makes no difference to it.
    """
    del page
    return json.dumps(report.to_dict(), allow_nan=False) + "\n"
