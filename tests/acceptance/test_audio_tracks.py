"""Several audio tracks in one file: all are listed, the one that speaks is taken, and it is said which."""

import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import jsonschema
import pytest

import lipready
from lipready.facts.audio import AudioFacts
from lipready.facts.unmeasured import Unmeasured

SILENCE = ("-f", "lavfi", "-i", "anullsrc=channel_layout=mono:sample_rate=48000")
NOISE = ("-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.1:sample_rate=48000:seed=1")
CODECS = {"m4a": "aac", "mp4": "aac", "mov": "pcm_s16le", "mkv": "flac", "mka": "libopus"}
SCHEMA = Path(lipready.__file__).parent / "reports/schema/report-1.json"
Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path, made: Callable[[str], Path]) -> Build:
    """Make a file of 3 s from "speech", "silence" and "noise": `build(name, *tracks, options=)`."""
    inputs = {"speech": ("-i", str(made("anna.wav"))), "silence": SILENCE, "noise": NOISE}

    def run(name: str, *tracks: str, options: tuple[str, ...] = ()) -> Path:
        path = tmp_path / name
        streams = [part for number in range(len(tracks)) for part in ("-map", f"{number}:a")]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y"]
        command += [part for track in tracks for part in inputs[track]]
        command += [*streams, "-t", "3", "-c:a", CODECS[path.suffix[1:]], *options, str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return path

    return run


def audio_of(report: lipready.Report) -> AudioFacts:
    assert report.facts.audio is not None
    assert isinstance(report.facts.audio.media, AudioFacts)
    return report.facts.audio.media


def said(report: lipready.Report) -> str:
    (message,) = (finding.message for finding in report.findings if finding.rule == "A404")
    return message


@pytest.mark.parametrize("extension", CODECS)
def test_the_track_that_speaks_is_taken_in_every_container(build: Build, extension: str) -> None:
    report = lipready.check(audio=build(f"a.{extension}", "silence", "speech"))
    audio = audio_of(report)
    assert (audio.track, audio.taken, audio.stream_index) == (2, "speech", 1)
    assert [track.speaks for track in audio.tracks] == [False, True]
    assert "Track 2 of 2 is taken, in which somebody speaks; no speech is heard in the other." in said(report)
    assert not [finding for finding in report.findings if finding.rule == "A501"]


def test_it_is_taken_from_a_video_as_well(build: Build, made: Callable[[str], Path], tmp_path: Path) -> None:
    sound, path = build("a.m4a", "noise", "speech"), tmp_path / "b.mp4"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "error",
        "-i",
        str(made("anna.mp4")),
        "-i",
        str(sound),
    ]
    command += ["-map", "0:v", "-map", "1:a", "-c", "copy", "-t", "3", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    audio = audio_of(lipready.check(audio=path))
    assert (audio.track, audio.stream_index, len(audio.tracks)) == (2, 2, 2)


def test_of_several_that_speak_the_default_is_taken_and_the_others_are_named(build: Build) -> None:
    default = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    report = lipready.check(audio=build("a.mkv", "speech", "speech", "noise", options=default))
    assert (audio_of(report).track, audio_of(report).taken) == (2, "default")
    assert "Track 2 of 3 is taken, in which somebody speaks; somebody speaks in track 1 too." in said(report)


def test_of_several_that_speak_beside_a_silent_default_the_first_is_taken(build: Build) -> None:
    report = lipready.check(audio=build("a.m4a", "silence", "speech", "speech"))
    assert audio_of(report).track == 2
    assert "somebody speaks in track 3 too" in said(report)


def test_where_nobody_speaks_the_default_is_taken(build: Build) -> None:
    report = lipready.check(audio=build("a.m4a", "silence", "noise"))
    assert audio_of(report).track == 1
    assert "Track 1 of 2 is taken, which a player would play; no speech is heard in any." in said(report)
    assert "A501" in {finding.rule for finding in report.findings}


def test_a_quick_check_listens_to_none_and_says_so(build: Build) -> None:
    report = lipready.check(audio=build("a.m4a", "silence", "speech"), settings=lipready.Settings(quick=True))
    audio = audio_of(report)
    assert audio.track == 1
    assert all(isinstance(track.speaks, Unmeasured) and track.speaks.skipped for track in audio.tracks)
    assert "Track 1 of 2 is taken, which a player would play: nobody listened." in said(report)


@pytest.mark.parametrize("quick", [False, True], ids=["full", "quick"])
def test_the_user_chooses(build: Build, quick: bool) -> None:  # noqa: FBT001
    path = build("a.m4a", "silence", "speech")
    for number in (1, 2):
        report = lipready.check(audio=path, settings=lipready.Settings(quick=quick, audio_track=number))
        assert (audio_of(report).track, audio_of(report).taken) == (number, "chosen")
        assert f"Track {number} of 2 was chosen." in said(report)


def test_no_more_than_eight_tracks_are_listened_to(build: Build) -> None:
    report = lipready.check(audio=build("a.mkv", *["silence"] * 9, "speech"))
    audio = audio_of(report)
    assert [isinstance(track.speaks, Unmeasured) for track in audio.tracks] == [False] * 8 + [True] * 2
    assert "nobody listened to tracks 9 and 10" in said(report)
    assert "no speech is heard in" not in said(report)


def test_one_track_is_no_finding(good_job: tuple[Path, Path, Path]) -> None:
    report = lipready.check(audio=good_job[1])
    assert not report.findings
    (track,) = audio_of(report).tracks
    assert (track.number, track.speaks) == (1, True)


def test_json_lists_the_tracks(build: Build) -> None:
    tags = ("-metadata:s:a:1", "language=spa", "-metadata:s:a:1", "title=Dub\x1b[31m")
    report = lipready.check(audio=build("a.mka", "silence", "speech", options=tags)).to_dict()
    facts = report["files"][0]["facts"]
    assert facts["track"] == 2
    first, second = facts["tracks"]
    assert (first["number"], first["language"], first["title"], first["speech"]) == (1, None, None, False)
    assert (second["stream_index"], second["codec"], second["channels"], second["sample_rate"]) == (1, "opus", 1, 48000)
    assert (second["language"], second["title"], second["speech"]) == ("spa", "Dub\x1b[31m", True)
    assert "\x1b" not in json.dumps([finding["message"] for finding in report["findings"]])
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("number", "speaks"), [(None, True), (1, False), (2, True)])
def test_prepare_writes_one_track_and_has_nothing_left_to_do(
    build: Build,
    tmp_path: Path,
    number: int | None,
    speaks: bool,  # noqa: FBT001
) -> None:
    path, settings = build("a.m4a", "silence", "speech"), lipready.Settings(audio_track=number)
    prepared = lipready.prepare(audio=path, out=tmp_path / "out", settings=settings)
    audio = audio_of(prepared.report)
    assert len(audio.tracks) == 1
    assert audio.tracks[0].speaks is speaks
    assert f"Write track {number or 2} of 2 as WAV" in prepared.steps[0].text
    assert "A404" in prepared.steps[0].rules
    assert not {"A401", "A404"} & {finding.rule for finding in prepared.report.findings}
    length = audio.duration
    assert not isinstance(length, Unmeasured)
    assert abs(length.believed - 3) < Fraction(1, 10)


