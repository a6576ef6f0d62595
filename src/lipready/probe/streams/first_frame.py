"""Decode the first picture of a stream: what only it can tell, and whether anything can be decoded at all."""

from dataclasses import dataclass
from struct import unpack_from
from typing import Any

from lipready.probe.containers.container import MAX_PIXELS, MEDIA_ERRORS

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
