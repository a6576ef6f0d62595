"""Files that were cut off or damaged: what decodes is kept, and what is lost is said; and a disk that is full."""

import os
import subprocess
from pathlib import Path

import pytest

from lipready.check import Settings, check
from lipready.errors import FixError
from lipready.prepare import Choices, prepare
from lipready.repair.run.ffmpeg import find_ffmpeg

QUICK = Settings(quick=True)
SALVAGE = Choices(salvage=True)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Write whole files of 4 s, of which tests cut or damage copies."""
    folder, ffmpeg = tmp_path_factory.mktemp("whole"), find_ffmpeg().path
    shown = ["-f", "lavfi", "-i", "testsrc2=size=640x640:rate=25:duration=4"]
    heard = ["-f", "lavfi", "-i", "sine=duration=4"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-movflags", "+faststart"]
    for name in ("clip.mp4", "clip.mkv"):
        subprocess.run([ffmpeg, "-v", "error", *shown, *heard, *coded, folder / name], check=True)
    for name in ("speech.wav", "speech.mp3"):
        subprocess.run([ffmpeg, "-v", "error", *heard, folder / name], check=True)
    return folder


def cut(source: Path, folder: Path) -> Path:
    data = source.read_bytes()
    broken = folder / source.name
    broken.write_bytes(data[: len(data) * 6 // 10])
    return broken


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "speech.wav"])
def test_what_was_cut_off_is_salvaged_and_the_loss_is_said(clips, tmp_path, name):
    role = "audio" if name.startswith("speech") else "video"
    broken = cut(clips / name, tmp_path)
    (found,) = [f for f in check(**{role: broken}, settings=QUICK).findings if f.rule == "F001"]
    assert found.fix is not None
    assert "`Choices(salvage=True)`" in found.fix.text
    prepared = prepare(**{role: broken}, out=tmp_path / "out", settings=QUICK, choices=SALVAGE)
    (step,) = [step for step in prepared.steps if step.name == "salvage"]
    assert step.level == "editorial"
    assert " s of 4" in step.text
    assert step.text in (tmp_path / "out" / "receipt.json").read_text(encoding="utf-8")
    assert not [f for f in prepared.report.findings if f.rule == "F001"]


def test_damage_in_the_middle_keeps_the_time(clips, tmp_path):
    data = bytearray((clips / "clip.mp4").read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 30] = bytes(len(data) // 30)
    broken = tmp_path / "clip.mp4"
    broken.write_bytes(data)
    prepared = prepare(broken, out=tmp_path / "out", settings=QUICK, choices=SALVAGE)
    (step,) = [step for step in prepared.steps if step.name == "salvage"]
    assert "the picture stands still" in step.text
    assert abs(prepared.report.facts.video.media.duration.believed - 4) <= 0.1


def test_a_whole_file_is_left_as_it_is(clips, tmp_path):
    prepared = prepare(clips / "clip.mp4", clips / "speech.mp3", out=tmp_path / "out", settings=QUICK, choices=SALVAGE)
    assert not [step for step in prepared.steps if step.name == "salvage"]


def test_without_its_index_nothing_can_be_salvaged(clips, tmp_path):
    broken = tmp_path / "clip.mp4"
    broken.write_bytes((clips / "clip.mp4").read_bytes()[:600])
    (found,) = [f for f in check(broken, settings=QUICK).findings if f.rule == "F001"]
    assert found.fix is None
    assert "Nothing of it can be salvaged" in found.message


def test_a_full_disk_is_one_sentence_and_leaves_nothing(clips, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = os.name == "posix" and os.geteuid() == 0
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", small]
    mounted = mounted and not subprocess.run(mount, check=False).returncode
    if not mounted:
        pytest.skip("a small file system cannot be mounted")
    try:
        with pytest.raises(FixError, match=r"^There is no room left for clip\.mp4 in .*small/out: make room"):
            prepare(cut(clips / "clip.mp4", tmp_path), out=small / "out", settings=QUICK, choices=SALVAGE)
        assert list((small / "out").iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)
