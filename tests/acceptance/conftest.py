"""The real command line, in processes of its own, on real files."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pytest

import lipready
from lipready.faces.models.weights import models_folder

COMMAND = [sys.executable, "-m", "lipready"]


def make_media(target, *arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments), str(target)]
    subprocess.run(command, check=True, timeout=120)
    return target


@pytest.fixture(scope="session")
def ffmpeg():
    """Make a file: `ffmpeg(target, *arguments)`."""
    return make_media


@pytest.fixture(scope="session")
def media(tmp_path_factory, made):
    """Give a folder of small files without people: good.mp4, small.mp4 (480×854, 12 fps), speech.wav, face.png."""
    folder = tmp_path_factory.mktemp("media")
    x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
    make_media(folder / "good.mp4", "-f", "lavfi", "-i", "testsrc2=size=720x720:rate=25:duration=3", *x264)
    make_media(folder / "small.mp4", "-f", "lavfi", "-i", "testsrc2=size=480x854:rate=12:duration=3", *x264)
    make_media(folder / "speech.wav", "-i", made("anna.wav"), "-t", "3", "-ar", "44100")
    make_media(folder / "face.png", "-f", "lavfi", "-i", "testsrc2=size=640x640", "-frames:v", "1")
    return folder


@pytest.fixture
def environment(tmp_path):
    """Give surroundings that no setting of the developer reaches."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LIPREADY_") and k not in {"NO_COLOR", "COLUMNS"}}
    found_at = str(Path(lipready.__file__).parents[1])
    return kept | {
        "LIPREADY_STATE_DIR": str(tmp_path / "state"),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": found_at,  # also where the package is not installed, and from any folder
    }


@pytest.fixture
def lipready_run(tmp_path, environment):
    """Run the command line in an empty folder: `lipready_run(*arguments, cwd=…, VARIABLE=…)`."""
    folder = tmp_path / "cwd"
    folder.mkdir()

    def run(*arguments, cwd=folder, **changes):
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            cwd=cwd,
            env=environment | changes,
            timeout=300,
            check=False,
        )

    return run


@dataclass(frozen=True)
class Repository:
    """A git repository, and the gate in it with a cache and a state of its own."""

    folder: Path
    environment: dict[str, str]

    def git(self, *arguments, cwd=None):
        command = ["git", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=cwd or self.folder, env=self.environment, check=True, capture_output=True, encoding="utf-8"
        )
        return done.stdout

    def put(self, name, source):
        """Put a file there: a copy of another, or of a text."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes() if isinstance(source, Path) else source.encode())
        return path

    def commit(self):
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", "assets")

    def gate(self, *arguments, cwd=None, command=("gate",), **changes):
        return subprocess.run(
            [*COMMAND, *command, *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            cwd=cwd or self.folder,
            env=self.environment | changes,
            timeout=120,
            check=False,
        )


@pytest.fixture
def repository(tmp_path, environment):
    """Give an empty git repository in which the gate runs."""
    folder = tmp_path / "repository"
    folder.mkdir()
    unset = ("GITHUB_", "GIT_", "CI")
    surroundings = {k: v for k, v in environment.items() if not k.startswith(unset)} | {
        "LIPREADY_CACHE_DIR": str(tmp_path / "cache"),
        "LIPREADY_MODELS_DIR": str(models_folder()),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    made = Repository(folder, surroundings)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made
