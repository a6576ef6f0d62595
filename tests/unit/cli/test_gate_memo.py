"""A run that nothing has changed since is said again, and whatever may have changed leads to a real one."""

import json
import os
import subprocess
import sys
import time
import wave
from datetime import date, timedelta
from pathlib import Path

import pytest

import lipready
from lipready.cli import gate_memo
from lipready.cli.run import run
from lipready.gate import memo as memo_module
from lipready.gate import outlook, run_key

NOTE = "nothing has changed since"
REAL_RACY = memo_module.RACY
SOON = 0.06
"""Seconds after which a change is no longer recent, in these tests."""


def sound(path, seconds=3, level=0):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(level.to_bytes(2, "little", signed=True) * (8000 * seconds))


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Give a repository with two sounds, an empty folder, and settings; the process is in it."""
    for name in [name for name in os.environ if name.startswith(("LIPREADY_", "GIT_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(memo_module, "RACY", 50_000_000)
    root = tmp_path / "tree"
    (root / "empty").mkdir(parents=True)
    (root / "ignored").mkdir()
    sound(root / "good.wav")
    sound(root / "short.wav", 1)
    sound(root / "ignored" / "c.wav")
    (root / ".gitignore").write_text("/ignored/\n")
    (root / "lipready.toml").write_text("quick = true\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def gate(tree, capfd, monkeypatch):
    """Run the gate: status, stdout, and whether that was a replay."""
    del tree
    runs = []
    say_again = gate_memo.say_again
    monkeypatch.setattr(gate_memo, "say_again", lambda *given: runs.append(1) or say_again(*given))

    def once(*arguments):
        time.sleep(SOON)
        runs.clear()
        status = run(["gate", *map(str, arguments or (".",))])
        return status, capfd.readouterr().out, bool(runs)

    return once


def test_the_second_run_says_what_a_real_one_would(gate, tmp_path):
    first, second = gate(), gate()
    for path in (tmp_path / "cache" / "gate-runs").iterdir():
        path.unlink()
    real = gate()

    assert (first[2], second[2], real[2]) == (False, True, False)
    assert first[0] == second[0] == real[0] == 1
    assert second[1] == real[1]
    assert "known from earlier runs" in real[1]
    assert gate()[2]


@pytest.mark.parametrize("form", ["concise", "json", "jsonl", "sarif", "junit"])
def test_every_format_comes_out_the_same(gate, form):
    first, second = gate(".", "--format", form), gate(".", "--format", form)

    assert second[2]
    assert second[0] == first[0]
    if form != "concise":
        assert second[1] == first[1]


def test_a_replay_says_that_it_is_one_where_it_is_asked_to_say_more(tree, gate, capfd):
    del tree
    gate(".", "-v")
    time.sleep(SOON)
    run(["gate", ".", "-v"])

    assert NOTE in capfd.readouterr().err


def _same_size(root):
    path = root / "good.wav"
    status = path.stat()
    path.write_bytes(path.read_bytes()[:-2] + b"\1\1")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _new_ignore(root):
    (root / "lipready.toml").write_text('quick = true\nignore = ["A402"]\n')


def _elsewhere(root):
    (root / "pyproject.toml").write_text("[project]\nname = 'x'\n")


CHANGES = {
    "content": _same_size,
    "mtime set back": lambda root: os.utime(root / "good.wav", (1, 1)),
    "new file": lambda root: sound(root / "new.wav"),
    "new file in an empty folder": lambda root: sound(root / "empty" / "new.wav"),
    "new file in an ignored folder": lambda root: sound(root / "ignored" / "new.wav"),
    "deleted": lambda root: (root / "good.wav").unlink(),
    "renamed": lambda root: (root / "good.wav").rename(root / "other.wav"),
    "replaced by a link": lambda root: (
        (root / "good.wav").rename(root / "x"),
        (root / "good.wav").symlink_to("x"),
    ),
    "rights": lambda root: (root / "good.wav").chmod(0o600),
    ".gitignore": lambda root: (root / ".gitignore").write_text("/ignored/\nshort.wav\n"),
    ".lipreadyignore": lambda root: (root / ".lipreadyignore").write_text("short.wav\n"),
    "exclude": lambda root: (root / ".git" / "info" / "exclude").write_text("short.wav\n"),
    "own settings of git": lambda root: (root.parent / "home" / ".gitconfig").write_text("[a]\nb = c\n"),
    "own excludes": lambda root: (
        (root.parent / "home" / ".config" / "git").mkdir(parents=True),
        (root.parent / "home" / ".config" / "git" / "ignore").write_text("short.wav\n"),
    ),
    "index": lambda root: git(root, "rm", "-q", "--cached", "short.wav"),
    "manifest": lambda root: (root / "lipready.jobs.toml").write_text('[[jobs]]\naudio = "good.wav"\n'),
    "configuration": _new_ignore,
    "a configuration beside": _elsewhere,
    "a configuration above": lambda root: (root.parent / "lipready.toml").write_text(""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_leads_to_a_real_run(tree, gate, change):
    assert gate()[2] is False
    assert gate()[2] is True

    CHANGES[change](tree)

    assert gate()[2] is False


def test_what_is_extended_counts(tree, gate):
    (tree / "base.toml").write_text('fail-on = "error"\n')
    (tree / "lipready.toml").write_text('extend = "base.toml"\nquick = true\n')
    assert [gate()[2], gate()[2]] == [False, True]

    (tree / "base.toml").write_text('fail-on = "error"\nignore = ["A402"]\n')

    status, _, replayed = gate()
    assert (status, replayed) == (0, False)


def test_a_baseline_counts(tree, gate):
    gate(".", "--baseline", "base.json", "--update-baseline")
    asked = (".", "--baseline", "base.json")
    assert [gate(*asked)[::2], gate(*asked)[::2]] == [(0, False), (0, True)]

    content = json.loads((tree / "base.json").read_text())
    (tree / "base.json").write_text(json.dumps(content | {"entries": []}))

    assert gate(*asked)[::2] == (1, False)


def test_a_profile_of_ones_own_counts_and_what_it_extends(tree, gate, tmp_path):
    (tmp_path / "below.toml").write_text('extends = "dashscope"\n')
    (tree / "own.toml").write_text('extends = "../below.toml"\n')
    asked = (".", "--provider", "own.toml")
    assert [gate(*asked)[::2], gate(*asked)[::2]] == [(1, False), (1, True)]

    (tmp_path / "below.toml").write_text('extends = "dashscope"\nwithout = ["A402"]\n')

    assert gate(*asked)[::2] == (0, False)


def test_an_ignore_that_expires_leads_to_a_real_run(tree, gate, monkeypatch):
    today = time.localtime()
    (tree / "lipready.toml").write_text(
        'quick = true\n[[ignores]]\nrule = "A402"\npath = "short.wav"\nreason = "x"\n'
        f"expires = {date(*today[:3]).isoformat()}\n"
    )
    assert [gate()[::2], gate()[::2]] == [(0, False), (0, True)]

    tomorrow = (date(*today[:3]) + timedelta(days=1)).timetuple()
    monkeypatch.setattr(run_key.time, "localtime", lambda *_: tomorrow)

    assert gate()[2] is False


def test_the_environment_and_the_arguments_count(gate, monkeypatch):
    gate()
    assert gate("./")[2] is False
    assert gate(".", "--ignore", "A402")[::2] == (0, False)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "0")
    assert gate()[2] is False
    monkeypatch.setenv("SHLVL", "7")
    assert gate()[2] is True


def test_the_package_counts(tmp_path):
    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    (package / "a.py").write_text("1")
    before = list(run_key._sources(str(package)))
    (package / "__pycache__" / "a.pyc").write_text("x")
    assert list(run_key._sources(str(package))) == before

    os.utime(package / "a.py", (1, 1))
    assert list(run_key._sources(str(package))) != before
    (package / "b.toml").write_text("")
    assert [Path(path).name for path, *_ in run_key._sources(str(package))] == ["a.py", "b.toml"]


def test_a_touched_package_leads_to_a_real_run(gate, monkeypatch):
    gate()
    sources = run_key._sources
    monkeypatch.setattr(run_key, "_sources", lambda folder: (*sources(folder), ("x.py", 1, 1, 1, 1)))
    assert [gate()[2], gate()[2]] == [False, True]


@pytest.mark.parametrize("flags", [("--no-cache",), ("--fix",), ("--baseline", "b.json", "--update-baseline")])
def test_some_runs_are_never_kept(gate, flags):
    gate(".", *flags)
    assert gate(".", *flags)[2] is False


@pytest.mark.parametrize("obstacle", ["link", "repository", "missing file", "include", "fresh", "unreadable"])
def test_what_cannot_be_told_by_looks_is_not_kept(tree, gate, obstacle, monkeypatch):
    match obstacle:
        case "link":
            (tree / "l.wav").symlink_to("good.wav")
        case "repository":
            git(tree, "init", "-q", "empty/inner")
        case "missing file":
            (tree / "lipready.jobs.toml").write_text('[[jobs]]\naudio = "good.wav"\nvideo = "none.mp4"\n')
        case "include":
            git(tree, "config", "include.path", "../more")
        case "fresh":
            monkeypatch.setattr(memo_module, "RACY", 3600_000_000_000)
        case "unreadable":
            (tree / "bad.wav").symlink_to("/nowhere/x.wav")
    assert [gate()[2], gate()[2], gate()[2]] == [False, False, False]


def test_a_change_during_the_run_is_seen(tree, gate, monkeypatch):
    look = gate_memo.run_key
    asked = []

    def late(root, arguments):
        asked.append(1)
        if len(asked) == 2:
            sound(tree / "late.wav")
        return look(root, arguments)

    monkeypatch.setattr(gate_memo, "run_key", late)
    gate()
    assert len(asked) == 2
    assert gate()[2] is False


def test_reports_are_written_again(gate, tmp_path):
    report = tmp_path / "out.json"
    asked = (".", "--report", f"json={report}")
    gate(*asked)
    content = report.read_bytes()
    report.unlink()

    assert gate(*asked)[2] is True
    assert report.read_bytes() == content


def test_a_report_inside_the_tree_changes_it(gate):
    asked = (".", "--report", "json=out.json")
    assert [gate(*asked)[2], gate(*asked)[2], gate(*asked)[2]] == [False, False, False]


@pytest.mark.parametrize("damage", [b"", b"{}", b"x\n{}", None])
def test_a_damaged_memo_is_none(gate, tmp_path, damage):
    gate()
    (path,) = (tmp_path / "cache" / "gate-runs").iterdir()
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)

    assert [gate()[2], gate()[2]] == [False, True]


def test_the_memo_of_another_run_is_none(gate, tmp_path):
    gate()
    gate(".", "--ignore", "A402")
    one, other = sorted((tmp_path / "cache" / "gate-runs").iterdir())
    one.write_bytes(other.read_bytes())
    assert sorted([gate()[2], gate(".", "--ignore", "A402")[2]]) == [False, True]


def test_clearing_the_cache_forgets_runs(gate, capfd):
    gate()
    run(["cache", "clear"])
    capfd.readouterr()

    assert gate()[2] is False


def test_only_so_many_are_kept(gate, tmp_path, monkeypatch):
    monkeypatch.setattr(memo_module, "MOST", 2)
    for ignored in ("A401", "A403", "A501"):
        gate(".", "--ignore", ignored)
    assert len(list((tmp_path / "cache" / "gate-runs").iterdir())) == 2
    assert gate(".", "--ignore", "A501")[2] is True


def test_a_tree_without_end_is_not_kept(gate, monkeypatch):
    monkeypatch.setattr(outlook, "MOST_FOLDERS", 2)
    assert [gate()[2], gate()[2]] == [False, False]


def test_a_process_of_its_own_says_it_again(tree):
    command = [sys.executable, "-m", "lipready", "gate", ".", "-v"]
    environment = os.environ | {"PYTHONPATH": str(Path(lipready.__file__).parents[1])}
    time.sleep(REAL_RACY / 1e9 + SOON)
    runs = [
        subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    assert [NOTE in each.stderr for each in runs] == [False, True]
    assert [each.returncode for each in runs] == [1, 1]


@pytest.fixture
def elsewhere(tree, tmp_path, monkeypatch):
    """Work in another repository, with a configuration of its own; give the path of the tree."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "lipready.toml").write_text('ignore = ["A402"]\nquick = true\n')
    git(here, "init", "-q")
    monkeypatch.chdir(here)
    return tree


