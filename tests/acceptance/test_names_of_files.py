"""What is said of a file name that leads to no file, by each command and by the library; in this process."""

import os
import shutil
import wave
from pathlib import Path

import pytest

import lipready
from lipready.cli.run import run

TYPO = "clip.mp5: there is no such file; did you mean clip.mp4?"


@pytest.fixture
def folder(tmp_path, media, monkeypatch):
    """Work in a folder with one job, and with a state and a cache of its own."""
    for name in [name for name in os.environ if name.startswith(("LIPREADY_", "GIT_", "GITHUB_"))]:
        if name != "LIPREADY_MODELS_DIR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "state"))
    place = tmp_path / "work"
    place.mkdir()
    for source, name in (("good.mp4", "clip.mp4"), ("speech.wav", "speech.wav"), ("face.png", "face.png")):
        shutil.copy(media / source, place / name)
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def say(capfd):
    """Run a command: status, stdout, stderr."""

    def command(*arguments):
        status = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return command


def sound(path, seconds=3):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000 * seconds))


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "clip.mp5", "speech.wav"),
        ("check", "speech.wav", "clip.mp5", "--quick", "--format", "json"),
        ("check", "--video", "clip.mp5"),
        ("check", "--audio", "clip.mp5"),
        ("check", "clip.mp4", "--ref", "clip.mp5"),
        ("prepare", "clip.mp5", "speech.wav", "-o", "ready"),
        ("prepare", "speech.wav", "--ref", "clip.mp5", "-o", "ready"),
        ("submit", "clip.mp5", "speech.wav", "-o", "result.mp4", "--provider", "sandbox"),
        ("people", "clip.mp5"),
        ("reference", "clip.mp5", "-o", "face.jpg"),
    ],
)
def test_a_typo_is_one_sentence_with_status_2(folder, say, arguments):
    before = sorted(folder.iterdir())

    assert say(*arguments) == (2, "", f"Error: {TYPO}\n")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "wrong", "right"),
    [
        (("gate", "clip.mp5"), "clip.mp5", "clip.mp4"),
        (("gate", "asset"), "asset", "assets"),
        (("gate", "clip.mp4", "asset/a.wav"), "asset/a.wav", "assets/a.wav"),
        (("report", "merge", "1.json"), "1.json", "1.jsonl"),
        (("check", "--jobs", "job.jsonl"), "job.jsonl", "jobs.jsonl"),
        (("gate", ".", "--baseline", "acepted.json"), "acepted.json", "accepted.json"),
        (("check", "clip.mp4", "--provider", "mime.toml"), "Profile mime.toml", "mine.toml"),
        (("check", "clip.mp4", "--config", "./mime.toml"), "mime.toml", "mine.toml"),
    ],
)
def test_so_it_is_with_every_other_file(folder, say, arguments, wrong, right):
    (folder / "assets").mkdir()
    sound(folder / "assets" / "a.wav")
    for name in ("1.jsonl", "jobs.jsonl", "accepted.json", "mine.toml"):
        (folder / name).touch()

    status, out, err = say(*arguments)

    assert (status, out) == (2, "")
    assert err.startswith(f"Error: {wrong}: there is no such file")
    assert err.endswith(f"; did you mean {right}?\n")
    assert err.count("\n") == 1


def test_a_list_of_jobs_names_the_line(folder, say):
    (folder / "jobs.jsonl").write_text('{"video": "clip.mp4"}\n{"video": "clip.mp5"}\n')

    assert say("check", "--jobs", "jobs.jsonl") == (2, "", f"Error: jobs.jsonl, line 2: {TYPO}\n")


def test_what_is_no_file_is_said_plainly(folder, say):
    os.mkfifo(folder / "pipe.mp4")
    (folder / "link.mp4").symlink_to("gone.mp4")
    (folder / "sub").mkdir()
    said = {
        "sub": "sub: is a folder, not a file.",
        "pipe.mp4": "pipe.mp4: is a named pipe, not a file.",
        "/dev/zero": "/dev/zero: is a device, not a file.",
        "link.mp4": "link.mp4: is a link to gone.mp4, which does not exist.",
    }
    for name, sentence in said.items():
        assert say("people", name) == (2, "", f"Error: {sentence}\n")
        assert say("prepare", name, "-o", "ready") == (2, "", f"Error: {sentence}\n")
    for name in ("pipe.mp4", "/dev/zero"):
        assert say("gate", name) == (2, "", f"Error: {said[name]}\n")


