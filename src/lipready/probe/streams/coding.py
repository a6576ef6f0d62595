"""How the pictures of a stream are coded: pixel format, colours, fields."""

from struct import unpack_from
from typing import Any

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import UNKNOWN_COLOUR
from lipready.probe.containers.container import MAX_PIXELS, attempt
from lipready.probe.streams.choice import MediaSource

MAX_ATTEMPTS = 600
"""Packets that are tried before a stream counts as undecodable: ten seconds at 60 frames a second."""
_MATRIX_BYTES = 36


class FirstFrameDecoder:
    """Fed with the packets of a stream until a picture comes out: `frame`, an `av.VideoFrame`."""

    def __init__(self, stream: Any) -> None:
        self.frame: Any = None
        self.error: str | None = None
        self._tries = 0
        self._context = stream.codec_context
        # Frame threads would hold back as many pictures as there are threads.
        self._context.thread_count = 1
        self._context.options = {"max_pixels": str(MAX_PIXELS)}

    def feed(self, packet: Any) -> None:
        """Try to decode one packet, or what the decoder holds back (None)."""
        if self.frame is not None or self._tries > MAX_ATTEMPTS:
            return
        self._tries += 1
        frames, error = attempt(self._context.decode, packet)
        self.error = self.error or error
        whole = (frame for frame in frames or () if frame.format is not None and frame.width and frame.height)
        self.frame = next(whole, None)


def display_matrix(frame: Any) -> tuple[int, int, int, int] | None:
    """Return (a, b, c, d) of the display matrix of an `av.VideoFrame`, None where it has none."""
    from av.sidedata.sidedata import Type

    raw = bytes(frame.side_data.get(Type.DISPLAYMATRIX) or b"")
    if len(raw) < _MATRIX_BYTES:
        return None
    a, b, _, c, d = unpack_from("=5i", raw)
    return a, b, c, d


_CHROMA = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1", (1, 2): "4:4:0", (4, 4): "4:1:0"}
_EIGHT_BIT = 8
_PLANES = 3
_NAMES = {0: "gray", 1: "yuv420p", 2: "yuv422p", 3: "yuv444p"}
"""By chroma_format_idc of ITU-T H.264 and H.265, table 6-1."""
_NOT_SAID = Unmeasured("the header does not say it, and nothing was decoded", skipped=True)

PixelFormat = tuple[str | Unmeasured, int | Unmeasured, str | Unmeasured]
"""FFmpeg's name of a pixel format, the bits of a sample, and the chroma ("4:2:0", "4:0:0" for grey, "rgb")."""


def pixel_format(source: MediaSource, first: Any) -> PixelFormat:
    """Return the format of the first picture, else what the headers say of it.

    Opening a decoder makes it read the parameter sets of its header (HEVC, AV1, VP9); that of H.264 does not tell what
    it found there, so that they are read here.
    """
    context = source.stream.codec_context
    name = context.pix_fmt if first is None else first.format.name
    if not name and source.codec != "h264":
        if not context.is_open:
            context.thread_count = 1
        opened = context.is_open or attempt(context.open)[1] is None
        name = context.pix_fmt if opened else None
    if name:
        return _described_format(name)
    found = source.sequence_parameters
    if found is None or found.chroma not in _NAMES:
        return _NOT_SAID, _NOT_SAID, _NOT_SAID
    bits = found.bit_depth
    name = _NAMES[found.chroma] if bits == _EIGHT_BIT else f"{_NAMES[found.chroma]}{bits}le"
    return name, bits, ("4:0:0", "4:2:0", "4:2:2", "4:4:4")[found.chroma]


def _described_format(name: str) -> PixelFormat:
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
    return name, max((component.bits for component in components), default=_EIGHT_BIT), chroma


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
_UNSAID = (2, 2, 2)
_PROGRESSIVE_CODECS = {"vp8", "vp9", "av1", "gif"}
_PROGRESSIVE = 1
"""AV_FIELD_PROGRESSIVE; 0 is unknown, all above are interlaced."""
_HVCC_FLAGS, _SOURCE_BITS, _PROGRESSIVE_SOURCE, _INTERLACED_SOURCE = 6, 0xC0, 0x80, 0x40


def colours(source: MediaSource, first: Any) -> tuple[str, str, str]:
    """Return primaries, transfer function and matrix by FFmpeg's names, or "unknown".

    Each by itself is what the container says, else the picture or its header.
    """
    context = source.stream.codec_context
    found = source.sequence_parameters if first is None else None
    primaries, transfer, matrix = found.colours or _UNSAID if found else _UNSAID
    if first is not None:
        primaries, transfer, matrix = first.color_primaries, first.color_trc, first.colorspace

    def name(table: dict[int, str], said: int, shown: int) -> str:
        return table.get(int(said), table.get(int(shown), UNKNOWN_COLOUR))

    return (
        name(_PRIMARIES, context.color_primaries, primaries),
        name(_TRANSFERS, context.color_trc, transfer),
        name(_MATRICES, context.colorspace, matrix),
    )


def interlaced(source: MediaSource, first: Any) -> bool | Unmeasured:
    """Return whether pictures are made of two fields."""
    order = source.stream.codec_context.field_order
    if order > _PROGRESSIVE or (first is not None and first.interlaced_frame):
        return True
    if order == _PROGRESSIVE or first is not None or source.codec in _PROGRESSIVE_CODECS:
        return False
    # general_progressive_source_flag and general_interlaced_source_flag of an `hvcC` (H.265, 7.3.3).
    header = source.stream.codec_context.extradata or b""
    known = source.codec == "hevc" and len(header) > _HVCC_FLAGS and header[0] == 1
    flags = header[_HVCC_FLAGS] & _SOURCE_BITS if known else 0
    return flags == _INTERLACED_SOURCE if flags in {_PROGRESSIVE_SOURCE, _INTERLACED_SOURCE} else _NOT_SAID
