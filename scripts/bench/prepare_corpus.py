"""Prepare every file of the corpus that a person could still use, and name each that does not come out clean.

    PYTHONPATH=src python scripts/bench/prepare_corpus.py [FOLDER] [--out DIR] [--only TEXT]

A file is prepared alone, with the editorial flags that its findings ask for (a span for what is too long, --extend for
what is too short, the first person of several). It is clean when no error and no warning of a V, A or I rule is left.
Files that cannot be opened as what they are (F001, F002) are counted apart, each with its reason; so are pictures that
do not show exactly one face, which no repair makes a reference ("no face"), and clips in which nothing moves or is to
be seen ("still", V207), and clips of several people of whom none is seen well enough to be chosen ("nobody").

At the end stands whether a repair repairs: of every file, the rules that found nothing before and find something after
("new"; people and stillness only where nobody cut the clip, and not what the plan foretold), those that a step was
planned for and that still find something ("remaining"), and the steps that a second run would take on the output
("again").
"""

import argparse
import csv
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from lipready.check import Settings
from lipready.errors import FixError, LipreadyError
from lipready.facts.finding import Finding
from lipready.prepare import Prepared, prepare
from lipready.repair.choices import Choices, TrimSpan

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
KEPT = TrimSpan(Fraction(0), Fraction(20))
ROLES = {"video": "video", "audio": "audio", "image": "reference"}
IMAGES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".heic", ".avif"}
SOUNDS = {".wav", ".mp3", ".aac", ".m4a", ".ogg", ".flac"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file came out: "clean", "not usable", "left" (findings remain) or "failed", and why.

    `broken` says in which way the repair did not repair; empty where it did.
    """

    path: str
    role: str
    state: str
    reason: str
    seconds: float
    broken: str = ""


def main() -> int:
    """Run over the corpus; the exit status is 1 where a usable file does not come out clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--out", type=Path, help="keep the outputs here")
    parser.add_argument("--only", default="", help="only files whose path holds this text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = [
            show(prepare_one(options.corpus, row, (options.out or Path(scratch)) / str(number)))
            for number, row in enumerate(rows(options.corpus, options.only))
        ]
    counts = Counter((outcome.role, outcome.state) for outcome in outcomes)
    for (role, state), count in sorted(counts.items()):
        print(f"{role:9} {state:10} {count:4}")
    broken = [outcome for outcome in outcomes if outcome.broken]
    for outcome in broken:
        print(f"not repaired in one run: {outcome.path}: {outcome.broken}")
    repaired = sum(outcome.state not in ("failed", "not usable", "nobody") for outcome in outcomes)
    print(f"a repair repairs: {repaired - len(broken)} of {repaired} files")
    return 1 if broken or any(outcome.state in ("left", "failed") for outcome in outcomes) else 0


def rows(corpus: Path, only: str) -> list[tuple[str, str]]:
    """List path and role of the files of the truth sheet."""
    with (corpus / "truth.csv").open(encoding="utf-8", newline="") as sheet:
        listed = [(row["path"], row["kind"]) for row in csv.DictReader(sheet)]
    return [(path, ROLES.get(kind) or role_of(path)) for path, kind in listed if only in path]


def role_of(path: str) -> str:
    """Tell what an odd file claims to be, by its name."""
    suffix = Path(path).suffix.lower()
    return "reference" if suffix in IMAGES else "audio" if suffix in SOUNDS else "video"


def prepare_one(corpus: Path, row: tuple[str, str], out: Path) -> Outcome:
    """Prepare one file alone, first without flags, then with those that it needs."""
    path, role = row
    begun = time.monotonic()

    def ended(state: str, reason: str, broken: str = "") -> Outcome:
        return Outcome(path, role, state, reason, time.monotonic() - begun, broken)

    source = {role: corpus / path}
    planned = None
    try:
        planned = prepare(**source, out=out, settings=Settings(), dry_run=True)
        unusable = [f for f in planned.before.findings if f.rule in ("F001", "F002") and f.severity == "error"]
        if unusable:
            return ended("not usable", unusable[0].message)
        prepared = prepare(**source, out=out, settings=Settings(), choices=choices_for(planned))
        broken = not_repaired(prepared, role, out / "again")
    except LipreadyError as error:
        nobody = isinstance(error, FixError) and planned is not None and planned.speaker_open
        return ended("nobody" if nobody else "failed", str(error))
    left = [f for f in prepared.report.findings if counts_as_left(f)]
    if any(f.rule == "I605" for f in left) and all(f.rule in ("I603", "I605") for f in left):
        return ended("no face", " | ".join(f"{f.rule} {f.measured}" for f in left), broken)
    if left and all(f.rule == "V207" for f in left):
        return ended("still", left[0].message, broken)
    reason = " | ".join(f"{f.rule} {f.message}" for f in left)
    return ended("left" if left else "clean", reason, broken)


def not_repaired(prepared: Prepared, role: str, again: Path) -> str:
    """Say in which way a repair did not repair; empty where nothing is new, nothing remains and nothing is to be done.

    `again` is a folder for a dry run on the output.
    """
    found, left = (
        {finding.rule for finding in report.findings if finding.severity != "info"}
        for report in (prepared.before, prepared.report)
    )
    steps = [step for file in prepared.plan.files for step in file.steps]
    cut = any(step.level == "editorial" for step in steps)
    foretold = {rule for rule in left if any(f"({rule})" in step.text for step in steps)}
    new = {rule for rule in left - found - foretold if not (cut and (rule[0] == "P" or rule == "V207"))}
    remaining = left & {rule for step in steps for rule in step.rules}
    output: str | None = getattr(prepared.job, role)
    second = prepare(**{role: output}, out=again, settings=Settings(), dry_run=True)
    names = [step.name for file in second.plan.files for step in file.steps]
    parts = {"new": sorted(new), "remaining": sorted(remaining), "again": names}
    return "; ".join(f"{name} {', '.join(those)}" for name, those in parts.items() if those)


def choices_for(planned: Prepared) -> Choices:
    """Decide for the user what the findings ask for."""
    lengths = [f for f in planned.before.findings if f.rule in ("V105", "A402")]
    asked = {(f.role, f.fix.name) for f in lengths if f.fix is not None}
    return Choices(
        trim=KEPT if ("video", "trim") in asked else None,
        trim_audio=KEPT if ("audio", "trim") in asked else None,
        extend=bool({("video", "extend"), ("audio", "pad")} & asked),
        person=1 if planned.speaker_open else None,
    )


def counts_as_left(finding: Finding) -> bool:
    """Tell whether a finding of a V, A or I rule speaks against the output."""
    return finding.rule[0] in "FVAI" and finding.severity in ("error", "warning")


def show(outcome: Outcome) -> Outcome:
    """Print a file that is not clean, and what it took."""
    if outcome.state != "clean":
        print(f"{outcome.state:10} {outcome.role:9} {outcome.path} ({outcome.seconds:.0f} s): {outcome.reason}")
    sys.stdout.flush()
    return outcome


if __name__ == "__main__":
    sys.exit(main())
