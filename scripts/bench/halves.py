"""Bounds set on one half of known files, tried on the other: how much of the figures is fitted to the files.

The halves are by source repository, so that no clip of a series is on both sides. A setting is the detector's scores
from which on something may be a face and surely is one, and the mesh's flag from which on it fits; each file is decoded
once and judged under every setting (the networks' answers are kept meanwhile). The setting that is right on most files
of one half is taken: among equals the one whose neighbours in the grid are right on most, then the middle one. One
split may be lucky, so the sums of other splits of the repositories are printed as well.
"""

import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lipready.faces.detection import picture
from lipready.faces.models.engine import engine
from lipready.faces.people import PeopleWatcher, people_in_pixels
from lipready.faces.tracking import looks
from lipready.faces.tracking.persons import Screen
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import Frame, scan
from lipready.probe.decoding.still import open_still
from lipready.probe.source import examine

CLASSES = ("none", "one", "several")
WEAK, STRONG, FITS = (0.35, 0.40, 0.45, 0.50), (0.55, 0.60, 0.65, 0.70, 0.75), (6.5, 7.0, 8.0)
KEPT = 1000
"""Answers that are kept of each network: those of the last samples."""


class Setting(NamedTuple):
    """Scores from which on it may be a face, and surely is one; the flag from which on a mesh fits."""

    weak: float
    strong: float
    fits: float


SPLITS = 50
SETTINGS = tuple(Setting(*values) for values in product(WEAK, STRONG, FITS))
TODAY = Setting(picture.WEAK, picture.STRONG, picture.FITS)


@dataclass(frozen=True, slots=True)
class Known:
    """A file, its truth, and what is said of it under each setting."""

    path: str
    truth: str
    is_clip: bool
    said: dict[Setting, str]

    @property
    def repository(self) -> str:
        """The source repository, by the file's name."""
        return "/".join(Path(self.path).name.split("__")[:2])

    def right(self, setting: Setting) -> bool:
        """Return whether a setting says the truth."""
        return self.said[setting] == self.truth


def crossed(files: Sequence[tuple[str, str, bool]]) -> dict[str, str]:
    """Print either half under the setting of the other; return the sums, for clips and images, as "n of m"."""
    with remembered():
        known = [Known(path, truth, clip, (_clip if clip else _image)(path)) for path, truth, clip in files]
    halves = _halves(known, 0)
    for own, other in (halves, halves[::-1]):
        chosen = _best(own)
        equal = [s for s in SETTINGS if _count(own, s) == _count(own, chosen)]
        counts = sorted(_count(other, s) for s in equal)
        print(f"\nset on a half of {len({file.repository for file in own})} repositories: {_named(chosen)}")
        print(f"  there: {_right(own, chosen)}; {len(equal)} of {len(SETTINGS)} settings are as good")
        print(f"  on the other half: {_right(other, chosen)} (those settings: {counts[0]} to {counts[-1]} files)")
        print(f"  as it is today: {_right(own, TODAY)}; {_right(other, TODAY)}")
        for file in other:
            if not file.right(chosen):
                print(f"  {file.truth} → {file.said[chosen]}: {Path(file.path).name}")
    sums = {}
    splits = [_crossed(*_halves(known, split)) for split in range(SPLITS)]
    for kind, is_clip in (("clips", True), ("images", False)):
        right = [sum(file.is_clip == is_clip for file in each) for each in splits]
        whole = sum(file.is_clip == is_clip for file in known)
        middle = f"{median(right):g} in the middle"
        print(f"\n{kind}, {SPLITS} splits: {min(right)} to {max(right)} of {whole} right, {middle}")
        sums[kind] = f"{right[0]} of {whole}"
    return sums


def _halves(files: Sequence[Known], split: int) -> tuple[list[Known], list[Known]]:
    """Split the repositories by chance into halves of about as many files."""
    repositories = sorted({file.repository for file in files})
    Random(split).shuffle(repositories)  # noqa: S311
    halves: tuple[list[Known], list[Known]] = ([], [])
    for repository in repositories:
        min(halves, key=len).extend(file for file in files if file.repository == repository)
    return halves


def _crossed(one: Sequence[Known], other: Sequence[Known]) -> list[Known]:
    """Return the files of each half that are right under the setting of the other."""
    pairs = ((_best(one), other), (_best(other), one))
    return [file for setting, files in pairs for file in files if file.right(setting)]


