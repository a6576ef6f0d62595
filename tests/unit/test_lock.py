"""What is developed and measured with is locked; what is published declares ranges."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from compare_lock import LOCK, differences, here, locked

REPOSITORY = LOCK.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
TEXT = LOCK.read_text(encoding="utf-8")
PUBLISHED = PROJECT["project"]["dependencies"] + [
    one for name, extra in PROJECT["project"]["optional-dependencies"].items() if name != "all" for one in extra
]
DECLARED = PROJECT["build-system"]["requires"] + PUBLISHED + PROJECT["dependency-groups"]["dev"]


@pytest.mark.parametrize("declared", DECLARED)
def test_what_is_declared_is_locked_within_its_range(declared: str) -> None:
    wanted = Requirement(declared)
    entries = locked()[canonicalize_name(wanted.name)]
    assert all(wanted.specifier.contains(str(entry.specifier).removeprefix("==")) for entry in entries)
    assert here(entries) is not None


def test_every_version_is_exact_and_has_hashes() -> None:
    blocks = re.split(r"^(?=\w)", TEXT, flags=re.MULTILINE)[1:]
    assert len(blocks) == sum(map(len, locked().values()))
    entry = re.compile(r"[\w.-]+==[\w.]+( ; [^\\\n]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+")
    assert not [block for block in blocks if not entry.fullmatch(block)]


@pytest.mark.parametrize("name", ["av", "dlib-bin", "imageio-ffmpeg", "numpy", "opencv-python-headless"])
def test_hashes_are_those_of_every_platform(name: str) -> None:
    """A wheel each for Linux, macOS and Windows at the least, and not the one that this machine would take."""
    for block in re.findall(rf"^{name}==.*\n(?:    .*\n)+", TEXT, re.MULTILINE):
        assert block.count("--hash=") >= 3


def test_the_lock_names_no_address_and_no_folder() -> None:
    assert "//" not in TEXT
    assert "@" not in TEXT
    assert not re.search(r"^ *-(?!-hash=)", TEXT, re.MULTILINE)


def test_there_is_one_opencv() -> None:
    assert [name for name in locked() if name.startswith("opencv")] == ["opencv-python-headless"]


def test_what_is_published_leaves_room() -> None:
    """An exact version in a library makes it conflict with every other; nor is the lock part of what users install."""
    ranges = [range_ for one in PUBLISHED for range_ in Requirement(one).specifier]
    assert not [str(range_) for range_ in ranges if range_.operator in ("==", "===")]
    for name in ("action.yml", ".pre-commit-hooks.yaml"):
        assert LOCK.name not in (REPOSITORY / name).read_text(encoding="utf-8")


def test_differences_are_told_by_name() -> None:
    as_locked = {name: version for name, entries in locked().items() if (version := here(entries))}
    assert differences(as_locked) == []
    other = as_locked | {"click": "0.1", "newcomer": "2"}
    del other["rich"]
    assert differences(other) == [
        f"click {as_locked['click']} → 0.1",
        "newcomer none → 2",
        f"rich {as_locked['rich']} → none",
    ]


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_the_environment_is_made_anew_after_a_change(changed: str, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("requirements.lock", "pyproject.toml", "scripts/setup.sh"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    before = stamp(tmp_path)
    assert before == stamp(tmp_path)
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert stamp(tmp_path) != before


def stamp(root: Path) -> str:
    functions = (root / "scripts" / "setup.sh").read_text(encoding="utf-8").rpartition("set_up ")[0]
    (root / "scripts" / "functions.sh").write_text(functions, encoding="utf-8")
    command = ["bash", "-c", ". scripts/functions.sh; wanted_stamp"]
    return subprocess.run(command, cwd=root, env=os.environ, capture_output=True, text=True, check=True).stdout
