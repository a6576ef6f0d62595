"""A result against what it was made of: what is right is left alone, and each fault is told."""

import asyncio
import os
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import lipready
from lipready.cli.output.outcome import Outcome
from lipready.cli.output.session import Session
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.reports.report import Report
from lipready.verify import verify_download, verify_job
from studio.encoder import run

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-movflags", "+faststart")


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory: pytest.TempPathFactory) -> Path:  # type: ignore[no-untyped-def]
    """Make the clip and the speech that were sent, 3 s of each, and results of them."""
    folder = tmp_path_factory.mktemp("results")
    picture, sound = ("-i", folder / "clip.mp4"), ("-i", folder / "speech.wav")
    run(["-i", made("anna.mp4"), "-t", "3", "-vf", "scale=640:360", *X264, "-an", folder / "clip.mp4"])
    run(["-i", made("anna.wav"), "-t", "3", folder / "speech.wav"])
    run(["-ss", "2", "-i", made("anna.wav"), "-t", "3", "-af", "areverse", folder / "other.wav"])

    def result(name: str, *options: object, sound: tuple[object, ...] = sound, coded: tuple[str, ...] = X264) -> None:
        run([*picture, *sound, "-map", "0:v", "-map", "1:a", *coded, *AAC, *map(str, options), folder / f"{name}.mp4"])

    result("right", "-crf", "28")
    result("late", "-af", "adelay=200", "-t", "3", coded=("-c:v", "copy"))
    result("early", "-af", "atrim=start=0.2,asetpts=PTS-STARTPTS,apad", "-t", "3", coded=("-c:v", "copy"))
    result("other", sound=("-i", folder / "other.wav"), coded=("-c:v", "copy"))
    result("mute", "-an", coded=("-c:v", "copy"))
    result("short", "-t", "2")
    result("small", "-vf", "scale=320:180")
    result("slow", "-r", "15")
    result("mirrored", "-vf", "hflip")
    (folder / "cut.mp4").write_bytes((folder / "right.mp4").read_bytes()[:-20_000])
    return folder


def verified(folder: Path, result: str, **options: object) -> Report:
    video, audio = folder / "clip.mp4", folder / "speech.wav"
    return lipready.verify(folder / result, video=video, audio=audio, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ("right.mp4", {}),
        ("late.mp4", {"O806": "0.2 s late"}),
        ("early.mp4", {"O806": "0.2 s early"}),
        ("mute.mp4", {"O805": "no sound"}),
        ("short.mp4", {"O802": "2 s"}),
        ("small.mp4", {"O803": "320 × 180 px"}),
        ("slow.mp4", {"O804": "15 fps"}),
    ],
)
def test_each_fault_is_told_and_nothing_else(folder: Path, result: str, found: dict[str, str]) -> None:
    report = verified(folder, result)
    assert {finding.rule: finding.measured for finding in report.findings} == found
    assert {finding.severity for finding in report.findings} <= {"warning"}
    assert all((finding.role, finding.path) == ("result", str(folder / result)) for finding in report.findings)


def test_other_speech_is_not_what_was_sent(folder: Path) -> None:
    (finding,) = verified(folder, "other.mp4").findings
    assert finding.rule == "O805"
    assert "speech.wav" in finding.message


def test_a_result_that_is_cut_off_is_the_only_error(folder: Path) -> None:
    report = verified(folder, "cut.mp4")
    assert [finding.rule for finding in report.errors] == ["O801"]
    assert report.verdict == "fail"


def test_what_went_in_is_not_judged(folder: Path, fits) -> None:  # type: ignore[no-untyped-def]
    report = verified(folder, "right.mp4")  # a clip of 640 × 360 breaks V103
    assert report.verdict == "pass"
    assert {entry.rule for entry in report.unchecked} <= {"O808", "O809"}  # what cannot be told of the mouth
    assert [file["role"] for file in report.to_dict()["files"]] == ["video", "audio", "result"]
    fits(report.to_dict())
    assert lipready.Report.from_json(report.to_json()) == report
    assert "result" in report.to_html()


def test_a_picture_that_was_changed_outside_of_the_face_is_told(folder: Path) -> None:
    (finding,) = verified(folder, "mirrored.mp4", settings=lipready.Settings(only=("O814",))).findings
    assert "mirrored.mp4" in finding.message
    facts = verified(folder, "right.mp4").facts.result
    assert facts is not None
    assert not isinstance(facts.surroundings, lipready.Unmeasured)
    assert facts.surroundings.alike > 0.9
    assert facts.surroundings.colour < 0.01


def test_facts_have_the_numbers(folder: Path) -> None:
    result = verified(folder, "late.mp4").facts.result
    assert result is not None
    assert not isinstance(result.sound, lipready.Unmeasured)
    assert abs(result.sound.shift - Fraction(1, 5)) <= Fraction(1, 500)
    assert not isinstance(result.picture, lipready.Unmeasured)
    assert (result.picture.frames, result.picture.damaged) == (75, 0)


