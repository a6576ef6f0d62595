"""Find candidates for faces with MediaPipe's detectors, view by view."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.machinery import PathFinder
from math import ceil
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO
from weakref import finalize

from lipready.errors import ComponentError
from lipready.faces.detection.geometry import Area, Point
from lipready.faces.models.weights import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 192
"""Pixels: the detectors' input. Every view is shrunk to exactly this."""


def whole(width: int, height: int) -> Area:
    """W: the whole picture, letterboxed."""
    return Area.square((width / 2, height / 2), max(width, height))


def padded(width: int, height: int) -> Area:
    """P: the picture padded to 1.5 times its long edge, for faces that fill or leave the frame."""
    return Area.square((width / 2, height / 2), 1.5 * max(width, height))


def along(width: int, height: int) -> tuple[Area, ...]:
    """Lay out A: squares of the short edge along the long one, three for 16:9; none for a square picture."""
    short, long = sorted((width, height))
    if long < 1.05 * short:
        return ()
    starts = _spread(long, short, 0.5 * short)
    return tuple(Area(s, 0, short, short) if width >= height else Area(0, s, short, short) for s in starts)


def small(width: int, height: int) -> tuple[Area, ...]:
    """B: squares of 0.6 of the short edge all over the picture, eight for 16:9."""
    short = min(width, height)
    side = 0.6 * short
    lefts, tops = _spread(width, side, 0.45 * short), _spread(height, side, 0.45 * short)
    return tuple(Area(left, top, side, side) for top in tops for left in lefts)


def around(faces: Iterable[Area], width: int, height: int) -> tuple[Area, ...]:
    """T: a square around each place where a face was a moment ago."""
    least = 0.3 * min(width, height)
    return tuple(Area.square(face.centre, max(4 * face.size, least)) for face in faces)