def test_a_repair_of_several_tracks_is_made_where_the_format_is_accepted(build: Build, tmp_path: Path) -> None:
    path = build("a.m4a", "silence", "speech")
    prepared = lipready.prepare(audio=path, out=tmp_path / "out", provider="evolink")
    assert prepared.job.audio is not None
    assert prepared.job.audio.endswith(".wav")
    assert not prepared.report.findings


def test_another_choice_is_not_taken_for_what_was_prepared_before(build: Build, tmp_path: Path) -> None:
    path = build("a.m4a", "silence", "speech")
    for number in (1, 2):
        settings = lipready.Settings(quick=True, audio_track=number)
        prepared = lipready.prepare(audio=path, out=tmp_path / "out", settings=settings)
        assert not prepared.already_prepared
    assert lipready.prepare(audio=path, out=tmp_path / "out", settings=settings).already_prepared


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_a_number_that_is_not_there_is_one_sentence(build: Build, number: int) -> None:
    path = build("a.m4a", "silence", "speech")
    with pytest.raises(lipready.UsageError) as refusal:
        lipready.check(audio=path, settings=lipready.Settings(audio_track=number))
    expected = (
        f"{path}: has 2 audio tracks, and none is number {number}: say `Settings.audio_track` 1 or 2, or leave it out."
    )
    assert str(refusal.value) == expected


def test_a_track_of_no_audio_file_is_refused(good_job: tuple[Path, Path, Path]) -> None:
    with pytest.raises(lipready.UsageError, match="the job has no audio file"):
        lipready.check(video=good_job[0], settings=lipready.Settings(audio_track=1, quick=True))


def lipready_says(*arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "lipready", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_the_command_line_chooses_and_says_which_of_how_many(build: Build, tmp_path: Path) -> None:
    path = str(build("a.m4a", "speech", "speech"))
    status, out, _ = lipready_says("check", "--audio", path, "--audio-track", "2", "--quick")
    assert status == 1
    assert "track 2 of 2" in out
    assert "Track 2 of 2 was chosen." in " ".join(out.split())
    status, _, err = lipready_says("prepare", path, "-o", str(tmp_path / "out"), "--audio-track", "3")
    assert (status, err.count("\n")) == (2, 1)
    assert "none is number 3" in err
    status, _, err = lipready_says("submit", path, "--no-wait", "--dry-run", "--audio-track", "2")
    assert status == 2
    assert "say --prepare as well" in err
