import pytest

from lipready.probe.containers.signature import Signature, movie_format, recognise


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = major + b"\0\0\2\0" + b"".join(compatible)
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body + b"\0\0\0\x08free"


@pytest.mark.parametrize(
    ("head", "kind", "name"),
    [
        (ftyp(b"isom", b"isom", b"mp42"), "media", "mp4"),
        (ftyp(b"mp42"), "media", "mp4"),
        (ftyp(b"qt  ", b"qt  "), "media", "mov"),
        (ftyp(b"M4A ", b"isom"), "media", "m4a"),
        (ftyp(b"3gp4", b"isom"), "media", "3gp"),
        (ftyp(b"3g2a"), "media", "3g2"),
        (ftyp(b"avif", b"mif1"), "image", "avif"),
        (ftyp(b"mif1", b"avif"), "image", "avif"),
        (ftyp(b"heic", b"mif1"), "image", "heic"),
        (b"\0\0\0\x08wide\0\0\0\x00mdat", "media", "mov"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "media", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "media", "wav"),
        (b"RIFF\x24\0\0\0AVI LIST", "media", "avi"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image", "webp"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "media", "webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "media", "mkv"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image", "png"),
        (b"\xff\xd8\xff\xe0", "image", "jpeg"),
        (b"OggS\0", "media", "ogg"),
        ((b"\x47" + bytes(187)) * 3, "media", "mpegts"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", "text", "an HLS playlist (m3u8)"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "text", "an SDP session description"),
        (b"<?xml version='1.0'?>\n<MPD>", "text", "a DASH manifest (mpd)"),
        (b"ffconcat version 1.0\n", "text", "an FFmpeg concat script"),
        ("schöne Grüße".encode(), "text", "text"),
        (bytes(range(64)), "unknown", ""),
        (b"", "text", "text"),
    ],
)
def test_formats_by_their_first_bytes(head: bytes, kind: str, name: str) -> None:
    assert recognise(head) == Signature(kind, name)  # type: ignore[arg-type]


def test_a_quicktime_file_from_before_ftyp() -> None:
    assert movie_format(b"\0\0\0\x08moov") == "mov"
