"""MediaPipe and its full-range face detector, which the scripts that users write take; lipready needs neither.

It has an environment of its own, since it brings another OpenCV: made once, beside the model.
"""

import subprocess
import sys
from pathlib import Path

from lipready.faces.models.weights import Weight, fetch_weight, models_folder

FULL_RANGE = Weight(
    "mediapipe==0.10.21",
    "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
    "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
)


MEDIAPIPE = "mediapipe==0.10.33"
"""The last release that sends nothing to anybody."""


def python_with_mediapipe() -> str:
    """Make the environment, unless it is there, and return its Python."""
    folder = models_folder().with_name("bench") / MEDIAPIPE
    python = folder / "bin" / "python"
    if not (folder / "whole").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", MEDIAPIPE], check=True)
        (folder / "whole").touch()
    return str(python)


def full_range() -> Path:
    """Fetch the model, unless it is there. Raises ComponentError where it cannot be had."""
    folder = models_folder().with_name("bench")
    if not (folder / FULL_RANGE.name).is_file():
        fetch_weight(FULL_RANGE, folder)
    return folder / FULL_RANGE.name
