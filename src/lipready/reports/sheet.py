"""The contact sheet: one row per person, drawn with Pillow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.people import PeopleFacts, Person, appearances, picked
from lipready.facts.quantity import plural, seconds, stretch
from lipready.facts.video import VideoFacts
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
