"""`lipready.gate`, as a program calls it, over a small tree."""

import asyncio
import shutil
import threading
import time

import pytest

import lipready
from lipready import Cancel, CancelledError, ConfigurationError, NothingCheckedError, UsageError
from lipready.faces.models.weights import models_folder


@pytest.fixture
def tree(good_job, bad_job, tmp_path, monkeypatch):
    """Make a folder with a good job and a bad video, in which nothing is configured, and an empty cache."""
    monkeypatch.setenv("LIPREADY_MODELS_DIR", str(models_folder()))
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "assets"
    folder.mkdir()
    for path in (good_job[0], good_job[1], bad_job[0]):
        shutil.copy(path, folder)
    (folder / "lipready.toml").write_text("quick = true\n")
    return folder


def verdicts(result):
    return {verdict.unit.name: verdict.report.verdict for verdict in result.verdicts}


def test_jobs_and_single_files_have_their_verdicts_and_are_remembered(tree, caplog):
    caplog.set_level("INFO", "lipready")
    told = []
    found = lipready.gate(tree, progress=lambda *at: told.append(at))
    assert verdicts(found) == {"anna.mp4": "pass", "bad.webm": "fail"}
    assert not found.passed
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert f"checking 3 files in {tree}" in caplog.text
    again = lipready.gate(str(tree))
    assert all(verdict.remembered for verdict in again.verdicts)
    assert [report.findings for report in again.reports] == [report.findings for report in found.reports]


def test_the_configuration_counts_unless_the_call_says_otherwise(tree):
    (tree / "lipready.toml").write_text('quick = true\nonly = ["V103"]\nfail-on = "warning"\n')
    (by_file,) = lipready.gate([tree / "bad.webm"]).reports
    assert {entry.reason for entry in by_file.unchecked if entry.rule == "V104"} == {"not chosen with `Settings.only`"}
    (by_call,) = lipready.gate(tree / "bad.webm", only=["V104"], fail_on="error").reports
    assert {found.rule for found in by_call.findings} == {"V104"}
    (tree / "other.toml").write_text("quick = nonsense\n")
    with pytest.raises(ConfigurationError):
        lipready.gate(tree, configuration=tree / "other.toml")


def test_wrong_calls_speak_of_no_option(tree):
    calls = [
        ((tree / "gone",), {}, UsageError),
        ((tree,), {"only": ["X999"]}, UsageError),
        ((tree,), {"every_frame": True}, UsageError),
        ((tree,), {"only": ["V104"], "ignore": ["V"]}, NothingCheckedError),
        ((tree,), {"fail_on": "info"}, UsageError),
        ((tree,), {"write": True}, UsageError),
        ((tree,), {"update_baseline": True}, UsageError),
    ]
    for arguments, options, error in calls:
        with pytest.raises(error) as caught:
            lipready.gate(*arguments, **options)
        assert "--" not in str(caught.value)


def test_what_is_found_is_accepted_and_only_that(tree):
    file = tree / "accepted.json"
    first = lipready.gate(tree / "bad.webm", only=["V103", "V104"], baseline=file, update_baseline=True)
    assert (first.passed, first.notices[-1].text) == (True, f"{file} accepts 2 findings now.")
    assert lipready.gate(tree / "bad.webm", only=["V103", "V104"], baseline=file).passed
    more = lipready.gate(tree / "bad.webm", only=["V101", "V103"], baseline=file)
    assert ([found.rule for found in more.reports[0].findings], more.passed) == (["V101"], False)


def test_what_needs_no_encoding_is_repaired_beside_the_sources(tree):
    (tree / "anna.mp4").rename(tree / "wrong.avi")
    (tree / "anna.wav").unlink()
    found = lipready.gate(tree / "wrong.avi", fix=True)
    (change,) = found.changes
    assert (change.source, change.output, change.rules) == ("wrong.avi", "lipready-fixed/wrong.mp4", ("F003",))
    assert not found.passed
    assert (tree / change.output).is_file()
    assert (tree / "wrong.avi").is_file()
    with pytest.raises(UsageError, match=r"`gate\(write=True\)`"):
        lipready.gate(tree / "wrong.avi", fix=True, write=True)


def test_it_is_cancelled_in_the_middle_and_on_asyncio(tree, ours):
    token = Cancel()
    threading.Timer(0.5, token.cancel).start()
    with pytest.raises(CancelledError):
        lipready.gate(tree, quick=False, every_frame=True, cancel=token, workers=1)

    async def main():
        async with asyncio.timeout(0.5):
            await lipready.gate_async(tree, quick=False, every_frame=True, workers=1)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    # The processes are killed, and whoever waits for them hears of it.
    while ours():
        time.sleep(0.05)
