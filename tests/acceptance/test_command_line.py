"""The commands that judge and those that explain: statuses, formats, options, hostile input."""

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest

import lipready.reports

SCHEMA = json.loads((Path(lipready.reports.__file__).parent / "schema" / "report-1.json").read_text())
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)


def one_report(done):
    report = json.loads(done.stdout)
    VALIDATOR.validate(report)
    return report


def rules_of(report):
    return {finding["rule"] for finding in report["findings"]}


def test_a_good_file_passes_with_status_0(lipready_run, media):
    done = lipready_run("check", media / "good.mp4", "--quick")

    assert done.returncode == 0
    assert done.stderr == ""
    assert "mp4 · h264 · 720×720 · 25 fps · 3 s" in done.stdout
    assert done.stdout.splitlines()[-1] == "✓ pass for dashscope: nothing found"


def test_a_bad_file_fails_with_status_1_whatever_the_format(lipready_run, media):
    by_format = {
        form: lipready_run("check", media / "small.mp4", "--quick", "--format", form)
        for form in ("full", "concise", "json")
    }

    assert {done.returncode for done in by_format.values()} == {1}
    assert {done.stderr for done in by_format.values()} == {""}
    for rule in ("V103", "V104"):
        assert f"{media / 'small.mp4'}: error {rule} " in by_format["concise"].stdout
        assert f"✗ {rule} " in by_format["full"].stdout
    assert "InvalidFile.FPS" in by_format["full"].stdout
    report = one_report(by_format["json"])
    assert report["verdict"] == "fail"
    assert rules_of(report) == {"V103", "V104"}
    facts = report["files"][0]["facts"]
    assert (facts["width"], facts["height"], facts["frame_rate"]) == (480, 854, 12.0)


def test_files_are_told_apart_by_content_in_any_order(lipready_run, media):
    files = (media / "face.png", media / "speech.wav", media / "good.mp4")

    report = one_report(lipready_run("check", *files, "--quick", "--format", "json"))

    assert [(f["role"], Path(f["path"]).name) for f in report["files"]] == [
        ("video", "good.mp4"),
        ("audio", "speech.wav"),
        ("reference", "face.png"),
    ]


def test_a_full_check_looks_for_faces(lipready_run, media):
    done = lipready_run("check", media / "good.mp4", "--only", "P301,V207", "--format", "json")

    report = one_report(done)
    assert rules_of(report) == {"P301"}
    assert done.returncode == 1
    assert report["files"][0]["facts"]["people"]["count"] == 0
    assert done.stderr == ""


def test_options_of_the_request_are_judged(lipready_run, media):
    options = ("--face-threshold", "121", "--video-extension")

    report = one_report(lipready_run("check", media / "good.mp4", *options, "--quick", "--format", "json"))
    assert "R702" in rules_of(report)

    done = lipready_run("check", media / "good.mp4", "--face-threshold", "90", "--quick", "--format", "json")
    assert done.returncode == 1
    assert "R701" in rules_of(one_report(done))

    hook = ("--callback-url", "http://example.com/hook", "--provider", "evolink")
    assert "R703" in rules_of(
        one_report(lipready_run("check", media / "good.mp4", *hook, "--quick", "--format", "json"))
    )


def test_fail_on_moves_the_bound_of_status_1(lipready_run, media, tmp_path, ffmpeg):
    turned = ffmpeg(tmp_path / "turned.mp4", "-display_rotation", "90", "-i", media / "good.mp4", "-c", "copy")

    arguments = ("check", turned, "--quick", "--only", "V201")

    assert lipready_run(*arguments).returncode == 0
    assert lipready_run(*arguments, "--fail-on", "warning").returncode == 1


