import errno
import os
import struct
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import Image

from lipready.errors import FixError, ProbeError
from lipready.facts.file import ImageFacts
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.source import examine
from lipready.probe.streams.image import open_picture
from lipready.profiles.loader import load_profile
from lipready.rules.judge import judge

BOTH = pytest.mark.parametrize("quick", [False, True], ids=["full", "quick"])


def picture(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert(mode)


def image_of(path: Path, *, quick: bool = False) -> ImageFacts:
    facts = examine(str(path), "reference", quick=quick)
    assert facts.problem is None
    assert isinstance(facts.media, ImageFacts)
    return facts.media


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@BOTH
@pytest.mark.parametrize(
    ("name", "format_name"),
    [("a.jpg", "jpeg"), ("a.png", "png"), ("a.bmp", "bmp"), ("a.webp", "webp"), ("a.gif", "gif"), ("a.tiff", "tiff")],
)
def test_formats_by_content(tmp_path: Path, name: str, format_name: str, *, quick: bool) -> None:
    picture().save(tmp_path / name)
    lying = tmp_path / "lying.xyz"
    (tmp_path / name).rename(lying)
    facts = examine(str(lying), "reference", quick=quick)
    assert (facts.format, facts.extension, facts.problem) == (format_name, "xyz", None)
    assert isinstance(facts.media, ImageFacts)
    assert (facts.media.width, facts.media.height, facts.media.frames) == (60, 40, 1)


@BOTH
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize(("orientation", "size"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60)), (8, (40, 60))])
def test_orientation(tmp_path: Path, suffix: str, orientation: int, size: tuple[int, int], *, quick: bool) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture().save(tmp_path / f"a.{suffix}", exif=exif)
    facts = image_of(tmp_path / f"a.{suffix}", quick=quick)
    assert facts.orientation == orientation
    assert (facts.width, facts.height) == size
    assert (facts.stored_width, facts.stored_height) == (60, 40)


@BOTH
def test_orientation_that_stands_behind_the_picture(tmp_path: Path, *, quick: bool) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture().save(tmp_path / "a.png")
    raw = (tmp_path / "a.png").read_bytes()
    end = raw.index(b"IEND") - 4
    (tmp_path / "a.png").write_bytes(raw[:end] + chunk(b"eXIf", exif.tobytes()[6:]) + raw[end:])
    assert image_of(tmp_path / "a.png", quick=quick).orientation == 6


def test_an_orientation_that_does_not_exist_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 9
    picture().save(tmp_path / "a.jpg", exif=exif)
    assert image_of(tmp_path / "a.jpg").orientation == 1


@pytest.mark.parametrize("mode", ["L", "P", "RGBA"])
def test_modes(tmp_path: Path, mode: str) -> None:
    picture(mode=mode).save(tmp_path / "a.png")
    assert image_of(tmp_path / "a.png").mode == mode


@BOTH
@pytest.mark.parametrize("suffix", ["webp", "gif"])
def test_animation_is_counted(tmp_path: Path, suffix: str, *, quick: bool) -> None:
    frames = [picture().rotate(n * 30) for n in range(5)]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], duration=100)
    facts = image_of(tmp_path / f"a.{suffix}", quick=quick)
    assert facts.frames == 5
    assert facts.animated


@BOTH
def test_a_hundred_thousand_pixels_square(tmp_path: Path, *, quick: bool) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(100)))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b""))
    facts = examine(str(tmp_path / "bomb.png"), "reference", quick=quick)
    assert facts.problem == "claims to hold 10,000,000,000 pixels, more than can be decoded safely"
    assert facts.format == "png"


@pytest.mark.parametrize("size", [(9600, 9600), (20000, 9000)])
def test_pictures_between_warning_and_error_are_refused_without_a_warning(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 1, 0, 0, 0, 0))
    (tmp_path / "big.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problem = examine(str(tmp_path / "big.png"), "reference", quick=True).problem
    assert problem is not None
    assert "more than can be decoded safely" in problem


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp"])
def test_a_picture_that_breaks_off(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.effect_noise((200, 200), 90).convert("RGB").save(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert examine(str(path), "reference", quick=False).problem == "ends before the picture is complete"
    assert examine(str(path), "reference", quick=True).problem is None


def test_a_broken_chunk(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.effect_noise((100, 100), 90).save(path)
    raw = bytearray(path.read_bytes())
    middle = raw.index(b"IDAT") + 40
    raw[middle : middle + 40] = bytes(40)
    path.write_bytes(raw)
    problem = examine(str(path), "reference", quick=False).problem
    assert problem is not None
    assert problem.startswith("is damaged: ")


def test_a_header_and_nothing_behind_it(tmp_path: Path) -> None:
    for head in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM"):
        path = tmp_path / "a.png"
        path.write_bytes(head)
        problem = examine(str(path), "reference", quick=False).problem
        assert problem is not None
        assert problem.startswith("is damaged: it begins like a ")


def test_a_postscript_file_never_reaches_ghostscript(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    assert examine(str(path), "reference", quick=False).problem == "is a text file, not a picture"


def test_a_heic_without_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from lipready.probe.streams import image as module

    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.setattr(module, "_READERS", tuple(name for name in module._READERS if name != "HEIF"))
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))
    facts = examine(str(path), "reference", quick=True)
    assert (facts.format, facts.problem) == ("heic", None)
    assert isinstance(facts.media, Unmeasured)
    assert facts.media.transient
    assert "pip install 'lipready[heif]'" in facts.media.reason
    request = RequestFacts(None, video_extension=False, callback=None)
    job = JobFacts(video=None, audio=None, reference=facts, request=request)
    findings, _ = judge(job, load_profile("dashscope"), quick=True)
    (found,) = findings
    assert (found.rule, found.severity, found.measured, found.fix) == ("I601", "error", "heic", None)
    assert "pip install 'lipready[heif]'" in found.message


def test_a_picture_that_nothing_here_reads_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.jxl"
    path.write_bytes(b"\xff\x0a" + bytes(64))
    facts = examine(str(path), "reference", quick=False)
    assert (facts.format, facts.problem) == ("jxl", None)
    assert facts.media == Unmeasured("is a JXL picture, and lipready knows no reader for it", transient=True)


def test_a_heic_that_is_damaged_is_still_unreadable_where_the_reader_is_there(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif")
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))
    assert examine(str(path), "reference", quick=True).problem is not None


def test_open_picture_turns_decoding_errors_into_probe_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.effect_noise((100, 100), 90).save(path)
    with open_picture(str(path)) as image:
        assert image.size == (100, 100)
    with path.open("r+b") as file:
        file.truncate(900)
    with pytest.raises(ProbeError, match="ends before the picture is complete"), open_picture(str(path)) as image:
        image.load()


def test_open_picture_passes_errors_that_are_not_the_picture_s(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture().save(path)
    with pytest.raises(OSError, match="No space left"), open_picture(str(path)):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(FixError, match="decide"), open_picture(str(path)):
        raise FixError("decide first")
