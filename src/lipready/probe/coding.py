"""How the pictures of a stream are coded: pixel format, transfer function, fields."""

from lipready.facts.unmeasured import Unmeasured
from lipready.probe.first_frame import FirstFrame
from lipready.probe.h264 import read_sequence_parameters
from lipready.probe.media_source import MediaSource
from lipready.probe.pixels import PixelFormat, format_by_header, format_by_name

UNKNOWN_TRANSFER = "unknown"
# AVColorTransferCharacteristic (ITU-T H.273, table 3) by FFmpeg's names.
_TRANSFERS = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100", 10: "log316",
    11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084",
    17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
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


def transfer(source: MediaSource, first: FirstFrame | None) -> str:
    """Name the transfer function: the container's word, else the picture's or its header's, else "unknown"."""
    name = _TRANSFERS.get(int(source.stream.codec_context.color_trc), UNKNOWN_TRANSFER)
    if name != UNKNOWN_TRANSFER:
        return name
    if first is not None:
        return _TRANSFERS.get(first.transfer, UNKNOWN_TRANSFER)
    found = read_sequence_parameters(source.stream.codec_context.extradata or b"") if source.codec == "h264" else None
    return _TRANSFERS.get(found.transfer or 0, UNKNOWN_TRANSFER) if found else UNKNOWN_TRANSFER


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
