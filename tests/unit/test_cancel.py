"""Cancelling by a token: real files, in the middle of each verb, and nothing is left of it."""

import os
import threading
from pathlib import Path

import pytest

import lipready
from lipready import Cancel, CancelledError, Settings
from lipready.cancel import cancellable
from lipready.probe.local_file import hash_of
from lipready.repair.run.ffmpeg import find_ffmpeg, run


class Stopper:
    """A progress callback that has the token cancelled, by another thread, as soon as a stage is half-way."""

    def __init__(self, stage, share=0.0):
        self.token, self.heard, self._done = Cancel(), [], False
        self._stage, self._share = stage, share

    def __call__(self, what, share):
        self.heard.append((what, share))
        if what.startswith(self._stage) and share > self._share and not self._done:
            self._done = True
            thread = threading.Thread(target=self.token.cancel)
            thread.start()
            thread.join()


def children():
    """Return the names of the processes that this one has started and that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().rpartition(")")
        except OSError:
            continue
        if rest.split()[1] == str(os.getpid()) and rest.split()[0] != "Z":
            found.append(name)
    return found


def test_a_check_ends_in_the_middle(good_job, ours):
    stopper = Stopper("checking", 0.1)
    with pytest.raises(CancelledError, match="cancelled"):
        lipready.check(good_job[0], cancel=stopper.token, settings=Settings(progress=stopper))
    assert max(share for _, share in stopper.heard) < 1
    assert ours() == []


def test_nothing_is_printed_wherever_it_ends(made, capfd):
    clip, heard = made("two_people.mp4"), []
    lipready.check(clip, settings=Settings(progress=lambda _what, share: heard.append(share)))
    for share in heard[:: max(1, len(heard) // 4)]:
        token = Cancel()
        told = Settings(progress=lambda _what, now, at=share, token=token: now >= at and token.cancel())
        with pytest.raises(CancelledError):
            lipready.check(clip, cancel=token, settings=told)
    assert capfd.readouterr() == ("", "")


def test_a_track_ends_in_the_middle(good_job):
    stopper = Stopper("checking", 0.1)
    with pytest.raises(CancelledError):
        lipready.check(audio=good_job[1], cancel=stopper.token, settings=Settings(progress=stopper))


def test_a_token_that_is_cancelled_already_lets_nothing_begin(good_job, tmp_path):
    token = Cancel()
    token.cancel()
    heard = []
    with pytest.raises(CancelledError):
        lipready.check(good_job[0], cancel=token, settings=Settings(progress=lambda *what: heard.append(what)))
    with pytest.raises(CancelledError):
        lipready.prepare(good_job[0], out=tmp_path / "out", cancel=token)
    assert heard == []
    assert not (tmp_path / "out").exists()


def test_the_same_call_without_the_token_is_not_cancelled(good_job):
    token = Cancel()
    token.cancel()
    with pytest.raises(CancelledError):
        lipready.check(good_job[0], cancel=token)
    assert lipready.check(good_job[0], settings=Settings(quick=True)).verdict == "pass"


@pytest.mark.parametrize("share", [-1.0, 0.2])
def test_a_prepare_leaves_nothing_behind(bad_job, tmp_path, share, ours):
    stopper, before = Stopper("repairing", share), children()
    out = tmp_path / "out"
    with pytest.raises(CancelledError):
        lipready.prepare(
            *bad_job[:2], out=out, cancel=stopper.token, progress=stopper, settings=Settings(only=("V1", "A4"))
        )
    assert list(out.iterdir()) == []
    assert (ours(), children()) == ([], before)


def test_ffmpeg_that_says_nothing_is_ended():
    token = Cancel()
    threading.Timer(0.4, token.cancel).start()
    silent = [find_ffmpeg().path, "-v", "quiet", "-re", "-f", "lavfi", "-i", "anullsrc", "-t", "60", "-f", "null", "-"]
    before = children()
    with pytest.raises(CancelledError), cancellable(token):
        run(silent, what="nothing")
    assert children() == before


def test_hashing_ends():
    class Endless:
        def read(self, size):
            return bytes(size)

    token = Cancel()
    threading.Timer(0.2, token.cancel).start()
    with pytest.raises(CancelledError), cancellable(token):
        hash_of(Endless())


def test_a_fetch_from_a_silent_server_ends():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        token = Cancel()
        threading.Timer(0.5, token.cancel).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/clip.mp4"
        with pytest.raises(CancelledError):
            lipready.check(address, cancel=token, settings=Settings(allow_private=True))


def test_waiting_for_a_task_ends_and_the_task_goes_on(shared_sandbox, at_sandbox, good_job, journal):
    del journal
    at_sandbox(shared_sandbox)
    task = lipready.submit(lipready.Job.of(*good_job[:2]), settings=Settings(quick=True, only=("V",)))
    token = Cancel()
    threading.Timer(0.3, token.cancel).start()
    with pytest.raises(CancelledError):
        task.wait(poll_interval=3600, cancel=token)
    assert task.refresh().status in {"queued", "running", "succeeded"}


def test_a_submission_that_is_cancelled_sends_nothing(shared_sandbox, at_sandbox, good_job, journal):
    at_sandbox(shared_sandbox)
    before = shared_sandbox.ledger().submissions
    stopper = Stopper("uploading", -1.0)
    settings = Settings(quick=True, only=("V",), progress=stopper)
    with pytest.raises(CancelledError):
        lipready.submit(lipready.Job.of(*good_job[:2]), settings=settings, cancel=stopper.token)
    assert shared_sandbox.ledger().submissions == before
    assert all(entry.task_id is None for entry in journal.entries())
