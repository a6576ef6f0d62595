"""One document: `lipready.report/1` of one job, `lipready.reports/1` of a run."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from lipready.reports.count import worst_verdict
from lipready.reports.gathered import place_of
from lipready.reports.page import Page
from lipready.reports.report import Shard

SCHEMA = "lipready.reports/1"


def render_all(reports: Iterable[Mapping[str, Any]], _page: Page, shard: Shard | None = None) -> str:
    """Write one line of ASCII that holds every report, in the order of paths; see schema/reports-1.json.

    JSON is data, so the page makes no difference to it. Of the reports of an iterator only one is held at a time.
    """
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
    found = {"errors": severities["error"], "warnings": severities["warning"], "notes": severities["info"]}
    document = {
        "schema": SCHEMA,
        "provider": next(iter(providers)) if len(providers) == 1 else None,
        "verdict": worst_verdict(verdicts),
        **(part or {"shard": None, "shard_size": None}),
        "counts": {"reports": len(written), "files": len(paths), **found},
    }
    head = json.dumps(document, allow_nan=False).removesuffix("}")
    return "".join((head, ', "reports": [', ", ".join(text for _, text in written), "]}\n"))
