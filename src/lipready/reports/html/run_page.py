"""What the page of a run shows: a table with a row for each job."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lipready.facts.quantity import counted
from lipready.reports.count import worst_verdict
from lipready.reports.gathered import SEVERITIES, place_of
from lipready.reports.html.content import Album, JobView, PageEntry, ShotView, in_counts, job_view
from lipready.reports.html.drawing import draw_wave

_MOST_RULES = 12


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job of a run: its number on the page, and what stands in its row."""

    number: int
    job: JobView
    title: str
    paths: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    errors: int
    warnings: int
    shot: ShotView | None
    wave: str


def run_content(entries: Sequence[PageEntry], album: Album) -> dict[str, Any]:
    """Return what the template run.html is filled with."""
    entries = sorted(entries, key=lambda entry: place_of(entry.report))
    rows = [_row(number, entry, album) for number, entry in enumerate(entries, start=1)]
    findings = [finding for entry in entries for finding in entry.report["findings"]]
    verdicts = Counter(row.job.verdict for row in rows)
    rules = Counter((f["rule"], f["name"]) for f in findings)
    most = rules.most_common(_MOST_RULES)
    reports = [entry.report for entry in entries]
    files = {file["path"] for report in reports for file in report["files"]}
    worst = worst_verdict(reports) if reports else "pass"
    return {
        "title": f"{worst}: {counted(len(files), 'file')}",
        "rows": rows,
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
    severities = Counter(finding.severity for finding in job.findings)
    worst: dict[str, str] = {}
    for finding in sorted(job.findings, key=lambda f: SEVERITIES.index(f.severity)):
        worst.setdefault(finding.rule, finding.severity)
    shot = next((finding.shot for finding in job.findings if finding.shot is not None), None)
    paths = tuple(file.path for file in job.files)
    return JobRow(
        number,
        job,
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
