"""The key facts of one file in one line."""

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.people import Front, background, headcount
from lipready.facts.quantity import counted, plural, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, VideoFacts

_KILO, _MEGA = 1000, 1_000_000


def summarize(file: FileFacts, front: Front | None) -> str:
    """`mp4 · h264 · 720×1280 · 25 fps · 4 s · 1.2 MB · 1 person`; what is not known is left out.

    `front` says which faces are not in the background.
    """
    known = () if isinstance(file.format, Unmeasured) else (file.format,)
    parts = [*known, *_media(file)]
    if not isinstance(file.bytes, Unmeasured):
        parts.append(size(file.bytes))
    if not isinstance(file.people, Unmeasured):
        height = file.media.height if isinstance(file.media, VideoFacts | ImageFacts) else 0
        behind = len(background(file.people, height, front))
        parts.append(headcount(file.people, behind) if file.people.most else "nobody seen")
    return " · ".join(dict.fromkeys(parts))  # an mp3 holds mp3: once is enough


def size(value: int) -> str:
    """`812 bytes`, `118 kB`, `12.3 MB` (powers of ten)."""
    if value < _KILO:
        return f"{value} {plural(value, 'byte')}"
    return f"{value / _MEGA:.1f} MB" if value >= _MEGA else f"{value / _KILO:.0f} kB"


def _media(file: FileFacts) -> list[str]:
    match file.media:
        case VideoFacts() as video:
            return _video(video)
        case AudioFacts() as audio:
            channels = {1: "mono", 2: "stereo"}.get(audio.channels, counted(audio.channels, "channel"))
            track = [f"track {audio.track} of {len(audio.tracks)}"] if len(audio.tracks) > 1 else []
            return [*track, audio.codec, f"{audio.sample_rate} Hz", channels, *_length(audio.duration)]
        case ImageFacts() as image:
            frames = [counted(image.frames, "frame")] if image.animated else []
            return [f"{image.width}×{image.height}", image.mode, *frames]
        case _:
            return []


def _video(video: VideoFacts) -> list[str]:
    turned = [f"rotated {video.rotation}°"] if video.rotation else []
    flags = (
        ("mirrored", video.mirrored),
        ("interlaced", video.interlaced is True),
        ("HDR", video.hdr),
        ("wide gamut", video.wide_gamut),
    )
    depth = video.bit_depth
    deep = [f"{depth}-bit"] if isinstance(depth, int) and depth > 8 else []  # noqa: PLR2004
    return [
        video.codec,
        f"{video.width}×{video.height}",
        *turned,
        *(name for name, holds in flags if holds),
        *deep,
        *_rate(video.frame_rate),
        *_length(video.duration),
    ]


def _rate(rate: FrameRate | Unmeasured) -> list[str]:
    if isinstance(rate, Unmeasured):
        return []
    if rate.variable:
        return [f"{float(rate.lowest):.4g}–{float(rate.highest):.4g} fps, variable"]
    return [f"{float(rate.nominal):.5g} fps"]


def _length(duration: Duration | Unmeasured) -> list[str]:
    return [] if isinstance(duration, Unmeasured) else [seconds(duration.believed)]
