"""Portraits that come with Python packages, and clips composed of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import matplotlib.cbook
import numpy as np
import pytest
import skimage.data
from PIL import Image

from lipready.faces.models.weights import ensure_models
from lipready.facts.video import VideoFacts
from lipready.probe.source import examine

Picture = np.ndarray[Any, np.dtype[np.uint8]]


@pytest.fixture(scope="session")
def weights() -> None:
    """Fetch the weights, once."""
    ensure_models()


@pytest.fixture(scope="session")
def astronaut() -> Picture:
    """Eileen Collins, 512 × 512, RGB."""
    return skimage.data.astronaut()


@pytest.fixture(scope="session")
def hopper() -> Picture:
    """Grace Hopper, 512 × 600, RGB."""
    with Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.fixture(scope="session")
def both(astronaut: Picture, hopper: Picture) -> Picture:
    """Both women side by side, 1024 × 512."""
    return np.hstack([astronaut, cv2.resize(hopper[:512], (512, 512))])


@pytest.fixture(scope="session")
def nobody() -> Picture:
    """Coffee on a table: no face anywhere."""
    return np.ascontiguousarray(skimage.data.coffee())


@pytest.fixture
def write_clip(tmp_path: Path) -> Callable[[Sequence[Picture]], Path]:
    """Encode pictures as H.264, each for a twelfth of a second, moving a little so that nothing is frozen."""

    def write(pictures: Sequence[Picture], name: str = "clip.mp4", rate: int = 12) -> Path:
        path = tmp_path / name
        with av.open(path, "w") as container:
            stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "g": "240"})
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            for index, picture in enumerate(pictures):
                moved = np.ascontiguousarray(np.roll(picture, index % 5, axis=0))
                container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
            container.mux(stream.encode(None))
        return path

    return write


@pytest.fixture(scope="session")
def facts_of() -> Callable[[Path], VideoFacts]:
    """Probe a clip."""

    def facts(path: Path) -> VideoFacts:
        media = examine(str(path), "video", quick=False).media
        assert isinstance(media, VideoFacts)
        return media

    return facts
