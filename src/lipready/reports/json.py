"""One document: `lipready.report/1` of one job, `lipready.reports/1` of a run."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from lipready.facts.report import Report, Shard
from lipready.reports.count import worst_verdict
from lipready.reports.gathered import place_of
from lipready.reports.page import Page

SCHEMA = "lipready.reports/1"
_KEYS = {"errors": "error", "warnings": "warning", "notes": "info"}


def render(report: Report, page: Page) -> str:
    """One line of ASCII: control characters in paths arrive escaped, whatever reads the stream.

    JSON is data, so the page makes no difference to it.
    """
    del page
    return json.dumps(report.to_dict(), allow_nan=False) + "\n"


def render_all(reports: Iterable[Mapping[str, Any]], page: Page, shard: Shard | None = None) -> str:
    """One line of ASCII that holds every report, in the order of paths; see schema/reports-1.json.

    Of the reports of an iterator only one is held at a time.
    """
    del page
    part = shard.to_dict() if shard else {}
    providers = {shard.provider} if shard else set[str]()
    severities, verdicts, paths = Counter[str](), set[str](), set[str]()
    written: list[tuple[tuple[list[str], str], str]] = []
    for report in reports:
        providers.add(report["provider"])
        verdicts.add(report["verdict"])
        severities.update(finding["severity"] for finding in report["findings"])
        paths.update(file["path"] for file in report["files"])
        written.append((place_of(report), json.dumps({**report, **part}, allow_nan=False)))
    written.sort(key=lambda each: each[0])
    counts = {
        "reports": len(written),
        "files": len(paths),
        **{key: severities[severity] for key, severity in _KEYS.items()},
    }
    document = {
        "schema": SCHEMA,
        "provider": next(iter(providers)) if len(providers) == 1 else None,
        "verdict": worst_verdict([{"verdict": verdict} for verdict in verdicts]),
        **(part or {"shard": None, "shard_size": None}),
        "counts": counts,
    }
    head = json.dumps(document, allow_nan=False).removesuffix("}")
    return "".join((head, ', "reports": [', ", ".join(text for _, text in written), "]}\n"))
