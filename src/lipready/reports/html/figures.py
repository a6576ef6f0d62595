"""Which of the pictures that were kept of a job stand on its page, and how large they may be."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from io import BytesIO

from lipready.facts.file import FileFacts, ImageFacts, Role
from lipready.facts.finding import SEVERITIES, Finding
from lipready.facts.people import Box, PeopleFacts, Person
from lipready.facts.pictures import FilePictures, Pictures, Snapshot, Waveform
from lipready.facts.video import VideoFacts
from lipready.reports.html.mouth import MouthFigure, mouth_figure
from lipready.reports.report import Report

CELLS = 12
"""Pictures in the strip of a video."""
CELL_EDGE = 320
"""Pixels on their long edge."""
SHOTS = 600_000
"""The most characters of pictures at full size for the findings of one file; further ones are smaller."""
MOST_SHOTS = 24
RUN_PICTURES = 6_000_000
"""The most characters of pictures on the page of a run."""
MOST_OF_A_UNIT = 2
_EDGES = (320, 240, 200, 160, 128, 96)
_TYPICAL = {320: 15_000, 240: 9_500, 200: 7_200, 160: 5_200, 128: 3_800, 96: 2_600}
"""Characters of a picture by its long edge, on the large side."""


@dataclass(frozen=True, slots=True)
class FaceMark:
    """A face on a picture: whose (None: of nobody who counts), where in displayed pixels, whether it is meant."""

    person: int | None
    box: Box
    meant: bool = False


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture on the page: `size` is what is displayed of the file in pixels, to which `faces` belong."""

    picture: Snapshot
    size: tuple[int, int]
    faces: tuple[FaceMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a page shows of one job beside its report.

    `shots` are pictures by the number of the finding, from 0; `strips` those of a file from its begin to its end;
    `faces` pictures of persons (JPEG, in base64) by role and number; `waves` the waveforms; `mouth` is that of the
    speaker in a result.
    """

    shots: Mapping[int, Shot] = field(default_factory=dict)
    strips: Mapping[Role, tuple[Shot, ...]] = field(default_factory=dict)
    faces: Mapping[tuple[Role, int], str] = field(default_factory=dict)
    waves: Mapping[Role, Waveform] = field(default_factory=dict)
    mouth: MouthFigure | None = None

    def moved(self, before: Sequence[Finding], now: Sequence[Finding]) -> "Figures":
        """Return the same for a report of which some findings were taken out."""
        places = {number: now.index(each) for number, each in enumerate(before) if each in now}
        return replace(self, shots={places[number]: shot for number, shot in self.shots.items() if number in places})


NO_FIGURES = Figures()


def figures_of_job(report: Report, pictures: Pictures | None) -> Figures:
    """Choose what the page of one job shows."""
    mouth = mouth_figure(report, pictures)
    if pictures is None:
        return replace(NO_FIGURES, mouth=mouth)
    files = {file.role: file for file in report.facts.files()}
    shown = {role: kept for role, kept in pictures.files.items() if role in files}
    return Figures(
        mouth=mouth,
        shots=dict(_within(_shots(report, shown), SHOTS)),
        strips={role: _strip(files[role], kept) for role, kept in shown.items() if kept.frames},
        faces={(role, n): jpeg for role, kept in shown.items() for n, jpeg in _faces(files[role], kept)},
        waves={role: kept.wave for role, kept in shown.items() if kept.wave is not None},
    )


def figures_of_unit(report: Report, pictures: Pictures | None, units: int) -> Figures:
    """Choose what the page of a run of so many `units` shows of one of them: nothing where nothing was found."""
    if pictures is None or not report.findings:
        return NO_FIGURES
    files = {file.role: file for file in report.facts.files()}
    shown = {role: kept for role, kept in pictures.files.items() if role in files}
    edge = next((e for e in _EDGES if units * _TYPICAL[e] <= RUN_PICTURES), None)
    if edge is None:
        return NO_FIGURES
    most = MOST_OF_A_UNIT if units * _TYPICAL[edge] * MOST_OF_A_UNIT <= RUN_PICTURES else 1
    chosen: dict[int, Shot] = {}
    moments: dict[tuple[tuple[int, int], Fraction], None] = {}
    for number, shot in _shots(report, shown) or _any_shot(report, files, shown):
        moment = (shot.size, shot.picture.time)
        if moment in moments or len(moments) < most:
            moments[moment] = None
            chosen[number] = replace(shot, picture=smaller(shot.picture, edge))
    return Figures(shots=chosen, waves={role: k.wave for role, k in shown.items() if k.wave is not None})


def moments_of(report: Report) -> Mapping[Role, tuple[Fraction, ...]]:
    """Return of which moments the page of a run shows pictures, by role; where no finding names one, of any."""
    wanted: dict[Role, tuple[Fraction, ...]] = {}
    for finding in sorted(report.findings, key=lambda each: SEVERITIES.index(each.severity)):
        role: Role = "reference" if finding.role == "reference" else "video"
        file = report.facts.file(role)
        if file is None or finding.role == "audio" or displayed(file) is None or file.lfs is not None:
            continue
        if role == "reference":
            wanted[role] = (Fraction(0),)
        elif (moment := _moment(file, finding)) is not None:
            wanted[role] = tuple(dict.fromkeys((*wanted.get(role, ()), moment)))[:MOST_OF_A_UNIT]
        else:
            wanted.setdefault(role, ())
    video = report.facts.video
    if video is not None and wanted.get("video") == ():
        wanted["video"] = ((video.length or Fraction(0)) / 3,)
    return wanted


def displayed(file: FileFacts) -> tuple[int, int] | None:
    """Return width and height of what is displayed of a file, in pixels."""
    media = file.media
    return (media.width, media.height) if isinstance(media, VideoFacts | ImageFacts) else None


def _shots(report: Report, shown: Mapping[Role, FilePictures]) -> list[tuple[int, Shot]]:
    """Find the moments that findings name, those of the gravest first."""
    numbered = sorted(enumerate(report.findings), key=lambda each: SEVERITIES.index(each[1].severity))
    found = ((number, _shot(report, finding, shown)) for number, finding in numbered)
    return [(number, shot) for number, shot in found if shot is not None]


def pictured(role: str) -> Role:
    """Return of which file a picture stands beside a finding about one, or about the job."""
    return "reference" if role == "reference" else "result" if role == "result" else "video"


def _shot(report: Report, finding: Finding, shown: Mapping[Role, FilePictures]) -> Shot | None:
    role = pictured(finding.role)
    kept, file, where = shown.get(role), report.facts.file(role), finding.where
    if kept is None or file is None or not kept.frames or finding.role == "audio":
        return None
    if role == "reference":
        return _marked(file, kept.frames[0], where.box if where else None)
    moment = _moment(file, finding)
    return None if moment is None or where is None else _marked(file, _nearest(kept.frames, moment), where.box)


def _moment(file: FileFacts, finding: Finding) -> Fraction | None:
    """Return the moment that a finding names: that of its face, else the begin of its stretch."""
    where = finding.where
    if where is None or where.start is None or (finding.role == "job" and where.box is None):
        return None
    exact = [look.time for person in _people(file) for look in person.looks if look.box == where.box]
    return exact[0] if exact else where.start


def _any_shot(
    report: Report, files: Mapping[Role, FileFacts], shown: Mapping[Role, FilePictures]
) -> Iterator[tuple[int, Shot]]:
    """Find a picture where no finding names a moment: of the file that the first one is about, else of any."""
    for number, finding in enumerate(report.findings):
        role = pictured(finding.role)
        kept = shown.get(role)
        if kept is not None and kept.frames and finding.role != "audio":
            shot = _marked(files[role], kept.frames[len(kept.frames) // 3], None)
            if shot is not None:
                yield number, shot
                return


def _strip(file: FileFacts, kept: FilePictures) -> tuple[Shot, ...]:
    """Choose pictures from begin to end: the one nearest to the middle of each of CELLS parts."""
    frames = kept.frames
    if file.role not in {"video", "result"} or len(frames) == 1:
        shot = _marked(file, frames[0], None)
        return () if shot is None else (shot,)
    end = file.length or frames[-1].time or Fraction(1)
    cells = min(CELLS, len(frames))
    chosen = [_nearest(frames, end * (2 * cell + 1) / (2 * cells)) for cell in range(cells)]
    shots = (_marked(file, smaller(frame, CELL_EDGE), None) for frame in chosen)
    return tuple(shot for shot in shots if shot is not None)


def _nearest(frames: Sequence[Snapshot], time: Fraction) -> Snapshot:
    return min(frames, key=lambda frame: abs(frame.time - time))


def _marked(file: FileFacts, picture: Snapshot, meant: Box | None) -> Shot | None:
    size = displayed(file)
    if size is None:
        return None
    faces = [
        FaceMark(person.id, look.box, look.box == meant)
        for person in _people(file)
        for look in person.looks
        if look.time == picture.time
    ]
    if meant is not None and not any(face.meant for face in faces):
        faces.append(FaceMark(None, meant, meant=True))
    return Shot(picture, size, tuple(faces))


def _people(file: FileFacts) -> tuple[Person, ...]:
    return file.people.people if isinstance(file.people, PeopleFacts) else ()


def _faces(file: FileFacts, kept: FilePictures) -> Iterator[tuple[int, str]]:
    """Find the best picture of each person: seen from the front, sharp and large."""
    cuts = {(face.time, face.box): face.jpeg for face in kept.faces}
    for person in _people(file)[:CELLS]:
        seen = [look for look in person.looks if (look.time, look.box) in cuts]
        if seen:
            best = max(seen, key=lambda look: look.box.height * (1 - min(abs(look.yaw or 0), 60) / 90))
            yield person.id, cuts[best.time, best.box]


def _within(shots: Iterable[tuple[int, Shot]], room: int) -> Iterator[tuple[int, Shot]]:
    """Keep pictures at full size as long as there is room for them, and make the others smaller; each counts once."""
    known: dict[tuple[tuple[int, int], Fraction], Snapshot] = {}
    for number, shot in shots:
        key = (shot.size, shot.picture.time)
        if key not in known:
            if len(known) >= MOST_SHOTS:
                continue
            picture = shot.picture if len(shot.picture.jpeg) <= room else smaller(shot.picture, CELL_EDGE)
            room -= len(picture.jpeg)
            known[key] = picture
        yield number, replace(shot, picture=known[key])


def smaller(picture: Snapshot, edge: int) -> Snapshot:
    """Return a picture with at most `edge` pixels on its long edge."""
    if max(picture.width, picture.height) <= edge:
        return picture
    from PIL import Image

    with Image.open(BytesIO(b64decode(picture.jpeg)), formats=("JPEG",)) as image:
        image.draft("RGB", (edge, edge))
        image.thumbnail((edge, edge))
        written = BytesIO()
        image.save(written, "JPEG", quality=68)
    return Snapshot(picture.time, b64encode(written.getvalue()).decode("ascii"), *image.size)
