"""Draw the contact sheet of a video, and write it whole or not at all, never over another picture."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.cli.input.files import MARK, is_sheet
from lipready.errors import FixError, ProbeError, UsageError
from lipready.faces.detection.geometry import Area, cut
from lipready.faces.reference.choice import promise
from lipready.facts.file import FileFacts
from lipready.facts.people import Box, Look, PeopleFacts, Person, appearances, picked
from lipready.facts.quantity import plural, seconds, stretch
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.stretch import decode_moments
from lipready.repair.plan import SHEET_NAME
from lipready.reports.people import face_size, request_step_of

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

_PAPER, _INK, _GREY, _FAINT, _MARK = (250, 250, 248), (28, 30, 34), (110, 112, 118), (224, 224, 220), (28, 104, 168)

_SHAPES = str.maketrans({"–": "-", "×": "x"})
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


@dataclass(frozen=True, slots=True)
class _Clip:
    """The clip of all rows, its length in seconds, and what marks some people by their numbers."""

    video: VideoFacts
    people: PeopleFacts
    length: Fraction
    marks: Mapping[int, str]


def draw_sheet(name: str, video: VideoFacts, people: PeopleFacts, rows: Sequence[Row], length: Fraction) -> "Image":
    """Draw the sheet of a clip of `length` seconds; `name` is what the file is called."""
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (WIDTH, HEAD + max(1, len(rows)) * ROW + MARGIN), _PAPER)
    pen = ImageDraw.Draw(sheet)
    shown = _drawable(name)
    shown = shown if len(shown) <= LONGEST_NAME else f"...{shown[3 - LONGEST_NAME :]}"
    pen.text((MARGIN, 18), shown, _INK, _font(24))
    those = [person.id for person in picked(people)]
    mark = "picked without a reference image" if len(those) == 1 else "may be picked without a reference image"
    clip = _Clip(video, people, length, dict.fromkeys(those, mark))
    pen.text((MARGIN, 50), _drawable(_summary(clip, len(rows))), _GREY, _font(17))
    for number, row in enumerate(rows):
        _draw_row(sheet, pen, HEAD + number * ROW, row, clip)
    return sheet


def _summary(clip: _Clip, rows: int) -> str:
    people = clip.people
    parts = [people.how_many, f"{clip.video.width}×{clip.video.height}", seconds(clip.length)]
    if rows < len(people.people):
        parts.append(f"the first {rows} {plural(rows, 'is')} shown")
    if people.fewest != people.most:
        parts.append("a row may show more than one of them")
    return "  ·  ".join(parts)


def _draw_row(sheet: "Image", pen: "ImageDraw", top: int, row: Row, clip: _Clip) -> None:
    pen.line((MARGIN, top, WIDTH - MARGIN, top), _FAINT, 1)
    top += GAP
    number = row.person.id
    pen.text((MARGIN, top - 4), str(number), _MARK if number in clip.marks else _INK, _font(48))
    if row.best is not None:
        _paste(sheet, row.best, (LEFT, top), BEST_SIDE)
    seen = appearances(row.person, clip.people, clip.length)
    _draw_words(pen, (STRIP, top - 2), row.person, stretch(seen[0][0], seen[-1][1], clip.length), clip)
    for place, moment in enumerate(row.moments):
        left = STRIP + place * (STRIP_SIDE + GAP)
        _paste(sheet, moment.image, (left, top + 28), STRIP_SIDE)
        pen.text((left + 2, top + 30 + STRIP_SIDE), f"{float(moment.time):.1f} s", _GREY, _font(13))
    _draw_timeline(pen, (STRIP, top + BEST_SIDE - 26, WIDTH - MARGIN, top + BEST_SIDE - 10), seen, clip.length)


def _draw_words(pen: "ImageDraw", at: tuple[int, int], person: Person, when: str, clip: _Clip) -> None:
    words = [when, request_step_of(person, clip.video), face_size(person, clip.video)]
    text = _drawable("  ·  ".join(word for word in words if word))
    pen.text(at, text, _INK, _font(17))
    left = at[0] + pen.textlength(f"{text}  ·  ", _font(17))
    pen.text((left, at[1]), clip.marks.get(person.id, ""), _MARK, _font(17))


def _draw_timeline(
    pen: "ImageDraw", box: tuple[int, int, int, int], seen: Sequence[tuple[Fraction, Fraction]], length: Fraction
) -> None:
    """Draw when the face is seen; each stretch at least two pixels wide."""
    left, top, right, bottom = box
    pen.rectangle(box, _FAINT)
    scale = (right - left) / max(float(length), 1e-6)
    for first, last in seen:
        begin = left + min(float(first) * scale, right - left - 2)
        end = min(right, max(begin + 2, left + float(last) * scale))
        pen.rectangle((begin, top, end, bottom), _MARK)


def _paste(sheet: "Image", picture: "NDArray[np.uint8]", at: tuple[int, int], side: int) -> None:
    from PIL import Image

    sheet.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS), at)


def _drawable(text: str) -> str:
    """Replace what Pillow's own font has no shapes for."""
    text = text.translate(_SHAPES)
    return "".join(c if c in _KNOWN else "?" for c in text)


