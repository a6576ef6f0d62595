"""MediaPipe's Tasks FaceDetector without the rest of its package.

Importing `mediapipe` loads every task it has, and with them matplotlib and a sound library: as long as a tenth of a
full check of a two-minute clip. The detector's own module needs none of that.
"""

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import PathFinder
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lipready.errors import ComponentError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
