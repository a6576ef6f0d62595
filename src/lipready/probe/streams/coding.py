"""How the pictures of a stream are coded: pixel format, colours, fields."""

from dataclasses import dataclass
from struct import unpack_from
from typing import Any

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import UNKNOWN_COLOUR
from lipready.probe.containers.container import MAX_PIXELS, MEDIA_ERRORS
from lipready.probe.streams.choice import MediaSource
from lipready.probe.streams.h264 import read_sequence_parameters

MAX_ATTEMPTS = 600
"""Packets that are tried before a stream counts as undecodable: ten seconds at 60 frames a second."""
_MATRIX_BYTES = 36


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """The first decoded picture. `matrix` is (a, b, c, d) of its display matrix, or None.

    `colours` are its primaries, transfer function and colour matrix, as ITU-T H.273 numbers them.
    """

    pixel_format: str
    colours: tuple[int, int, int]
    interlaced: bool
    matrix: tuple[int, int, int, int] | None
    width: int
    height: int


class FirstFrameDecoder:
    """Fed with the packets of a stream, one after the other, until a picture comes out."""

    def __init__(self, stream: Any) -> None:
        self.frame: FirstFrame | None = None
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
        try:
            frames = self._context.decode(packet)
        except MemoryError:
            raise
        except MEDIA_ERRORS() as error:
            self.error = self.error or str(getattr(error, "strerror", None) or error).lower()
            return
        for frame in frames:
            if frame.format is not None and frame.width and frame.height:
                self.frame = _describe(frame)
                return


def _describe(frame: Any) -> FirstFrame:
    return FirstFrame(
        pixel_format=frame.format.name,
        colours=(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace)),
        interlaced=bool(frame.interlaced_frame),
        matrix=_display_matrix(frame),
        width=frame.width,
        height=frame.height,
    )


def _display_matrix(frame: Any) -> tuple[int, int, int, int] | None:
    from av.sidedata.sidedata import Type

    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return None
    raw = bytes(data)
    if len(raw) < _MATRIX_BYTES:
        return None
    a, b, _, c, d = unpack_from("=5i", raw)
    return a, b, c, d


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
    """Return the format of the first picture, else what the headers say of it."""
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
    """Return whether pictures are made of two fields."""
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
