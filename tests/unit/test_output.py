"""What can fail here fails before anything is sent: where the result video is to be written."""

import os
import shutil
import sys
from types import SimpleNamespace

import pytest

import lipready
from lipready import Job, Sending, Settings
from lipready.errors import ConfigurationError, UsageError

QUICK = Settings(quick=True, only=("V",))


@pytest.fixture
def job(good_job):
    video, audio, _ = good_job
    return Job.of(video, audio)


@pytest.fixture
def sandbox(shared_sandbox, at_sandbox):
    at_sandbox(shared_sandbox)
    return shared_sandbox


def unchecked(*_):
    pytest.fail("the files were checked")


@pytest.fixture
def refused(sandbox, job, journal):
    """Submit with an output that cannot be, and give what is said; nothing is asked of anybody, or written down."""

    def run(output):
        before = dict(sandbox.ledger().requests)
        with pytest.raises(UsageError) as caught:
            lipready.submit(job, settings=QUICK, sending=Sending(output=os.fspath(output)))
        assert dict(sandbox.ledger().requests) == before
        assert journal.entries() == ()
        return str(caught.value)

    return run


def test_a_file_in_its_way(refused, tmp_path):
    (tmp_path / "f.mp4").write_text("mine")
    assert "exists already" in refused(tmp_path / "f.mp4")
    assert (tmp_path / "f.mp4").read_text() == "mine"


def test_a_link_that_leads_nowhere_in_its_way(refused, tmp_path):
    (tmp_path / "f.mp4").symlink_to("nowhere")
    assert "exists already" in refused(tmp_path / "f.mp4")


@pytest.mark.parametrize(
    ("name", "said"), [("gone/f.mp4", "does not exist"), (".", "is a folder"), ("x" * 256, "long")]
)
def test_a_place_where_nothing_can_be(refused, tmp_path, name, said):
    assert said in refused(tmp_path / name)


@pytest.mark.parametrize("reason", ["Read-only file system", "Disk quota exceeded"])
def test_a_folder_in_which_nothing_can_be_written_whoever_asks(refused, tmp_path, monkeypatch, reason):
    def fail(**_):
        raise OSError(30, reason)

    monkeypatch.setattr("lipready.providers.download.result_file.NamedTemporaryFile", fail)
    assert reason in refused(tmp_path / "f.mp4")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder in which nobody may write")  # noqa: PTH112
def test_a_folder_in_which_even_root_writes_nothing(refused):
    assert "cannot be written" in refused("/proc/self/f.mp4")


def test_a_disk_without_room_for_the_expected_size(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    said = refused(tmp_path / "f.mp4")
    assert "The result may have 2.5 MB, and 1.0 MB are free" in said
    assert [*tmp_path.glob(".*")] == []


def test_nothing_is_left_of_the_trial(sandbox, job, tmp_path):
    del sandbox
    place = tmp_path / "films"
    place.mkdir()
    lipready.submit(job, settings=QUICK, sending=Sending(output=str(place / "f.mp4")))
    assert [*place.iterdir()] == []


def test_a_file_that_appears_before_the_paid_request(sandbox, job, journal, tmp_path, monkeypatch):
    before, output = sandbox.ledger().submissions, tmp_path / "f.mp4"

    def turn(*_):
        output.write_text("mine")
        yield from ()

    monkeypatch.setattr("lipready.providers.submission.posting.take_turn", turn)
    with pytest.raises(UsageError, match="exists already"):
        lipready.submit(job, settings=QUICK, sending=Sending(output=str(output)))
    (entry,) = journal.entries()
    assert (entry.stage, sandbox.ledger().submissions) == ("refused", before)


def test_a_job_that_is_resumed_elsewhere_is_written_there(sandbox, job, journal, tmp_path):
    from lipready.providers.submission.known_job import account_of
    from lipready.providers.transport.drive import run
    from lipready.task import resumed

    del sandbox
    task = lipready.submit(job, settings=QUICK, sending=Sending(output=str(tmp_path / "f.mp4")))
    run(task.account, resumed(account_of(task.entry), task.entry, output=str(tmp_path / "g.mp4")))
    assert journal.entries()[0].output == str(tmp_path / "g.mp4")


def test_the_key_is_looked_for_before_the_files_are_checked(surroundings, job, monkeypatch):
    del surroundings
    monkeypatch.setattr(sys.modules["lipready.submit"], "check_job", unchecked)
    with pytest.raises(ConfigurationError, match="There is no key"):
        lipready.submit(job, settings=QUICK)


def test_the_place_is_looked_at_before_the_files_are_checked(sandbox, job, monkeypatch, tmp_path):
    del sandbox
    monkeypatch.setattr(sys.modules["lipready.submit"], "check_job", unchecked)
    with pytest.raises(UsageError, match="does not exist"):
        lipready.submit(job, settings=QUICK, sending=Sending(output=str(tmp_path / "gone" / "f.mp4")))
