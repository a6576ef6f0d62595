"""Repairs that touch no sample."""

import os
import shutil
import stat
import subprocess

import pytest

from lipready.check import Settings, check_job
from lipready.config.unit import Unit, UnitVerdict
from lipready.errors import UsageError
from lipready.gate.fix import FIXED, Change, fix_units
from lipready.job import Job
from lipready.profiles.loader import load_profile

DASHSCOPE = load_profile("dashscope")


def git(folder, *arguments):
    settings = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", folder, *settings, *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path, made, monkeypatch):
    """Give a work tree with a film under a wrong extension, committed."""
    folder = tmp_path / "root"
    (folder / "a").mkdir(parents=True)
    shutil.copyfile(made("anna.mp4"), folder / "a/wrong.avi")
    monkeypatch.chdir(folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "assets")
    return folder


def fixed(root, path="a/wrong.avi", *, write=False):
    job = Job(video=path)
    report = check_job(job, DASHSCOPE, Settings(quick=True))
    return list(fix_units([UnitVerdict(unit=Unit(name=path, job=job), report=report)], root, DASHSCOPE, write=write))


def files_of(root):
    names = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return {name for name in names if not name.startswith(".git/")}


def test_the_repaired_file_stands_in_a_folder_of_its_own(root, made):
    assert fixed(root) == [Change("a/wrong.avi", f"{FIXED}/a/wrong.mp4", ("F003",))]
    assert files_of(root) == {"a/wrong.avi", f"{FIXED}/a/wrong.mp4"}
    assert (root / FIXED / "a/wrong.mp4").read_bytes() == made("anna.mp4").read_bytes()


def test_the_same_repair_may_be_made_again(root):
    assert fixed(root) == fixed(root)
    assert files_of(root) == {"a/wrong.avi", f"{FIXED}/a/wrong.mp4"}


def test_in_the_work_tree_it_takes_the_place_of_its_source(root, made):
    (root / "a/wrong.avi").chmod(0o640)
    assert fixed(root, write=True) == [Change("a/wrong.avi", "a/wrong.mp4", ("F003",))]
    assert files_of(root) == {"a/wrong.mp4"}
    assert (root / "a/wrong.mp4").read_bytes() == made("anna.mp4").read_bytes()
    assert stat.S_IMODE((root / "a/wrong.mp4").stat().st_mode) == 0o640
    git(root, "checkout", "--", "a/wrong.avi")
    assert (root / "a/wrong.avi").read_bytes() == made("anna.mp4").read_bytes()


@pytest.mark.parametrize("write", [False, True])
def test_a_file_in_the_way_is_left_alone(root, write):
    other = root / ("a" if write else f"{FIXED}/a") / "wrong.mp4"
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_text("somebody's")
    before = files_of(root)
    with pytest.raises(UsageError, match="is in the way of a repaired file"):
        fixed(root, write=write)
    assert other.read_text() == "somebody's"
    assert files_of(root) == before


def test_what_git_could_not_bring_back_is_not_written_over(root):
    with (root / "a/wrong.avi").open("ab") as file:
        file.write(bytes(8))
    for name in ("new", ":(glob)new"):
        shutil.copyfile(root / "a/wrong.avi", root / f"a/{name}.avi")
    shutil.copyfile(root / "a/wrong.avi", root / ":(glob)absent.avi")
    (root / ".gitignore").write_text("ignored.avi\n")
    shutil.copyfile(root / "a/wrong.avi", root / "a/ignored.avi")
    before = files_of(root)
    for name in ("a/wrong", "a/new", "a/ignored", "a/:(glob)new", ":(glob)absent"):
        with pytest.raises(UsageError, match="git add"):
            fixed(root, f"{name}.avi", write=True)
    assert files_of(root) == before


def test_without_git_nothing_is_written_over(tmp_path, made, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", os.fspath(tmp_path.parent))
    shutil.copyfile(made("anna.mp4"), "wrong.avi")
    with pytest.raises(UsageError, match="git add"):
        fixed(tmp_path, "wrong.avi", write=True)
    assert fixed(tmp_path, "wrong.avi") == [Change("wrong.avi", f"{FIXED}/wrong.mp4", ("F003",))]


def test_names_that_git_would_take_for_a_pattern(root):
    for name in ("[ab].avi", "*.avi", ":(glob)x.avi"):
        shutil.copyfile(root / "a/wrong.avi", root / name)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "names")
    shutil.copyfile(root / "a/wrong.avi", root / "a/new.avi")
    for name in ("[ab].avi", "*.avi", ":(glob)x.avi"):
        assert [change.source for change in fixed(root, name, write=True)] == [name]


def test_what_needs_other_samples_is_not_repaired(root, made):
    shutil.copyfile(made("bad.webm"), root / "bad.webm")
    before = files_of(root)
    assert fixed(root, "bad.webm") == []
    shutil.copyfile(made("anna.mp4"), root / "fine.mp4")
    assert fixed(root, "fine.mp4") == []
    assert files_of(root) == before | {"fine.mp4"}
