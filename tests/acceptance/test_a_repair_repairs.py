"""What `prepare` planned for is gone after one run, nothing else appears, and a second run has nothing to do."""

import os
from pathlib import Path

import av
import pytest

from lipready import Settings, prepare

SHARED = Path(os.environ.get("LIPREADY_SHARED", "/work/shared"))
QUICK = Settings(quick=True)
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "30")
FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof"
COPIES = {
    "fragmented.mp4": ("-movflags", FRAGMENTS),
    "fragmented_signed.mp4": ("-movflags", f"{FRAGMENTS}+negative_cts_offsets"),
    "cmaf.mp4": ("-movflags", "cmaf+frag_keyframe"),
    "late_fragmented.mp4": ("-output_ts_offset", "0.5", "-movflags", FRAGMENTS),
    "no_edit_list.mp4": ("-use_editlist", "0", "-movflags", "+faststart"),
    "edit_list.mov": (),
    "late.mov": ("-output_ts_offset", "0.5"),
    "late.mkv": ("-output_ts_offset", "0.5"),
    "late.flv": ("-output_ts_offset", "0.5"),
    "stream.ts": (),
    "stream.avi": (),
}
"""Options with which a clip with B-frames and sound is copied."""
CASES = [SHARED / "cases" / "frag.mp4"]
CORPUS = [
    SHARED / "corpus" / name
    for name in (
        "odd/google__ExoPlayer__sample_fragmented.mp4",
        "odd/WyattBlue__auto-editor__mov_text.mp4",
        "odd/pytorch__torchcodec__var_fps_video.mp4",
        "video/google__ExoPlayer__bear-1280x720-v_frag-avc3.mp4",
        "video/google__ExoPlayer__sample.avi",
    )
]


@pytest.fixture(scope="module")
def moving(ffmpeg, tmp_path_factory):
    """Make one clip with B-frames and sound, and give its copies: `moving(name)`."""
    folder = tmp_path_factory.mktemp("moving")
    picture, tone = "testsrc2=size=640x640:rate=30:duration=3", "sine=frequency=300:duration=3"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone)
    base = ffmpeg(folder / "base.mp4", *inputs, *X264, "-bf", "3", "-c:a", "aac")
    return lambda name: ffmpeg(folder / name, "-i", base, "-c", "copy", *COPIES[name])


def troubles(report):
    return {f.rule for f in report.findings if f.role == "video" and f.severity != "info"}


def assert_repaired(path, out, settings=QUICK):
    """Prepare a video once and hold it against the promise; returns what `prepare` gave."""
    done = prepare(path, out=out, settings=settings)
    steps = [step for file in done.plan.files for step in file.steps]
    assert troubles(done.report) <= troubles(done.before)
    assert not troubles(done.report) & {rule for step in steps for rule in step.rules}
    again = prepare(done.job.video, out=out / "again", settings=settings, dry_run=True)
    assert [step.name for file in again.plan.files for step in file.steps] == []
    assert prepare(path, out=out, settings=settings).steps == ()
    return done


def beginnings(path):
    """Return when picture and sound begin and when the sound ends, in seconds from the first frame."""
    with av.open(str(path)) as container:
        times = {"video": [], "audio": []}
        for packet in container.demux():
            if packet.size and not packet.is_discard:
                times[packet.stream.type].append(float(packet.pts * packet.time_base))
    first = min(times["video"])
    return min(times["audio"]) - first, max(times["audio"]) - first


@pytest.mark.parametrize("name", COPIES)
def test_clips_of_every_beginning_are_repaired_in_one_run(moving, tmp_path, name):
    path = moving(name)
    done = assert_repaired(path, tmp_path / "ready")
    assert troubles(done.report) == set()
    if name.endswith((".mp4", ".mkv", ".ts")) and done.steps:
        assert [step.level for step in done.steps] == ["lossless"]
        before, after = beginnings(path), beginnings(done.job.video)
        assert after[0] > -0.05
        assert after[1] == pytest.approx(before[1], abs=0.01)


