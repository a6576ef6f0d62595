import json
import stat
from importlib.metadata import PackageNotFoundError, version

import pytest

from lipready.cli.commands.doctor import doctor, examine_machine
from lipready.cli.output.session import Session


@pytest.fixture
def examine(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "state"))
    return lambda: {symptom.subject: symptom for symptom in examine_machine(fetch=False)}


def test_what_is_there_is_found_and_what_is_not_is_said(examine):
    found = examine()

    assert found["ffmpeg"].well
    assert "libx264" in found["ffmpeg"].detail
    assert found["libraries"].well
    assert f"opencv-python-headless {version('opencv-python-headless')}" in found["libraries"].detail
    assert not found["face weights"].well
    assert "face_landmark.tflite" in found["face weights"].detail
    assert found["cache folder"].well
    assert found["state folder"].well


def test_as_json_it_fits_its_schema_and_the_status_is_the_same(examine, fits, capsys):
    del examine  # only its surroundings
    for arguments in (["--offline"], ["--offline", "--format", "json"]):
        with doctor.make_context("doctor", arguments, obj=Session()) as context:
            assert doctor.invoke(context) == 2
    *_, last = capsys.readouterr().out.splitlines()
    told = json.loads(last)
    fits(told)
    assert told["well"] is False
    assert [each["subject"] for each in told["examined"] if not each["well"]] == ["face weights"]


def test_an_extra_that_is_not_installed_is_named_and_is_no_fault(examine, monkeypatch):
    def without_heif(name):
        if name == "pillow-heif":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("lipready.cli.commands.doctor.version", without_heif)
    extras = examine()["extras"]
    assert extras.well
    assert "heif (HEIC pictures): not installed" in extras.detail
    assert "s3 (upload to a bucket): boto3 1.0" in extras.detail
    assert extras.remedy.startswith("pip install 'lipready[heif]'")


def test_a_damaged_weight_counts_as_missing(examine, tmp_path):
    damaged = tmp_path / "cache" / "models" / "face_landmark.tflite"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"not a model")

    assert "face_landmark.tflite" in examine()["face weights"].detail


def test_an_ffmpeg_that_lacks_something_is_named_with_a_remedy(examine, tmp_path, monkeypatch):
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho 'ffmpeg version 4.0 Copyright (c)'\necho ' V..... mpeg4 x'\n")
    poor.chmod(poor.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("LIPREADY_FFMPEG", str(poor))

    symptom = examine()["ffmpeg"]

    assert not symptom.well
    assert "lacks libx264" in symptom.detail
    assert "LIPREADY_FFMPEG" in symptom.remedy


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 1\n", "no program"])
def test_an_ffmpeg_that_does_not_run_is_no_crash(examine, tmp_path, monkeypatch, content):
    broken = tmp_path / "ffmpeg"
    broken.write_text(content)
    broken.chmod(0o755)
    monkeypatch.setenv("LIPREADY_FFMPEG", str(broken))

    assert not examine()["ffmpeg"].well


def test_a_folder_that_cannot_be_written_is_said(examine, tmp_path):
    (tmp_path / "state").write_text("in the way")

    symptom = examine()["state folder"]

    assert not symptom.well
    assert "LIPREADY_STATE_DIR" in symptom.remedy
