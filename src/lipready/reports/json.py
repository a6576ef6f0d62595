"""`lipready.report/1`, one report per line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lipready.facts.report import Report
from lipready.reports.page import Page


def render(report: Report, page: Page) -> str:
    """One line of ASCII: control characters in paths arrive escaped, whatever reads the stream.

    JSON is data, so the page makes no difference to it.
    """
    return render_all([report.to_dict()], page)


def render_all(reports: Sequence[Mapping[str, Any]], page: Page) -> str:
    """One line of ASCII for each report, in the order of paths."""
    from lipready.reports.gathered import in_order

    del page
    return "".join(json.dumps(report, allow_nan=False) + "\n" for report in in_order(reports))
