"""The loaded models: once per process, at first use, shared by all threads and by the processes that are forked."""

import os
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from lipready.faces.detection.detector import Detector
from lipready.faces.detection.geometry import Area, Point, cut
from lipready.faces.detection.landmarks import Mesher
from lipready.faces.models.weights import Models, ensure_models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLOSE_UP = 256
"""Pixels: dlib aligns by whole numbers, so a face that is smaller than in its chip is first enlarged to this."""


def chip_of(image: "NDArray[np.uint8]", points: tuple[Point, ...]) -> "NDArray[np.uint8]":
    """Align a face of an RGB image by its five points (`landmarks.FIVE`): 150 × 150 × 3, as the network wants it."""
    import dlib
    import numpy as np

    across, down = [p[0] for p in points], [p[1] for p in points]
    # The chip and its corners, whichever way the face is turned, lie within three times what the points span.
    side = 3.0 * max(max(across) - min(across), max(down) - min(down), 1.0)
    left, top, scale = 0.0, 0.0, 1.0
    if side < CLOSE_UP:
        view = Area.square(((max(across) + min(across)) / 2, (max(down) + min(down)) / 2), side)
        left, top, scale = view.left, view.top, CLOSE_UP / side
        image = cut(image, view, CLOSE_UP)
    parts = [dlib.point(round((x - left) * scale), round((y - top) * scale)) for x, y in points]
    face = dlib.full_object_detection(dlib.rectangle(0, 0, 1, 1), parts)
    chip: NDArray[np.uint8] = dlib.get_face_chip(np.ascontiguousarray(image), face)
    return chip


class Describer:
    """dlib's ResNet, loaded at the first description; may be shared by threads, which take turns."""

    def __init__(self, models: Models) -> None:
        """Remember where the network is."""
        self._models = models
        self.lock = Lock()
        self._network: Any = None

    def describe(self, chip: "NDArray[np.uint8]") -> tuple[float, ...]:
        """Return the 128 numbers of an aligned chip (150 × 150 × 3, RGB, uint8); takes about 80 ms.

        Raises ComponentError where the network is damaged.
        """
        import dlib

        with self.lock:
            if self._network is None:
                self._network = dlib.face_recognition_model_v1(str(self._models.verified_identity()))
            return tuple(self._network.compute_face_descriptor(chip))


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that looks at pixels."""

    detector: Detector
    mesher: Mesher
    describer: Describer

    @property
    def busy(self) -> bool:
        """Whether a thread uses one of them."""
        return any(model.lock.locked() for model in (self.detector, self.mesher, self.describer))


_loading = Lock()
_loaded: list[Engine] = []
_left: list[Engine] = []
"""Models that another thread used when this process was forked: what it was at is never finished here."""


def engine() -> Engine:
    """Load the process's models, or hand out the loaded ones.

    Raises ComponentError where the weights can neither be found nor fetched.
    """
    with _loading:
        if not _loaded:
            models = ensure_models()
            _loaded.append(Engine(Detector(models), Mesher(models), Describer(models)))
        return _loaded[0]


def _forked() -> None:
    """Begin with free locks in a fork; what no thread was using there is used further, and not loaded again."""
    global _loading  # noqa: PLW0603
    _loading = Lock()
    _left.extend(each for each in _loaded if each.busy)
    _loaded[:] = [each for each in _loaded if not each.busy]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
