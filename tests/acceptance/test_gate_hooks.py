"""The gate where others run it: pre-commit on a real git repository, and the shell steps of the GitHub Action."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
NASTY = "it's $(touch run1) `touch run2` \"; touch run3; \\ a  b"


@pytest.fixture
def assets(repository, media, tmp_path):
    """Give a repository in which pre-commit runs the three hooks with this lipready: no network is needed for it."""
    command = tmp_path / "bin" / "lipready"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lipready "$@"\n')
    command.chmod(0o755)
    repository.environment["PRE_COMMIT_HOME"] = str(tmp_path / "pre-commit")
    hooks = [
        hook | {"language": "system", "entry": hook["entry"].replace("lipready", str(command), 1), "args": ["--quick"]}
        for hook in HOOKS.values()
    ]
    repository.put(".pre-commit-config.yaml", json.dumps({"repos": [{"repo": "local", "hooks": hooks}]}))
    repository.put("README.md", "assets")
    repository.put("a/fine.mp4", media / "good.mp4")
    repository.put("a/fine.wav", media / "speech.wav")
    repository.commit()
    return repository


def pre_commit(repository, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never", "--verbose", *arguments],
        cwd=repository.folder,
        env=repository.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_hooks_are_valid():
    from pre_commit.clientlib import load_manifest

    assert [hook["id"] for hook in load_manifest(ROOT / ".pre-commit-hooks.yaml")] == [*HOOKS]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_passes_what_is_fine(assets, hook):
    done = pre_commit(assets, hook, "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    assert "2 files in 1 unit: 1 pass" in done.stdout


def test_a_commit_is_stopped_for_its_own_files_only(assets, media):
    assets.put("b/old.mp4", media / "small.mp4")
    assets.commit()
    assets.put("b/a new one.mp4", media / "small.mp4")
    assets.git("add", "--all")

    done = pre_commit(assets, "lipready")

    assert done.returncode == 1
    assert "a new one.mp4" in done.stdout
    assert "old.mp4" not in done.stdout
    assets.put("b/a new one.mp4", media / "good.mp4")
    assets.git("add", "--all")
    assert pre_commit(assets, "lipready").returncode == 0
    whole = pre_commit(assets, "lipready-jobs")
    assert whole.returncode == 1
    assert "old.mp4" in whole.stdout


def test_other_files_start_no_hook(assets):
    assets.put("README.md", "changed")
    assets.git("add", "--all")
    done = pre_commit(assets)
    assert done.returncode == 0
    assert done.stdout.count("Skipped") == len(HOOKS)


def test_the_repairing_hook_fails_where_it_has_repaired(assets, media):
    assets.put("a/wrong.avi", media / "good.mp4")
    assets.commit()

    done = pre_commit(assets, "lipready-fix", "--all-files")

    assert done.returncode == 1
    assert "repaired: a/wrong.avi → a/wrong.mp4" in done.stdout
    assert (assets.folder / "a/wrong.mp4").read_bytes() == media.joinpath("good.mp4").read_bytes()
    assets.commit()
    assert pre_commit(assets, "lipready-fix", "--all-files").returncode == 0


@pytest.fixture
def action(repository, tmp_path):
    """Run the step of the action that checks, as GitHub does: `action(**inputs)`; its lipready is this one."""
    binaries = tmp_path / "runner" / "lipready" / "bin"
    binaries.mkdir(parents=True)
    installed = Path(sys.executable).with_name("lipready")
    if not installed.exists():
        pytest.skip("the command is not installed beside this Python")
    (binaries / "lipready").symlink_to(installed)
    (step,) = (step for step in ACTION["runs"]["steps"] if step["name"] == "Check the assets")

    def run(**inputs):
        given = {name: each.get("default", "") for name, each in ACTION["inputs"].items()} | inputs
        values = {f"${{{{ inputs.{name} }}}}": value for name, value in given.items()}
        runner = {"RUNNER_TEMP": str(tmp_path / "runner"), "GITHUB_ACTIONS": "true"}
        return subprocess.run(
            [shutil.which("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=repository.folder,
            env=repository.environment | runner | {name: values[value] for name, value in step["env"].items()},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


def test_no_input_is_part_of_a_script():
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert scripts
    assert not any("${{" in script for script in scripts)


def test_the_action_checks_annotates_and_writes_sarif(action, repository, media):
    repository.put("quick.wav", media / "speech.wav")
    repository.put("small.png", media / "face.png")
    repository.put("empty.mp4", "")

    done = action(paths="quick.wav\n\nempty.mp4\n", sarif="out.sarif")

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=empty.mp4")
    (run,) = json.loads((repository.folder / "out.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["F001"]
    assert action(paths="quick.wav").returncode == 0
    assert (repository.folder / "lipready.sarif").is_file()
    assert action(paths="absent", provider="nobody").returncode == 2
    assert action(paths="quick.wav", shard="3/2").returncode == 2


def test_the_action_runs_nothing_that_stands_in_an_input(action, repository, media):
    repository.put("lipready.toml", "quick = true\n")
    repository.put(f"{NASTY}/one two.wav", media / "speech.wav")
    repository.put("other.wav", "no sound")

    done = action(paths=NASTY, sarif=f"{NASTY}.sarif")

    assert done.returncode == 0, done.stderr
    assert (repository.folder / f"{NASTY}.sarif").is_file()
    for name in ("provider", "fail-on", "baseline", "shard", "paths", "sarif"):
        wrong = action(**({"paths": "other.wav"} | {name: f"absent/{NASTY}"}))
        assert wrong.returncode == 2, (name, wrong.stderr)
        assert "Error: " in wrong.stderr
    assert not list(repository.folder.rglob("run[123]"))


def test_the_action_hands_on_what_it_is_given(action, repository, media):
    repository.put("lipready.toml", "quick = true\n")
    repository.put("small.mp4", media / "small.mp4")
    repository.put("wrong.avi", media / "good.mp4")
    repository.gate("--baseline", "known.json", "--update-baseline", "small.mp4")

    assert action(paths="small.mp4").returncode == 1
    assert action(paths="small.mp4", baseline="known.json").returncode == 0
    assert action(paths="wrong.avi").returncode == 0
    assert action(**{"paths": "wrong.avi", "fail-on": "warning"}).returncode == 1
    shards = [action(baseline="known.json", shard=f"{number}/2").returncode for number in (1, 2)]
    assert set(shards) <= {0, 3}
