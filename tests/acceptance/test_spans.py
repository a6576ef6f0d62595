"""Real clips and tracks: no place in a report lies after the end of its file, neither in JSON nor in words."""

import csv
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import lipready
from lipready.probe.containers.signature import kind_of

CLOCK = re.compile(r"\b(\d+):(\d\d(?:\.\d+)?)\b")
RATIOS = {"V203"}
"""Rules whose messages name a ratio, such as 16:15."""
SMALL = 100_000
"""Bytes: the files of the corpus that take no time."""


def places(file: dict[str, Any], findings: list[dict[str, Any]]) -> Iterator[tuple[str, Fraction]]:
    """Yield every time in the report of one file, and what it belongs to."""
    facts = file["facts"]
    for person in (facts.get("people") or {"people": []})["people"]:
        for time in (person["first"], person["last"], *(time for span in person["spans"] for time in span)):
            yield f"person {person['id']}", Fraction(time)
    if facts.get("speech"):
        for key in ("spans", "silences"):
            yield from ((key, Fraction(time)) for span in facts["speech"][key] for time in span)
        yield "length", Fraction(facts["speech"]["length"])
        yield "clipping", Fraction(facts["speech"]["clipping"]["first"] or 0)
    for finding in findings:
        where = finding["where"] or {"start": None, "end": None}
        yield from ((finding["rule"], Fraction(where[end])) for end in ("start", "end") if where[end] is not None)
        if finding["rule"] not in RATIOS:
            said = CLOCK.findall(finding["message"].replace(Path(file["path"]).name, ""))
            yield from ((finding["message"], int(minutes) * 60 + Fraction(rest)) for minutes, rest in said)


def late(**job: Path) -> list[tuple[str, str, float]]:
    """Check one file, and list the times that lie outside of it."""
    report = lipready.check(**job).to_dict()  # type: ignore[arg-type]
    (file,) = report["files"]
    length = file["facts"].get("duration")
    end = Fraction(0) if length is None else Fraction(length)
    return [
        (str(file["path"]), what, float(time))
        for what, time in places(file, report["findings"])
        if not 0 <= time <= end
    ]


@pytest.mark.parametrize("name", ["anna.mp4", "people_leave.mp4", "people_back_and_forth.mp4", "bad.webm"])
def test_clips(made, name):
    assert late(video=made(name)) == []


@pytest.mark.parametrize("length", ["2.7", "3.66"])
def test_a_clip_that_does_not_end_on_a_whole_second(made, ffmpeg, tmp_path, length):
    cut = ffmpeg(tmp_path / "cut.mp4", "-i", made("people_both.mp4"), "-t", length, "-c:v", "libx264", "-r", 30)
    assert late(video=cut) == []


@pytest.mark.parametrize("name", ["speech.m4a", "speech.mp3", "speech.ogg", "speech.wav"])
def test_tracks(made, ffmpeg, tmp_path, name):
    track = ffmpeg(tmp_path / name, "-i", made("anna.wav"), "-t", "4.37")
    assert late(audio=track) == []


@pytest.mark.corpus
def test_small_files_of_the_corpus(corpus):
    with (corpus / "truth.csv").open(newline="", encoding="utf-8") as sheet:
        files = [corpus / row["path"] for row in csv.DictReader(sheet)]
    small = [(kind_of(path), path) for path in files if path.stat().st_size < SMALL]
    checked = [late(**{kind: path}) for kind, path in small if kind in {"video", "audio"}]
    assert len(checked) > 20
    assert [found for each in checked for found in each] == []
