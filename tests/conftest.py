"""What every test may ask for: fixtures made from their recipes, the corpus, and quiet surroundings."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from lipready.job import Job
from lipready.profiles.limit import Profile
from lipready.reports.report import Report
from lipready.sandbox.tasks import work
from lipready.sandbox.tasks.fetch import Inputs
from lipready.sandbox.tasks.task import ResultVideo
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


@pytest.fixture(scope="session", autouse=True)
def what_sandboxes_know(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let every sandbox of this process know what one of them has found in equal files, and made of them.

    A sandbox does that itself for as long as it is there. Most tests have one of their own, to which they send the same
    files as the others, and checking them is what would take longest.
    """
    check_job, render = work.check_job, work.render
    found: dict[Any, Report] = {}
    made: dict[Any, ResultVideo] = {}

    def check_once(job: Job, profile: Profile, settings: Any) -> Report:
        key = (
            profile.name,
            job.options,
            *((role, work._fingerprint(Path(path))) for role, path in job.places().items()),
        )
        if key not in found:
            found[key] = check_job(job, profile, settings)
        return found[key]

    def render_once(inputs: Inputs, facts: Any, output: Path, **how: Any) -> ResultVideo:
        key = (work._fingerprint(inputs.video), work._fingerprint(inputs.audio), how["extension"], how["moving"])
        if key not in made:
            kept = tmp_path_factory.mktemp("made") / "result.mp4"
            made[key] = render(inputs, facts, kept, **how)
        output.write_bytes(made[key].path.read_bytes())
        return replace(made[key], path=output)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "check_job", check_once)
        patch.setattr(work, "render", render_once)
        yield


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
