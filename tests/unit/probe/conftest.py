"""Small real media, made with ffmpeg as a test asks for it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Run ffmpeg with some arguments; the last argument of the call names the output inside tmp_path."""
    import imageio_ffmpeg

    def run(*arguments: str | Path) -> Path:
        *options, name = arguments
        output = tmp_path / str(name)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, options), str(output)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return output

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
        codec = {"webm": ("libvpx", "-deadline", "realtime", "-cpu-used", "8")}.get(
            name.rpartition(".")[2], ("libx264", "-preset", "ultrafast", "-bf", "2", "-g", "12")
        )
        tone = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-shortest") if sound else ()
        source = f"testsrc2=size={size}:rate={rate}"
        return make(
            "-f", "lavfi", "-i", source, *tone, "-frames:v", str(frames), "-c:v", *codec, *options, name
        )  # fmt: skip

    return build
