"""What the page of a run shows: a table with a row for each job."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lipready.facts.quantity import counted
from lipready.reports.count import worst_verdict
from lipready.reports.gathered import SEVERITIES, place_of
from lipready.reports.html.content import Album, JobView, PageEntry, ShotView, in_counts, job_view
from lipready.reports.html.drawing import draw_wave

_MOST_RULES = 12
_TONES = {"failed": "fail", "not sent": "warn", "not at its end": "warn"}
"""How far a job has come where there is no result that could be judged."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job of a run: its number on the page, and what stands in its row.

    `verdict` is the worst of those on what was sent and what came back, and of how far the job has come: `state`, which
    is marked by the `tone` of that. `came` is what came back, `result` where it lies, `error` what kept it back.
    """

    number: int
    verdict: str
    job: JobView
    state: str
    tone: str
    came: JobView | None
    result: str | None
    error: Mapping[str, Any] | None
    title: str
    paths: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    errors: int
    warnings: int
    shot: ShotView | None
    wave: str

    @property
    def told(self) -> bool:
        """Whether there is more to tell of the job than its row holds."""
        return bool(self.job.findings or self.job.unchecked or self.result or self.error)


def run_content(entries: Sequence[PageEntry], album: Album) -> dict[str, Any]:
    """Return what the template run.html is filled with."""
    entries = sorted(entries, key=lambda entry: place_of(entry.report))
    rows = [_row(number, entry, album) for number, entry in enumerate(entries, start=1)]
    reports = [entry.report for entry in entries]
    judged = [*reports, *(entry.came.report for entry in entries if entry.came is not None)]
    findings = [finding for report in judged for finding in report["findings"]]
    verdicts = Counter(row.verdict for row in rows)
    rules = Counter((f["rule"], f["name"]) for f in findings)
    most = rules.most_common(_MOST_RULES)
    files = {file["path"] for report in reports for file in report["files"]}
    worst = worst_verdict(verdicts)
    return {
        "title": f"{worst}: {counted(len(files), 'file')}",
        "rows": rows,
        "sent": any(row.state for row in rows),
        "verdict": worst,
        "verdicts": [(verdict, verdicts[verdict]) for verdict in ("fail", "warn", "pass") if verdicts[verdict]],
        "counts": in_counts(findings),
        "files": counted(len(files), "file"),
        "jobs": counted(len(rows), "job"),
        "providers": sorted({report["provider"] for report in reports}),
        "rules": [(rule, name, number, number / most[0][1]) for (rule, name), number in most],
    }


def _row(number: int, entry: PageEntry, album: Album) -> JobRow:
    job = job_view(entry, album, f"j{number}-")
    came = None if entry.came is None else job_view(entry.came, album, f"j{number}-")
    tone = came.verdict if came is not None else _TONES.get(entry.state, "")
    findings, task = job.findings + (() if came is None else came.findings), entry.task or {}
    severities = Counter(finding.severity for finding in findings)
    worst: dict[str, str] = {}
    for finding in sorted(findings, key=lambda f: SEVERITIES.index(f.severity)):
        worst.setdefault(finding.rule, finding.severity)
    shot = next((finding.shot for finding in findings if finding.shot is not None), None)
    paths = tuple(file.path for file in job.files)
    return JobRow(
        number,
        worst_verdict((job.verdict, tone)),
        job,
        entry.state,
        tone,
        came,
        task.get("result"),
        task.get("error"),
        entry.name or (paths[0] if paths else "job"),
        paths,
        tuple(worst.items()),
        severities["error"],
        severities["warning"],
        shot,
        _small_wave(entry) if shot is None else "",
    )


def _small_wave(entry: PageEntry) -> str:
    """Return the outline of the sound, where a row has no picture."""
    wave = next(iter(entry.figures.waves.values()), None)
    if wave is None or not wave.peaks:
        return ""
    few = type(wave)(tuple(max(wave.peaks[at : at + 2]) for at in range(0, len(wave.peaks), 2)))
    return draw_wave(few, (), 1.0).other
