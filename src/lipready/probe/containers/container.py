"""Open a container, and nothing but that container."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from lipready.errors import ProbeError
from lipready.probe.local_file import LocalFile, open_local

if TYPE_CHECKING:
    from collections.abc import Iterator

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

_NAMES = {
    "matroska,webm": "mkv",
    "mpegvideo": "mpeg",
    "wav": "wav",
    "asf": "asf",
}


@contextmanager
def open_media(path: str, *, decoders: bool = True) -> "Iterator[InputContainer]":
    """Open a local media file by path with `open_container`; the file is closed with the container.

    Raises ProbeError, whose message continues the file's name.
    """
    with open_local(path) as file, open_container(file, decoders=decoders) as container:
        yield container


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
    file.seek(0)
    try:
        container: InputContainer = av.open(
            file,
            options={"max_pixels": str(MAX_PIXELS), "threads": "1"},
            container_options=options,
            **_any_tags(),
            timeout=(OPEN_SECONDS, READ_SECONDS),
            io_open=_refuse,
        )
    except MEDIA_ERRORS() as error:
        file.assert_read()
        transient = isinstance(error, MemoryError | av.error.ExitError)
        raise ProbeError(_describe(error), transient=transient) from error
    return container


def MEDIA_ERRORS() -> tuple[type[Exception], ...]:  # noqa: N802  (stands where a constant would, were av not heavy)
    """List what PyAV raises on hostile bytes, whatever it does with them.

    Whoever goes on after one of these lets MemoryError pass first: what is skipped then is no fault of the file.
    """
    import av

    return (av.FFmpegError, OSError, ValueError, EOFError, MemoryError, OverflowError, RuntimeError)


def demuxer_format(name: str) -> str:
    """Shorten the name of a container to ours, by the name of its demuxer."""
    return _NAMES.get(name, name.split(",", maxsplit=1)[0])


def _any_tags() -> dict[str, Any]:
    """Return what opens a file although its tags are not UTF-8, which PyAV does by itself from version 19 on."""
    import av

    return {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}  # noqa: PLR2004


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
    return str(getattr(error, "strerror", None) or error or type(error).__name__).lower()
