"""One document: `lipready.report/1` of one job, `lipready.reports/1` of a run."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lipready.facts.report import Report, Shard
from lipready.reports.count import worst_verdict
from lipready.reports.gathered import in_order
from lipready.reports.page import Page

SCHEMA = "lipready.reports/1"
_KEYS = {"errors": "error", "warnings": "warning", "notes": "info"}


def render(report: Report, page: Page) -> str:
    """One line of ASCII: control characters in paths arrive escaped, whatever reads the stream.

    JSON is data, so the page makes no difference to it.
    """
    del page
    return json.dumps(report.to_dict(), allow_nan=False) + "\n"


def render_all(reports: Sequence[Mapping[str, Any]], page: Page, shard: Shard | None = None) -> str:
    """One line of ASCII that holds every report, in the order of paths; see schema/reports-1.json."""
    del page
    providers = {report["provider"] for report in reports} | ({shard.provider} if shard else set())
    severities = [finding["severity"] for report in reports for finding in report["findings"]]
    part = shard.to_dict() if shard else {}
    counts = {
        "reports": len(reports),
        "files": len({file["path"] for report in reports for file in report["files"]}),
        **{key: severities.count(severity) for key, severity in _KEYS.items()},
    }
    document = {
        "schema": SCHEMA,
        "provider": next(iter(providers)) if len(providers) == 1 else None,
        "verdict": worst_verdict(reports),
        **(part or {"shard": None, "shard_size": None}),
        "counts": counts,
        "reports": [{**report, **part} for report in in_order(reports)],
    }
    return json.dumps(document, allow_nan=False) + "\n"
