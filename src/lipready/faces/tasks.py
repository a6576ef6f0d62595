"""MediaPipe's Tasks FaceDetector, through the C interface that the wheel's own Python classes are written on.

Importing the Python package would load matplotlib and a sound library first: half a second for every check.
"""

import ctypes
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from lipready.errors import ComponentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = "0.10.33"
"""The one whose structures are written down here; pyproject.toml pins it."""

_LIBRARIES = {"Darwin": ("libmediapipe.dylib", 2), "Windows": ("libmediapipe.dll", 3)}
_LINUX = ("libmediapipe.so", 1)
_PYTHON, _IMAGE_MODE, _SRGB = 3, 1, 1
_SUPPRESSION = 0.3


@dataclass(frozen=True, slots=True)
class Detection:
    """One face: left, top, width and height in whole pixels of the image, score 0..1, key points as shares of it."""

    box: tuple[int, int, int, int]
    score: float
    points: tuple[tuple[float, float], ...]


class FaceDetector:
    """One loaded model; calls from several threads take turns, as the library asks for."""

    def __init__(self, model: bytes, least_score: float) -> None:
        """Load a .tflite model; detections below `least_score` are left out.

        Raises ComponentError where mediapipe is missing, is another version, or refuses the model.
        """
        self._library = _library()
        self._lock = Lock()
        self._handle = ctypes.c_void_p()
        base = _BaseOptions(
            model_asset_buffer=model,
            model_asset_buffer_count=len(model),
            host_environment=_PYTHON,
            host_system=_LIBRARIES.get(platform.system(), _LINUX)[1],
            host_version=sys.version.split(" ", maxsplit=1)[0].encode(),
        )
        options = _DetectorOptions(base, _IMAGE_MODE, least_score, _SUPPRESSION, None)
        self._call("MpFaceDetectorCreate", ctypes.byref(options), ctypes.byref(self._handle))

    def detect(self, image: "NDArray[np.uint8]") -> tuple[Detection, ...]:
        """Find the faces in an RGB image (height × width × 3, contiguous)."""
        height, width = image.shape[:2]
        pixels = image.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        picture, result = ctypes.c_void_p(), _Result()
        with self._lock:
            self._call("MpImageCreateFromUint8Data", _SRGB, width, height, pixels, image.size, ctypes.byref(picture))
            try:
                self._call("MpFaceDetectorDetectImage", self._handle, picture, None, ctypes.byref(result))
                found = tuple(_detection(result.detections[i]) for i in range(result.count))
                self._library.MpFaceDetectorCloseResult(ctypes.byref(result))
            finally:
                self._library.MpImageFree(picture)
        return found

    def _call(self, name: str, *arguments: Any) -> None:
        said = ctypes.c_char_p()
        if getattr(self._library, name)(*arguments, ctypes.byref(said)) != 0:
            reason = (said.value or b"no reason given").decode(errors="replace")
            self._library.MpErrorFree(said)
            raise ComponentError(f"mediapipe failed in {name}: {reason}")


class _BaseOptions(ctypes.Structure):
    _fields_: Sequence[tuple[str, Any]] = [
        ("model_asset_buffer", ctypes.c_char_p),
        ("model_asset_buffer_count", ctypes.c_uint),
        ("model_asset_path", ctypes.c_char_p),
        ("delegate", ctypes.c_int),
        ("host_environment", ctypes.c_int),
        ("host_system", ctypes.c_int),
        ("host_version", ctypes.c_char_p),
    ]


class _DetectorOptions(ctypes.Structure):
    _fields_: Sequence[tuple[str, Any]] = [
        ("base_options", _BaseOptions),
        ("running_mode", ctypes.c_int),
        ("min_detection_confidence", ctypes.c_float),
        ("min_suppression_threshold", ctypes.c_float),
        ("result_callback", ctypes.c_void_p),
    ]


class _Category(ctypes.Structure):
    _fields_: Sequence[tuple[str, Any]] = [
        ("index", ctypes.c_int),
        ("score", ctypes.c_float),
        ("category_name", ctypes.c_char_p),
        ("display_name", ctypes.c_char_p),
    ]


class _Rectangle(ctypes.Structure):
    _fields_: Sequence[tuple[str, Any]] = [(side, ctypes.c_int) for side in ("left", "top", "bottom", "right")]


class _KeyPoint(ctypes.Structure):
    _fields_: Sequence[tuple[str, Any]] = [
        ("x", ctypes.c_float),
        ("y", ctypes.c_float),
        ("label", ctypes.c_char_p),
        ("score", ctypes.c_float),
    ]


class _Detection(ctypes.Structure):
    _fields_: Sequence[tuple[str, Any]] = [
        ("categories", ctypes.POINTER(_Category)),
        ("categories_count", ctypes.c_uint32),
        ("box", _Rectangle),
        ("points", ctypes.POINTER(_KeyPoint)),
        ("points_count", ctypes.c_uint32),
    ]


class _Result(ctypes.Structure):
    _fields_: Sequence[tuple[str, Any]] = [("detections", ctypes.POINTER(_Detection)), ("count", ctypes.c_uint32)]


def _detection(found: _Detection) -> Detection:
    box = found.box
    return Detection(
        (box.left, box.top, box.right - box.left, box.bottom - box.top),
        float(found.categories[0].score),
        tuple((found.points[i].x, found.points[i].y) for i in range(found.points_count)),
    )


@cache
def _library() -> ctypes.CDLL:
    try:
        there: str | None = version("mediapipe")
    except PackageNotFoundError:
        there = None
    spec = find_spec("mediapipe")
    if there != VERSION or spec is None or not spec.submodule_search_locations:
        raise ComponentError(
            f"The package mediapipe is {there or 'missing'}, but lipready needs {VERSION}; "
            f"reinstall it with `pip install mediapipe=={VERSION}`."
        )
    name = _LIBRARIES.get(platform.system(), _LINUX)[0]
    path = Path(spec.submodule_search_locations[0], "tasks", "c", name)
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ComponentError(f"The library {path} of the package mediapipe cannot be loaded: {error}.") from error
    _declare(library)
    return library


def _declare(library: ctypes.CDLL) -> None:
    """Name the argument types: without them pointers are cut to 32 bits."""
    pointer, said = ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p)
    integer, result = ctypes.c_int, ctypes.POINTER(_Result)
    pixels = ctypes.POINTER(ctypes.c_uint8)
    for name, arguments in {
        "MpFaceDetectorCreate": (ctypes.POINTER(_DetectorOptions), ctypes.POINTER(pointer), said),
        "MpFaceDetectorDetectImage": (pointer, pointer, pointer, result, said),
        "MpImageCreateFromUint8Data": (integer, integer, integer, pixels, integer, ctypes.POINTER(pointer), said),
    }.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, integer
    for name, argument in (("MpFaceDetectorCloseResult", result), ("MpImageFree", pointer), ("MpErrorFree", pointer)):
        function = getattr(library, name)
        function.argtypes, function.restype = (argument,), None