def test_only_and_ignore_leave_their_rules(lipready_run, media):
    only = one_report(lipready_run("check", media / "small.mp4", "--quick", "--only", "V103", "--format", "json"))
    ignore = lipready_run(
        "check", media / "small.mp4", "--quick", "--ignore", "V103,video-frame-rate", "--format", "json"
    )

    assert rules_of(only) == {"V103"}
    assert rules_of(one_report(ignore)) == set()
    assert ignore.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check",), "There is no file to check"),
        (("check", "{media}"), "is a folder, not a file of a job; `lipready gate "),
        (("check", "{media}/good.mp4", "{media}/small.mp4"), "are both videos"),
        (("people", "https://example.com/a.mp4"), "download it first"),
        (("check", "{media}/good.mp4", "--only", "V999"), "There is no rule 'V999'"),
        (("check", "{media}/good.mp4", "--provider", "dashscop"), "did you mean dashscope?"),
        (("check", "{media}/good.mp4", "--format", "xml"), "'xml'"),
        (("check", "{media}/good.mp4", "--quick", "--every-frame"), "give one of them"),
        (("check", "{media}/good.mp4", "--report", "json"), "FORMAT=PATH"),
        (("check", "{media}/good.mp4", "--report", "json={media}/good.mp4"), "a report would overwrite it"),
        (("check", "{media}/good.mp4", "--config", "none.toml"), "there is no such file"),
        (("check", "--jobs", "none.jsonl"), "there is no such file"),
        (("check", "{media}/good.mp4", "--jobs", "x.jsonl"), "give it alone"),
        (("explain", "V99"), "There is no rule"),
        (("chekc",), "Did you mean 'check'?"),
        (("gates",), "Did you mean 'gate'?"),
    ],
)
def test_usage_errors_are_one_sentence_with_status_2(lipready_run, media, arguments, said):
    done = lipready_run(*(argument.format(media=media) for argument in arguments))

    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_checked_is_status_3(lipready_run, media, tmp_path):
    empty = tmp_path / "none.jsonl"
    empty.write_text("\n")

    for arguments in (
        ("--jobs", empty),
        (media / "good.mp4", "--quick", "--only", "V1", "--ignore", "V1"),
        (media / "speech.wav", "--quick", "--only", "V1"),
        (media / "good.mp4", "--quick", "--only", "P301"),
    ):
        done = lipready_run("check", *arguments)
        assert done.returncode == 3
        assert done.stderr.startswith("Nothing was checked: ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("random.mp4", bytes(range(256)) * 40),
        ("head.mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:3,\nfile:///etc/passwd\n"),
        ("pointer.mp4", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"),
    ],
)
def test_a_hostile_file_is_a_finding_with_status_1(lipready_run, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)

    done = lipready_run("check", path, "--quick", "--format", "json")

    assert done.returncode == 1
    assert done.stderr == ""
    assert rules_of(one_report(done)) & {"F001", "F002"}


def test_a_path_cannot_command_the_terminal(lipready_run, media, tmp_path):
    evil = tmp_path / "a\x1b]0;owned\x07\nb\x9b2J.mp4"
    evil.write_bytes((media / "small.mp4").read_bytes())
    raw = os.fsencode(str(tmp_path)) + b"/\xff\xfe.mp4"
    Path(os.fsdecode(raw)).write_bytes(b"")

    for path in (evil, os.fsdecode(raw), "gone\x1b[2J.xyz"):
        for form in ("full", "concise", "json"):
            done = lipready_run("check", path, "--quick", "--format", form)
            assert done.returncode in {1, 2}
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout + done.stderr)


def test_output_survives_an_ascii_terminal(lipready_run, media, tmp_path):
    named = tmp_path / "口型.mp4"
    named.write_bytes((media / "small.mp4").read_bytes())

    done = lipready_run("check", named, "--quick", PYTHONIOENCODING="ascii")

    assert done.returncode == 1
    assert done.stdout.isascii()
    assert r"\u53e3\u578b.mp4" in done.stdout


def test_reports_go_to_files_beside_the_one_on_stdout(lipready_run, media, tmp_path):
    target, text = tmp_path / "out" / "report.json", tmp_path / "out" / "report.txt"
    target.parent.mkdir()

    done = lipready_run(
        "check",
        media / "small.mp4",
        "--quick",
        "--report",
        f"json={target}",
        "--report",
        f"full={text}",
        "--format",
        "concise",
        "--color",
        "always",
    )

    assert done.returncode == 1
    assert "V103" in done.stdout
    assert rules_of(json.loads(target.read_text())) == {"V103", "V104"}
    assert "✗ V103" in text.read_text(encoding="utf-8")
    assert "\x1b" not in text.read_text(encoding="utf-8")
    assert sorted(path.name for path in target.parent.iterdir()) == ["report.json", "report.txt"]


