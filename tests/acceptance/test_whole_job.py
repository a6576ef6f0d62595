"""The output folder of `prepare` holds the whole job: what was fine stands in it, and `submit ready/*` sends it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lipready import Choices, Settings, UsageError, prepare
from lipready.cli.output.contact import MARK
from lipready.repair.choices import TrimSpan

QUICK = Settings(quick=True)
REPAIRED = ("anna.mp4", "bad.wav", "receipt.json")


@pytest.fixture
def sources(made, tmp_path):
    """Give a video that is fine and an audio track that is not, in a folder of their own."""
    folder = tmp_path / "in"
    folder.mkdir()
    return tuple(Path(shutil.copy(made(name), folder)) for name in ("anna.mp4", "bad.ogg"))


def names(folder):
    return tuple(sorted(path.name for path in folder.iterdir()))


def receipt(folder):
    return json.loads((folder / "receipt.json").read_text("utf-8"))


def files_of(folder):
    return {entry["role"]: entry for entry in receipt(folder)["files"]}


def test_a_job_whose_audio_was_wrong_is_submitted_by_a_glob(lipready_run, sources, environment, tmp_path):
    ready, folder = tmp_path / "cwd" / "ready", tmp_path / "cwd"
    assert (
        lipready_run("prepare", *sources, "-o", ready, "--report", f"json={ready.parent}/report.json").returncode == 0
    )
    (folder / "report.json").rename(ready / "report.json")
    Image.new("RGB", (64, 64)).save(ready / "people.jpg", comment=MARK)

    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m lipready submit ready/* -o result.mp4 --provider sandbox', sys.executable],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        "Passed over: ready/people.jpg (a contact sheet), ready/receipt.json (the receipt), "
        "ready/report.json (a report).\n"
    )
    assert (folder / "result.mp4").is_file()


def test_what_is_fine_stands_in_the_folder_and_the_receipt_says_how(sources, tmp_path):
    out = tmp_path / "ready"

    done = prepare(*sources, out=out, settings=QUICK)

    assert names(out) == REPAIRED
    assert done.job.video == str(out / "anna.mp4") == done.report.facts.video.path
    assert (out / "anna.mp4").samefile(sources[0])
    assert [each.kept for each in done.plan.files] == ["link", None]
    entry = files_of(out)["video"]
    sha256 = hashlib.sha256(sources[0].read_bytes()).hexdigest()
    assert (entry["kept"], entry["input_sha256"], entry["output_sha256"]) == ("link", sha256, sha256)
    assert [step["name"] for step in entry["steps"]] == ["already-fine"]

    again = prepare(*sources, out=out, settings=QUICK)
    assert again.already_prepared
    assert again.job == done.job


def test_a_dry_run_tells_the_same_plan(sources, tmp_path):
    planned = prepare(*sources, out=tmp_path / "ready", settings=QUICK, dry_run=True).plan
    assert not (tmp_path / "ready").exists()
    assert planned == prepare(*sources, out=tmp_path / "ready", settings=QUICK).plan


def test_no_copy_leaves_it_where_it_is(lipready_run, sources, tmp_path):
    done = lipready_run("prepare", *sources, "-o", tmp_path / "ready", "--no-copy", "--quick")
    assert done.returncode == 0, done.stderr
    assert "  video      already fine; stays where it is\n" in done.stdout
    assert names(tmp_path / "ready") == REPAIRED[1:]


def test_on_another_file_system_it_is_copied(sources, tmp_path):
    here = tmp_path.stat().st_dev
    others = (Path(each) for each in ("/dev/shm", "/var/tmp"))  # noqa: S108 - one is another file system, mostly
    shared = next((each for each in others if each.is_dir() and each.stat().st_dev != here), None)
    if shared is None:
        pytest.skip("there is no other file system")
    out = shared / f"lipready-{os.getpid()}"
    try:
        done = prepare(*sources, out=out, settings=QUICK)
        assert [each.kept for each in done.plan.files] == ["copy", None]
        assert files_of(out)["video"]["kept"] == "copy"
        assert names(out) == REPAIRED
        assert (out / "anna.mp4").read_bytes() == sources[0].read_bytes()
        assert prepare(*sources, out=out, settings=QUICK).already_prepared
        # A source that has changed is copied again; the copy is lipready's own.
        sources[0].write_bytes(sources[0].read_bytes() + b"\0\0\0\x08free")
        prepare(*sources, out=out, settings=QUICK)
        assert (out / "anna.mp4").read_bytes() == sources[0].read_bytes()
    finally:
        shutil.rmtree(out, ignore_errors=True)


def test_a_repair_never_writes_through_a_link(sources, tmp_path):
    """The video that was linked is cut later, under the same name: the name changes its file, the source stays."""
    prepare(*sources, out=tmp_path / "ready", settings=QUICK)
    before = sources[0].read_bytes()

    cut = prepare(*sources, out=tmp_path / "ready", settings=QUICK, choices=Choices(trim=TrimSpan(1, 4)))

    assert cut.job.video == str(tmp_path / "ready" / "anna.mp4")
    assert not Path(cut.job.video).samefile(sources[0])
    assert Path(cut.job.video).read_bytes() != before
    assert sources[0].read_bytes() == before
    # And back again.
    prepare(*sources, out=tmp_path / "ready", settings=QUICK)
    assert (tmp_path / "ready" / "anna.mp4").samefile(sources[0])
    # What is edited in place is the same file by both names, and lipready's link all the same.
    with sources[0].open("ab") as file:
        file.write(b"\0\0\0\x08free")
    edited = sources[0].read_bytes()
    prepare(*sources, out=tmp_path / "ready", settings=QUICK, choices=Choices(trim=TrimSpan(1, 4)))
    assert sources[0].read_bytes() == edited


def test_a_link_to_a_source_that_was_replaced_is_made_anew(sources, tmp_path):
    prepare(*sources, out=tmp_path / "ready", settings=QUICK)
    newer = sources[0].with_name("newer")
    newer.write_bytes(sources[0].read_bytes() + b"\0\0\0\x08free")
    newer.replace(sources[0])

    done = prepare(*sources, out=tmp_path / "ready", settings=QUICK)

    assert not done.already_prepared
    assert (tmp_path / "ready" / "anna.mp4").samefile(sources[0])


def test_a_link_in_the_folder_to_a_source_by_another_name_is_linked_to_what_it_leads_to(sources, tmp_path):
    link = tmp_path / "link.mp4"
    link.symlink_to(sources[0])
    prepare(link, sources[1], out=tmp_path / "ready", settings=QUICK)
    assert not (tmp_path / "ready" / "link.mp4").is_symlink()
    assert (tmp_path / "ready" / "link.mp4").samefile(sources[0])


def test_an_input_that_lies_in_the_output_folder_stays(sources):
    out = sources[0].parent
    done = prepare(*sources, out=out, settings=QUICK)
    assert done.job.video == str(sources[0])
    assert names(out) == ("anna.mp4", "bad.ogg", "bad.wav", "receipt.json")
    assert files_of(out)["video"]["kept"] == "stay"


def test_a_file_of_the_user_stays(sources, tmp_path):
    (tmp_path / "ready").mkdir()
    mine = tmp_path / "ready" / "anna.mp4"
    mine.write_bytes(b"precious")
    with pytest.raises(UsageError, match=r"anna\.mp4 was not written by lipready"):
        prepare(*sources, out=tmp_path / "ready", settings=QUICK)
    assert mine.read_bytes() == b"precious"


def test_two_inputs_of_one_name_both_stand_there(sources, ffmpeg, tmp_path):
    sound = ffmpeg(tmp_path / "anna.m4a", "-i", sources[1], "-c:a", "aac").rename(tmp_path / "anna.mp4")
    done = prepare(sources[0], sound, out=tmp_path / "ready", settings=QUICK)
    assert len({done.job.video, done.job.audio}) == 2
    assert {Path(done.job.video).parent, Path(done.job.audio).parent} == {tmp_path / "ready"}


def test_what_an_earlier_run_left_is_no_part_of_the_job(lipready_run, sources, made, tmp_path):
    """P307 says to name the speaker; the picture that was linked before does not come between."""
    out, arguments = tmp_path / "ready", ("prepare", *sources, made("grace.jpg"), "-o", tmp_path / "ready")

    first = lipready_run(*arguments)
    assert first.returncode == 1
    assert "P307: Name the speaker to `prepare` by number" in " ".join(first.stdout.split())
    assert "Say --person N." in " ".join(first.stdout.split())
    second = lipready_run(*arguments, "--person", "1", "--format", "json")
    assert second.returncode == 0, second.stdout
    said = json.loads(second.stdout)

    assert said["set_aside"] == receipt(out)["set_aside"] == str(made("grace.jpg"))
    assert said["job"]["reference"] == str(out / "reference.jpg")
    assert said["report"]["findings"] == []
    assert names(out) == ("anna.mp4", "bad.wav", "grace.jpg", "receipt.json", "reference.jpg")
    checked = lipready_run("check", *sorted(out.iterdir()), "--quick", "--format", "json")
    assert checked.returncode == 0
    taken = [Path(file["path"]).name for file in json.loads(checked.stdout)["files"]]
    assert taken == ["anna.mp4", "bad.wav", "reference.jpg"]
    assert f"{out / 'grace.jpg'} (from an earlier run)" in checked.stderr


def test_the_person_goes_before_the_picture_and_it_is_said(lipready_run, sources, made):
    picture = made("grace.jpg")
    arguments = (*sources, picture, "--person", "1")
    said = f"{picture} is set aside: with --person the reference image is taken from the video."

    dry = lipready_run("prepare", *arguments, "-o", "ready", "--dry-run")
    assert dry.returncode == 0
    assert said in " ".join(dry.stdout.split())

    sent = lipready_run(
        "submit",
        *arguments,
        "--prepare",
        "--no-verify",
        "-o",
        "result.mp4",
        "--provider",
        "sandbox",
        "--format",
        "json",
    )
    assert sent.returncode == 0, sent.stderr
    assert said in " ".join(sent.stderr.split())
    assert json.loads(sent.stdout)["set_aside"] == str(picture)


def test_the_library_says_it_too(sources, made, tmp_path):
    done = prepare(sources[0], None, made("grace.jpg"), out=tmp_path / "ready", person=1)
    assert done.ready
    assert done.plan.set_aside == str(made("grace.jpg"))
    assert done.reference == str(tmp_path / "ready" / "reference.jpg")
    assert "--" not in " ".join(finding.message for finding in done.before.findings)
    with pytest.raises(UsageError, match="no video to find anybody in"):
        prepare(None, sources[1], out=tmp_path / "ready", person=1)
