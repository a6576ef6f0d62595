"""What stands on a page, out of `lipready.report/1` and of the pictures that were kept."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lipready.facts.pictures import FaceCut, Snapshot
from lipready.facts.quantity import counted, seconds
from lipready.reports.html.drawing import (
    Bar,
    DrawnWave,
    Lane,
    bar,
    clock_of,
    draw_wave,
    marks,
    packed,
    span_of,
)
from lipready.reports.html.figures import NO_FIGURES, Figures, Shot, pictured
from lipready.reports.html.mouth import DrawnStretch, MouthFigure, draw_stretches, moved_in_words, range_of
from lipready.reports.html.timeline import length_of_file, people_lanes, sound_lanes, tone_of, wave_in_words
from lipready.reports.html.words import facts_in_words

Plain = Mapping[str, Any]
RULES = "https://lipready.github.io/lipready/rules/"
"""Where each rule has its page."""
_STILL = 240
"""Units of the side of a square picture, which has no other size on the page."""
_RULE = re.compile(r"[A-Z]\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """One job on a page: its report (`lipready.report/1`) and figures, and what belongs to it.

    `before` is the job as it was, `prepared` (`lipready.prepared/1`) what was done, `receipt` (`lipready.receipt/1`)
    what that was done with; `task` (`lipready.task/1`) is what became of it, and `came` what came back, as it was
    verified. `name` is that of the job in a run, `state` how far it has come.
    """

    report: Plain
    figures: Figures = NO_FIGURES
    before: "PageEntry | None" = None
    prepared: Plain | None = None
    receipt: Plain | None = None
    task: Plain | None = None
    came: "PageEntry | None" = None
    name: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class MarkView:
    """A box on a picture."""

    box: tuple[int, int, int, int]
    tone: str
    label: str
    meant: bool


@dataclass(frozen=True, slots=True)
class ShotView:
    """A picture by the number under which the page holds it."""

    id: str
    width: int
    height: int
    time: str
    alt: str
    marks: tuple[MarkView, ...] = ()

    @property
    def stroke(self) -> float:
        """How wide the lines of boxes are, in pixels of the picture."""
        return max(self.width, self.height) / 220


@dataclass(slots=True)
class Album:
    """The pictures of a page, each of which it holds once."""

    pictures: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def add(self, shot: Shot, what: str) -> ShotView:
        """Take a picture; `what` says of what it is."""
        width, height = shot.size
        jpeg = shot.picture.jpeg
        id_ = self.pictures.setdefault(jpeg, (f"p{len(self.pictures) + 1}", width, height))[0]
        time = clock_of(float(shot.picture.time))
        found = tuple(
            MarkView(
                (face.box.left, face.box.top, face.box.width, face.box.height),
                tone_of(face.person),
                "" if face.person is None else str(face.person),
                face.meant,
            )
            for face in shot.faces
        )
        marked = f", with {counted(len(found), 'face')} marked" if found else ""
        return ShotView(id_, width, height, time, f"{what}{marked}", found)


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding as it is told; `anchor` is its address on the page."""

    anchor: str
    rule: str
    name: str
    severity: str
    role: str
    message: str
    measured: str
    limit: str
    remote: str | None
    fix: Plain | None
    source: str
    link: str | None
    when: str
    span: tuple[float, float | None] | None
    shot: ShotView | None
    drawn: bool


@dataclass(frozen=True, slots=True)
class MouthView:
    """The speaker's mouth: a drawing for each stretch, and the result's and the video's face at some moments."""

    stretches: tuple[DrawnStretch, ...]
    stills: tuple[tuple[ShotView, ShotView | None], ...]
    moved: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One file as it is told, with its timeline; of what was not `judged` only the facts."""

    role: str
    path: str
    problem: str | None
    facts: tuple[tuple[str, str], ...]
    findings: tuple[FindingView, ...]
    unmeasured: tuple[tuple[str, str], ...]
    lanes: tuple[Lane, ...] = ()
    ruler: tuple[tuple[str, str], ...] = ()
    film: tuple[ShotView, ...] = ()
    still: ShotView | None = None
    wave: DrawnWave | None = None
    wave_text: str = ""
    length: float = 0.0
    mouth: MouthView | None = None
    judged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as it is told."""

    verdict: str
    provider: str
    name: str
    files: tuple[FileView, ...]
    findings: tuple[FindingView, ...]
    unchecked: tuple[Plain, ...]
    counts: str
    price: str | None

    def of_role(self, role: str) -> tuple[FindingView, ...]:
        """Return the findings about one file, or about the job."""
        return tuple(finding for finding in self.findings if finding.role == role)


def job_view(entry: PageEntry, album: Album, prefix: str = "") -> JobView:
    """Tell one job; `prefix` tells its addresses from those of other jobs."""
    report = entry.report
    paths = {file["role"]: file["path"] for file in report["files"]}
    findings = tuple(_findings(entry, paths, album, prefix))
    # What came back is judged, and nothing else then.
    files = sorted(report["files"], key=lambda file: file["role"] != "result")
    return JobView(
        verdict=report["verdict"],
        provider=report["provider"],
        name=entry.name,
        files=tuple(_file(file, entry, findings, album) for file in files),
        findings=findings,
        unchecked=tuple(report["unchecked"]),
        counts=in_counts(report["findings"]),
        price=price_in_words(report.get("price")),
    )


def in_counts(findings: Sequence[Plain]) -> str:
    """Write "3 errors, 1 warning"."""
    named = (("error", "error"), ("warning", "warning"), ("info", "note"))
    numbers = ((sum(f["severity"] == severity for f in findings), word) for severity, word in named)
    return ", ".join(counted(number, word) for number, word in numbers if number) or "nothing found"


