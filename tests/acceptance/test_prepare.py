"""`lipready.prepare` end to end on real media: what it makes, and that it promises nothing untrue."""

import hashlib
import json
import os
import shlex
import socket
import stat
import subprocess
import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

import lipready
from lipready import Choices, FixError, Settings, UsageError, prepare
from lipready.repair.choices import TrimSpan
from lipready.repair.run.ffmpeg import find_ffmpeg

QUICK = Settings(quick=True)
"""Without a look at the pictures, where the test is about something else."""


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def count_runs(folder, monkeypatch):
    """Let each run of ffmpeg leave a line; return a function that counts them."""
    log, wrapper = folder / "runs", folder / "ffmpeg-counted"
    wrapper.write_text(
        "#!/bin/sh\n"
        f'case " $* " in *" -version "*) ;; *) echo run >> {shlex.quote(str(log))} ;; esac\n'
        f'exec {shlex.quote(find_ffmpeg().path)} "$@"\n'
    )
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("LIPREADY_FFMPEG", str(wrapper))
    return lambda: len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """Count the runs of ffmpeg in a test."""
    return count_runs(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def bad_pair(bad_job, ffmpeg, tmp_path_factory):
    """Give video and audio of the bad job, of which the video is cut to what a provider takes at least."""
    cut = ffmpeg(tmp_path_factory.mktemp("short") / bad_job[0].name, "-t", "2.2", "-i", bad_job[0], "-c", "copy")
    return cut, bad_job[1]


@dataclass(frozen=True)
class Whole:
    """What came of the bad job, with all that a check looks for: in which folder, and what was heard of it."""

    done: lipready.Prepared
    out: Path
    before: list[bytes]
    runs: int
    heard: list[tuple[str, float]]


@pytest.fixture(scope="module")
def whole(bad_job, tmp_path_factory):
    """Prepare the bad job once; the tests look at it from all sides."""
    out, heard = tmp_path_factory.mktemp("whole") / "ready", []
    before = [path.read_bytes() for path in bad_job]
    with pytest.MonkeyPatch.context() as monkeypatch:
        runs = count_runs(tmp_path_factory.mktemp("counted"), monkeypatch)
        done = prepare(*bad_job, out=out, progress=lambda what, share: heard.append((what, share)))
        return Whole(done, out, before, runs(), heard)


def test_a_bad_job_comes_out_ready(bad_job, whole):
    done = whole.done

    assert done.before.verdict == "fail"
    assert done.ready
    assert done.report.verdict == "pass"
    assert [path.read_bytes() for path in bad_job] == whole.before
    assert whole.runs == 2  # one for the video, one for the audio; pictures need none
    assert {step.name for step in done.steps} >= {"transcode", "scale", "retime", "transcode-audio", "crop-image"}
    again = lipready.check(done.job.video, done.job.audio, done.job.reference)
    assert again.verdict == "pass"
    assert {f.rule for f in again.findings} == {f.rule for f in done.report.findings}


def test_a_good_job_stays_where_it_is_without_copy(good_job, tmp_path, counted):
    done = prepare(*good_job, out=tmp_path / "ready", copy=False)
    assert done.ready
    assert (done.job.video, done.job.audio, done.job.reference) == tuple(str(path) for path in good_job)
    assert done.reference == str(good_job[2])
    assert done.steps == ()
    assert all(each.already_fine for each in done.plan.files)
    assert counted() == 0
    assert list(contents(tmp_path / "ready")) == ["receipt.json"]


def test_the_receipt_tells_the_whole_story_and_its_command_can_be_repeated(whole):
    done = whole.done
    receipt = json.loads((whole.out / "receipt.json").read_text("utf-8"))

    assert receipt["schema"] == "lipready.receipt/1"
    assert receipt["tools"].keys() == {"ffmpeg", "pillow"}
    assert receipt["before"]["verdict"] == "fail"
    assert receipt["after"] == json.loads(json.dumps(done.report.to_dict()))
    files = {entry["role"]: entry for entry in receipt["files"]}
    assert files.keys() == {"video", "audio", "reference"}
    for entry in files.values():
        for path, key in ((Path(entry["source"]), "input"), (whole.out / entry["output"], "output")):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == entry[f"{key}_sha256"]
    output = Path(done.job.video)
    first = output.read_bytes()
    (command,) = files["video"]["commands"]
    subprocess.run([find_ffmpeg().path, *command[1:]], check=True, capture_output=True)
    assert output.read_bytes() == first


def test_a_second_run_finds_the_work_done(bad_pair, tmp_path, counted):
    first = prepare(*bad_pair, out=tmp_path / "ready", settings=QUICK)
    made, runs = contents(tmp_path / "ready"), counted()

    second = prepare(*bad_pair, out=tmp_path / "ready", settings=QUICK)

    assert second.already_prepared
    assert second.steps == ()
    assert second.ready
    assert counted() == runs
    assert contents(tmp_path / "ready") == made
    assert second.job == first.job


def test_only_what_changed_is_done_again(bad_pair, tmp_path, counted):
    prepare(*bad_pair, out=tmp_path / "ready", settings=QUICK)
    runs = counted()
    Path(tmp_path / "ready" / "bad.wav").unlink()

    second = prepare(*bad_pair, out=tmp_path / "ready", settings=QUICK)

    assert counted() == runs + 1
    assert not second.already_prepared
    assert [step.name for step in second.steps] == ["transcode-audio"]


def test_outputs_that_this_run_does_not_need_stay_known(bad_pair, tmp_path, counted):
    video, audio = bad_pair
    prepare(video, audio, out=tmp_path / "ready", settings=QUICK)
    prepare(None, audio, out=tmp_path / "ready", settings=QUICK)
    runs = counted()
    assert prepare(video, audio, out=tmp_path / "ready", settings=QUICK).already_prepared
    assert counted() == runs


def test_a_dry_run_writes_nothing_and_needs_no_folder(bad_pair, tmp_path, counted):
    done = prepare(*bad_pair, out=tmp_path / "ready", dry_run=True, settings=QUICK)
    assert not (tmp_path / "ready").exists()
    assert not done.ready
    assert done.dry_run
    assert counted() == 0
    assert [len(each.commands) for each in done.plan.files] == [1, 1]
    assert done.plan == prepare(*bad_pair, out=tmp_path / "ready", settings=QUICK).plan


def test_a_fixer_never_declares_success_itself(ffmpeg, tmp_path):
    """A clip without anybody is repaired, and still is not ready."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=480x640:duration=3")
    vp8 = ("-c:v", "libvpx", "-threads", "1", "-deadline", "realtime", "-cpu-used", "8")
    clip = ffmpeg(tmp_path / "a.webm", *picture, *vp8)
    done = prepare(clip, out=tmp_path / "ready")
    assert [f.rule for f in done.report.findings if f.severity == "error"] == ["P301"]
    assert not done.ready
    assert Path(done.job.video).is_file()


def test_broken_files_are_reported_and_the_rest_is_prepared(bad_job, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(os.urandom(5000))
    done = prepare(broken, bad_job[1], out=tmp_path / "ready")
    assert not done.ready
    assert done.job.video == str(broken)
    assert Path(done.job.audio).parent == tmp_path / "ready"
    assert "F001" in {f.rule for f in done.report.findings}


def test_with_nothing_usable_nothing_is_written(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(os.urandom(5000))
    done = prepare(broken, out=tmp_path / "ready")
    assert not done.ready
    assert not (tmp_path / "ready").exists()


def test_a_file_of_the_user_stays(bad_job, tmp_path):
    (tmp_path / "ready").mkdir()
    mine = tmp_path / "ready" / "bad.mp4"
    mine.write_bytes(b"precious")
    with pytest.raises(UsageError, match=r"bad\.mp4 was not written by lipready"):
        prepare(bad_job[0], out=tmp_path / "ready", settings=QUICK)
    assert contents(tmp_path / "ready") == {"bad.mp4": b"precious"}


def test_the_folder_of_the_inputs_is_safe(ffmpeg, tmp_path):
    clip = ffmpeg(
        tmp_path / "a.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x640:rate=12:duration=3", "-c:v", "libx264"
    )
    before = clip.read_bytes()
    with pytest.raises(UsageError, match="is an input of this job"):
        prepare(clip, out=tmp_path, settings=QUICK)
    assert clip.read_bytes() == before


def test_a_folder_that_is_a_file_is_one_sentence(bad_job, tmp_path):
    (tmp_path / "ready").write_bytes(b"")
    with pytest.raises((UsageError, FixError)) as error:
        prepare(None, bad_job[1], out=tmp_path / "ready")
    assert "\n" not in str(error.value)


def test_a_copied_stream_is_not_decoded_again_and_its_headers_are(ffmpeg, good_job, tmp_path, monkeypatch):
    from lipready.probe.decoding import frames

    clip = ffmpeg(tmp_path / "a.mkv", "-i", good_job[0], "-c", "copy")
    scans = []
    real = frames.scan
    monkeypatch.setattr(frames, "scan", lambda path, *rest, **kw: scans.append(path) or real(path, *rest, **kw))

    done = prepare(clip, out=tmp_path / "ready")

    assert [step.name for step in done.steps] == ["remux"]
    assert done.ready
    assert scans == [str(clip)]
    fresh = lipready.check(done.job.video)
    assert fresh.facts.video.media == done.report.facts.video.media
    assert fresh.facts.video.people.count == done.report.facts.video.people.count == 1


def test_the_chosen_person_becomes_a_reference_that_passes(made, tmp_path):
    clip = made("two_people.mp4")
    done = prepare(clip, out=tmp_path / "ready", person=2)
    assert done.job.video == str(tmp_path / "ready" / clip.name)
    assert done.plan.set_aside is None
    assert done.reference == str(tmp_path / "ready" / "reference.jpg")
    with Image.open(done.reference) as picture:
        assert picture.format == "JPEG"
    assert not [f for f in done.report.findings if f.role == "reference" and f.severity == "error"]
    assert "P302" not in {f.rule for f in done.report.findings}


def test_trim_best_follows_the_face(good_job, tmp_path, ffmpeg):
    nobody = "testsrc2=size=960x640:rate=25:duration=4"
    graph = "[0:v]settb=1/25,setsar=1[a];[1:v]settb=1/25,setsar=1,trim=0:4[b];[a][b]concat=n=2:v=1:a=0"
    clip = ffmpeg(
        tmp_path / "late.mp4", "-f", "lavfi", "-i", nobody, "-i", good_job[0], "-filter_complex", graph,
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "12",
    )  # fmt: skip
    done = prepare(clip, out=tmp_path / "ready", choices=Choices(trim="best"))
    (step,) = (step for step in done.steps if step.name == "trim")
    assert step.level == "editorial"
    length = done.report.facts.video.media.duration.believed
    assert Fraction("3") <= length <= Fraction("4.6")
    assert done.report.facts.video.people.face_share >= 0.85
    assert done.before.facts.video.people.face_share <= 0.7


def test_progress_names_stage_and_file_and_goes_forward_only(bad_job, whole):
    heard, out = whole.heard, whole.out

    stages = list(dict.fromkeys(what for what, _ in heard))
    inputs = [f"checking {path}" for path in (bad_job[0], bad_job[2], bad_job[1])]
    assert stages[:3] == inputs
    assert set(stages[3:]) == {f"repairing {path}" for path in bad_job} | {
        f"checking {out / name}" for name in ("bad.mp4", "bad.wav", "panorama.jpg")
    }
    for what in stages:
        shares = [share for said, share in heard if said == what]
        assert shares == sorted(set(shares))
        assert shares[-1] == 1
        assert shares[0] >= 0


def test_runs_in_threads_do_not_disturb_each_other(bad_job, tmp_path):
    results = {}

    def work(name):
        results[name] = prepare(None, bad_job[1], out=tmp_path / name)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    assert len({Path(done.job.audio).read_bytes() for done in results.values()}) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("clip.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{canary}\n#EXTINF:5,\nhttp://{address}/a.ts\n"),
        ("clip.mp4", "ffconcat version 1.0\nfile '{canary}'\nfile 'http://{address}/a.mp4'\n"),
        ("speech.wav", "#EXTM3U\n#EXTINF:5,\nhttp://{address}/a.wav\n"),
    ],
)
def test_a_hostile_name_makes_ffmpeg_open_nothing(tmp_path, name, text):
    """Where the probe were fooled, ffmpeg itself still would not follow."""
    from lipready.repair.recipe import InputStream
    from lipready.repair.run import ffmpeg as runner
    from lipready.repair.run.source import compile_command, open_input

    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    canary = tmp_path / "canary.ts"
    canary.write_bytes(b"G" * 188 * 20)
    path = tmp_path / name
    path.write_text(text.format(canary=canary, address=f"127.0.0.1:{listener.getsockname()[1]}"))
    read = canary.stat().st_atime_ns
    for guess in ("mp4", "wav", "mpegts", "mkv", "aac", "mp3"):
        source = InputStream(path=str(path), format=guess, stream=None, start=Fraction(0), seekable=True)
        line = compile_command([open_input(source)["0"]], "-", {"f": "null", "c": "copy"})
        with pytest.raises(FixError):
            runner.run([find_ffmpeg().path, *line[1:]], what=name)
    with pytest.raises(TimeoutError):
        listener.accept()
    assert canary.stat().st_atime_ns == read
    listener.close()


def test_a_span_of_the_audio_is_kept(good_job, tmp_path):
    choices = Choices(trim_audio=TrimSpan(Fraction(1), Fraction("3.5")))
    done = prepare(None, good_job[1], out=tmp_path / "ready", choices=choices)
    assert done.report.facts.audio.media.duration.believed == Fraction("2.5")
