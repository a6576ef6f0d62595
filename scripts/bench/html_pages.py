"""What the page costs: a job and a set of files with and without `--report html`, and how fast the pages open.

    python scripts/bench/html_pages.py [--corpus FOLDER] [--files N] [--rounds N]

Each time with and without is taken side by side, in turn. Sizes in kB, times in seconds of this machine; opening is
measured in Chromium from the request to the end of the first layout, filtering from the key to the next frame.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from studio.make import make

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
OPENED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"
FILTERED = """() => new Promise(done => {
  const field = document.getElementById('filter');
  const begun = performance.now();
  field.value = 'video';
  field.dispatchEvent(new Event('input'));
  requestAnimationFrame(() => setTimeout(() => done((performance.now() - begun) / 1000)));
})"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path(os.environ.get("LIPREADY_CORPUS", CORPUS)))
    parser.add_argument("--files", type=int, default=None, help="Of the corpus only so many files, evenly chosen.")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = ("two_people.mp4", "bad.ogg", "panorama.jpg")
        job = [str(path) for path in make(list(names)).values()]
        compare("one job", ["check", *job, "-q"], folder / "job.html", options.rounds)
        opened(folder / "job.html")
        if options.corpus.is_dir():
            assets = options.corpus if options.files is None else some(options.corpus, options.files, folder / "assets")
            compare("a set", ["gate", str(assets), "--no-cache", "-q"], folder / "run.html", 1)
            opened(folder / "run.html")
        else:
            print(f"{options.corpus} is not there: no set was measured")


def some(corpus: Path, count: int, folder: Path) -> Path:
    """Link so many files of the corpus into a folder, evenly chosen."""
    folder.mkdir()
    found = sorted(path for path in corpus.rglob("*") if path.is_file() and path.suffix != ".csv")
    for path in found[:: max(1, len(found) // count)][:count]:
        shutil.copy(path, folder / path.name)
    return folder


def compare(what: str, arguments: list[str], page: Path, rounds: int) -> None:
    """Run without and with the page, in turn, and print the ratio of the medians of CPU and of time."""
    runs: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for number in range(2 * rounds):
        with_page = number % 2 == 1
        more = ["--report", f"html={page}"] if with_page else []
        runs[with_page].append(timed([sys.executable, "-m", "lipready", *arguments, *more]))
    wall, cpu = ({kind: statistics.median(run[at] for run in each) for kind, each in runs.items()} for at in (0, 1))
    print(
        f"{what}: {wall[False]:.2f} s without, {wall[True]:.2f} s with the page: × {wall[True] / wall[False]:.3f}; "
        f"CPU {cpu[False]:.2f} s and {cpu[True]:.2f} s: × {cpu[True] / cpu[False]:.3f}",
        flush=True,
    )


def timed(command: list[str]) -> tuple[float, float]:
    """Return the seconds that a command takes, and those of CPU, of it and of what it starts."""
    before, begun = os.times(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - begun, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used


def opened(page: Path) -> None:
    """Open a page three times in Chromium, and print the median."""
    from playwright.sync_api import sync_playwright

    place = shutil.which("chromium") or shutil.which("google-chrome")
    if place is None:
        print("there is no Chromium: no page was opened")
        return
    times, filtered = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place)
        for _ in range(3):
            view = browser.new_page()
            view.goto(page.as_uri())
            times.append(view.evaluate(OPENED))
            if view.locator("#filter").count():
                filtered.append(view.evaluate(FILTERED))
            view.close()
        browser.close()
    more = f", filters in {statistics.median(filtered) * 1000:.0f} ms" if filtered else ""
    print(f"  {page.stat().st_size / 1000:.0f} kB, opens in {statistics.median(times):.2f} s{more}", flush=True)


if __name__ == "__main__":
    main()
