"""`py.typed`, from outside: mypy and pyright read the public types from the wheel, as a user has them."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import lipready

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = (Path(__file__).parent / "typed_program.py").read_text("utf-8")
# One mistake in a line, with what mypy and pyright call it.
MISTAKES = (
    ("lipready.check(video=12)", "arg-type", "reportArgumentType"),
    ('lipready.check("clip.mp4", fps=25)', "call-arg", "reportCallIssue"),
    ('lipready.check_async("clip.mp4", fps=25)', "call-arg", "reportCallIssue"),
    ('lipready.check_async("clip.mp4").verdict', "attr-defined", "reportAttributeAccessIssue"),
    ('report.verdict == "failed"', "comparison-overlap", "reportUnnecessaryComparison"),
    ('report.findings[0].severity == "fatal"', "comparison-overlap", "reportUnnecessaryComparison"),
    ('report.findings[0].role == "sound"', "comparison-overlap", "reportUnnecessaryComparison"),
    ('task.status == "cancelled"', "comparison-overlap", "reportUnnecessaryComparison"),
    ("report.facts.video.path", "union-attr", "reportOptionalMemberAccess"),
    ("task.result", "attr-defined", "reportAttributeAccessIssue"),
    ('lipready.submit("clip.mp4")', "arg-type", "reportArgumentType"),
    ('lipready.prepare("clip.mp4")', "call-arg", "reportCallIssue"),
    ('lipready.Choices(trim="worst")', "arg-type", "reportArgumentType"),
    ('lipready.Settings(quick="yes")', "arg-type", "reportArgumentType"),
    ("lipready.Sending(max_cost=1.5)", "arg-type", "reportArgumentType"),
    ('lipready.checks("clip.mp4")', "attr-defined", "reportAttributeAccessIssue"),
)
BEFORE = """\
import lipready

def use(value: object) -> None: ...

def mistakes(report: lipready.Report, task: lipready.Task) -> None:
"""
WRONG = "".join([BEFORE, *(f"    use({code})\n" for code, _, _ in MISTAKES)])
FIRST = len(BEFORE.splitlines()) + 1


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """Install the wheel into an environment that has what lipready needs from this one, and no lipready of its own."""
    folder = tmp_path_factory.mktemp("outside")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True, timeout=120)
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (folder / "bin").mkdir()
    site.mkdir(parents=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    # What lies beside an editable lipready leads to it only for the environment that it is installed in.
    (site / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n", "utf-8")
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(Path(sys.executable).resolve())
    (folder / "program.py").write_text(PROGRAM, "utf-8")
    (folder / "mistakes.py").write_text(WRONG, "utf-8")
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def said(outside):
    """Run the checkers side by side, and return what each has said."""
    python = str(outside / "bin" / "python")
    files = ["program.py", "mistakes.py"]
    pyright = [sys.executable, "-m", "basedpyright", "--outputjson"]
    commands = {
        "mypy": [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--python-executable", python, *files],
        "pyright": [*pyright, "--pythonpath", python, *files],
        "completeness": [*pyright, "--verifytypes", "lipready", "--ignoreexternal"],
    }
    # The last one looks for Python on PATH alone.
    environment = {name: value for name, value in os.environ.items() if name not in {"MYPYPATH", "PYTHONPATH"}}
    environment["PATH"] = os.pathsep.join((str(outside / "bin"), os.environ["PATH"]))
    begun = {
        name: subprocess.Popen(command, cwd=outside, env=environment, stdout=subprocess.PIPE, text=True)
        for name, command in commands.items()
    }
    return {name: process.communicate(timeout=300)[0] for name, process in begun.items()}


def test_what_is_installed_is_the_wheel(outside):
    python = [outside / "bin" / "python", "-I", "-c", "import lipready; print(lipready.__file__)"]
    home = subprocess.run(python, capture_output=True, text=True, check=True, cwd=outside.parent).stdout.strip()
    assert Path(home).is_relative_to(outside)


def test_mypy_reads_the_types_of_a_program_and_refuses_its_mistakes(said):
    found = re.findall(r"^(\w+)\.py:(\d+): error: .*\[([\w-]+)\]$", said["mypy"], re.MULTILINE)
    expected = [("mistakes", str(line), code) for line, (_, code, _) in enumerate(MISTAKES, FIRST)]
    assert found == expected, said["mypy"]


def test_pyright_reads_the_types_of_a_program_and_refuses_its_mistakes(said):
    answer = json.loads(said["pyright"])
    assert answer["summary"]["filesAnalyzed"] == 2
    found = [
        (Path(each["file"]).stem, each["range"]["start"]["line"] + 1, each.get("rule"))
        for each in answer["generalDiagnostics"]
        if "mistakes" not in each["file"] or "Unknown" not in each.get("rule", "")  # what follows of a mistake
    ]
    expected = [("mistakes", line, rule) for line, (_, _, rule) in enumerate(MISTAKES, FIRST)]
    assert sorted(found) == expected, said["pyright"]


def test_the_types_of_all_public_names_are_complete(said):
    """Nothing of a public name is unknown, and nothing is inferred that another checker could infer otherwise."""
    symbols = json.loads(said["completeness"])["typeCompleteness"]["symbols"]
    public = {each["name"]: each for each in symbols if each["name"].removeprefix("lipready.") in lipready.__all__}
    assert {name.removeprefix("lipready.") for name in public} == set(lipready.__all__) - {"__version__"}
    left = [name for name, each in public.items() if not each["isTypeKnown"] or each["isTypeAmbiguous"]]
    assert left == []
