"""Take the pictures of docs/images: pages that lipready writes now, in Chromium; see scripts/screenshots.

    scripts/screenshots [--out FOLDER]

Each page is taken in both colour schemes, as WebP; together they stay under 300 kB.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from studio.make import make
from studio.results import moved_lips

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
MOST_BYTES = 300_000
SCHEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the page, the place of it that is at the top, and the size of the window."""

    name: str
    page: str
    anchor: str = ""
    size: tuple[int, int] = (1200, 860)
    schemes: tuple[str, ...] = SCHEMES


PICTURES = (
    Picture("report", "check"),
    Picture("finding", "check", "#P302-video", (1200, 560)),
    Picture("repair", "prepare", "", (1200, 980)),
    Picture("run", "gate"),
    Picture("verify", "verify", "#mouth", (1000, 580), ("light",)),
    Picture("phone", "check", "", (390, 844), ("light",)),
)


def main() -> None:
    """Write the pages into a scratch folder, and their pictures into docs/images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=IMAGES)
    out = parser.parse_args().out
    browser_at = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_at is None:
        sys.exit("There is no Chromium: on Debian, apt-get install chromium.")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        pages = write_pages(Path(scratch))
        browser = playwright.chromium.launch(executable_path=browser_at)
        written = [take(browser, picture, pages[picture.page], scheme, out) for picture, scheme in every()]
        browser.close()
    size = sum(path.stat().st_size for path in written)
    for path in written:
        print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")
    if size > MOST_BYTES:
        sys.exit(
            f"They take {size / 1000:.0f} kB together, and {MOST_BYTES / 1000:.0f} kB is the most: make them smaller."
        )


def every() -> list[tuple[Picture, str]]:
    """Return each picture in each of its schemes."""
    return [(picture, scheme) for picture in PICTURES for scheme in picture.schemes]


def write_pages(folder: Path) -> dict[str, Path]:
    """Run the commands whose pages are shown, in a folder that holds a copy of the fixtures."""
    names = (
        "two_people.mp4",
        "anna.wav",
        "bad.webm",
        "bad.ogg",
        "panorama.jpg",
        "anna.mp4",
        "anna.jpg",
        "nobody.mp4",
        "quiet.mp4",
    )
    assets = folder / "assets"
    assets.mkdir()
    for name, path in make(list(names)).items():
        shutil.copy(path, assets / name)
    moved_lips(assets / "quiet.mp4", assets / "anna.wav", folder / "result.mp4")
    commands = {
        "check": ["check", "assets/two_people.mp4", "assets/bad.ogg"],
        "prepare": ["prepare", "assets/bad.webm", "assets/bad.ogg", "assets/panorama.jpg", "-o", "ready"],
        "verify": ["verify", "result.mp4", "--video", "assets/quiet.mp4", "--audio", "assets/anna.wav"],
        "gate": ["gate", "assets", "--no-cache"],
    }
    pages = {}
    for name, command in commands.items():
        pages[name] = folder / f"{name}.html"
        whole = [sys.executable, "-m", "lipready", *command, "--report", f"html={name}.html"]
        # It ends with status 1 where something is found, which is what is to be seen.
        subprocess.run(whole, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    return pages


def take(browser: Browser, picture: Picture, page: Path, scheme: str, out: Path) -> Path:
    """Take one picture, at one pixel to a point."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    view = context.new_page()
    view.goto(page.as_uri() + picture.anchor)
    shot = Image.open(BytesIO(view.screenshot()))
    context.close()
    path = out / f"{picture.name}{'' if scheme == 'light' else f'-{scheme}'}.webp"
    shot.save(path, "WEBP", quality=66, method=6)
    return path


if __name__ == "__main__":
    main()