def test_an_empty_file_is_there_and_is_a_finding(folder, say):
    (folder / "empty.mp4").touch()

    status, out, err = say("check", "empty.mp4", "--quick", "--format", "concise")

    assert (status, err) == (1, "")
    assert "empty.mp4 is empty: the provider could not open it. Export or download the file again." in out


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("check", "."), "`lipready gate .`"),
        (("check", "sub", "clip.mp4"), "`lipready gate sub clip.mp4`"),
        (("check", "clip.mp4", "other.mp4"), "`lipready gate clip.mp4 other.mp4`"),
        (("check", "speech.wav", "other.wav"), "`lipready gate speech.wav other.wav`"),
        (("check", "face.png", "other.png"), "`lipready gate face.png other.png`"),
    ],
)
def test_for_folders_and_many_files_check_names_the_gate(folder, say, arguments, command):
    (folder / "sub").mkdir()
    sound(folder / "sub" / "a.wav")
    for name, other in (("clip.mp4", "other.mp4"), ("speech.wav", "other.wav"), ("face.png", "other.png")):
        shutil.copy(folder / name, folder / other)

    status, out, err = say(*arguments)

    assert (status, out) == (2, "")
    assert command in err
    assert err.count("\n") == 1
    # It is ready to paste.
    assert say(*command.strip("`").split()[1:], "--quick", "--format", "concise")[0] in {0, 1}


def test_python_is_told_the_same_without_options(folder):
    calls = (
        lambda: lipready.check(video="clip.mp5"),
        lambda: lipready.check("clip.mp4", Path("clip.mp5")),
        lambda: lipready.prepare("clip.mp5", out="ready"),
        lambda: lipready.submit(lipready.Job("clip.mp4", "clip.mp5"), provider="sandbox"),
    )
    for call in calls:
        with pytest.raises(lipready.UsageError) as caught:
            call()
        assert str(caught.value) == TYPO
    with pytest.raises(lipready.UsageError, match=r"is a folder, not a file\.$"):
        lipready.check(video=folder)
    assert not (folder / "ready").exists()


def test_of_many_jobs_only_the_one_with_the_typo_fails(folder):
    del folder
    jobs = [lipready.Job("clip.mp5"), lipready.Job("clip.mp4")]

    first, second = lipready.check_many(jobs, settings=lipready.Settings(quick=True))

    (finding,) = first.findings
    assert (finding.rule, finding.message, finding.measured) == ("F001", TYPO, "does not exist")
    assert second.verdict == "pass"


def test_a_typo_in_a_manifest_is_a_finding_of_its_job_alone(folder, say):
    (folder / "lipready.jobs.toml").write_text(
        '[[jobs]]\nname = "wrong"\nvideo = "clip.mp5"\naudio = "speech.wav"\n'
        '[[jobs]]\nname = "right"\nvideo = "clip.mp4"\n'
    )

    status, out, _err = say("gate", "--quick", "--format", "concise", ".")

    assert status == 1
    (line,) = [line for line in out.splitlines() if "F001" in line]
    assert line.endswith(TYPO)
    assert "again" not in out
    assert "1 fail" in out
    assert "pass" in out


def test_other_obstacles_in_a_tree_have_their_sentences_too(folder, say):
    (folder / "link.mp4").symlink_to("gone.mp4")
    (folder / "empty.mp4").touch()

    status, out, _err = say("gate", "--quick", "--format", "concise")

    assert status == 1
    assert "link.mp4: is a link to gone.mp4, which does not exist." in out
    assert "empty.mp4 is empty: the provider could not open it." in out


def test_a_file_that_vanishes_while_the_gate_runs_is_said_to_be_gone(folder, say, monkeypatch):
    from lipready.cli.commands import gate_run

    collect = gate_run.collect

    def slow(*given):
        found = collect(*given)
        (folder / "speech.wav").unlink()
        return found

    monkeypatch.setattr(gate_run, "collect", slow)

    status, out, _err = say("gate", "--quick", "--format", "concise")

    assert status == 1
    assert "speech.wav: there is no such file." in out
    assert "again" not in out