def test_jobs_are_one_report_each_in_their_order(lipready_run, media, tmp_path):
    listing = tmp_path / "jobs.jsonl"
    jobs = [
        {"video": os.path.relpath(media / "small.mp4", tmp_path), "audio": str(media / "speech.wav")},
        {"video": str(media / "good.mp4"), "face_threshold": 150},
    ]
    listing.write_text("\n".join(map(json.dumps, jobs)))

    done = lipready_run("check", "--jobs", listing, "--quick", "--format", "jsonl")

    first, second = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert (first["verdict"], second["verdict"]) == ("fail", "warn")
    assert rules_of(second) == {"R702"}
    assert "job 2 of 2" in lipready_run("check", "--jobs", listing, "--quick").stdout


def test_the_nearest_configuration_counts_and_its_mistakes_are_said(lipready_run, media, tmp_path):
    folder = tmp_path / "project" / "deep"
    folder.mkdir(parents=True)
    project = tmp_path / "project" / "pyproject.toml"
    project.write_text('[tool.lipready]\nformat = "json"\nquick = true\nignore = ["V103"]\n')

    done = lipready_run("check", media / "small.mp4", cwd=folder)
    assert rules_of(one_report(done)) == {"V104"}

    project.write_text("[tool.lipready]\nfail_on = 'warning'\n")
    done = lipready_run("check", media / "small.mp4", cwd=folder)
    assert done.returncode == 2
    assert "did you mean 'fail-on'?" in done.stderr


def test_a_profile_of_ones_own_is_judged_by(lipready_run, media, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "dashscope"\n[limits.V104]\naccept = { minimum = 10, maximum = 60 }\n')

    report = one_report(lipready_run("check", media / "small.mp4", "--quick", "--provider", mine, "--format", "json"))

    assert rules_of(report) == {"V103"}
    assert report["provider"] == "mine"


def test_colour_is_for_terminals_and_for_those_who_ask(lipready_run, media):
    arguments = ("check", media / "small.mp4", "--quick")

    assert "\x1b[" not in lipready_run(*arguments).stdout
    assert "\x1b[31;1m" in lipready_run(*arguments, "--color", "always").stdout
    assert "\x1b[31;1m" in lipready_run(*arguments, "--color", "always", NO_COLOR="1").stdout


def test_quiet_says_only_what_is_wrong(lipready_run, media):
    assert lipready_run("check", media / "good.mp4", "--quick", "-q", "--format", "concise").stdout == ""
    assert "V103" in lipready_run("check", media / "small.mp4", "--quick", "-q").stdout


def test_rules_explain_and_profiles_speak_of_every_rule(lipready_run):
    rules = lipready_run("rules").stdout
    ids = re.findall(r"^([A-Z]\d{3})  ", rules, re.MULTILINE)

    assert len(ids) == len(set(ids)) >= 28
    assert re.search(r"^V104 +video-frame-rate +error +15–60 fps$", rules, re.MULTILINE)
    by_id, by_name = lipready_run("explain", "v104"), lipready_run("explain", "video-frame-rate")
    assert by_id.stdout == by_name.stdout
    for words in ("What it checks", "Why it matters", "How to repair", "InvalidFile.FPS", "read 20"):
        assert words in by_id.stdout
    assert re.search(
        r"^V104 15–60 fps · required · InvalidFile.FPS$", lipready_run("profiles", "dashscope").stdout, re.MULTILINE
    )
    assert [line.split()[0] for line in lipready_run("profiles").stdout.splitlines()] == ["dashscope", "evolink"]


def test_version_and_help(lipready_run):
    version = lipready_run("--version")

    assert (version.returncode, version.stdout) == (0, f"lipready {lipready.__version__}\n")
    assert lipready_run().returncode == 2
    commands = "check prepare submit tasks people reference rules explain profiles sandbox doctor"
    for command in commands.split():
        done = lipready_run(command, "--help")
        assert done.returncode == 0
        assert done.stdout.startswith(f"Usage: lipready {command} ")


def test_doctor_fails_where_the_weights_are_not_there(lipready_run, tmp_path):
    done = lipready_run("doctor", "--offline", LIPREADY_CACHE_DIR=str(tmp_path / "cache"))

    assert done.returncode == 2
    assert re.search(r"^✗ face weights +missing or", done.stdout, re.MULTILINE)
    assert re.search(r"^✓ ffmpeg .*libx264.*zscale", done.stdout.replace("\n" + " " * 19, " "), re.MULTILINE)