def test_quick_reads_headers_alone(folder: Path) -> None:
    report = verified(folder, "small.mp4", settings=lipready.Settings(quick=True))
    assert [finding.rule for finding in report.findings] == ["O803"]
    assert {entry.rule for entry in report.unchecked} == {"O801", *(f"O8{number:02}" for number in range(5, 15))}
    assert not any(entry.required for entry in report.unchecked)


def test_bytes_are_verified_as_files_are(folder: Path) -> None:
    result = lipready.Input((folder / "late.mp4").read_bytes(), "back.mp4")
    report = lipready.verify(result, video=folder / "clip.mp4", audio=(folder / "speech.wav").read_bytes())
    assert [(finding.rule, finding.path) for finding in report.findings] == [("O806", "back.mp4")]
    assert [file["path"] for file in report.to_dict()["files"]][2] == "back.mp4"


def test_a_lengthened_video_is_foretold_by_the_audio(folder: Path) -> None:
    options = lipready.RequestOptions(video_extension=True)
    report = lipready.verify(
        folder / "right.mp4", video=folder / "short.mp4", audio=folder / "speech.wav", options=options
    )
    assert report.facts.result_length == 3
    assert report.findings == ()


def test_rules_of_the_callers_own_may_be_about_the_result(folder: Path) -> None:
    @lipready.rule("X905", name="result-square", subject="result")
    def square(facts, limit):  # type: ignore[no-untyped-def]
        file = facts.result.file
        if file.media.width != file.media.height:
            yield lipready.finding(limit, file, "It is not square.", measured="16:9", allowed="1:1")

    assert list(verified(folder, "right.mp4", rules=[square]).by_rule) == ["X905"]


def test_progress_and_asyncio(folder: Path) -> None:
    told: list[tuple[str, float]] = []
    paths = {"video": folder / "clip.mp4", "audio": folder / "speech.wav"}
    report = asyncio.run(lipready.verify_async(folder / "right.mp4", **paths, progress=lambda *each: told.append(each)))
    assert report.verdict == "pass"
    assert (f"watching {folder / 'right.mp4'}", 1.0) in told


def test_a_file_that_is_not_there_is_a_wrong_call(folder: Path) -> None:
    with pytest.raises(lipready.UsageError, match=r"nothing\.mp4"):
        verified(folder, "nothing.mp4")


def test_a_cancelled_token_ends_it(folder: Path) -> None:
    token = lipready.Cancel()
    token.cancel()
    with pytest.raises(lipready.CancelledError):
        verified(folder, "right.mp4", cancel=token)


QUICK = lipready.Settings(quick=True)
Written = Callable[..., JournalEntry]


@pytest.fixture
def written(folder, entry_of, account):  # type: ignore[no-untyped-def]
    """Write down that the clip and the speech were sent just now: `written(video=…)`."""
    sent = {"video": str(folder / "clip.mp4"), "audio": str(folder / "speech.wav"), "created": time.time() + 1}
    return lambda **changes: entry_of(account("dashscope"), **{**sent, **changes})


def test_the_journal_keeps_what_is_wrong_with_a_result(folder: Path, journal: Journal, written: Written) -> None:
    profile, entry = lipready.Profile.load("dashscope"), written()
    report = verify_download(entry.id, str(folder / "small.mp4"), profile, QUICK)
    assert report is not None
    assert journal.find(entry.id).verified == "warn: O803"
    assert verify_download(entry.id, str(folder / "right.mp4"), profile, QUICK) is not None
    assert journal.find(entry.id).verified == "pass"


@pytest.mark.parametrize(
    "changes",
    [{"video": None}, {"audio": "/nowhere/speech.wav"}, {"video": "https://example.com/clip.mp4"}, {"created": 1.0}],
)
def test_a_result_whose_inputs_are_not_as_they_were_is_not_verified(
    folder: Path, journal: Journal, written: Written, changes: dict[str, object]
) -> None:
    entry = written(**changes)
    profile = lipready.Profile.load("dashscope")
    assert verify_download(entry.id, str(folder / "right.mp4"), profile, QUICK) is None
    with pytest.raises(lipready.UsageError, match=r"not there as it was sent|was no file"):
        verify_job(entry.id, str(folder / "right.mp4"), profile, QUICK)
    assert journal.find(entry.id).verified is None


def test_nothing_that_goes_wrong_is_an_error_of_the_download(folder: Path, written: Written) -> None:
    profile, entry = lipready.Profile.load("dashscope"), written()
    assert verify_download("ffffffffffff", str(folder / "right.mp4"), profile, QUICK) is None
    assert verify_download(entry.id, str(folder / "gone.mp4"), profile, QUICK) is None
    assert Outcome(Session(), None, verify=False).verified(None, Path(os.devnull)) is None  # type: ignore[arg-type]
