"""What the gate is made of: units in, verdicts out."""

from dataclasses import dataclass
from typing import Literal

from lipready.facts.file import Role
from lipready.facts.finding import Finding
from lipready.facts.report import Report
from lipready.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One thing that gets a verdict: a job of a manifest, files of one stem, or a single file.

    `name` is stable and unique: the manifest's name of the job, else the path of its first file. The paths of `job` are
    relative to the root of the gate, with slashes.
    """

    name: str
    job: Job

    def files(self) -> tuple[tuple[Role, str], ...]:
        """Give role and path of each file."""
        job = self.job
        roles: tuple[tuple[Role, str | None], ...] = (
            ("video", job.video), ("audio", job.audio), ("reference", job.reference),
        )  # fmt: skip
        return tuple((role, path) for role, path in roles if path is not None)


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that does not count, and why: `by` an ignore of the configuration, or the baseline."""

    finding: Finding
    by: Literal["ignore", "baseline"]
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the configuration: an ignore that is unused or has expired, a stale entry of the baseline.

    With `failing` the gate does not pass for it.
    """

    text: str
    failing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVerdict:
    """The report of one unit, without what is waived; `remembered` says that nothing was measured for it."""

    unit: Unit
    report: Report
    waived: tuple[Waived, ...] = ()
    remembered: bool = False
