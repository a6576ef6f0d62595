"""JSON Lines: one `lipready.report/1` a line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lipready.reports.gathered import in_order
from lipready.reports.page import Page
from lipready.reports.report import Shard

EMPTY_SHARD = "lipready.shard/1"


def render_all(reports: Sequence[Mapping[str, Any]], _page: Page, shard: Shard | None = None) -> str:
    """Write one line of ASCII for each report, in the order of paths.

    Reports of a shard say so, and how many they are; a shard without reports is one line, so that it is not missed.
    """
    part = shard.to_dict() if shard else {}
    lines: list[Mapping[str, Any]] = [{**report, **part} for report in in_order(reports)]
    if shard is not None and not lines:
        lines = [{"schema": EMPTY_SHARD, "provider": shard.provider, **part}]
    return "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)
