"""How the pictures of a stream are coded: pixel format, colours, fields."""

from dataclasses import dataclass

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import UNKNOWN_COLOUR
from lipready.probe.streams.first_frame import FirstFrame
from lipready.probe.streams.h264 import read_sequence_parameters
from lipready.probe.streams.media_source import MediaSource
from lipready.probe.streams.pixels import PixelFormat, format_by_header, format_by_name

# By FFmpeg's names: AVColorPrimaries, AVColorTransferCharacteristic and AVColorSpace (ITU-T H.273, tables 2 to 4).
_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020", 10: "smpte428",
    11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
_TRANSFERS = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100", 10: "log316",
    11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084",
    17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_MATRICES = {
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc",
    10: "bt2020c", 11: "smpte2085", 12: "chroma-derived-nc", 13: "chroma-derived-c", 14: "ictcp",
}  # fmt: skip
_UNSAID = 2
_PROGRESSIVE_CODECS = {"vp8", "vp9", "av1", "gif"}
_PROGRESSIVE = 1
"""AV_FIELD_PROGRESSIVE; 0 is unknown, all above are interlaced."""
_HVCC_FLAGS, _SOURCE_BITS, _PROGRESSIVE_SOURCE, _INTERLACED_SOURCE = 6, 0xC0, 0x80, 0x40


def pixel_format(source: MediaSource, first: FirstFrame | None) -> PixelFormat:
    """Tell the format of the first picture, else what the headers say of it."""
    if first is not None:
        return format_by_name(first.pixel_format)
    context = source.stream.codec_context
    return format_by_name(context.pix_fmt) if context.pix_fmt else format_by_header(source.codec, context)


@dataclass(frozen=True, slots=True)
class Colours:
    """What the numbers of a picture's samples mean, by FFmpeg's names."""

    primaries: str
    transfer: str
    matrix: str


def colours(source: MediaSource, first: FirstFrame | None) -> Colours:
    """Name what the container says of the colours, else the picture or its header, else "unknown"; each by itself."""
    context = source.stream.codec_context
    said = (int(context.color_primaries), int(context.color_trc), int(context.colorspace))
    shown = _picture_colours(source, first)
    names = (
        table.get(container, table.get(picture, UNKNOWN_COLOUR))
        for table, container, picture in zip((_PRIMARIES, _TRANSFERS, _MATRICES), said, shown, strict=True)
    )
    return Colours(*names)


def _picture_colours(source: MediaSource, first: FirstFrame | None) -> tuple[int, int, int]:
    if first is not None:
        return first.colours
    found = read_sequence_parameters(source.stream.codec_context.extradata or b"") if source.codec == "h264" else None
    return found.colours if found and found.colours else (_UNSAID, _UNSAID, _UNSAID)


def interlaced(source: MediaSource, first: FirstFrame | None) -> bool | Unmeasured:
    """Whether pictures are made of two fields."""
    order = source.stream.codec_context.field_order
    if order > _PROGRESSIVE or (first is not None and first.interlaced):
        return True
    if order == _PROGRESSIVE or first is not None or source.codec in _PROGRESSIVE_CODECS:
        return False
    flags = _hevc_source_flags(source)
    if flags in {_PROGRESSIVE_SOURCE, _INTERLACED_SOURCE}:
        return flags == _INTERLACED_SOURCE
    return Unmeasured("the header does not say it, and nothing was decoded", skipped=True)


def _hevc_source_flags(source: MediaSource) -> int:
    """general_progressive_source_flag and general_interlaced_source_flag of an `hvcC` (H.265, 7.3.3)."""
    header = source.stream.codec_context.extradata or b""
    if source.codec != "hevc" or len(header) <= _HVCC_FLAGS or header[0] != 1:
        return 0
    return int(header[_HVCC_FLAGS]) & _SOURCE_BITS
