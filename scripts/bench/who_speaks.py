"""How often the mouth that moves with the sound is told, wrongly told, or not told.

Usage: python scripts/bench/who_speaks.py [FOLDER]

FOLDER holds truth.csv and the files that it names (default: $LIPREADY_CORPUS or ../shared/corpus beside the
repository). The mouths of all clips with one face are followed through stretches of nine seconds. Each two of different
clips are put together as if they were in one picture, and heard with the own sound of one (right: that one), with
speech of others and with music (right: nothing is told); also one beside a still mouth. Last the real clips of several
people with sound, whole, with the time that it takes.
"""

import argparse
import csv
import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from lipready.check import Settings, measure_file
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.mouth.opening import openings_of
from lipready.mouth.speaker import LENGTH, RATE, agreement, clearest, speaker_of, speech_of

Row = dict[str, str]
_TWICE = ("cap13_edit2.webm",)
"""The same clip again."""


@dataclass(frozen=True, slots=True, eq=False)
class Mouth:
    """One mouth in one stretch, and the speech of the clip in it, None where there is none."""

    name: str
    stretch: tuple[Fraction, Fraction]
    openings: Any
    sound: Any


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description="Who speaks, in clips of several people.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    folder: Path = parser.parse_args().folder
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mouths = [mouth for row in rows for mouth in _mouths(folder, row)]
    sounds = {kind: list(_sounds(folder, rows, kind)) for kind in ("yes", "mixed", "no")}
    _table(mouths, sounds["yes"], sounds["mixed"] + sounds["no"])
    for row in rows:
        if row["kind"] == "video" and row["acodec"] and row["people"].isdigit() and int(row["people"]) > 1:
            _real(folder / row["path"])


def _mouths(folder: Path, row: Row) -> Iterator[Mouth]:
    if row["kind"] != "video" or row["faces"] != "1" or row["frontal"] != "yes" or row["path"].endswith(_TWICE):
        return
    path = str(folder / row["path"])
    facts = measure_file(path, "video", Settings())
    people, video = facts.people, facts.media
    if not isinstance(people, PeopleFacts) or not isinstance(video, VideoFacts) or not people.people:
        return
    person = max(people.people, key=lambda each: each.share)
    for number in range(int(Fraction(row["duration_s"]) / LENGTH)):
        stretch = (number * LENGTH, (number + 1) * LENGTH)
        openings = openings_of(path, video, [person], stretch, RATE)[person.id]
        sound = speech_of(path, stretch) if video.sound_tracks else None
        yield Mouth(row["path"], stretch, openings, None if isinstance(sound, Unmeasured) else sound)
        heard = sound.reason if isinstance(sound, Unmeasured) else "none" if sound is None else "speech"
        print(f"{row['path']} {number}: {len(openings)} frames, sound: {heard}")


def _sounds(folder: Path, rows: list[Row], speech: str) -> Iterator[Any]:
    """Yield stretches of sound; of music also those in which no voice is heard, which `speech_of` refuses."""
    for row in rows:
        if row["kind"] == "audio" and row["speech"] == speech:
            for begin in range(0, int(min(float(row["duration_s"] or 0), 60) - LENGTH), int(LENGTH)):
                sound = speech_of(str(folder / row["path"]), (Fraction(begin), begin + LENGTH))
                if isinstance(sound, Unmeasured):
                    print(f"{row['path']} {begin}: {sound.reason}")
                else:
                    yield sound


def _table(mouths: list[Mouth], speech: list[Any], music: list[Any]) -> None:
    def told(one: Mouth, other: Mouth | None, sound: Any) -> int | Unmeasured:
        measured = [agreement(1, one.openings, sound, one.stretch)]
        if other is None:
            still = [(moment, 0.02) for moment, _ in one.openings]
            return clearest([*measured, agreement(2, still, sound, one.stretch)])
        return clearest([*measured, agreement(2, other.openings, sound, other.stretch)])

    for mouth in mouths:
        if mouth.sound is not None:
            print(mouth.name, mouth.stretch, agreement(1, mouth.openings, mouth.sound, mouth.stretch))
    own: Counter[str] = Counter()
    for one, other in itertools.permutations(mouths, 2):
        if one.sound is not None and one.name != other.name:
            own[_verdict(told(one, other, one.sound), 1)] += 1
    print("own sound beside another mouth:", dict(own))
    print(
        "own sound beside a still mouth:",
        dict(Counter(_verdict(told(m, None, m.sound), 1) for m in mouths if m.sound is not None)),
    )
    for kind, sounds in (("speech of somebody else", speech), ("mixed sound, and music with a voice", music)):
        strange = Counter(_verdict(told(m, None, s), None) for m in mouths for s in sounds)
        print(f"{kind} ({len(sounds)}) beside a still mouth:", dict(strange))
        pairs = [(a, b) for a, b in itertools.combinations(mouths, 2) if a.name != b.name]
        strange = Counter(_verdict(told(a, b, s), None) for a, b in pairs for s in sounds)
        print(f"{kind} beside another mouth:", dict(strange))


def _verdict(told: int | Unmeasured, wanted: int | None) -> str:
    if isinstance(told, Unmeasured):
        return "cannot tell"
    return "right" if told == wanted else "wrong"


def _real(path: Path) -> None:
    facts = measure_file(str(path), "video", Settings())
    if isinstance(facts.people, PeopleFacts) and isinstance(facts.media, VideoFacts):
        begun = time.process_time()
        told = speaker_of(str(path), facts.media, facts.people)
        print(f"{path.name}: {facts.people.count} people, {told}, {time.process_time() - begun:.2f} s of one core")


if __name__ == "__main__":
    main()
