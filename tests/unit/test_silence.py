"""The library writes nothing, not through a native library either, and to its log only what is harmless."""

import logging
import random
import re
import subprocess
import sys

import pytest
from PIL import Image

import lipready

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


@pytest.fixture
def key(shared_sandbox, at_sandbox):
    return at_sandbox(shared_sandbox)


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_the_log_has_stages_and_exchanges_and_no_secret(provider, key, good_job, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    settings = lipready.Settings(quick=True, only=("V",))
    callback = "https://hooks.example/done?token=canary-of-the-callback"
    options = lipready.RequestOptions(callback_url=callback if provider == "evolink" else None)
    job = lipready.Job.of(*good_job[:2], options=options)
    lipready.check(good_job[0], settings=lipready.Settings())
    task = lipready.submit(job, provider=provider, settings=settings, sending=lipready.Sending(again=True))
    task.wait(poll_interval=0.05).download(tmp_path / "result.mp4")
    said = [(record.levelno, record.getMessage()) for record in caplog.records if record.name == "lipready"]
    stages = [text for level, text in said if level == logging.INFO]
    for stage in ("checking ", "decoding ", "uploading ", "submitting ", "polling ", "downloading "):
        assert any(text.startswith(stage) for text in stages), (stage, stages)
    exchanges = [text for level, text in said if level == logging.DEBUG]
    form = re.compile(r"(GET|POST|PUT|DELETE) https?://[^?#@\s]+: (\d{3}|no answer), \d+ ms, \d+ bytes")
    assert exchanges
    assert [text for text in exchanges if not form.fullmatch(text)] == []
    everything = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for secret in (key, "canary-of-the-callback", "Bearer", "signature=", "Signature="):
        assert secret not in everything


def test_what_is_fetched_is_logged_without_its_query(caplog, free_tcp_port):
    caplog.set_level(logging.DEBUG, "lipready")
    lipready.check(
        f"http://127.0.0.1:{free_tcp_port}/clip.mp4?Signature=canary", settings=lipready.Settings(allow_private=True)
    )
    texts = [record.getMessage() for record in caplog.records]
    assert any(re.fullmatch(r"GET http://[^?]+/clip\.mp4: no answer, \d+ ms, 0 bytes", text) for text in texts), texts
    assert "canary" not in "".join(texts)
    assert any(isinstance(each, logging.NullHandler) for each in logging.getLogger("lipready").handlers)
