"""Tell videos, audio files and pictures apart by what they hold."""

from pathlib import PurePath
from typing import Literal

from lipready.errors import ProbeError
from lipready.probe.containers.movie import Movie, read_movie
from lipready.probe.containers.signature import HEAD_BYTES, recognise
from lipready.probe.local_file import LocalFile, open_local

MediaKind = Literal["video", "audio", "image"]

_SOUND_FORMATS = {"wav", "flac", "caf", "amr", "aiff", "au", "w64"}
_MOVIE_FORMATS = {"mp4", "mov", "m4a", "3gp", "3g2"}
_EXTENSIONS: dict[MediaKind, frozenset[str]] = {
    "video": frozenset(
        ("mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "ts", "mts", "m2ts", "flv", "3gp", "3g2", "wmv")
    ),
    "audio": frozenset(("wav", "mp3", "aac", "m4a", "ogg", "oga", "opus", "flac", "aif", "aiff", "wma", "amr", "caf")),
    "image": frozenset(("jpg", "jpeg", "png", "bmp", "webp", "gif", "tif", "tiff", "heic", "heif", "avif", "jxl")),
}


def kind_of(path: str) -> MediaKind | None:
    """Tell what a file is by content: a container with nothing but sound is audio, cover picture or not.

    A GIF is a picture unless it has a second frame, which makes it a video; AVIF, HEIC and animated WebP are pictures.
    Where the content tells nothing (the file is missing, unreadable, damaged, or a Git LFS pointer) the extension
    decides; None where that is unknown too.
    """
    try:
        with open_local(path) as file:
            return _by_content(file) or kind_by_extension(path)
    except ProbeError:
        return kind_by_extension(path)


def kind_by_extension(path: str) -> MediaKind | None:
    """Tell what a file calls itself."""
    extension = PurePath(path).suffix.lower().removeprefix(".")
    return next((kind for kind, known in _EXTENSIONS.items() if extension in known), None)


def _by_content(file: LocalFile) -> MediaKind | None:
    head = file.read_at(0, HEAD_BYTES)
    found = recognise(head)
    if found.name == "gif":
        return "video" if _moves(file) else "image"
    if found.kind in {"image", "text"}:
        return "image" if found.kind == "image" else None
    if found.name in _SOUND_FORMATS:
        return "audio"
    movie = read_movie(file) if found.name in _MOVIE_FORMATS else None
    return _by_tracks(movie) if movie is not None and movie.tracks else _by_streams(file)


def _moves(file: LocalFile) -> bool:
    from lipready.probe.streams.image import is_animated

    try:
        return is_animated(file)
    except ProbeError:
        return False


def _by_tracks(movie: Movie) -> MediaKind | None:
    handlers = {track.handler for track in movie.tracks}
    if b"vide" in handlers:
        return "video"
    return "audio" if b"soun" in handlers else None


def _by_streams(file: LocalFile) -> MediaKind | None:
    from lipready.probe.containers.container import open_container
    from lipready.probe.streams.choice import best_audio, best_video

    with open_container(file, decoders=False) as container:
        if best_video(container) is not None:
            return "video"
        return "audio" if best_audio(container) is not None else None
