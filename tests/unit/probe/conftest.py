"""Small real media, made with ffmpeg as a test asks for it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[..., Path]


def run_ffmpeg(options: tuple[str, ...], output: Path) -> Path:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *options, str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make what needs no file of a test once for all of them: `made_once(options, name)`."""
    made: dict[tuple[tuple[str, ...], str], Path] = {}

    def once(options: tuple[str, ...], name: str) -> Path:
        if (options, name) not in made:
            made[options, name] = run_ffmpeg(options, tmp_path_factory.mktemp("made") / name)
        return made[options, name]

    return once


@pytest.fixture
def make(tmp_path: Path, made_once: Make) -> Make:
    """Run ffmpeg with some arguments; the last argument of the call names the output inside tmp_path."""

    def run(*arguments: str | Path) -> Path:
        *options, name = map(str, arguments)
        output = tmp_path / name
        if any(str(tmp_path) in option for option in options):
            return run_ffmpeg(tuple(options), output)
        return Path(shutil.copy(made_once(tuple(options), output.name), output))

    return run


@pytest.fixture
def clip(make: Make) -> Make:
    """Make a test pattern: `clip("name.mp4", rate="25", frames=50, size="160x120", options=(…))`."""

    def build(
        name: str,
        *,
        rate: str = "25",
        frames: int = 30,
        size: str = "160x120",
        options: tuple[str, ...] = (),
        sound: bool = False,
    ) -> Path:
        codec = {"webm": ("libvpx", "-threads", "1", "-deadline", "realtime", "-cpu-used", "8")}.get(
            name.rpartition(".")[2], ("libx264", "-preset", "ultrafast", "-bf", "2", "-g", "12")
        )
        tone = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-shortest") if sound else ()
        source = f"testsrc2=size={size}:rate={rate}"
        return make(
            "-f", "lavfi", "-i", source, *tone, "-frames:v", str(frames), "-c:v", *codec, *options, name
        )  # fmt: skip

    return build
