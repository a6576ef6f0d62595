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
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO
from weakref import finalize

from lipready.errors import ComponentError
from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.views import SIDE, cut, cut_from, whole
from lipready.faces.models.weights import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    """Whether a cut candidate is the rest of a face that another view shows whole."""
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
