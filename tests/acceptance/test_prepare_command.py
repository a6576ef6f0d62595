"""`lipready prepare` and `lipready reference`: what they say, what they write, how they end."""

import json
import re
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

import lipready.reports

SCHEMA = json.loads((Path(lipready.reports.__file__).parent / "schema" / "report-1.json").read_text())
NOBODY = ("--ignore", "P301", "--quick")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_bad_job_is_judged_repaired_and_judged_again(lipready_run, bad_job, tmp_path):
    before = [path.read_bytes() for path in bad_job]

    done = lipready_run("prepare", *bad_job, "-o", tmp_path / "ready")

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert [path.read_bytes() for path in bad_job] == before
    first, second = done.stdout.split("\nplan\n")
    for code in ("Format", "Resolution", "FPS", "ImageSize"):
        assert f"InvalidFile.{code}" in first
    for role, source in zip(("video", "audio", "reference"), bad_job, strict=True):
        assert re.search(rf"^  {role} +{re.escape(source.name)} → ", second, re.MULTILINE)
    assert re.search(r"✓ pass for dashscope: nothing found\n  ready to submit\n$", second)
    names = {path.name for path in (tmp_path / "ready").iterdir()}
    assert len(names) == 4
    assert "receipt.json" in names


def test_json_carries_the_job_the_plan_and_both_reports(lipready_run, media, tmp_path):
    done = lipready_run("prepare", media / "small.mp4", *NOBODY, "-o", tmp_path / "out", "--format", "json")

    assert done.returncode == 0
    prepared = json.loads(done.stdout)
    assert prepared["schema"] == "lipready.prepared/1"
    assert prepared["ready"] is True
    for report, verdict in ((prepared["before"], "fail"), (prepared["report"], "pass")):
        jsonschema.validate(report, SCHEMA)
        assert report["verdict"] == verdict
    assert Path(prepared["job"]["video"]).is_file()
    assert prepared["job"]["audio"] is None
    (plan,) = prepared["plan"]
    assert {rule for step in plan["steps"] for rule in step["rules"]} == {"V103", "V104"}
    assert len(plan["commands"]) == 1


def test_a_dry_run_shows_the_commands_and_writes_nothing(lipready_run, media, tmp_path):
    done = lipready_run("prepare", media / "small.mp4", *NOBODY, "-o", tmp_path / "out", "--dry-run")

    assert done.returncode == 0
    assert re.search(r"^  \S*ffmpeg .*small\.mp4.* -y$", done.stdout, re.MULTILINE)
    assert "Dry run: nothing was written." in done.stdout
    assert not (tmp_path / "out").exists()


def test_a_second_run_finds_the_work_done(lipready_run, media, tmp_path):
    arguments = ("prepare", media / "small.mp4", *NOBODY, "-o", tmp_path / "out")

    assert "already there" not in lipready_run(*arguments).stdout
    made = contents(tmp_path / "out")
    again = lipready_run(*arguments)

    assert again.returncode == 0
    assert "already there, from an earlier run" in again.stdout
    assert contents(tmp_path / "out") == made


def test_a_fine_job_is_passed_on(lipready_run, media, tmp_path):
    done = lipready_run("prepare", media / "good.mp4", *NOBODY, "-o", tmp_path / "out")

    assert done.returncode == 0
    assert "  video      already fine; linked\n" in done.stdout
    assert (tmp_path / "out" / "good.mp4").samefile(media / "good.mp4")


