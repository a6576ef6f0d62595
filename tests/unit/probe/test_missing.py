import os
import subprocess
import sys
from pathlib import Path

import pytest

from lipready.errors import UsageError
from lipready.probe.missing import nearest, require_file, unreadable
from lipready.probe.source import examine


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("clip.mp4", "Take One.MOV", "assets/anna.wav", "assets/intro/clip2.mp4", "x.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("clip.mp5", "clip.mp4"),
        ("./clpi.mp4", "./clip.mp4"),
        ("clip", "clip.mp4"),
        ("CLIP.MP4", "clip.mp4"),
        ("take one.mov", "Take One.MOV"),
        ("assets/ana.wav", "assets/anna.wav"),
        ("asets/anna.wav", "assets/anna.wav"),
        ("asets/intro/clip2.mp4", "assets/intro/clip2.mp4"),
        ("asets/none.wav", None),  # two faults are a guess too many
        ("y.wav", None),  # nothing is alike but the extension
        ("asset", None),  # a folder is no file
        ("none/where/at/all.mp4", None),
        ("a\0b", None),
        ("x" * 5000, None),
        ("d/" * 3000 + "a.mp4", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_written_as_the_missing_one(folder: Path, typo: str, meant: str | None) -> None:
    del folder
    assert nearest(typo) == meant


def test_folders_are_meant_where_they_may_be(folder: Path) -> None:
    assert nearest("asset", folders=True) == "assets"
    assert nearest(f"{folder}/asset/", folders=True) == f"{folder}/assets"


def sentence_of(path: str) -> str:
    with pytest.raises(UsageError) as caught:
        require_file(path)
    return str(caught.value)


def test_each_obstacle_has_its_sentence(folder: Path) -> None:
    os.mkfifo("pipe.mp4")
    Path("link.mp4").symlink_to("gone.mp4")
    Path("loop.mp4").symlink_to("loop.mp4")

    assert sentence_of("clip.mp5") == "clip.mp5: there is no such file; did you mean clip.mp4?"
    assert sentence_of("other.bin") == "other.bin: there is no such file."
    assert sentence_of("") == "'': there is no such file."
    assert sentence_of("clip.mp4/x") == "clip.mp4/x: there is no such file: a part of its path is not a folder."
    assert sentence_of("link.mp4") == "link.mp4: is a link to gone.mp4, which does not exist."
    assert sentence_of("loop.mp4") == "loop.mp4: cannot be read: its symbolic links lead in a circle."
    assert sentence_of("pipe.mp4") == "pipe.mp4: is a named pipe, not a file."
    assert sentence_of(str(folder)) == f"{folder}: is a folder, not a file."
    assert sentence_of("/dev/zero") == "/dev/zero: is a device, not a file."


def test_what_opens_is_left_to_the_check(folder: Path) -> None:
    (folder / "empty.mp4").touch()
    for path in ("clip.mp4", "empty.mp4"):
        require_file(path)


DENIED = """
import os
from lipready.errors import UsageError
from lipready.probe.missing import require_file
if os.geteuid() == 0:  # whom no right is denied
    os.setuid(65534)
try:
    require_file("clip.mp4")
except UsageError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="rights are other ones there")
def test_what_may_not_be_read_is_said_plainly(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "clip.mp4").chmod(0)

    done = subprocess.run([sys.executable, "-c", DENIED], cwd=folder, capture_output=True, text=True, check=False)

    said = "clip.mp4: cannot be read: permission denied; give yourself the right to read it.\n"
    assert (done.stdout, done.stderr) == (said, "")


def test_the_facts_name_the_nearest_beside_the_problem(folder: Path) -> None:
    del folder
    facts = examine("clip.mp5", "video", quick=True)

    assert facts.problem == "does not exist"
    assert facts.unopened is not None
    assert (facts.unopened.reason, facts.unopened.nearest) == ("missing", "clip.mp4")
    assert examine("clip.mp4", "video", quick=True).unopened is None


def test_a_text_that_is_not_there_is_said_like_a_file(folder: Path) -> None:
    (folder / "jobs.jsonl").touch()
    assert unreadable("job.jsonl", FileNotFoundError()) == (
        "job.jsonl: there is no such file; did you mean jobs.jsonl?"
    )
    assert unreadable("x", PermissionError(13, "Permission denied")) == "x: cannot be read (Permission denied)."
