"""Make the clips that the speed is measured on: one speaker, who moves, in front of a camera that has noise."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from studio import encoder, head, voice
from studio.make import make
from studio.recipe import portrait

RATE = Fraction(30)
SIZE = (1920, 1080)
NOISE = 2.0
"""Grey levels (standard deviation): a camera in a room."""

PIECE = 24
"""Seconds that are drawn and encoded; a longer clip is these again and again, whole groups of pictures copied."""

ENCODE = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart")


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of the speaker: key frames every `keys` frames, `size` on the screen, so many `seconds`."""

    name: str
    keys: int
    size: tuple[int, int] = SIZE
    seconds: int = 120
    preset: str = "veryfast"


LONG_GOP = Clip("1080p, key frames 8 s apart", 240)
SHORT_GOP = Clip("1080p, key frames 1 s apart", 30)
FOUR_K = Clip("4K", 240, (3840, 2160), 20)
EIGHT_K = Clip("8K", 240, (7680, 4320), 10, "ultrafast")


def made(clip: Clip, folder: Path) -> Path:
    """Make a clip in a folder, unless it is there already, and give its path."""
    description = json.dumps([clip.keys, clip.size, clip.seconds, clip.preset, NOISE, ENCODE])
    path = folder / f"speaker-{sha256(description.encode()).hexdigest()[:12]}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"Making {clip.name} ({clip.seconds} s) in {folder}", file=sys.stderr)
        unfinished = path.with_name(f"unfinished-{path.name}")
        keys = ("-g", str(clip.keys), "-keyint_min", str(clip.keys), "-sc_threshold", "0", "-preset", clip.preset)
        scale = () if clip.size == SIZE else ("-vf", f"scale={clip.size[0]}:{clip.size[1]}:flags=bicubic")
        piece = path.with_name(f"piece-{path.name}")
        seconds = min(PIECE, clip.seconds)
        encoder.encode_pictures(_pictures(seconds), SIZE, RATE, (*scale, *ENCODE, *keys), piece)
        encoder.run(["-stream_loop", str(clip.seconds // seconds - 1), "-i", piece, "-c", "copy", unfinished])
        piece.unlink()
        unfinished.replace(path)
    return path


def _pictures(seconds: int) -> Iterator[head.Picture]:
    """Draw the speaker, second after second."""
    stage = head.set_stage(portrait("astronaut"), 3.0, SIZE)
    openings = voice.loudness(*encoder.read_wave(make(["anna.wav"])["anna.wav"]), RATE, int(5 * RATE))
    generator = np.random.default_rng(3)
    noise = generator.normal(0, NOISE, (SIZE[1] + 64, SIZE[0] + 64, 1)).astype(np.int16)
    for index in range(int(seconds * RATE)):
        down, right = generator.integers(0, 64, 2)
        grain = noise[down : down + SIZE[1], right : right + SIZE[0]]
        picture = head.render(stage, float(index / RATE), openings[index % len(openings)])
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def bare_decode(path: Path) -> list[str]:
    """Name the command that everything is measured against."""
    from imageio_ffmpeg import get_ffmpeg_exe

    return [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(path), "-map", "0:v", "-f", "null", "-"]
