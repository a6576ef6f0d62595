"""Draw the contact sheet of a video, and write it whole or not at all, never over another picture."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.cli.input.files import MARK, is_sheet
from lipready.errors import FixError, ProbeError, UsageError
from lipready.faces.detection.geometry import Area, cut
from lipready.faces.reference.choice import promise
from lipready.facts.file import FileFacts
from lipready.facts.people import Box, Front, Look, PeopleFacts, Person, appearances, background, headcount, picked
from lipready.facts.quantity import plural, seconds, stretch
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.stretch import decode_moments
from lipready.reports.people import face_size, place_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

MOMENTS = 6
"""Pictures in the strip of one person."""

BEST_SIDE, STRIP_SIDE = 200, 116
MARGIN, GAP = 24, 12
HEAD = 84
ROW = BEST_SIDE + 2 * GAP
LEFT = MARGIN + 64
STRIP = LEFT + BEST_SIDE + 2 * GAP
WIDTH = STRIP + MOMENTS * (STRIP_SIDE + GAP) - GAP + MARGIN
LONGEST_NAME = 70

PAPER, INK, GREY, FAINT, ACCENT = (250, 250, 248), (28, 30, 34), (110, 112, 118), (224, 224, 220), (28, 104, 168)

_SHAPES = str.maketrans({"–": "-", "×": "x", "→": "->", "°": " degrees"})
_KNOWN = frozenset([*map(chr, range(32, 127)), "·"])


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A square picture (RGB, uint8) of a face at `time` seconds from the first frame."""

    time: Fraction
    image: "NDArray[np.uint8]"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What is shown of one person; `best` is None where it could not be decoded."""

    person: Person
    best: "NDArray[np.uint8] | None"
    moments: tuple[Moment, ...]


def draw_sheet(
    name: str, video: VideoFacts, people: PeopleFacts, rows: Sequence[Row], length: Fraction, *, front: Front | None
) -> "Image":
    """Draw the sheet of a clip of `length` seconds; `name` is what the file is called.

    `front` says who is in the background.
    """
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (WIDTH, HEAD + max(1, len(rows)) * ROW + MARGIN), PAPER)
    pen = ImageDraw.Draw(sheet)
    shown = drawable(name)
    shown = shown if len(shown) <= LONGEST_NAME else f"...{shown[3 - LONGEST_NAME :]}"
    pen.text((MARGIN, 18), shown, INK, font(24))
    behind = background(people, video.height, front)
    parts = [headcount(people, len(behind)), f"{video.width}×{video.height}", seconds(length)]
    if len(rows) < len(people.people):
        parts.append(f"the first {len(rows)} {plural(len(rows), 'is')} shown")
    if people.fewest != people.most:
        parts.append("a row may show more than one of them")
    pen.text((MARGIN, 50), drawable("  ·  ".join(parts)), GREY, font(17))
    those = [person.id for person in picked(people)]
    mark = "picked without a reference image" if len(those) == 1 else "may be picked without a reference image"
    for number, row in enumerate(rows):
        top, person = HEAD + number * ROW, row.person
        seen = appearances(person, people, length)
        when = stretch(seen[0][0], seen[-1][1], length)
        place = "in the background" if person in behind else place_of(person, video)
        words = filter(None, (when, place, face_size(person, video)))
        _draw_row(sheet, pen, top, row, drawable("  ·  ".join(words)), mark=mark if person.id in those else "")
        bottom = top + GAP + BEST_SIDE
        _draw_timeline(pen, (STRIP, bottom - 26, WIDTH - MARGIN, bottom - 10), seen, length)
    return sheet


def _draw_row(sheet: "Image", pen: "ImageDraw", top: int, row: Row, text: str, *, mark: str) -> None:
    pen.line((MARGIN, top, WIDTH - MARGIN, top), FAINT, 1)
    top += GAP
    pen.text((MARGIN, top - 4), str(row.person.id), ACCENT if mark else INK, font(48))
    if row.best is not None:
        _paste(sheet, row.best, (LEFT, top), BEST_SIDE)
    pen.text((STRIP, top - 2), text, INK, font(17))
    left = STRIP + pen.textlength(f"{text}  ·  ", font(17))
    pen.text((left, top - 2), mark, ACCENT, font(17))
    for place, moment in enumerate(row.moments):
        edge = STRIP + place * (STRIP_SIDE + GAP)
        _paste(sheet, moment.image, (edge, top + 28), STRIP_SIDE)
        pen.text((edge + 2, top + 30 + STRIP_SIDE), f"{float(moment.time):.1f} s", GREY, font(13))


def _draw_timeline(
    pen: "ImageDraw", box: tuple[int, int, int, int], seen: Sequence[tuple[Fraction, Fraction]], length: Fraction
) -> None:
    """Draw when the face is seen; each stretch at least two pixels wide."""
    left, top, right, bottom = box
    pen.rectangle(box, FAINT)
    scale = (right - left) / max(float(length), 1e-6)
    for first, last in seen:
        begin = left + min(float(first) * scale, right - left - 2)
        end = min(right, max(begin + 2, left + float(last) * scale))
        pen.rectangle((begin, top, end, bottom), ACCENT)


def _paste(sheet: "Image", picture: "NDArray[np.uint8]", at: tuple[int, int], side: int) -> None:
    from PIL import Image

    sheet.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS), at)


def drawable(text: str) -> str:
    """Replace what Pillow's own font has no shapes for."""
    text = text.translate(_SHAPES)
    return "".join(c if c in _KNOWN else "?" for c in text)


