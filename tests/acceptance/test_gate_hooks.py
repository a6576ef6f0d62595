"""The gate where others run it: pre-commit on a real git repository, and the shell steps of the GitHub Action."""

import json
import os
import re
import shutil
import site
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


STEPS = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}


@pytest.fixture
def step(repository, tmp_path):
    """Run a step of the action as GitHub does: `step(id, inputs, steps)`; gives what was run and its outputs.

    `steps` are the outputs of earlier steps ("install.bin"); without it the lipready is the one that is tested.
    """
    runner = tmp_path / "runner"
    runner.mkdir()
    installed = {"install.bin": str(Path(sys.executable).parent), "python.python-path": sys.executable}
    if not Path(sys.executable).with_name("lipready").exists():
        pytest.skip("the command is not installed beside this Python")

    def run(name, inputs=None, steps=installed):
        given = {key: each.get("default", "") for key, each in ACTION["inputs"].items()} | (inputs or {})
        values = {f"inputs.{key}": value for key, value in given.items()} | {"runner.temp": str(runner)}
        values |= {f"steps.{key.replace('.', '.outputs.', 1)}": value for key, value in steps.items()}
        files = {each: tmp_path / each for each in ("GITHUB_OUTPUT", "GITHUB_ENV")}
        for file in files.values():
            file.write_text("")
        surroundings = {"RUNNER_TEMP": str(runner), "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(ROOT)}
        own = {
            key: re.sub(r"\$\{\{ ([a-z.-]+) \}\}", lambda match: values[match[1]], text)
            for key, text in STEPS[name]["env"].items()
        }
        done = subprocess.run(
            [shutil.which("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
            cwd=repository.folder,
            env=repository.environment | surroundings | {key: str(path) for key, path in files.items()} | own,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        written = [line for file in files.values() for line in file.read_text().splitlines()]
        return done, dict(line.split("=", 1) for line in written)

    return run


@pytest.fixture
def action(step):
    """Run the step of the action that checks: `action(**inputs)`."""
    return lambda **inputs: step("check", inputs)[0]


def test_the_action_is_written_as_github_reads_it():
    """Every output, condition and key names an input or a step that is there."""
    text = (ROOT / "action.yml").read_text()
    for kind, name in re.findall(r"\b(inputs|steps)\.([a-z-]+)", text):
        assert name in (ACTION["inputs"] if kind == "inputs" else STEPS), name
    for step, output in re.findall(r"steps\.([a-z-]+)\.outputs\.([a-z-]+)", text):
        script = STEPS[step].get("run")
        assert script is None or re.search(rf"\b{output}=|\{{name\}}s=", script), (step, output)
    assert all(("uses" in step) != ("run" in step) for step in ACTION["runs"]["steps"])
    assert all(step.get("shell") == "bash" for step in ACTION["runs"]["steps"] if "run" in step)


def test_the_caches_have_keys_that_change_with_what_is_in_them(step):
    done, first = step("kept")
    assert (done.returncode, done.stderr) == (0, "")
    assert first.keys() == {"packages", "weights", "LIPREADY_CACHE_DIR"}
    assert re.fullmatch("[0-9a-f]{16} [0-9a-f]{16}", f"{first['packages']} {first['weights']}")
    assert step("kept")[1] == first
    other = step("kept", {"version": "v9"})[1]
    assert (other["packages"] != first["packages"], other["weights"] != first["weights"]) == (True, True)


def test_the_action_installs_itself_and_what_it_is_told(step, repository):
    """What it depends on is that of these tests: nothing is fetched."""
    found_at = os.pathsep.join([repository.environment["PYTHONPATH"], *site.getsitepackages()])
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": found_at}
    repository.environment.update(offline)

    done, outputs = step("install")

    assert done.returncode == 0, done.stderr
    assert Path(outputs["bin"], "lipready").is_file()
    for wrong in ("-rsecrets.txt", "main; touch run1", "$(touch run1)", "a b", "main#egg=x"):
        done, outputs = step("install", {"version": wrong})
        assert (done.returncode, outputs) == (2, {})
        assert "no tag, branch or commit" in done.stdout
    assert [each.name for each in repository.folder.iterdir()] == [".git"]


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
    for name in ("provider", "config", "fail-on", "baseline", "shard", "paths", "sarif"):
        wrong = action(**({"paths": "other.wav"} | {name: f"absent/{NASTY}"}))
        assert wrong.returncode == 2, (name, wrong.stderr)
        assert "Error: " in wrong.stderr
    assert not list(repository.folder.rglob("run[123]"))


def test_the_action_gives_the_verdict_and_counts(step, repository, media):
    repository.put("small.mp4", media / "small.mp4")
    repository.put("quick.toml", "quick = true\nignore = ['V103']\n")
    none = {"errors": "0", "warnings": "0", "notes": "0"}

    done, told = step("check", {"paths": "small.mp4", "config": "quick.toml"})
    assert (done.returncode, told) == (1, {"verdict": "fail", **none, "errors": "1"})
    done, told = step("check", {"paths": "small.mp4", "args": "--only 'V104' --ignore \"V104\""})
    assert (done.returncode, told) == (3, {})


def test_args_are_options_and_nothing_that_is_run(step, repository, media):
    repository.put("fine.wav", media / "speech.wav")

    done, told = step(
        "check", {"paths": "fine.wav", "args": "--quick\n--report 'junit=its $(touch run1) `touch run2`.xml'"}
    )
    assert done.returncode == 0, done.stderr
    assert told == {"verdict": "pass", "errors": "0", "warnings": "0", "notes": "0"}
    assert (repository.folder / "its $(touch run1) `touch run2`.xml").is_file()
    done, told = step("check", {"paths": "fine.wav", "args": "--report 'junit=x.xml"})
    assert (done.returncode, done.stdout, told) == (2, "::error::The input args has a quote that is not closed.\n", {})
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