def test_what_needs_a_decision_is_named_with_its_flag(lipready_run, media, tmp_path, ffmpeg):
    x264 = ("-c:v", "libx264", "-preset", "ultrafast")
    short = ffmpeg(tmp_path / "short.mp4", "-i", media / "good.mp4", "-t", "1", *x264)
    arguments = ("prepare", short, *NOBODY, "-o", tmp_path / "out")

    undecided = lipready_run(*arguments)
    assert undecided.returncode == 1
    assert re.search(r"for you to decide\n  V105: .*--extend", undecided.stdout)
    assert "not ready" in undecided.stdout
    assert lipready_run(*arguments, "--dry-run").returncode == 1

    decided = lipready_run(*arguments, "--extend")
    assert decided.returncode == 0
    assert "ready" in decided.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prepare", "-o", "out"), "There is no file to prepare"),
        (("prepare", "{media}/good.mp4"), "--out"),
        (("prepare", "{media}/good.mp4", "-o", "out", "--trim", "x"), "is no span"),
        (("prepare", "{media}/good.mp4", "-o", "out", "--person", "0"), "--person"),
        (("prepare", "{media}/good.mp4", "-o", "out", "--format", "concise"), "concise"),
        (("reference", "{media}/good.mp4", "-o", "face.png"), "must end in .jpg or .jpeg"),
        (("reference", "{media}/good.mp4", "-o", "gone/face.jpg"), "does not exist"),
        (("reference", "{media}", "-o", "face.jpg"), "is a folder"),
        (("reference", "gone.mp4", "-o", "face.jpg"), "gone.mp4: there is no such file"),
    ],
)
def test_wrong_calls_are_one_sentence_with_status_2(lipready_run, media, tmp_path, arguments, said):
    done = lipready_run(*(argument.format(media=media) for argument in arguments))

    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert list((tmp_path / "cwd").iterdir()) == []


def test_the_reference_image_of_a_clip(lipready_run, made, tmp_path):
    target = tmp_path / "face.jpg"

    done = lipready_run("reference", made("anna.mp4"), "-o", target)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "✓ pass for dashscope: nothing found"
    with Image.open(target) as picture:
        assert picture.format == "JPEG"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["face.jpg"]


def test_among_several_people_one_must_be_named(lipready_run, made, tmp_path):
    arguments = ("reference", made("two_people.mp4"), "-o", tmp_path / "face.jpg")

    unnamed = lipready_run(*arguments)
    assert unnamed.returncode == 2
    assert "--person N" in unnamed.stderr
    assert not (tmp_path / "face.jpg").exists()
    assert lipready_run(*arguments, "--person", "2").returncode == 0


def test_before_and_after_stand_in_one_picture(lipready_run, bad_job, tmp_path):
    video, audio, _ = bad_job
    out = tmp_path / "ready"
    done = lipready_run("prepare", video, audio, "-o", out, "--person", "1", "--compare")
    assert done.returncode == 0
    assert f"{out / 'compare.jpg'} shows it before and after." in done.stderr
    with Image.open(out / "compare.jpg") as picture:
        drawn = np.asarray(picture.convert("RGB")).astype(int)
    assert drawn.shape[1] == 1280
    # Two rows of pictures, and under them two waveforms, the second of which is blue.
    blue = (drawn[..., 2] - drawn[..., 0] > 80).mean(axis=1)
    assert blue[-180:].max() > 0.3
    assert len({tuple(row) for row in drawn[100:400, 130:300].reshape(-1, 3)[::50]}) > 100

    # It is no input: neither when the folder is handed on, nor when it is made again.
    again = lipready_run("check", "--quick", *out.iterdir())
    assert "compare.jpg" not in again.stdout
    assert lipready_run("prepare", video, audio, "-o", out, "--person", "1", "--compare").returncode == 0


def test_a_comparison_is_drawn_over_nobodys_picture(lipready_run, good_job, tmp_path):
    out = tmp_path / "ready"
    out.mkdir()
    shutil.copy(good_job[2], out / "compare.jpg")
    before = (out / "compare.jpg").read_bytes()
    done = lipready_run("prepare", good_job[1], "-o", out, "--compare")
    assert done.returncode == 2
    assert "compare.jpg was not written by lipready" in done.stderr
    assert (out / "compare.jpg").read_bytes() == before


def test_where_nothing_is_changed_there_is_nothing_to_compare(lipready_run, good_job, tmp_path):
    out = tmp_path / "ready"
    done = lipready_run("prepare", good_job[1], "-o", out, "--compare", "--no-copy")
    assert "Nothing to compare: no file was changed." in done.stderr
    assert not (out / "compare.jpg").exists()
    done = lipready_run("prepare", good_job[1], "-o", out, "--compare", "--dry-run")
    assert done.returncode == 2
    assert "--dry-run writes nothing" in done.stderr
