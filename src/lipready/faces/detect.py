"""Find candidates for faces with MediaPipe's detectors, view by view."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import finalize

from lipready.faces.geometry import Area, Point
from lipready.faces.models import Models
from lipready.faces.quiet import native_chatter_held_back
from lipready.faces.views import cut, whole

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
        self._lock = Lock()
        with native_chatter_held_back():
            self._full_range = _load(models.full_range)
            self._short_range = _load(models.short_range)
        for detector in (self._full_range, self._short_range):
            finalize(self, _let_go, detector)

    def candidates(
        self, image: "NDArray[np.uint8]", views: Iterable[Area], *, near: bool = False
    ) -> tuple[Candidate, ...]:
        """Every candidate in an RGB image as seen through the views, one per place, the best score first.

        `near` adds the short-range model on the whole picture, for faces that fill it.
        """
        found: list[Candidate] = []
        for view in views:
            found += self._look(self._full_range, image, view)
        if near:
            found += self._look(self._short_range, image, whole(image.shape[1], image.shape[0]))
        return merged(found)

    def _look(self, detector: Any, image: "NDArray[np.uint8]", view: Area) -> list[Candidate]:
        import mediapipe

        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=cut(image, view))
        with self._lock:
            result = detector.detect(picture)
        return [_candidate(d, view, image.shape[1], image.shape[0], picture.width) for d in result.detections]


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


def _candidate(detection: Any, view: Area, width: int, height: int, side: int) -> Candidate:
    scale = view.width / side
    box = detection.bounding_box
    area = Area(
        view.left + box.origin_x * scale, view.top + box.origin_y * scale, box.width * scale, box.height * scale
    )
    eyes = [(view.left + p.x * view.width, view.top + p.y * view.height) for p in detection.keypoints[:2]]
    return Candidate(
        area, float(detection.categories[0].score), (eyes[0], eyes[1]), _cropped(area, view, width, height)
    )


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


def _load(path: Path) -> Any:
    import mediapipe
    import numpy as np
    from mediapipe.tasks.python import BaseOptions, vision

    # Bytes, not the path: the native code cannot open every path that the file system can.
    options = vision.FaceDetectorOptions(
        base_options=BaseOptions(model_asset_buffer=path.read_bytes()), min_detection_confidence=LEAST_SCORE
    )
    detector = vision.FaceDetector.create_from_options(options)
    # The first run writes to standard error as well.
    detector.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.zeros((192, 192, 3), np.uint8)))
    return detector
