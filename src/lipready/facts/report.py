"""The verdict on one job."""

from dataclasses import dataclass
from typing import Any, Literal

from lipready.facts.finding import Finding, Unchecked
from lipready.facts.job import JobFacts

SCHEMA = "lipready.report/1"
Verdict = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a run that several machines share: `name` is "2/4" for the second of four, `size` counts reports."""

    provider: str
    name: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Return what each report of the shard carries."""
        return {"shard": self.name, "shard_size": self.size}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Facts, findings and what was not checked, for one job at one provider."""

    provider: str
    facts: JobFacts
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]

    @property
    def verdict(self) -> Verdict:
        """`fail` with an error, `warn` with a warning or a required rule that could not be judged, else `pass`."""
        severities = {finding.severity for finding in self.findings}
        if "error" in severities:
            return "fail"
        gap = any(entry.required for entry in self.unchecked)
        return "warn" if gap or "warning" in severities else "pass"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as `lipready.report/1` (see reports/schema/report-1.json)."""
        from lipready.facts.serial import report_to_dict

        return report_to_dict(self)