def test_a_run_over_another_tree_is_said_again(elsewhere, gate):
    first, second = gate(elsewhere), gate(elsewhere)

    assert (first[0], first[2], second[2]) == (1, False, True)
    assert "short.wav" in first[1]


@pytest.mark.parametrize(
    "change", [name for name in CHANGES if name not in {"own settings of git", "own excludes"}]
)  # they are no matter of where the run begins
def test_a_change_in_another_tree_leads_to_a_real_run(elsewhere, gate, change):
    assert [gate(elsewhere)[2], gate(elsewhere)[2]] == [False, True]

    CHANGES[change](elsewhere)

    assert gate(elsewhere)[2] is False


def test_a_repository_that_begins_above_another_tree_leads_to_a_real_run(tree, elsewhere, gate, tmp_path):
    del tree
    outer = tmp_path / "outer"
    (outer / "plain").mkdir(parents=True)
    sound(outer / "plain" / "a.wav")
    del elsewhere
    assert [gate(outer / "plain")[2], gate(outer / "plain")[2]] == [False, True]

    (outer / ".git").mkdir()

    assert gate(outer / "plain")[2] is False


def test_a_report_written_into_another_tree_changes_it(elsewhere, gate):
    asked = (elsewhere, "--report", f"json={elsewhere}/out.json")
    assert [gate(*asked)[2], gate(*asked)[2]] == [False, False]
