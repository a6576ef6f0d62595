"""Find candidates for faces with MediaPipe's detectors, view by view."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import finalize

from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.views import SIDE, cut, cut_from, whole
from lipready.faces.models.mediapipe import Tasks, load_tasks
from lipready.faces.models.stderr_filter import native_chatter_held_back
from lipready.faces.models.weights import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
