"""The format of a file by its first bytes: what it is, before anything heavy looks at it."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from lipready.errors import ProbeError
from lipready.facts.file import LfsPointer
from lipready.probe.containers.movie import read_movie
from lipready.probe.local_file import LocalFile, open_local

Kind = Literal["image", "media", "text", "unknown"]
HEAD_BYTES = 4096
MOVIE_FORMATS = {"mp4", "mov", "m4a", "3gp", "3g2"}

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_MP4_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
# The box types that open QuickTime files from before `ftyp` existed, and damaged MP4s.
_FIRST_BOXES = {b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"sidx", b"uuid"}
_MAGIC: dict[Kind, dict[str, tuple[bytes, ...]]] = {
    "image": {
        "png": (b"\x89PNG\r\n\x1a\n",),
        "jpeg": (b"\xff\xd8\xff",),
        "gif": (b"GIF87a", b"GIF89a"),
        "bmp": (b"BM",),
        "tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
        "psd": (b"8BPS\x00\x01",),
        "ico": (b"\x00\x00\x01\x00",),
        "jp2": (b"\x00\x00\x00\x0cjP  \r\n\x87\n",),
        "jxl": (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n"),
        "qoi": (b"qoif",),
    },
    "media": {
        "ogg": (b"OggS",),
        "flac": (b"fLaC",),
        "flv": (b"FLV\x01",),
        "asf": (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",),
        "caf": (b"caff\x00\x01",),
        "amr": (b"#!AMR",),
        "w64": (b"riff\x2e\x91\xcf\x11",),
        "mpeg": (b"\x00\x00\x01\xba",),
        "au": (b".snd",),
    },
    "text": {
        "an HLS playlist (m3u8)": (b"#EXTM3U",),
        "an FFmpeg concat script": (b"ffconcat version",),
        "an SDP session description": (b"v=0\r\n", b"v=0\n"),
        "a playlist (pls)": (b"[playlist]",),
        "a PDF document": (b"%PDF",),
        "a ZIP archive": (b"PK\x03\x04",),
        "a gzip archive": (b"\x1f\x8b",),
    },
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What the first bytes say. `name` is the format ("mp4", "png", …), or what a text file is; "" where unknown."""

    kind: Kind
    name: str


def recognise(head: bytes) -> Signature:
    """Return the format from the first `HEAD_BYTES` bytes."""
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Signature("image", "webp")
    for kind, names in _MAGIC.items():
        for name, magic in names.items():
            if head.startswith(magic):
                return Signature(kind, name)
    name = _media_by_structure(head)
    if name:
        return Signature("media", name)
    if not _is_text(head):
        return Signature("unknown", "")
    return Signature("text", "a DASH manifest (mpd)" if b"<MPD" in head else "text")


