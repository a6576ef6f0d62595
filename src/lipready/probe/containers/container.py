"""Open a container, and nothing but that container."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from lipready.errors import ProbeError
from lipready.probe.local_file import LocalFile

if TYPE_CHECKING:
    from av.container import InputContainer

# Demuxers that read one file and never name another: no hls, dash, concat, sdp, rtsp, image2, lavfi, subtitles, …
DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,wav,w64,mp3,aac,flac,gif,asf,aiff,caf,amr,ac3,eac3,"
    "au,ivf,h264,hevc,mxf,dv"
)
MAX_STREAMS = 100
MAX_PIXELS = 1 << 26
"""Pixels of one decoded frame: 8192 × 8192, twice an 8K picture."""
OPEN_SECONDS = 20.0
READ_SECONDS = 20.0
PROBE_BYTES = 5_000_000
PROBE_MICROSECONDS = 5_000_000

T = TypeVar("T")


def open_container(file: LocalFile, *, decoders: bool = True) -> "InputContainer":
    """Open a file that is already open as a container, with every bound that a hostile file needs.

    The demuxer gets bytes and no name, may not open anything by itself, and is one of `DEMUXERS`. Without `decoders`
    no decoder looks at the first frames, so that the pixel format stays unknown and opening is several times faster.

    Raises ProbeError, whose message continues the file's name.
    """
    import av

    options = {
        "format_whitelist": DEMUXERS,
        "protocol_whitelist": "file",
        "enable_drefs": "0",
        "use_absolute_path": "0",
        "max_streams": str(MAX_STREAMS),
        "probesize": str(PROBE_BYTES),
        "analyzeduration": str(PROBE_MICROSECONDS),
    }
    if not decoders:
        options["codec_whitelist"] = "none"
    # What opens a file although its tags are not UTF-8, which PyAV does by itself from version 19 on.
    old = int(av.__version__.split(".")[0]) < 19  # noqa: PLR2004
    any_tags: dict[str, Any] = {"metadata_errors": "replace"} if old else {}
    file.seek(0)
    try:
        container: InputContainer = av.open(
            file,
            options={"max_pixels": str(MAX_PIXELS), "threads": "1"},
            container_options=options,
            **any_tags,
            timeout=(OPEN_SECONDS, READ_SECONDS),
            io_open=_refuse,
        )
    except MEDIA_ERRORS() as error:
        file.assert_read()
        transient = isinstance(error, MemoryError | av.error.ExitError)
        raise ProbeError(_describe(error), transient=transient) from error
    return container


def MEDIA_ERRORS() -> tuple[type[Exception], ...]:  # noqa: N802  (stands where a constant would, were av not heavy)
    """List what PyAV raises on hostile bytes, whatever it does with them."""
    import av

    return (av.FFmpegError, OSError, ValueError, EOFError, MemoryError, OverflowError, RuntimeError)


def attempt(work: Callable[..., T], *arguments: Any) -> tuple[T | None, str | None]:
    """Do what hostile bytes may break; return the result, or None and the error in FFmpeg's words.

    MemoryError passes: what is skipped then is no fault of the file.
    """
    try:
        return work(*arguments), None
    except MemoryError:
        raise
    except MEDIA_ERRORS() as error:
        return None, _reason(error)


def demux(container: "InputContainer", stream: Any, note: Callable[[str], None]) -> Iterator[Any]:
    """Yield the packets of a stream, and note the error with which reading breaks off."""
    packets = container.demux(stream)
    while True:
        packet, error = attempt(next, packets, None)
        if error is not None:
            note(error)
        if packet is None or (packet.pts is None and packet.dts is None and packet.size == 0):
            return
        yield packet


def _refuse(url: str, *_: object) -> NoReturn:
    raise PermissionError(f"the file refers to another file or address ({url[:80]!r})")


def _describe(error: Exception) -> str:
    import av

    if isinstance(error, PermissionError) and not isinstance(error, av.FFmpegError):
        return f"cannot be used: {error}"
    if isinstance(error, av.error.ExitError):
        return f"cannot be read: looking at it took longer than {OPEN_SECONDS:.0f} seconds"
    if isinstance(error, av.error.InvalidDataError | av.error.EOFError | ValueError | EOFError):
        return "is not media that can be recognised"
    return f"cannot be read as media: {_reason(error)}"


def _reason(error: Any) -> str:
    return str(getattr(error, "strerror", None) or error).lower()