def _best(files: Sequence[Known]) -> Setting:
    def merit(setting: Setting) -> tuple[float, ...]:
        near = [s for s in SETTINGS if sum(_steps(s, setting)) == 1]
        middle = Setting(WEAK[len(WEAK) // 2], STRONG[len(STRONG) // 2], FITS[len(FITS) // 2])
        beside = sum(_count(files, s) for s in near) / len(near)
        return _count(files, setting), beside, -sum(_steps(middle, setting))

    return max(SETTINGS, key=merit)


def _steps(one: Setting, other: Setting) -> list[int]:
    """Count the steps between two settings along each axis of the grid."""
    return [abs(axis.index(a) - axis.index(b)) for axis, a, b in zip((WEAK, STRONG, FITS), one, other, strict=True)]


def _count(files: Sequence[Known], setting: Setting) -> int:
    return sum(file.right(setting) for file in files)


def _right(files: Sequence[Known], setting: Setting) -> str:
    parts = []
    for kind, is_clip in (("clips", True), ("images", False)):
        some = [file for file in files if file.is_clip == is_clip]
        parts.append(f"{_count(some, setting)} of {len(some)} {kind}")
    return ", ".join(parts)


def _named(setting: Setting) -> str:
    return f"maybe from {setting.weak:.2f}, surely from {setting.strong:.2f}, mesh from {setting.fits:.1f}"


class _Sweep:
    """Watches a clip under every setting (a `FrameConsumer`)."""

    def __init__(self) -> None:
        """Begin before the first sample."""
        self.watchers = {setting: PeopleWatcher() for setting in SETTINGS}

    def see(self, frame: Frame) -> None:
        """Show a sample to everybody."""
        for setting, watcher in self.watchers.items():
            with _under(setting):
                watcher.see(frame)


def _clip(path: str) -> dict[Setting, str]:
    video = examine(path, "video", quick=False).media
    if not isinstance(video, VideoFacts):
        return dict.fromkeys(SETTINGS, "unknown")
    sweep = _Sweep()
    scan(path, video, (sweep,), every_frame=False, progress=None)
    said = {}
    for setting, watcher in sweep.watchers.items():
        with _under(setting):
            facts = watcher.facts()
        said[setting] = "unknown" if isinstance(facts, Unmeasured) else CLASSES[min(facts.count, 2)]
    return said


def _image(path: str) -> dict[Setting, str]:
    still = open_still(path)
    if isinstance(still, Unmeasured):
        return dict.fromkeys(SETTINGS, "unknown")
    pixels, scale = still
    said = {}
    for setting in SETTINGS:
        with _under(setting):
            facts = people_in_pixels(pixels, Screen(pixels.shape[1], pixels.shape[0], scale))
        said[setting] = CLASSES[min(facts.count, 2)]
    return said


@contextmanager
def _under(setting: Setting) -> Iterator[None]:
    before = (picture.WEAK, picture.STRONG, picture.FITS)
    picture.WEAK, picture.STRONG, picture.FITS = setting
    try:
        yield
    finally:
        picture.WEAK, picture.STRONG, picture.FITS = before


@contextmanager
def remembered() -> Iterator[None]:
    """Keep what the networks answered: they are asked the same again."""
    models = engine()
    parts: tuple[tuple[Any, str], ...] = (
        (models.detector, "candidates"),
        (models.mesher, "mesh"),
        (models.describer, "describe"),
        (looks, "quality_of_face"),
        (looks, "chip_of"),
    )
    asked = [(part, name, getattr(part, name)) for part, name in parts]
    for part, name, ask in asked:
        setattr(part, name, _remembering(ask))
    try:
        yield
    finally:
        for part, name, ask in asked:
            setattr(part, name, ask)


def _remembering(ask: Callable[..., Any]) -> Callable[..., Any]:
    answers: OrderedDict[Any, Any] = OrderedDict()

    def asked(pixels: NDArray[np.uint8], *others: Any) -> Any:
        # Copies of a picture are one picture: a part of its pixels tells it from the next one.
        key = (pixels.shape, zlib.crc32(np.ascontiguousarray(pixels[::3, ::5]).tobytes()), others)
        if key not in answers:
            answers[key] = ask(pixels, *others)
            if len(answers) > KEPT:
                answers.popitem(last=False)
        return answers[key]

    return asked