def test_a_copy_that_does_not_repair_is_encoded_in_the_same_run(moving, tmp_path, monkeypatch):
    # As an ffmpeg would that leaves timestamps where they are.
    from lipready.repair.video import command as video_command

    path = moving("late.mkv")
    monkeypatch.setattr(video_command, "from_first_frame", lambda _: {})
    command = video_command.remux_commands

    def unmoved(recipe, output):
        return tuple(tuple("null" if "setts" in a else a for a in each) for each in command(recipe, output))

    monkeypatch.setattr("lipready.repair.plan.remux_commands", unmoved)
    done = assert_repaired(path, tmp_path / "ready")
    assert [step.name for step in done.steps] == ["transcode", "zero-start"]
    assert [step.level for step in done.steps] == ["reencode", "reencode"]
    assert "a copy without encoding was tried first and did not repair it" in done.steps[0].text
    # The earlier output is found with the step that says so.
    again = prepare(path, out=tmp_path / "ready", settings=QUICK)
    assert again.already_prepared
    assert again.plan.files[0].steps == done.steps


def test_no_frame_of_an_avi_with_b_frames_is_lost(ffmpeg, moving, tmp_path):
    # ffmpeg writes it with 600 ticks a second; its last frame has no time of its own.
    path = ffmpeg(tmp_path / "small.avi", "-i", moving("stream.avi"), "-vf", "scale=480:480", *X264, "-bf", "3", "-an")
    done = assert_repaired(path, tmp_path / "ready")
    assert [step.name for step in done.steps] == ["transcode", "scale"]
    before, after = (report.facts.video.media for report in (done.before, done.report))
    assert (before.frames, after.frames) == (90, 90)
    assert (before.frame_rate.variable, after.frame_rate.nominal) == (False, 30)
    assert before.duration.believed == after.duration.believed == 3


@pytest.mark.parametrize("path", [*CASES, *CORPUS], ids=lambda path: path.name)
def test_real_clips_are_repaired_in_one_run(path, tmp_path):
    if not path.is_file():
        pytest.skip("the shared files are not here")
    assert_repaired(path, tmp_path / "ready")


@pytest.mark.parametrize("name", ["yes", "book"])
def test_the_plan_says_that_a_small_face_gains_no_detail_when_it_is_enlarged(tmp_path, name):
    source = SHARED / "corpus" / "video" / f"intel-iot-devkit__sample-videos__{name}.mkv"
    if not source.is_file():
        pytest.skip("the corpus is not here")
    done = prepare(source, out=tmp_path / "ready")
    assert troubles(done.report) - troubles(done.before) == {"P306"}
    assert next(step for step in done.steps if step.name == "scale").text.endswith("may then be found blurred (P306).")


@pytest.mark.parametrize(
    "filters",
    [("-vf", "fps=12"), ("-vf", "select='not(mod(n,3))+lt(mod(n,30),7)'", "-fps_mode", "vfr")],
    ids=["12 fps", "variable"],
)
def test_a_change_of_rate_changes_no_verdict_on_the_face(ffmpeg, tmp_path, filters):
    source = SHARED / "corpus" / "video" / "antgroup__echomimic__b.mp4"
    if not source.is_file():
        pytest.skip("the corpus is not here")
    clip = ffmpeg(tmp_path / "clip.mp4", "-t", "3", "-i", source, "-an", *filters, *X264)
    done = prepare(clip, out=tmp_path / "ready")
    assert "retime" in {step.name for step in done.steps}
    seen = [{f.rule for f in r.findings if f.rule[0] == "P" or f.rule == "V207"} for r in (done.before, done.report)]
    assert seen[0] == seen[1]
    # The same moments were looked at, to within the longest frame of the original (1/8 s) and a little; of a clip whose
    # last moments lie nearer to each other than a look to the next, one more.
    before, after = (report.facts.video.people.samples for report in (done.before, done.report))
    assert len(after) <= len(before) <= len(after) + 1
    assert all(min(abs(time - other) for other in before) < 0.15 for time in after)