def price_in_words(price: Plain | None) -> str | None:
    """Write what a job costs, in the words of the terminal; None where that is not known."""
    from lipready.providers.submission.price import written

    if not price:
        return None
    amount, length = price.get("amount"), price.get("seconds")
    parts = [] if amount is None else [written(Fraction(amount), price.get("currency") or "").strip()]
    parts += [] if length is None else [f"{seconds(length)} of result video"]
    return " · ".join(parts) or None


def link_of(finding: Plain) -> str | None:
    """Return the address of the rule's page; rules of the caller's own have none."""
    if "help" in finding:
        given = finding["help"]
        return given if isinstance(given, str) and given.startswith("https://") else None
    return f"{RULES}{finding['rule']}/" if _RULE.fullmatch(finding["rule"]) else None


def _findings(entry: PageEntry, paths: Mapping[str, str], album: Album, prefix: str) -> Iterator[FindingView]:
    taken: dict[str, int] = {}
    for number, finding in enumerate(entry.report["findings"]):
        name = prefix + re.sub(r"[^A-Za-z0-9]+", "-", f"{finding['rule']}-{finding['role']}")
        taken[name] = taken.get(name, 0) + 1
        where = finding["where"] or {}
        start, end = where.get("start"), where.get("end")
        shot = entry.figures.shots.get(number)
        role = pictured(finding["role"])
        when = "" if start is None else span_of(start, end)
        moment = f" at {clock_of(float(shot.picture.time))}" if shot and role != "reference" else ""
        span = None if start is None else (start, end)
        yield FindingView(
            anchor=name if taken[name] == 1 else f"{name}-{taken[name]}",
            rule=finding["rule"],
            name=finding["name"],
            severity=finding["severity"],
            role=finding["role"],
            message=_without_fix(finding),
            measured=finding["measured"],
            limit=finding["limit"],
            remote=finding["remote"],
            fix=finding["fix"],
            source=finding["source"],
            link=link_of(finding),
            when=when,
            span=span,
            drawn=finding["role"] == "result" and entry.figures.mouth is not None and entry.figures.mouth.shows(span),
            shot=None if shot is None else album.add(shot, f"{paths.get(role, role)}{moment}"),
        )


def _without_fix(finding: Plain) -> str:
    """Return the message without what to do, which stands below it."""
    message: str = finding["message"]
    fix = (finding["fix"] or {}).get("text")
    return message.removesuffix(fix).rstrip() or message if fix else message


def _file(file: Plain, entry: PageEntry, findings: Sequence[FindingView], album: Album) -> FileView:
    role, facts, figures = file["role"], file["facts"], entry.figures
    strip = [
        album.add(shot, f"{file['path']} at {clock_of(float(shot.picture.time))}") for shot in _strip(role, figures)
    ]
    length, moving = length_of_file(facts), role in {"video", "result"}
    spans = [finding for finding in findings if finding.span and role == _timeline_of(finding)]
    lanes: list[Lane] = []
    wave = None
    if length and role == "video":
        lanes = list(people_lanes(facts, figures, length))
    elif length and role == "audio":
        heard = facts.get("speech") or {}
        lanes = list(sound_lanes(heard, length))
        kept = figures.waves.get("audio")
        wave = draw_wave(kept, heard.get("spans") or (), length) if kept and kept.peaks else None
    if length and spans:
        lanes.append(Lane("Findings", packed(_of_finding(finding, length) for finding in spans), "found"))
    return FileView(
        role=role,
        path=file["path"],
        problem=facts["problem"],
        facts=tuple(facts_in_words(role, facts)),
        findings=tuple(finding for finding in findings if finding.role == role),
        unmeasured=tuple((name.replace("_", " "), reason) for name, reason in facts["unmeasured"].items()),
        lanes=tuple(lanes),
        ruler=marks(length) if length and (lanes or strip) else (),
        film=tuple(strip) if moving and length else (),
        still=strip[0] if strip and not (moving and length) else None,
        wave=wave,
        length=length or 0.0,
        wave_text=wave_in_words(facts.get("speech") or {}),
        mouth=_mouth(figures.mouth, album) if role == "result" and figures.mouth is not None else None,
        judged=role == "result" or all(each["role"] != "result" for each in entry.report["files"]),
    )


def _mouth(figure: MouthFigure, album: Album) -> MouthView:
    def still(cut: FaceCut, where: str) -> ShotView:
        size = (_STILL, _STILL)
        shot = Shot(Snapshot(cut.time, cut.jpeg, *size), size)
        return album.add(shot, f"The speaker in the {where} at {clock_of(float(cut.time))}")

    return MouthView(
        tuple(draw_stretches(figure)),
        tuple(
            (still(now, "result"), None if before is None else still(before, "video")) for now, before in figure.pairs
        ),
        moved_in_words(figure),
        *range_of(figure),
    )


def _strip(role: str, figures: Figures) -> tuple[Shot, ...]:
    return next((shots for name, shots in figures.strips.items() if name == role), ())


def _timeline_of(finding: FindingView) -> str:
    """Return on whose timeline a finding lies: what is about the job and the speech, on that of the sound."""
    return finding.role if finding.role != "job" else ("video" if finding.rule.startswith("P") else "audio")


def _of_finding(finding: FindingView, length: float) -> Bar:
    start, end = finding.span or (0.0, None)
    text = f"{finding.rule} {finding.name}, {finding.when}"
    return bar(start, end, length, text, tone=finding.severity, href=f"#{finding.anchor}")
