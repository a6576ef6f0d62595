"""`lipready verify`: a result against the files that it was made of."""

import json

import pytest

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module")
def results(media, ffmpeg, tmp_path_factory):
    """Give a result that is right, one whose sound is late, and one that was cut off."""
    folder = tmp_path_factory.mktemp("results")
    inputs = ("-i", media / "good.mp4", "-i", media / "speech.wav", "-map", "0:v", "-map", "1:a", *X264, "-c:a", "aac")
    ffmpeg(folder / "right.mp4", *inputs, "-movflags", "+faststart")
    ffmpeg(folder / "late.mp4", *inputs, "-af", "adelay=300", "-t", "3", "-movflags", "+faststart")
    (folder / "cut.mp4").write_bytes((folder / "right.mp4").read_bytes()[:-30_000])
    return folder


def test_the_exit_status_and_the_report(lipready_run, media, results, tmp_path):
    sent = ("--video", media / "good.mp4", "--audio", media / "speech.wav")
    right = lipready_run("verify", results / "right.mp4", *sent)
    assert right.returncode == 0
    assert "nothing found" in right.stdout
    late = lipready_run("verify", results / "late.mp4", *sent, "--fail-on", "warning", "--format", "json")
    assert late.returncode == 1
    report = json.loads(late.stdout)
    assert [(each["rule"], each["role"]) for each in report["findings"]] == [("O806", "result")]
    assert report["files"][2]["compared"]["sound"]["shift"] == pytest.approx(0.3, abs=0.002)
    page, sarif = tmp_path / "page.html", tmp_path / "lipready.sarif"
    cut = lipready_run("verify", results / "cut.mp4", *sent, "--report", f"html={page}", "--report", f"sarif={sarif}")
    assert cut.returncode == 1
    assert "O801 result-incomplete" in cut.stdout
    assert "result-incomplete" in page.read_text("utf-8")
    assert json.loads(sarif.read_text("utf-8"))["runs"][0]["results"][0]["ruleId"] == "O801"


def test_wrong_calls_are_told(lipready_run, media, results):
    assert lipready_run("verify", results / "right.mp4", "--video", media / "good.mp4").returncode == 2
    sent = ("--video", media / "good.mp4", "--audio", media / "speech.wav")
    assert "no such file" in lipready_run("verify", results / "none.mp4", *sent).stderr
    assert lipready_run("verify", results / "right.mp4", *sent, "--only", "V1").returncode == 3
    same = lipready_run("verify", results / "right.mp4", *sent, "--report", f"json={results / 'right.mp4'}")
    assert same.returncode == 2
