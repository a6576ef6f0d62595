"""Draw a job before and after its repair in one picture: frames at the same moments, loudness and waveforms."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lipready.cli.output.contact import ACCENT, FAINT, GREY, INK, PAPER, drawable, font, write_drawing
from lipready.facts.pictures import Waveform
from lipready.reports.html.content import Album, PageEntry, job_view
from lipready.reports.html.drawing import clock_of
from lipready.reports.html.figures import Shot
from lipready.reports.html.job_page import MOST_PAIRS, ChangedFact, changes, same_moments
from lipready.reports.page import plain
from lipready.reports.values import plain_text

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from lipready.facts.file import Role

NAME = "compare.jpg"

WIDTH, MARGIN, GAP = 1280, 32, 16
LEFT = MARGIN + 96
CELL = (WIDTH - LEFT - MARGIN - (MOST_PAIRS - 1) * GAP) // MOST_PAIRS
_HEAD, _LINE, _TALL, _WAVE = 84, 26, 300, 96
_LONGEST_TITLE, _LONGEST_LINE = 80, 155
_NARROWEST = 190
"""Pixels from one picture to the next: what stands under it has to fit."""


def write_comparison(entry: PageEntry, target: Path) -> bool:
    """Write the picture of a job that was repaired, and return whether there was anything to compare.

    Raises FixError where it cannot be written.
    """
    if entry.before is None:
        return False
    roles = _written_anew(entry.before.report, entry.report)
    found = list(changes(job_view(entry.before, Album()), job_view(entry, Album())))
    blocks = [block for role in roles for block in _blocks(role, found, entry.before, entry)]
    if not blocks:
        return False
    from PIL import Image, ImageDraw

    drawn = Image.new("RGB", (WIDTH, _HEAD + sum(block.height + 2 * GAP for block in blocks) + MARGIN), PAPER)
    pen = ImageDraw.Draw(drawn)
    names = [Path(file["path"]).name for file in entry.report["files"] if file["role"] in roles]
    pen.text((MARGIN, 22), _line(", ".join(names), _LONGEST_TITLE), INK, font(26))
    top = _HEAD
    for block in blocks:
        pen.line((MARGIN, top - GAP // 2, WIDTH - MARGIN, top - GAP // 2), FAINT, 1)
        drawn.paste(block, (0, top + GAP // 2))
        top += block.height + 2 * GAP
    write_drawing(drawn, target)
    return True


def _written_anew(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the roles of which another file was made."""
    was = {file["role"]: file["path"] for file in before["files"]}
    return [file["role"] for file in after["files"] if was.get(file["role"], file["path"]) != file["path"]]


def _blocks(role: str, found: Sequence[ChangedFact], before: PageEntry, entry: PageEntry) -> "Iterator[Image]":
    told = "  ·  ".join(
        f"{each.label}: {each.before or '?'} → {each.after or '?'}" for each in found if each.role == role
    )
    then, now = (each.figures.strips.get(cast("Role", role), ()) for each in (before, entry))
    if then and now:
        pairs = list(same_moments(then, now))
        yield _moments(role, told, [("before", [old for old, _ in pairs]), ("after", [new for _, new in pairs])])
    waves = [each.figures.waves.get(cast("Role", role)) for each in (before, entry)]
    if None not in waves:
        yield _sound(told, [(each.report, wave) for each, wave in zip((before, entry), waves, strict=True) if wave])


def _moments(role: str, told: str, rows: list[tuple[str, list[Shot]]]) -> "Image":
    """Draw moments side by side, what was above what is."""
    from PIL import Image, ImageDraw

    pictures = [(label, [(shot, _fitted(shot)) for shot in shots]) for label, shots in rows]
    wide = max(picture.width for _, row in pictures for _, picture in row) + GAP
    heights = [max(picture.height for _, picture in row) + _LINE for _, row in pictures]
    block = Image.new("RGB", (WIDTH, _LINE + sum(heights) + GAP), PAPER)
    pen, top = ImageDraw.Draw(block), _LINE
    pen.text((LEFT, 0), _line(told, _LONGEST_LINE), INK, font(15))
    for (label, row), height in zip(pictures, heights, strict=True):
        _label(pen, top, role, label)
        for number, (shot, picture) in enumerate(row):
            left = LEFT + number * max(wide, _NARROWEST)
            block.paste(picture, (left, top))
            size = f"{shot.size[0]}×{shot.size[1]}"
            words = f"{clock_of(float(shot.picture.time))}  ·  {size}" if role == "video" else size
            pen.text((left, top + picture.height + 4), drawable(words), GREY, font(15))
        top += height + GAP
    return block


def _fitted(shot: Shot) -> "Image":
    """Return the picture at most as large as a cell, in the shape in which it is displayed."""
    from PIL import Image

    with Image.open(BytesIO(b64decode(shot.picture.jpeg)), formats=("JPEG",)) as picture:
        scale = min(CELL / shot.size[0], _TALL / shot.size[1])
        size = (max(1, round(shot.size[0] * scale)), max(1, round(shot.size[1] * scale)))
        return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _label(pen: "ImageDraw", top: int, role: str, label: str) -> None:
    pen.text((MARGIN, top), label, ACCENT if label == "after" else INK, font(19))
    pen.text((MARGIN, top + 26), role, GREY, font(15))


def _sound(told: str, heard: list[tuple[Mapping[str, Any], Waveform]]) -> "Image":
    """Draw the waveforms of an audio track at one scale, and how loud they are."""
    from PIL import Image, ImageDraw

    lengths = [_heard(report).get("length") or 0.0 for report, _ in heard]
    block = Image.new("RGB", (WIDTH, _LINE + 2 * (_WAVE + _LINE) + GAP), PAPER)
    pen, top = ImageDraw.Draw(block), _LINE
    pen.text((LEFT, 0), _line(told, _LONGEST_LINE), INK, font(15))
    for label, (report, wave), length in zip(("before", "after"), heard, lengths, strict=True):
        _label(pen, top, "audio", label)
        _draw_wave(pen, wave, top, length / (max(lengths) or 1.0), accent=label == "after")
        pen.text((LEFT, top + _WAVE + 4), drawable(_loudness(report)), GREY, font(15))
        top += _WAVE + _LINE + GAP
    return block


def _line(text: str, most: int) -> str:
    """Return what fits on one line of a text that may hold anything."""
    text = drawable(plain(plain_text(text)))
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _draw_wave(pen: "ImageDraw", wave: Waveform, top: int, share: float, *, accent: bool) -> None:
    middle, wide = top + _WAVE / 2, (WIDTH - LEFT - MARGIN) * share
    pen.line((LEFT, middle, WIDTH - MARGIN, middle), FAINT, 1)
    for number, peak in enumerate(wave.peaks):
        left = LEFT + wide * number / len(wave.peaks)
        half = max(0.5, peak / 255 * _WAVE / 2)
        pen.line((left, middle - half, left, middle + half), ACCENT if accent else GREY, 2)


def _heard(report: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [file["facts"].get("speech") for file in report["files"] if file["role"] == "audio"]
    return found[0] or {} if found else {}


def _loudness(report: Mapping[str, Any]) -> str:
    heard = _heard(report)
    told = [
        f"{heard[key]:.1f} {unit}"
        for key, unit in (("loudness", "LUFS"), ("true_peak", "dBTP"))
        if heard.get(key) is not None
    ]
    length = heard.get("length")
    return "  ·  ".join([*([] if length is None else [clock_of(float(length))]), *told])
