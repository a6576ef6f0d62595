"""The page itself: one file that asks for nothing else, in which what comes from a checked file is text and no more."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any

from lipready.facts.quantity import counted, plural
from lipready.reports.count import worst_verdict
from lipready.reports.gathered import place_of
from lipready.reports.html.content import Album, JobView, PageEntry, ShotView, in_counts, job_view
from lipready.reports.html.drawing import clock_of, draw_wave
from lipready.reports.html.figures import Shot
from lipready.reports.page import plain
from lipready.reports.report import plain_text

if TYPE_CHECKING:
    from jinja2 import Environment

Plain = Mapping[str, Any]
_FOLDER = Path(__file__).parent / "templates"
MARKS = {"error": "✗", "warning": "▲", "info": "ℹ", "fail": "✗", "warn": "▲", "pass": "✓"}
_MOST_RULES = 12
MOST_PAIRS = 3
"""Moments at which before and after stand side by side."""
_SAME_LENGTH = 0.2
"""By which share lengths may differ before a clip counts as cut: the last picture may lie a second before its end."""


def page_of(entries: Sequence[PageEntry], *, run: bool = False) -> str:
    """Write one job as a page; several, or with `run` also one, as a table of jobs in the order of their paths."""
    if run or len(entries) != 1:
        return _run_page(entries)
    return _job_page(entries[0])


@dataclass(frozen=True, slots=True)
class Pair:
    """The same moment before and after."""

    role: str
    before: ShotView
    after: ShotView


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A fact of a file that is not what it was."""

    role: str
    label: str
    before: str
    after: str


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


def _job_page(entry: PageEntry) -> str:
    album = Album()
    before = None if entry.before is None else job_view(entry.before, album, "before-")
    job = job_view(entry, album)
    return _rendered(
        "job.html",
        album,
        title=f"{job.verdict}: {', '.join(_name(file.path) for file in job.files)}",
        job=job,
        before=before,
        prepared=entry.prepared,
        receipt=entry.receipt,
        task=entry.task,
        pairs=tuple(_pairs(entry, album)),
        changes=() if before is None else tuple(changes(before, job)),
        data=embedded({**entry.report}),
    )


def _run_page(entries: Sequence[PageEntry]) -> str:
    album = Album()
    entries = sorted(entries, key=lambda entry: place_of(entry.report))
    rows = [_row(number, entry, album) for number, entry in enumerate(entries, start=1)]
    findings = [finding for entry in entries for finding in entry.report["findings"]]
    verdicts = Counter(row.job.verdict for row in rows)
    rules = Counter((f["rule"], f["name"]) for f in findings)
    most = rules.most_common(_MOST_RULES)
    reports = [entry.report for entry in entries]
    files = {file["path"] for report in reports for file in report["files"]}
    worst = worst_verdict(reports) if reports else "pass"
    return _rendered(
        "run.html",
        album,
        title=f"{worst}: {counted(len(files), 'file')}",
        rows=rows,
        verdict=worst,
        verdicts=[(verdict, verdicts[verdict]) for verdict in ("fail", "warn", "pass") if verdicts[verdict]],
        counts=in_counts(findings),
        files=counted(len(files), "file"),
        jobs=counted(len(rows), "job"),
        providers=sorted({report["provider"] for report in reports}),
        rules=[(rule, name, number, number / most[0][1]) for (rule, name), number in most],
    )


def _row(number: int, entry: PageEntry, album: Album) -> JobRow:
    job = job_view(entry, album, f"j{number}-")
    severities = Counter(finding.severity for finding in job.findings)
    worst: dict[str, str] = {}
    for finding in sorted(job.findings, key=lambda f: list(MARKS).index(f.severity)):
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


def _pairs(entry: PageEntry, album: Album) -> Iterator[Pair]:
    """Set what was beside what is, at the same moments; where the length has changed, at the same share of it."""
    if entry.before is None:
        return
    for role, now in entry.figures.strips.items():
        then = entry.before.figures.strips.get(role, ())
        alike = len(then) == len(now) and all(a.picture.jpeg == b.picture.jpeg for a, b in zip(then, now, strict=True))
        if not then or not now or alike:
            continue
        for old, new in same_moments(then, now):
            moments = [f" at {clock_of(float(s.picture.time))}" if role == "video" else "" for s in (old, new)]
            yield Pair(role, album.add(old, f"Before{moments[0]}"), album.add(new, f"After{moments[1]}"))


def same_moments(then: Sequence[Shot], now: Sequence[Shot]) -> Iterator[tuple[Shot, Shot]]:
    """Find in each part of a clip the two pictures that lie nearest to each other."""
    ends = [float(shots[-1].picture.time) or 1.0 for shots in (then, now)]
    stretched = ends[1] / ends[0] if abs(ends[1] / ends[0] - 1) > _SAME_LENGTH else 1.0
    for part in range(MOST_PAIRS):
        first, last = (round(len(then) * edge / MOST_PAIRS) for edge in (part, part + 1))
        both = ((old, new) for old in then[first:last] for new in now)
        nearest = min(
            both, key=lambda p: abs(float(p[0].picture.time) * stretched - float(p[1].picture.time)), default=None
        )
        if nearest is not None:
            yield nearest


def changes(before: JobView, after: JobView) -> Iterator[ChangedFact]:
    """Yield each fact of a file that is not what it was."""
    was = {file.role: dict(file.facts) for file in before.files}
    for file in after.files:
        for label, value in file.facts:
            old = was.get(file.role, {}).get(label, "")
            if old != value and file.role in was:
                yield ChangedFact(file.role, label, old, value)


def _name(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def embedded(content: Plain) -> str:
    """Write JSON that may stand in a script element: no character of it ends one, or begins a comment."""
    text = json.dumps(content, allow_nan=False)  # ASCII alone, so without line separators too
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _rendered(template: str, album: Album, **content: Any) -> str:
    from markupsafe import Markup

    style, script = _text("page.css"), _text("page.js")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    content["data"] = Markup(content.get("data", ""))  # noqa: S704 - see `embedded`
    page = _environment().get_template(template)
    return page.render(
        policy=policy,
        style=Markup(style),  # noqa: S704 - ours, as it is in the package
        script=Markup(script),  # noqa: S704
        album=album,
        **content,
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals.update(marks=MARKS, counted=counted, plural=plural)
    environment.filters["command"] = join
    environment.filters["clock"] = clock_of
    return environment


def _shown(value: Any) -> Any:
    """Escape controls, overrides of the reading direction and halves of characters; what is ours stays as it is."""
    return plain(plain_text(value)) if type(value) is str else value