def font(size: int) -> "FreeTypeFont | ImageFont":
    """Return Pillow's own font."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


LONG_EDGE = 1920
"""Pixels: frames are shrunk to this; the faces of the sheet are small."""

AROUND = 2.2
"""A face is shown in a square of so many times its height: with hair and shoulders."""

_QUALITY = 88
MOST_ROWS = 12
"""People beyond these are counted by the table, not drawn."""


def rows_of(path: str, video: VideoFacts, people: PeopleFacts, side: int = BEST_SIDE) -> tuple[Row, ...]:
    """Decode what is shown of each person, `side` pixels large, in one pass; a moment that does not decode is left out.

    Sampled frames may differ from the exact ones by less than half a sample. Raises ProbeError where nothing at all can
    be decoded.
    """
    shown = people.people[:MOST_ROWS]
    best = {person.id: max(person.looks, key=promise) for person in shown}
    strips = {person.id: _spread(person.looks) for person in shown}
    wanted = {(number, look.time): look.box for number in best for look in (best[number], *strips[number])}
    times = sorted({time for _, time in wanted})
    pictures: dict[tuple[int, Fraction], NDArray[np.uint8]] = {}
    for frame in decode_moments(path, video, times, LONG_EDGE):
        nearest = min(times, key=lambda time: abs(time - frame.time))
        for (number, time), box in wanted.items():
            if time == nearest:
                pictures[number, time] = cut(frame.image, _square(box, frame), side)
    if not pictures:
        raise ProbeError("has no frame that can be decoded again")
    return tuple(
        Row(
            person,
            pictures.get((person.id, best[person.id].time)),
            tuple(
                Moment(look.time, pictures[person.id, look.time])
                for look in strips[person.id]
                if (person.id, look.time) in pictures
            ),
        )
        for person in shown
    )


def _spread(looks: Sequence[Look]) -> list[Look]:
    """Pick looks at even distances between the first and the last one."""
    count = min(MOMENTS, len(looks))
    return [looks[round(number * (len(looks) - 1) / max(1, count - 1))] for number in range(count)]


def _square(box: Box, frame: Frame) -> Area:
    """Frame a face in pixels of the shrunk frame, inside it as far as that goes."""
    height, width = frame.image.shape[:2]
    side = min(AROUND * max(box.width, box.height) / frame.scale, float(min(width, height)))
    left = (box.left + box.width / 2) / frame.scale - side / 2
    top = (box.top + box.height * 0.55) / frame.scale - side / 2
    return Area(max(0.0, min(width - side, left)), max(0.0, min(height - side, top)), side, side)


def write_sheet(file: FileFacts, target: Path, front: Front | None) -> None:
    """Draw the people of a video, whose people are measured, into a JPEG: a row for each of them.

    `front` says who is in the background.

    Raises FixError where the video shows nobody or cannot be looked at, or the file cannot be written.
    """
    video, people = file.media, file.people
    if not isinstance(video, VideoFacts) or not isinstance(people, PeopleFacts) or not people.people:
        raise FixError(f"{file.path} shows no face that a contact sheet could be made of.")
    try:
        rows = rows_of(file.path, video, people)
    except ProbeError as error:
        raise FixError(f"{file.path} {error}.") from error
    last = max(person.last for person in people.people)
    length = last if isinstance(video.duration, Unmeasured) else max(last, video.duration.believed)
    image = draw_sheet(Path(file.path).name, video, people, rows, length, front=front)
    write_drawing(image, target)


def write_drawing(image: "Image", target: Path) -> None:
    """Write what was drawn, as a JPEG that lipready knows again. Raises FixError where it cannot be written."""
    from lipready.repair.run.folder import Partial, unwritable

    partial = Partial.beside(Path(os.path.realpath(target)))
    try:
        image.save(partial.path, "JPEG", quality=_QUALITY, comment=MARK)
        partial.finish()
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        partial.discard()


def require_free(target: Path) -> None:
    """Raise UsageError where a file stands that is no contact sheet of lipready's."""
    if os.path.lexists(target) and not is_sheet(target):
        raise UsageError(f"{target} was not written by lipready: choose another name or folder, or move it.")