def _font(size: int) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)


LONG_EDGE = 1920
"""Pixels: frames are shrunk to this; the faces of the sheet are small."""

AROUND = 2.2
"""A face is shown in a square of so many times its height: with hair and shoulders."""

MOST_ROWS = 12
"""People beyond these are counted by the table, not drawn."""


def rows_of(path: str, video: VideoFacts, people: PeopleFacts) -> tuple[Row, ...]:
    """Decode what the sheet shows of each person, in one pass; a moment that does not decode is left out.

    Raises ProbeError where nothing at all can be decoded.
    """
    wanted = {person.id: (_best(person), *_spread(person)) for person in people.people[:MOST_ROWS]}
    looks = [(number, place, look) for number, chosen in wanted.items() for place, look in enumerate(chosen)]
    pictures = dict(_pictures(path, video, looks))
    rows = tuple(_row(person, wanted[person.id], pictures) for person in people.people[:MOST_ROWS])
    if people.people and not pictures:
        raise ProbeError("has no frame that can be decoded again")
    return rows


def _row(person: Person, looks: Sequence[Look], pictures: "dict[tuple[int, int], NDArray[np.uint8]]") -> Row:
    moments = [
        Moment(look.time, pictures[person.id, place])
        for place, look in enumerate(looks)
        if place > 0 and (person.id, place) in pictures
    ]
    return Row(person, pictures.get((person.id, 0)), tuple(moments))


def _best(person: Person) -> Look:
    return max(person.looks, key=promise)


def _spread(person: Person) -> list[Look]:
    """Pick looks at even distances between the first and the last one."""
    looks = person.looks
    count = min(MOMENTS, len(looks))
    if count == 1:
        return [looks[0]]
    return [looks[round(number * (len(looks) - 1) / (count - 1))] for number in range(count)]


def _pictures(
    path: str, video: VideoFacts, looks: Sequence[tuple[int, int, Look]]
) -> "Iterator[tuple[tuple[int, int], NDArray[np.uint8]]]":
    """Cut the squares out of the frames; sampled frames may differ from the exact ones by less than half a sample."""
    times = sorted({look.time for _, _, look in looks})
    for time, frame in _frames(path, video, times):
        for number, place, look in looks:
            if look.time == time:
                yield (number, place), cut(frame.image, _square(look.box, frame), BEST_SIDE)


def _frames(path: str, video: VideoFacts, times: Sequence[Fraction]) -> Iterator[tuple[Fraction, Frame]]:
    for frame in decode_moments(path, video, times, LONG_EDGE):
        yield min(times, key=lambda time: abs(time - frame.time)), frame


def _square(box: Box, frame: Frame) -> Area:
    """Frame a face in pixels of the shrunk frame, inside it as far as that goes."""
    height, width = frame.image.shape[:2]
    side = min(AROUND * max(box.width, box.height) / frame.scale, float(min(width, height)))
    left = (box.left + box.width / 2) / frame.scale - side / 2
    top = (box.top + box.height * 0.55) / frame.scale - side / 2
    return Area(max(0.0, min(width - side, left)), max(0.0, min(height - side, top)), side, side)


def contact_sheet(file: FileFacts) -> "Image":
    """Draw one row for each person of a video whose people are measured: number, best face, moments, timeline.

    Raises FixError where the video shows nobody, or cannot be looked at.
    """
    if not isinstance(file.media, VideoFacts) or not isinstance(file.people, PeopleFacts) or not file.people.people:
        raise FixError(f"{file.path} shows no face that a contact sheet could be made of.")
    video, people = file.media, file.people
    try:
        rows = rows_of(file.path, video, people)
    except ProbeError as error:
        raise FixError(f"{file.path} {error}.") from error
    last = max(person.last for person in people.people)
    length = last if isinstance(video.duration, Unmeasured) else max(last, video.duration.believed)
    return draw_sheet(Path(file.path).name, video, people, rows, length)


_QUALITY = 88


def write_sheet(file: FileFacts, target: Path) -> None:
    """Draw the people of a video into a JPEG. Raises FixError where that is impossible."""
    from lipready.repair.run.folder import Partial, unwritable

    image = contact_sheet(file)
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


def write_sheet_into(file: FileFacts, folder: Path) -> Path:
    """Draw the people of a video into the output folder of `prepare`, and return where.

    Raises UsageError where another picture of that name stands there.
    """
    from lipready.repair.run.folder import make_folder

    target = folder / SHEET_NAME
    require_free(target)
    make_folder(folder)
    write_sheet(file, target)
    return target
