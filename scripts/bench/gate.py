"""The gate over files that it knows, and over those that it sees first, beside what they are measured by.

    python scripts/bench/gate.py [--files N] [--runs N] [--corpus N]

10,000 files whose facts are in the cache are judged in ≤ 1 s where all pass and ≤ 3 s where all have findings (JSON
out), beside `git ls-files` and a SHA-256 of each file, runs in turn; at most 150 MB in the process itself, in the first
run too; and with an empty cache and one worker at most 5 % over `check_many` of the same N files of the corpus (0: left
out). Exit status 1 when a target is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path

from PIL import Image

MOST_MEGABYTES, MOST_OVER = 150, 1.05
HASHES = "git ls-files -z | xargs -0 sha256sum"
SETTLED = 2.5
"""Seconds after which no file of the tree was written recently."""
BARE = """import json, sys
from lipready import Job, check_many
for report in check_many(Job(**each) for each in json.load(sys.stdin)):
    pass"""
ROLES = {"video": "video", "audio": "audio", "image": "reference"}


Write = Callable[[Path, int], None]


def main() -> int:
    """Print all figures; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure the gate over known files.")
    parser.add_argument("--files", type=int, default=10_000, help="how many files (default: 10000)")
    parser.add_argument("--runs", type=int, default=11, help="runs of each command (default: 11)")
    parser.add_argument("--corpus", type=int, default=24, help="files of the corpus (default: 24)")
    options = parser.parse_args()
    well = True
    kinds = (("pictures that pass", _picture, 1.0), ("sounds that are all too short", _sound, 3.0))
    for what, write, target in kinds:
        print(f"{options.files} {what}:")
        with tempfile.TemporaryDirectory() as folder:
            well = _known(Path(folder), write, options.files, options.runs, target * options.files / 10_000) and well
    corpus = Path(os.environ.get("LIPREADY_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")
    if options.corpus and not (corpus / "truth.csv").is_file():
        print(f"There is no corpus in {corpus}: not compared with check_many.")
    elif options.corpus:
        with tempfile.TemporaryDirectory() as folder:
            well = _overhead(Path(folder), corpus, options.corpus) and well
    return 0 if well else 1


def _known(folder: Path, write: Write, files: int, runs: int, target: float) -> bool:
    tree = folder / "tree"
    _make(tree, write, files)
    environment = _environment(folder)
    time.sleep(SETTLED)
    gate = [*_lipready(), "gate", ".", "--quick", "--format", "json"]
    first, peak = _watched(gate, tree, environment)
    print(f"first run over {files} files (--quick): {first:.1f} s, {peak:.0f} MB at most")
    commands = {"gate": gate, "hashes": ["sh", "-c", HASHES], "python": [sys.executable, "-c", "pass"]}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            taken[name].append(_seconds(command, tree, environment))
    ours, hashes, python = (statistics.median(taken[name][1:]) for name in commands)
    _, peak_again = _watched(gate, tree, environment)
    most = max(peak, peak_again)
    print(f"known facts: {ours:.2f} s, {HASHES} {hashes:.2f} s + python -c pass {python:.2f} s, ", end="")
    print(f"{ours / (hashes + python):.1f}× (target ≤ {target:g} s)  {'PASS' if ours <= target else 'MISS'}")
    print(f"memory: {most:.0f} MB (target ≤ {MOST_MEGABYTES} MB)  {'PASS' if most <= MOST_MEGABYTES else 'MISS'}")
    return ours <= target and most <= MOST_MEGABYTES


def _make(tree: Path, write: Write, files: int) -> None:
    """Make a repository of tiny files, a hundred to a folder, each of its own content."""
    for number in range(files):
        path = tree / f"assets/{number // 100:03}/{number:05}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, number)
    names = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "-A"], [*names, "commit", "-q", "-m", "x"], ["status"]):
        subprocess.run(["git", *arguments], cwd=tree, check=True, stdout=subprocess.DEVNULL)


def _sound(path: Path, number: int) -> None:
    with wave.open(str(path.with_suffix(".wav")), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(number.to_bytes(4, "little") * 20)


def _picture(path: Path, number: int) -> None:
    Image.new("RGB", (64, 64), (number % 256, number // 256, 128)).save(path.with_suffix(".jpg"))


def _environment(folder: Path) -> dict[str, str]:
    # Byte code is kept, as it is wherever lipready is installed; the first run of each command writes it.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    models = os.environ.get("LIPREADY_MODELS_DIR") or _models()
    return kept | {
        "LIPREADY_CACHE_DIR": str(folder / "cache"),
        "LIPREADY_STATE_DIR": str(folder / "state"),
        "LIPREADY_MODELS_DIR": models,
    }


def _models() -> str:
    from lipready.faces.models.weights import models_folder

    return str(models_folder())


def _lipready() -> list[str]:
    beside = Path(sys.executable).with_name("lipready")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "lipready"]


def _seconds(command: list[str], folder: Path, environment: dict[str, str], given: str | None = None) -> float:
    start = time.perf_counter()
    run = subprocess.run(
        command, cwd=folder, env=environment, input=given, text=True, stdout=subprocess.DEVNULL, check=False
    )
    if run.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: status {run.returncode}")
    return time.perf_counter() - start


def _watched(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Run it; gives seconds, and the most megabytes that the process itself held, without its children."""
    start, peak = time.perf_counter(), 0
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, _held(process.pid))
            time.sleep(0.005)
    return time.perf_counter() - start, peak / 1024


def _held(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def _overhead(folder: Path, corpus: Path, count: int) -> bool:
    """Compare whole processes: the gate with an empty cache and one worker, and check_many of the same files."""
    import json

    files = [path for kind in ROLES for path in sorted((corpus / kind).rglob("*")) if path.is_file()]
    chosen = files[:: max(1, len(files) // count)][:count]
    tree = folder / "tree"
    tree.mkdir()
    jobs = []
    for number, path in enumerate(chosen):
        (tree / f"{number:03}{path.suffix}").write_bytes(path.read_bytes())
        jobs.append({ROLES[path.relative_to(corpus).parts[0]]: f"{number:03}{path.suffix}"})
    environment = _environment(folder)
    gate = [*_lipready(), "gate", ".", "--workers", "1", "--no-cache"]
    taken: list[tuple[float, float]] = []
    for _ in range(2):
        bare = _seconds([sys.executable, "-c", BARE], tree, environment, json.dumps(jobs))
        taken.append((_seconds(gate, tree, environment), bare))
    ours, bare = (min(column) for column in zip(*taken, strict=True))
    verdict = "PASS" if ours / bare <= MOST_OVER else "MISS"
    print(f"{len(chosen)} files of the corpus: gate with one worker {ours:.1f} s, check_many {bare:.1f} s, ", end="")
    print(f"{ours / bare:.3f}× (target ≤ {MOST_OVER}×)  {verdict}")
    return ours / bare <= MOST_OVER


if __name__ == "__main__":
    sys.exit(main())
