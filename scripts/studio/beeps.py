"""Clips that flash and beep at the same moments, so that sound can be measured against its picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer

from studio.headers import begin_streams, edit_sound

_SIDE, _RATE, _SECONDS = 160, 48_000, 4
_LAME = 1105
"""Samples of priming that LAME puts before the sound."""
_BEEP, _TONE, _STEP = 0.08, 1000, 960
_LOUD, _BRIGHT = 0.15, 128
MOMENTS = (1.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that flashes and beeps at MOMENTS; without `video` it beeps only.

    `begin` is when its sound begins, `picture` when its picture does, both in seconds on the file's clock (negative:
    before its zero), `holes` are spans from which the packets of the sound are missing; with `edited` nothing is
    missing, and an edit list says where the holes are.

    An AVI has no timestamps: its packets follow one another, and its header says where the first one is. It cannot have
    holes, and its sound is encoded so much earlier that its priming does not count.
    """

    ending: str
    video: str
    audio: str
    begin: float = 0.0
    picture: float = 0.0
    holes: tuple[tuple[float, float], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    fps: int = 25
    edited: bool = False
    seconds: int = _SECONDS


def write_clip(path: Path, clip: Clip) -> Path:
    """Encode a clip; packets of sound inside its holes are not written."""
    counted = clip.ending == "avi"
    keep = {"avoid_negative_ts": "disabled"} if min(clip.begin, clip.picture) < 0 else {}
    with av.open(str(path), "w", container_options=keep) as container:
        streams = [_video_stream(container, clip)] if clip.video else []
        audio = container.add_stream(clip.audio, rate=_RATE)
        audio.layout = "mono"
        pictures = _pictures(streams[0], clip) if clip.video else []
        sounds = _sounds(audio, clip)
        if counted:
            _count(pictures)
            _count(sounds)
        for packet in sorted((*pictures, *sounds), key=lambda each: float((each.dts or 0) * each.time_base)):
            container.mux(packet)
    if counted:
        tick = Fraction(audio.codec_context.frame_size or 1, _RATE)
        begin_streams(path, [round(clip.picture * clip.fps), round(clip.begin / tick)])
    if clip.edited:
        edit_sound(path, clip.holes, clip.seconds)
    return path


def flashes(path: Path) -> list[float]:
    """Return when the picture turns bright, in seconds.

    The times of an AVI's frames are their places: FFmpeg makes up others, a frame or two later.
    """
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        times = [frame.time or 0.0 for frame in frames]
        if container.format.name == "avi":
            times = _places(path)
    bright = (frame.to_ndarray(format="gray8").mean() > _BRIGHT for frame in frames)
    return [t for (_, before), (t, now) in pairwise([(0.0, False), *zip(times, bright, strict=True)]) if now > before]


def _places(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return sorted(float(p.dts * p.time_base) for p in container.demux(video=0) if p.size and p.dts is not None)


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


def _video_stream(container: OutputContainer, clip: Clip) -> av.VideoStream:
    video: av.VideoStream = container.add_stream(clip.video, rate=clip.fps)
    video.width = video.height = _SIDE
    video.pix_fmt = "yuv420p"
    video.codec_context.options = dict(clip.options)
    return video


def _pictures(stream: av.VideoStream, clip: Clip) -> list[av.Packet]:
    packets = []
    for number in range(round(clip.picture * clip.fps), clip.seconds * clip.fps):
        bright = any(0 <= number / clip.fps - moment < 2 * _BEEP for moment in MOMENTS)
        frame = av.VideoFrame.from_ndarray(np.full((_SIDE, _SIDE), 235 if bright else 16, np.uint8), format="gray8")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = number, 1 / stream.codec_context.framerate
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _sounds(stream: av.AudioStream, clip: Clip) -> list[av.Packet]:
    first, packets = round(clip.begin * _RATE), []
    early = _LAME if clip.ending == "avi" and clip.audio == "libmp3lame" else 0
    times = np.arange(first + early, clip.seconds * _RATE) / _RATE
    if clip.edited:
        times = times[~np.any([(times >= begin) & (times < end) for begin, end in clip.holes], axis=0)]
    wave = sum(((times >= m) & (times < m + _BEEP)) * np.sin(2 * np.pi * _TONE * (times - m)) for m in MOMENTS)
    context = stream.codec_context
    stream.codec_context.open()
    resampler = av.AudioResampler(format=context.format, layout="mono", rate=_RATE, frame_size=context.frame_size)
    for begin in range(0, len(times), _STEP):
        piece = (0.5 * wave[begin : begin + _STEP]).astype(np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, first + begin, Fraction(1, _RATE)
        for ready in resampler.resample(frame):
            packets += stream.encode(ready)
    return [packet for packet in (*packets, *stream.encode(None)) if clip.edited or not _missing(packet, clip)]


def _missing(packet: av.Packet, clip: Clip) -> bool:
    time = float((packet.pts or 0) * packet.time_base)
    return any(begin <= time < end for begin, end in clip.holes)


def _count(packets: Sequence[av.Packet]) -> None:
    """Let packets follow one another from zero on, in the order in which they are decoded."""
    at = 0
    for packet in packets:
        packet.pts = packet.dts = at
        at += packet.duration or 1
