"""The library writes nothing to the streams, itself or through a native library, and to its log what is harmless."""

import random
import subprocess
import sys

import pytest
from PIL import Image

PROGRAM = """
import sys
import lipready
good, broken = sys.argv[2:5], sys.argv[5:]
jobs = [good, *([each, None, None] for each in broken), *([None, each, None] for each in broken)]
jobs += [[None, None, each] for each in broken]
for number, job in enumerate(jobs):
    lipready.check(*job)
    try:
        lipready.prepare(*job, out=f"{sys.argv[1]}/{number}")
    except lipready.LipreadyError:
        pass
"""


def damaged(data, seed):
    chance, content = random.Random(seed), bytearray(data)  # noqa: S311
    for _ in range(60):
        content[chance.randrange(400, len(content))] = chance.randrange(256)
    return bytes(content)


@pytest.fixture(scope="module")
def broken(made, tmp_path_factory):
    """Give files of every kind that are cut off, damaged, or of a format that Pillow or libav warns of."""
    folder = tmp_path_factory.mktemp("broken")
    files = {"junk.mp4": b"\0\0\0\x18ftypmp42" + bytes(5000)}
    for name in ("tiny.mp4", "bad.ogg", "anna.jpg"):
        data = made("anna.mp4" if name == "tiny.mp4" else name).read_bytes()
        files[f"half-{name}"], files[f"damaged-{name}"] = data[: len(data) // 2], damaged(data, name)
    picture = Image.open(made("anna.jpg"))
    for name, how in (("a.tif", {"compression": "tiff_lzw"}), ("a.png", {}), ("a.webp", {})):
        picture.save(folder / name, **how)
        data = (folder / name).read_bytes()
        files[f"half-{name}"], files[f"damaged-{name}"] = data[: len(data) // 2], damaged(data, name)
    picture.save(folder / "exif.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\xff" * 9)
    Image.new("L", (9500, 9500)).save(folder / "bomb.png")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [str(each) for each in sorted(folder.iterdir())]


def test_nothing_is_written_to_stdout_or_stderr(good_job, broken, tmp_path):
    """Descriptors, not `sys.stderr`: libav, OpenCV, dlib and the rest write past it."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), *map(str, good_job), *broken]
    run = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