def cut(image: "NDArray[np.uint8]", view: Area, side: int = SIDE) -> "NDArray[np.uint8]":
    """Cut the square `view` out of an RGB image, resized to side × side; black where it reaches beyond the picture."""
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    left, top = max(0, round(view.left)), max(0, round(view.top))
    right, bottom = min(width, round(view.right)), min(height, round(view.bottom))
    square = np.zeros((side, side, 3), np.uint8)
    if right <= left or bottom <= top:
        return square
    scale = side / view.width
    x, y = (max(0, min(side - 1, round((v - o) * scale))) for v, o in ((left, view.left), (top, view.top)))
    across = max(1, min(side - x, round((right - left) * scale)))
    down = max(1, min(side - y, round((bottom - top) * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square[y : y + down, x : x + across] = cv2.resize(image[top:bottom, left:right], (across, down), interpolation=how)
    return square


def cut_from(image: "NDArray[np.uint8]", small: "NDArray[np.uint8]", view: Area) -> "NDArray[np.uint8]":
    """Cut a view out of an RGB image, or out of a smaller copy of it where that still has all the pixels it needs."""
    shrink = small.shape[1] / image.shape[1]
    if view.width * shrink < SIDE:
        return cut(image, view)
    down = small.shape[0] / image.shape[0]
    return cut(small, Area(view.left * shrink, view.top * down, view.width * shrink, view.height * down))


def _spread(length: float, side: float, step: float) -> tuple[float, ...]:
    """Evenly spaced starts of squares that cover a length, neighbours at most `step` apart."""
    free = length - side
    if free <= 0:
        return (free / 2,)
    count = 1 + ceil(round(free / step, 6))
    return tuple(free * i / (count - 1) for i in range(count))


CHATTER = (
    b"INFO: Created TensorFlow Lite",
    b"WARNING: All log messages before absl::InitializeLog()",
    b"I0000 ",
    b"W0000 ",
)
"""How the lines begin that mediapipe writes on every load; no environment variable turns them off (tried: GLOG_*,
ABSL_*, TF_CPP_MIN_LOG_LEVEL)."""


@contextmanager
def native_chatter_held_back() -> Iterator[None]:
    """Hold file descriptor 2 back for the time of loading a model, then pass on whatever is not known chatter.

    The descriptor belongs to the whole process, so a line of another thread is delayed for that moment, never lost.
    """
    with tempfile.TemporaryFile() as held:
        try:
            real = os.dup(2)
        except OSError:  # standard error is closed: there is nobody to disturb
            yield
            return
        try:
            _flush()
            os.dup2(held.fileno(), 2)
            yield
        finally:
            _flush()
            os.dup2(real, 2)
            os.close(real)
            _pass_on(held)


def _pass_on(held: BinaryIO) -> None:
    held.seek(0)
    for line in held:
        if not line.startswith(CHATTER):
            with suppress(OSError):
                os.write(2, line)


def _flush() -> None:
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


_PACKAGES = ("mediapipe", "mediapipe.tasks", "mediapipe.tasks.python", "mediapipe.tasks.python.vision")
"""Packages whose own code imports everything below them."""

_importing = Lock()


@dataclass(frozen=True, slots=True)
class Tasks:
    """The three modules of MediaPipe that a face detector takes."""

    base_options: Any
    face_detector: Any
    image: Any


def load_tasks() -> Tasks:
    """Import the modules. Raises ComponentError where mediapipe is not installed."""
    with _importing, _hollow_packages():
        # It finds its library through the package, and so must do that here.
        import_module("mediapipe.tasks.python.core.mediapipe_c_bindings").load_raw_library()
        return Tasks(
            base_options=import_module("mediapipe.tasks.python.core.base_options"),
            face_detector=import_module("mediapipe.tasks.python.vision.face_detector"),
            image=import_module("mediapipe.tasks.python.vision.core.image"),
        )


@contextmanager
def _hollow_packages() -> "Iterator[None]":
    """Let the packages be empty for now, unless the program has them already; nobody else sees them so."""
    if _PACKAGES[0] in sys.modules:
        yield
        return
    path = None
    for name in _PACKAGES:
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.submodule_search_locations is None:
            raise ComponentError("The package mediapipe is missing; reinstall lipready with `pip install lipready`.")
        package = ModuleType(name)
        package.__path__ = path = list(spec.submodule_search_locations)
        sys.modules[name] = package
    try:
        yield
    finally:
        # A program that imports mediapipe after us gets the whole of it.
        for name in [name for name in sys.modules if name.split(".")[0] == _PACKAGES[0]]:
            del sys.modules[name]


LEAST_SCORE = 0.40
"""Below this not even a strong mesh makes a face (section 6 of the design: GRAY)."""

SAME_FACE = 0.3
"""Two boxes of different views that overlap (intersection over union) by more than this show one face."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a detector takes for a face: area and the two eyes in picture pixels, score 0..1.

    The eyes are the one on the left and the one on the right of an upright, frontal face's picture. `cropped` says that
    the edge of its view, inside the picture, cuts the area.
    """

    area: Area
    score: float
    eyes: tuple[Point, Point]
    cropped: bool = False


class Detector:
    """Both MediaPipe detectors; may be shared by threads, which take turns."""

    def __init__(self, models: Models) -> None:
        """Load the models."""
        import numpy as np

        self._lock = Lock()
        tasks = load_tasks()
        self._picture = partial(tasks.image.Image, tasks.image.ImageFormat.SRGB)
        with native_chatter_held_back():
            self._full_range = _load(tasks, models.full_range)
            self._short_range = _load(tasks, models.short_range)
            # The first run writes to standard error as well.
            for detector in (self._full_range, self._short_range):
                detector.detect(self._picture(np.zeros((SIDE, SIDE, 3), np.uint8)))
        for detector in (self._full_range, self._short_range):
            finalize(self, _let_go, detector)

    def candidates(
        self,
        image: "NDArray[np.uint8]",
        views: Iterable[Area],
        *,
        near: bool = False,
        small: "NDArray[np.uint8] | None" = None,
        known: Iterable[Candidate] = (),
    ) -> tuple[Candidate, ...]:
        """Every candidate in an RGB image as seen through the views, one per place, the best score first.

        `near` adds the short-range model on the whole picture, for faces that fill it. `small` is the same picture at
        a smaller size: large views are cut out of it, which is faster. `known` were found through other views.
        """
        found = list(known)
        for view in views:
            found += self._look(self._full_range, image, view, small)
        if near:
            found += self._look(self._short_range, image, whole(image.shape[1], image.shape[0]), small)
        return merged(found)

    def _look(
        self, detector: Any, image: "NDArray[np.uint8]", view: Area, small: "NDArray[np.uint8] | None"
    ) -> list[Candidate]:
        height, width = image.shape[:2]
        seen = cut(image, view) if small is None else cut_from(image, small, view)
        with self._lock:
            result = detector.detect(self._picture(seen))
        return [_candidate(detection, view, width, height) for detection in result.detections]


def merged(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """One candidate per place: whole ones before those that a view's edge cuts, then the better score."""
    kept: list[Candidate] = []
    for candidate in sorted(found, key=lambda c: (c.cropped, -c.score)):
        if not any(candidate.area.overlap(k.area) > SAME_FACE or _fragment(candidate, k) for k in kept):
            kept.append(candidate)
    return tuple(sorted(kept, key=lambda c: -c.score))


def _fragment(candidate: Candidate, whole_face: Candidate) -> bool:
    """Return whether a cut candidate is the rest of a face that another view shows whole."""
    return candidate.cropped and candidate.area.inside(whole_face.area) > 0.5  # noqa: PLR2004


def _candidate(detection: Any, view: Area, width: int, height: int) -> Candidate:
    scale = view.width / SIDE
    box = detection.bounding_box
    area = Area(
        view.left + box.origin_x * scale, view.top + box.origin_y * scale, box.width * scale, box.height * scale
    )
    eyes = [(view.left + p.x * view.width, view.top + p.y * view.height) for p in detection.keypoints[:2]]
    score = float(detection.categories[0].score)
    return Candidate(area, score, (eyes[0], eyes[1]), _cropped(area, view, width, height))


def _cropped(area: Area, view: Area, width: int, height: int) -> bool:
    margin = 0.01 * view.width
    return (
        (view.left > 0 and area.left < view.left + margin)
        or (view.top > 0 and area.top < view.top + margin)
        or (view.right < width and area.right > view.right - margin)
        or (view.bottom < height and area.bottom > view.bottom - margin)
    )


def _let_go(detector: Any) -> None:
    """Keep mediapipe from closing a detector while the interpreter shuts down.

    By then its own dispatcher threads are gone, and it would write a traceback; the memory goes with the process.
    """
    detector._handle = None  # noqa: SLF001


def _load(tasks: Tasks, path: Path) -> Any:
    # Bytes, not the path: the native code cannot open every path that the file system can.
    options = tasks.face_detector.FaceDetectorOptions(
        base_options=tasks.base_options.BaseOptions(model_asset_buffer=path.read_bytes()),
        min_detection_confidence=LEAST_SCORE,
    )
    return tasks.face_detector.FaceDetector.create_from_options(options)


SECOND_SIDE = 160
"""Pixels: the crop that the detector sees, twice as wide as the face's box, so that the face has 80."""

PASS = 0.3
"""True faces read 0.32 and more; other things do not fire at all (section 6 of the design)."""


def crop_for_opinion(image: "NDArray[np.uint8]", area: Area) -> "NDArray[np.uint8]":
    """Cut the crop of an RGB image that `SecondOpinion.score` judges; small enough to keep."""
    return cut(image, Area.square(area.centre, 2 * area.size), SECOND_SIDE)


class SecondOpinion:
    """dlib's MMOD network; may be shared by threads, which take turns."""

    def __init__(self, models: Models) -> None:
        """Load the network."""
        import dlib

        self._detector = dlib.cnn_face_detection_model_v1(str(models.second_opinion))
        self._lock = Lock()

    def score(self, crop: "NDArray[np.uint8]") -> float:
        """Return the confidence of the best face near the middle of a crop, 0.0 where there is none."""
        with self._lock:
            found = self._detector(crop, 0)
        return max((float(f.confidence) for f in found if _in_the_middle(f.rect)), default=0.0)


def _in_the_middle(rect: object) -> bool:
    """Whether it is the face in question rather than a neighbour: its centre lies in the middle half of the crop."""
    centre = rect.center()  # type: ignore[attr-defined]
    return all(SECOND_SIDE / 4 <= v <= SECOND_SIDE * 3 / 4 for v in (centre.x, centre.y))
