"""The full check of every file of a corpus: verdicts, findings by rule, tracebacks, hangs, the slowest files.

    python scripts/bench/corpus_check.py [CORPUS] [--quick] [--limit SECONDS] [--jsonl FILE]

The files are checked in a process of their own, which is ended when one file takes longer than the limit; the rest goes
on in a new one. Exit status 1 when any file ended without a verdict, 3 where the corpus is not there.
"""

import argparse
import csv
import json
import os
import queue
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

HOME = Path(__file__).resolve().parents[2]
ROLES = {"video": "video", "audio": "audio", "image": "reference", None: "video"}


def main() -> int:
    """Print the tables; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Check every file of a corpus.")
    default = os.environ.get("LIPREADY_CORPUS") or HOME.parent / "shared" / "corpus"
    parser.add_argument("corpus", nargs="?", type=Path, default=default)
    parser.add_argument("--quick", action="store_true", help="headers and indexes only")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="longest time for one file")
    parser.add_argument("--jsonl", type=Path, help="also write one report per line to this file")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return _work(quick=options.quick)
    if not (options.corpus / "truth.csv").is_file():
        print(f"There is no truth.csv in {options.corpus}: name the corpus, or set LIPREADY_CORPUS.", file=sys.stderr)
        return 3
    with (options.corpus / "truth.csv").open(newline="", encoding="utf-8") as sheet:
        paths = [str(options.corpus / row["path"]) for row in csv.DictReader(sheet)]
    return _tell(list(_check_all(paths, options.limit, quick=options.quick)), options.jsonl)


def _work(*, quick: bool) -> int:
    """Check each path that comes in on stdin and write one line of JSON about it."""
    from lipready import Settings, check
    from lipready.probe.containers.signature import kind_of

    for line in sys.stdin:
        path = line.rstrip("\n")
        result: dict[str, Any] = {"path": path}
        try:
            result["report"] = check(**{ROLES[kind_of(path)]: path}, settings=Settings(quick=quick)).to_dict()
        except Exception:  # noqa: BLE001 - to find them is what this script is for
            result["traceback"] = traceback.format_exc()
        print(json.dumps(result), flush=True)
    return 0


def _check_all(paths: list[str], limit: float, *, quick: bool) -> Iterator[dict[str, Any]]:
    left = list(paths)
    while left:
        for result in _one_process(left, limit, quick=quick):
            left.pop(0)
            yield result


def _one_process(paths: list[str], limit: float, *, quick: bool) -> Iterator[dict[str, Any]]:
    """Check until all is done, or until a file hangs or ends the process: that one is the last."""
    command = [sys.executable, __file__, "--worker", *(["--quick"] if quick else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        if worker.stdin is None or worker.stdout is None:
            raise RuntimeError("The worker has no pipes.")
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_listen, args=(worker.stdout, lines), daemon=True).start()
        for path in paths:
            begin = time.perf_counter()
            worker.stdin.write(path + "\n")
            worker.stdin.flush()
            try:
                line = lines.get(timeout=limit)
            except queue.Empty:
                worker.kill()
                yield {"path": path, "hang": True, "seconds": limit}
                return
            seconds = time.perf_counter() - begin
            if not line:
                yield {"path": path, "crash": worker.wait(), "seconds": seconds}
                return
            yield {**json.loads(line), "seconds": seconds}
        worker.stdin.close()


def _listen(stream: IO[str], lines: "queue.Queue[str]") -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _tell(results: list[dict[str, Any]], jsonl: Path | None) -> int:
    reports = [result["report"] for result in results if "report" in result]
    without = [result for result in results if "report" not in result]
    if jsonl is not None:
        jsonl.write_text("".join(json.dumps(report) + "\n" for report in reports), encoding="utf-8")
    verdicts = Counter(report["verdict"] for report in reports)
    print(f"{len(results)} files: " + ", ".join(f"{verdicts[name]} {name}" for name in ("pass", "warn", "fail")))
    rules = Counter((finding["rule"], finding["name"]) for report in reports for finding in report["findings"])
    for (rule, name), count in sorted(rules.items()):
        print(f"  {count:4} {rule} {name}")
    for kind in ("traceback", "crash", "hang"):
        found = [result for result in without if kind in result]
        print(f"{kind}: {len(found)}")
        for result in found:
            print(f"  {result['path']}: {str(result[kind]).strip().splitlines()[-1]}")
    slowest = sorted(results, key=lambda result: -result["seconds"])[:5]
    print("slowest: " + ", ".join(f"{Path(r['path']).name} {r['seconds']:.1f} s" for r in slowest))
    print(f"all: {sum(result['seconds'] for result in results):.0f} s")
    return 1 if without else 0


if __name__ == "__main__":
    sys.exit(main())
