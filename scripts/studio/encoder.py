"""The one place of the studio that runs ffmpeg (the binary inside the wheel imageio-ffmpeg)."""

import subprocess
import wave
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.head import Picture
from studio.recipe import FixtureError

# The same input gives the same bytes: no version, no date and no random identifier goes into the file.
REPEATABLE = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")


def run(arguments: Sequence[str | Path], *, pictures: Iterable[bytes] = ()) -> None:
    """Run ffmpeg, feeding it raw pictures where there are any.

    Raises FixtureError with the last lines of what ffmpeg said.
    """
    from imageio_ffmpeg import get_ffmpeg_exe

    command = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        said = b""
        try:
            if process.stdin is not None:
                for picture in pictures:
                    process.stdin.write(picture)
        except BrokenPipeError:
            pass  # ffmpeg has stopped, and stderr says why
        _, said = process.communicate()
    if process.returncode != 0:
        raise FixtureError(f"ffmpeg failed on {arguments[-1]}: {said.decode(errors='replace').strip()[-600:]}")


def encode_pictures(
    pictures: Iterable[Picture],
    size: tuple[int, int],
    frame_rate: Fraction,
    options: Sequence[str],
    output: Path,
    *,
    sound: Path | None = None,
    seconds: Fraction | None = None,
) -> None:
    """Encode pictures of `size` (width, height), with a sound track where `sound` is given."""
    picture_input = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{size[0]}x{size[1]}", "-r", str(frame_rate)]
    inputs: list[str | Path] = [*picture_input, "-i", "pipe:0"]
    if sound is not None:
        inputs += ["-i", sound, "-map", "0:v", "-map", "1:a"]
    length = [] if seconds is None else ["-t", str(float(seconds))]
    run([*inputs, *options, *REPEATABLE, *length, output], pictures=(p.tobytes() for p in pictures))


def turn_on_screen(source: Path, degrees: int, output: Path) -> None:
    """Copy a video and write a display matrix: a player turns it counter-clockwise by `degrees`."""
    run(["-display_rotation", str(degrees), "-i", source, "-c", "copy", *REPEATABLE, output])


def write_wave(samples: NDArray[np.int16], sample_rate: int, path: Path) -> None:
    """Write mono 16-bit PCM."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(samples.astype("<i2").tobytes())


def read_wave(path: Path) -> tuple[NDArray[np.int16], int]:
    """Read what write_wave wrote: samples, and the sample rate in Hz."""
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16), file.getframerate()
