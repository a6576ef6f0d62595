"""Pixel formats: bit depth and chroma subsampling by name, and by the codec's own header where nothing is decoded."""

from dataclasses import dataclass
from typing import Any

from lipready.facts.unmeasured import Unmeasured
from lipready.probe.containers.container import MEDIA_ERRORS
from lipready.probe.streams.h264 import read_sequence_parameters

_CHROMA = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1", (1, 2): "4:4:0", (4, 4): "4:1:0"}
_EIGHT_BIT = 8
_PLANES = 3
_NAMES = {0: "gray", 1: "yuv420p", 2: "yuv422p", 3: "yuv444p"}
"""By chroma_format_idc of ITU-T H.264 and H.265, table 6-1."""
_NOT_SAID = "the header does not say it, and nothing was decoded"


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A pixel format by FFmpeg's name, bits of a sample, and chroma ("4:2:0", "4:0:0" for grey, "rgb")."""

    name: str | Unmeasured
    bit_depth: int | Unmeasured
    chroma: str | Unmeasured


def unknown_format(reason: str) -> PixelFormat:
    """Nothing is known, since nothing was to be decoded."""
    missing = Unmeasured(reason, skipped=True)
    return PixelFormat(missing, missing, missing)


def format_by_name(name: str) -> PixelFormat:
    """Look a format up in FFmpeg's own descriptors."""
    import av

    described = av.VideoFormat(name, 64, 64)
    components = [component for component in described.components if not component.is_alpha]
    if described.is_rgb or described.has_palette or described.is_bayer:
        chroma = "rgb"
    elif len(components) < _PLANES:
        chroma = "4:0:0"
    else:
        ratio = (64 // described.chroma_width(64), 64 // described.chroma_height(64))
        chroma = _CHROMA.get(ratio, f"1/{ratio[0]}x1/{ratio[1]}")
    return PixelFormat(name, max((component.bits for component in components), default=_EIGHT_BIT), chroma)


def format_by_header(codec: str, context: Any) -> PixelFormat:
    """Read the format from the stream's headers, without decoding a picture.

    Opening a decoder makes it read the parameter sets of its header (HEVC, AV1, VP9); that of H.264 does not tell what
    it found there, so that they are read here.
    """
    if codec != "h264":
        name = open_for_header(context)
        return format_by_name(name) if name else unknown_format(_NOT_SAID)
    found = read_sequence_parameters(context.extradata or b"")
    if found is None or found.chroma not in _NAMES:
        return unknown_format(_NOT_SAID)
    bits = found.bit_depth
    name = _NAMES[found.chroma] if bits == _EIGHT_BIT else f"{_NAMES[found.chroma]}{bits}le"
    return PixelFormat(name, bits, ("4:0:0", "4:2:0", "4:2:2", "4:4:4")[found.chroma])


def open_for_header(context: Any) -> str | None:
    """Open a decoder, which then knows its profile and transfer as well; the name of its pixel format, or None."""
    if not context.is_open:
        context.thread_count = 1
        try:
            context.open()
        except MemoryError:
            raise
        except MEDIA_ERRORS():
            return None
    return str(context.pix_fmt) if context.pix_fmt else None