def brands(head: bytes) -> tuple[bytes, frozenset[bytes]]:
    """Return the major brand and the compatible brands of an `ftyp` box (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return head[8:12], frozenset(head[at : at + 4] for at in range(16, end - 3, 4))


def movie_format(head: bytes) -> str:
    """Return mp4, m4a, mov, 3gp or 3g2, by the brand; a file without `ftyp` is the QuickTime of before it existed."""
    if head[4:8] != b"ftyp":
        return "mov"
    major, _ = brands(head)
    if major == b"qt  ":
        return "mov"
    if major in _MP4_AUDIO_BRANDS:
        return "m4a"
    if major.startswith((b"3gp", b"3gr", b"3gs", b"3ge", b"3gg", b"3gh")):
        return "3gp"
    return "3g2" if major.startswith(b"3g2") else "mp4"


def _by_brand(head: bytes) -> Signature:
    major, compatible = brands(head)
    # A phone's motion photo and an AVIF sequence may carry both; the major brand says what the file is first of all.
    if major in _AVIF_BRANDS or (major in _HEIF_BRANDS and b"avif" in compatible):
        return Signature("image", "avif")
    if major in _HEIF_BRANDS:
        return Signature("image", "heic")
    return Signature("media", movie_format(head))


def _media_by_structure(head: bytes) -> str:
    if head[:4] in {b"RIFF", b"RIFX", b"RF64", b"BW64"} and head[8:12] in {b"WAVE", b"AVI ", b"AVIX"}:
        return "wav" if head[8:12] == b"WAVE" else "avi"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"webm" in head[:128] else "mkv"
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "aiff"
    if head[4:8] in _FIRST_BOXES:
        return "mov"
    if head[:1] == b"\x47" and head[188:189] == b"\x47" and head[376:377] == b"\x47":
        return "mpegts"
    return ""


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The head may end in the middle of a character.
        return error.start > len(head) - 4 and error.reason == "unexpected end of data"
    return all(character.isprintable() or character in "\t\r\n\f" for character in text)


# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: a pointer is UTF-8 text of less than 1024 bytes whose first
# line is the version, followed by sorted "key value" lines; versions before 2.0 wrote the hawser or git-media address.
POINTER_BYTES = 1024
_VERSION = re.compile(
    rb"version (https://git-lfs\.github\.com/spec/v1|https?://hawser\.github\.com/spec/v1|http://git-media\.io/v/2)\r?\n"
)
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})\r?$", re.MULTILINE)
_SIZE = re.compile(rb"^size ([0-9]{1,18})\r?$", re.MULTILINE)


def read_pointer(head: bytes) -> LfsPointer | None:
    """Read a pointer from the first bytes of a file; None where it is none. `head` must hold the whole small file."""
    if len(head) >= POINTER_BYTES or not _VERSION.match(head):
        return None
    oid, size = _OID.search(head), _SIZE.search(head)
    if oid is None or size is None:
        return None
    return LfsPointer(sha256=oid[1].decode(), bytes=int(size[1]))


MediaKind = Literal["video", "audio", "image"]

_SOUND_FORMATS = {"wav", "flac", "caf", "amr", "aiff", "au", "w64"}
_EXTENSIONS: dict[MediaKind, frozenset[str]] = {
    "video": frozenset(
        ("mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "ts", "mts", "m2ts", "flv", "3gp", "3g2", "wmv")
    ),
    "audio": frozenset(("wav", "mp3", "aac", "m4a", "ogg", "oga", "opus", "flac", "aif", "aiff", "wma", "amr", "caf")),
    "image": frozenset(("jpg", "jpeg", "png", "bmp", "webp", "gif", "tif", "tiff", "heic", "heif", "avif", "jxl")),
}


def kind_of(path: str) -> MediaKind | None:
    """Return what a file is by content: a container with nothing but sound is audio, cover picture or not.

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
    """Return what a file calls itself."""
    return next((kind for kind, known in _EXTENSIONS.items() if extension_of(path) in known), None)


def extension_of(name: str) -> str:
    """Return the extension of a file's name in lower case, without the dot."""
    return PurePath(name).suffix.lower().removeprefix(".")


def _by_content(file: LocalFile) -> MediaKind | None:
    from lipready.probe.containers.container import open_container
    from lipready.probe.streams.choice import best_audio, best_video
    from lipready.probe.streams.image import is_animated

    found = recognise(file.read_at(0, HEAD_BYTES))
    if found.kind == "image":
        with suppress(ProbeError):
            if found.name == "gif" and is_animated(file):
                return "video"
        return "image"
    if found.kind == "text":
        return None
    if found.name in _SOUND_FORMATS:
        return "audio"
    movie = read_movie(file) if found.name in MOVIE_FORMATS else None
    if movie is not None and movie.tracks:
        handlers = {track.handler for track in movie.tracks}
        return "video" if b"vide" in handlers else "audio" if b"soun" in handlers else None
    with open_container(file, decoders=False) as container:
        audible = best_audio(container) is not None
        return "video" if best_video(container) is not None else "audio" if audible else None
