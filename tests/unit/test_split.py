"""A job that is too long: its parts, frame by frame and sample by sample, and the joined video."""

import json
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction

import av
import imageio_ffmpeg
import numpy as np
import pytest

import lipready
from lipready.profiles.limit import Range
from lipready.split import read_parts

SPEECH_RATE = 22_050
FRAMES, SAMPLES = 125, 5 * SPEECH_RATE
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def of_three_seconds():
    """Give a profile that takes at most three seconds."""
    profile = lipready.Profile.load("dashscope")
    range_ = Range(Fraction(1), Fraction(3))
    lengths = {rule: replace(profile.limits[rule], accept=range_, safe=range_, aim=range_) for rule in ("V105", "A402")}
    return replace(profile, limits={**profile.limits, **lengths})


def ffmpeg(*arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=120)


def pictures(path):
    with av.open(str(path)) as container:
        return [(frame.time, frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]


def samples(path):
    """Return what a player plays of the sound."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = [np.atleast_2d(frame.to_ndarray())[0] for frame in container.decode(stream)]
        return np.concatenate(blocks)[: stream.duration]


@pytest.fixture(scope="module")
def talk(tmp_path_factory, good_job):
    """Give five seconds of video and speech, which is too long for the profile; small, since it is encoded often."""
    video = tmp_path_factory.mktemp("talk") / "talk.mp4"
    ffmpeg("-i", good_job[0], "-vf", "crop=ih:ih,scale=640:640", *X264, "-an", video)
    return video, good_job[1]


@pytest.fixture(scope="module")
def parts(tmp_path_factory, talk):
    return lipready.split(*talk, out=tmp_path_factory.mktemp("split") / "parts", profile=of_three_seconds())


@pytest.fixture
def with_results(parts, tmp_path):
    """Give a folder of parts whose results are what was sent."""
    folder = tmp_path / "parts"
    shutil.copytree(parts.parts[0].result.parent, folder)
    for part in read_parts(folder):
        ffmpeg("-i", part.job.video, "-i", part.job.audio, "-map", "0:v", "-map", "1:a", "-c:v", "copy", part.result)
    return folder


def test_the_parts_hold_the_whole_and_pass(parts, talk):
    assert (parts.ready, len(parts.parts), parts.whole.ready) == (True, 2, True)
    assert [part.report.verdict for part in parts.parts] == ["pass", "pass"]
    first, second = parts.parts
    assert (first.start, first.end, second.start, second.end) == (0, first.end, first.end, 5)
    sound = np.concatenate([samples(part.job.audio) for part in parts.parts])
    assert np.array_equal(sound, samples(talk[1]))
    shown = [picture for part in parts.parts for _, picture in pictures(part.job.video)]
    originals = [picture for _, picture in pictures(talk[0])]
    assert len(shown) == len(originals) == FRAMES
    seam = int(first.end * 25)
    for frame in (0, seam - 1, seam, FRAMES - 1):
        near = range(max(0, frame - 2), min(FRAMES, frame + 3))
        apart = {other: np.mean((shown[frame].astype(float) - originals[other]) ** 2) for other in near}
        assert min(apart, key=apart.get) == frame


def test_what_they_cost_is_what_the_whole_costs(parts):
    assert sum(part.report.price.seconds for part in parts.parts) == 5


def test_a_second_run_finds_the_parts(parts, talk):
    again = lipready.split(*talk, out=parts.parts[0].result.parent, profile=of_three_seconds())
    assert [part.result for part in again.parts] == [part.result for part in parts.parts]
    assert again.whole.already_prepared


def test_what_is_written_down_is_read_again(parts):
    folder = parts.parts[0].result.parent
    assert [(p.number, p.start, p.end, p.job.places(), p.result) for p in read_parts(folder)] == [
        (p.number, p.start, p.end, p.job.places(), p.result) for p in parts.parts
    ]


def test_the_joined_video_is_exact(with_results, tmp_path, talk):
    told = []
    film = lipready.join(with_results, tmp_path / "film.mp4", progress=lambda what, share: told.append((what, share)))
    shown, originals = pictures(film), pictures(talk[0])
    assert [time for time, _ in shown] == [time for time, _ in originals]
    for frame, (one, other) in enumerate(zip(shown, originals, strict=True)):
        assert np.mean((one[1].astype(float) - other[1]) ** 2) < 20, frame
    heard, sent = samples(film), samples(talk[1])
    assert abs(len(heard) - SAMPLES) <= 1
    length = min(len(heard), len(sent))
    assert np.corrcoef(heard[:length], sent[:length])[0, 1] > 0.99
    assert (told[0], told[-1]) == ((f"joining {film}", 0.0), (f"joining {film}", 1.0))
    assert {path.name for path in tmp_path.iterdir()} == {"parts", "film.mp4"}


def test_results_of_another_rate_and_size_are_joined_in_time(with_results, tmp_path):
    first, second = read_parts(with_results)
    for part, more in ((first, ("-r", "30")), (second, ("-r", "30", "-vf", "scale=720:720"))):
        other = part.result.with_name("other.mp4")
        ffmpeg("-i", part.result, *more, *X264, "-c:a", "copy", other)
        other.replace(part.result)
    film = lipready.join(with_results, tmp_path / "film.mp4")
    shown = pictures(film)
    assert (len(shown), shown[0][1].shape) == (150, (720, 720))
    assert [time for time, _ in shown] == pytest.approx([number / 30 for number in range(150)])


def shortened(part, frames):
    """Cut frames off the end of a result."""
    with av.open(str(part.result)) as container:
        count = container.streams.video[0].frames
    other = part.result.with_name("other.mp4")
    ffmpeg("-i", part.result, "-an", "-frames:v", count - frames, *X264, other)
    other.replace(part.result)


def test_a_result_that_is_a_little_too_short_holds_its_last_picture(with_results, tmp_path):
    first, _ = read_parts(with_results)
    shortened(first, 12)  # 0.48 s at 25 frames a second
    assert len(pictures(lipready.join(with_results, tmp_path / "film.mp4"))) == FRAMES


def test_a_result_that_is_too_short_is_not_joined(with_results, tmp_path):
    first, _ = read_parts(with_results)
    shortened(first, 13)  # 0.52 s
    with pytest.raises(lipready.FixError, match=r"result-1-\w+\.mp4 lasts .*: nothing was joined"):
        lipready.join(with_results, tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize("content", [b"", b"\0" * 5000])
def test_a_result_that_cannot_be_read_is_named(with_results, tmp_path, content):
    _, second = read_parts(with_results)
    second.result.write_bytes(content)
    with pytest.raises(lipready.FixError, match=r"result-2-.* cannot be joined"):
        lipready.join(with_results, tmp_path / "film.mp4")


def test_a_result_that_is_missing_is_named(with_results, tmp_path):
    _, second = read_parts(with_results)
    second.result.unlink()
    with pytest.raises(lipready.UsageError, match="The result of part 2 of 2 is not there: download it"):
        lipready.join(with_results, tmp_path / "film.mp4")


def test_nothing_is_overwritten(with_results, tmp_path):
    (tmp_path / "film.mp4").write_text("mine")
    with pytest.raises(lipready.UsageError, match="exists already"):
        lipready.join(with_results, tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").read_text() == "mine"


def test_joining_can_be_cancelled(with_results, tmp_path):
    cancel = lipready.Cancel()
    with pytest.raises(lipready.CancelledError):
        lipready.join(with_results, tmp_path / "film.mp4", cancel=cancel, progress=lambda *_: cancel.cancel())
    assert [path.name for path in tmp_path.iterdir()] == ["parts"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"schema": "lipready.split/2", "parts": []}',
        '{"schema": "lipready.split/1", "parts": [{"start": "1/0"}]}',
        '{"schema": "lipready.split/1", "parts": [1]}',
        "[" * 100_000,
    ],
)
def test_a_folder_that_holds_something_else_is_said(tmp_path, content):
    (tmp_path / "split.json").write_text(content)
    with pytest.raises(lipready.UsageError, match=r"is not what `lipready\.split` wrote"):
        lipready.join(tmp_path, tmp_path / "film.mp4")


def test_results_are_looked_for_in_the_folder_alone(with_results):
    path = with_results / "split.json"
    content = json.loads(path.read_text())
    content["parts"][0]["result"] = "../../elsewhere.mp4"
    path.write_text(json.dumps(content))
    assert read_parts(with_results)[0].result == with_results / "elsewhere.mp4"


def test_what_would_leave_parts_out_is_refused(tmp_path, talk):
    choices = lipready.Choices(trim=lipready.TrimSpan(Fraction(0), Fraction(3)))
    with pytest.raises(lipready.UsageError, match="The parts of a job hold all of it"):
        lipready.split(*talk, out=tmp_path, choices=choices)


def test_without_listening_nobody_knows_the_pauses(tmp_path, talk):
    settings = lipready.Settings(quick=True)
    with pytest.raises(lipready.FixError, match="cannot be cut at pauses of the speech"):
        lipready.split(*talk, out=tmp_path / "parts", settings=settings, profile=of_three_seconds())


def test_a_short_video_plays_on_through_the_parts(tmp_path, talk):
    """Two seconds of picture under five of speech: forward and backward in turn, also over the seam."""
    video = tmp_path / "short.mp4"
    ffmpeg("-i", talk[0], "-t", "2", *X264, video)
    options = lipready.RequestOptions(video_extension=True)
    split = lipready.split(video, talk[1], out=tmp_path / "parts", options=options, profile=of_three_seconds())
    assert split.ready
    assert [part.job.options.video_extension for part in split.parts] == [False, False]
    shown = [picture for part in split.parts for _, picture in pictures(part.job.video)]
    originals = [picture for _, picture in pictures(video)]
    assert len(shown) == FRAMES
    for frame in (30, 49, 50, 60, 70, 99, 100, 124):
        there, back = frame % 100, 99 - frame % 100
        wanted = there if there < 50 else back
        apart = {other: np.mean((shown[frame].astype(float) - each) ** 2) for other, each in enumerate(originals)}
        assert abs(min(apart, key=apart.get) - wanted) <= 1


def test_a_job_that_keeps_an_error_has_no_parts(tmp_path, made):
    split = lipready.split(made("nobody.mp4"), made("anna.wav"), out=tmp_path / "parts", profile=of_three_seconds())
    assert (split.parts, split.ready, split.whole.report.verdict) == ((), False, "fail")
