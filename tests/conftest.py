"""What every test may ask for: fixtures made from their recipes, the corpus, and quiet surroundings."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from studio.make import make

REPOSITORY = Path(__file__).resolve().parents[1]

# A shell that runs the tests in the background lets them ignore Ctrl-C, and what they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long anything takes is not what a test is about, and a busy machine takes long.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def made() -> Callable[[str], Path]:
    """Make one fixture of fixtures/recipes.toml by its name, unless it is there, and give its path."""
    return lambda name: make([name])[name]


@pytest.fixture(scope="session")
def good_job(made: Callable[[str], Path]) -> tuple[Path, Path, Path]:
    """Video, audio track and reference image of one person, with which nothing is wrong."""
    return made("anna.mp4"), made("anna.wav"), made("anna.jpg")


@pytest.fixture(scope="session")
def bad_job(made: Callable[[str], Path]) -> tuple[Path, Path, Path]:
    """Video, audio track and reference image of the same person, with which nearly everything is wrong."""
    return made("bad.webm"), made("bad.ogg"), made("panorama.jpg")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Give the folder of real files: LIPREADY_CORPUS, or ../shared/corpus beside the repository."""
    folder = Path(os.environ.get("LIPREADY_CORPUS") or REPOSITORY.parent / "shared" / "corpus")
    if not (folder / "truth.csv").is_file():
        pytest.skip(f"there is no corpus in {folder}")
    return folder
