"""Clips that flash and beep at the same moments, so that sound can be measured against its picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

_SIDE, _FPS, _RATE = 160, 25, 48_000
_BEEP, _TONE, _STEP = 0.08, 1000, 960
_LOUD, _BRIGHT = 0.15, 128
MOMENTS = (1.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of four seconds that flashes and beeps at MOMENTS.

    `begin` is when its sound begins, `picture` when its picture does, both in seconds on the file's clock, `holes` are
    spans from which the packets of the sound are missing.
    """

    ending: str
    video: str
    audio: str
    begin: float = 0.0
    picture: float = 0.0
    holes: tuple[tuple[float, float], ...] = ()
    options: tuple[tuple[str, str], ...] = ()


def write_clip(path: Path, clip: Clip) -> Path:
    """Encode a clip; packets of sound inside its holes are not written."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(clip.video, rate=_FPS)
        video.width = video.height = _SIDE
        video.pix_fmt = "yuv420p"
        video.codec_context.options = dict(clip.options)
        audio = container.add_stream(clip.audio, rate=_RATE)
        audio.layout = "mono"
        packets = [*_pictures(video, clip), *_sounds(audio, clip)]
        for packet in sorted(packets, key=lambda each: float((each.dts or 0) * each.time_base)):
            container.mux(packet)
    return path


def flashes(path: Path) -> list[float]:
    """Return when the picture turns bright, in seconds."""
    with av.open(str(path)) as container:
        shown = [(f.time or 0.0, f.to_ndarray(format="gray8").mean() > _BRIGHT) for f in container.decode(video=0)]
    return [time for (_, before), (time, now) in pairwise([(0.0, False), *shown]) if now and not before]


def beeps(path: Path) -> list[float]:
    """Return when beeps begin, in seconds, by the timestamps of the sound."""
    starts: list[float] = []
    last = -1.0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(_mono(frame))
            for place in np.flatnonzero(samples > _LOUD):
                time = (frame.time or 0.0) + place / frame.sample_rate
                if time - last > 2 * _BEEP:
                    starts.append(time)
                last = time
    return starts


def apart(flash: Sequence[float], beep: Sequence[float]) -> float:
    """Return the largest distance of a flash to its beep, in seconds; infinite where one has none near it."""
    if not flash or len(flash) != len(beep):
        return float("inf")
    return max(abs(one - other) for one, other in zip(flash, beep, strict=True))


def _mono(frame: av.AudioFrame) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    data = frame.to_ndarray()
    data = data.astype(np.float32) / (32768 if data.dtype == np.int16 else 1)
    if not frame.format.is_planar:
        data = data.reshape(-1, frame.layout.nb_channels).T
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = data.mean(axis=0)
    return mean


def _pictures(stream: av.VideoStream, clip: Clip) -> list[av.Packet]:
    packets = []
    first = round(clip.picture * _FPS)
    for number in range(first, 4 * _FPS):
        bright = any(0 <= number / _FPS - moment < _BEEP for moment in MOMENTS)
        frame = av.VideoFrame.from_ndarray(np.full((_SIDE, _SIDE), 235 if bright else 16, np.uint8), format="gray8")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = number, 1 / stream.codec_context.framerate
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _sounds(stream: av.AudioStream, clip: Clip) -> list[av.Packet]:
    times = np.arange(4 * _RATE) / _RATE
    wave = sum(((times >= m) & (times < m + _BEEP)) * np.sin(2 * np.pi * _TONE * (times - m)) for m in MOMENTS)
    first, packets = round(clip.begin * _RATE), []
    context = stream.codec_context
    stream.codec_context.open()
    resampler = av.AudioResampler(format=context.format, layout="mono", rate=_RATE, frame_size=context.frame_size)
    for begin in range(first, 4 * _RATE, _STEP):
        piece = (0.5 * wave[begin : begin + _STEP]).astype(np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, begin, Fraction(1, _RATE)
        for ready in resampler.resample(frame):
            packets += stream.encode(ready)
    return [packet for packet in (*packets, *stream.encode(None)) if not _missing(packet, clip)]


def _missing(packet: av.Packet, clip: Clip) -> bool:
    time = float((packet.pts or 0) * packet.time_base)
    return any(begin <= time < end for begin, end in clip.holes)
