"""Cancelling by a token: real files, in the middle of each verb, and nothing is left of it."""

import asyncio
import json
import os
import socket
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import lipready
from lipready import Cancel, CancelledError, Settings
from lipready.cancel import cancellable
from lipready.probe.local_file import hash_of
from lipready.repair.run.ffmpeg import find_ffmpeg, run
from lipready.sandbox.faults.fault import Fault


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
        lipready.check(good_job[0], cancel=stopper.token, progress=stopper)
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


@pytest.fixture(params=["silent", "full"])
def unanswering(request):
    """Listen, and answer nothing (silent), or take no connection any more (full), until 60 s are over."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0 if request.param == "full" else 5)
        waiting = [socket.socket() for _ in range(4 if request.param == "full" else 0)]
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003 - the standard library's
            each.connect_ex(server.getsockname())
        over = threading.Timer(60, server.close)
        over.start()
        yield server.getsockname()[1], over
        over.cancel()
        for each in waiting:
            each.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_fetch_ends_whatever_the_server_is_waited_for(unanswering, scheme, ours, monkeypatch):
    """Before it is connected, while it should shake hands, and while it should answer."""
    monkeypatch.setattr("lipready.net.guard.CONNECT_SECONDS", 3600)
    monkeypatch.setattr("lipready.net.guard.Deadline.left", lambda _self: 3600)
    port, over = unanswering
    token = Cancel()
    threading.Timer(0.2, token.cancel).start()
    with pytest.raises(CancelledError):
        lipready.people(f"{scheme}://127.0.0.1:{port}/clip.mp4", allow_private=True, cancel=token)
    assert over.is_alive()
    assert ours() == []


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


def as_it_arrives(sandbox, act, step="submit"):
    """Call a function, in a thread, as soon as a request of a step has come to the sandbox."""
    as_it_changes(lambda: sandbox.ledger().requests.get(step, 0), act)


def as_it_is_accepted(sandbox, act):
    """Call a function, in a thread, as soon as the sandbox has made a task, and before it answers."""
    as_it_changes(lambda: sandbox.ledger().submissions, act)


def as_it_changes(count, act):
    before = count()

    def watch():
        while count() == before:
            time.sleep(0.01)
        act()

    threading.Thread(target=watch).start()


def test_what_was_sent_is_known_and_found_and_paid_once(faulty_sandbox, at_sandbox, good_job, journal, ours):
    """Cancelled while the answer to the paid request is awaited; the task is made all the same."""
    at_sandbox(faulty_sandbox)
    faulty_sandbox.inject(Fault("submit", "delay", "1"))
    job, quick, token = lipready.Job.of(*good_job[:2]), Settings(quick=True, only=("V",)), Cancel()
    as_it_is_accepted(faulty_sandbox, token.cancel)
    with pytest.raises(CancelledError, match=r"not known\. It may have been paid.*resume\('") as raised:
        lipready.submit(job, settings=quick, cancel=token)
    (entry,) = journal.entries()
    assert (entry.stage, entry.task_id, raised.value.job_id) == ("posting", None, entry.id)
    assert "lipready-transport" not in ours()  # the sandbox has threads of its own here
    faulty_sandbox.inject(Fault("list", "delay", "1"))
    as_it_arrives(faulty_sandbox, (token := Cancel()).cancel, "list")
    with pytest.raises(CancelledError) as raised:
        lipready.resume(entry.id, cancel=token)
    assert (journal.find(entry.id).stage, raised.value.job_id) == ("posting", entry.id)
    task = lipready.resume(entry.id)
    assert [each.id for each in faulty_sandbox.ledger().tasks] == [task.id]
    again = lipready.submit(job, settings=quick)
    assert (again.id, again.attached, len(faulty_sandbox.ledger().tasks)) == (task.id, True, 1)


def test_what_was_refused_for_now_and_cancelled_is_sent_by_resume(faulty_sandbox, at_sandbox, good_job, journal):
    at_sandbox(faulty_sandbox)
    faulty_sandbox.inject(Fault("submit", "429"))
    token, told = Cancel(), []
    as_it_arrives(faulty_sandbox, token.cancel)
    job, settings = lipready.Job.of(*good_job[:2]), Settings(quick=True, only=("V",))
    with pytest.raises(CancelledError):
        lipready.submit(job, settings=settings, progress=lambda what, _share: told.append(what), cancel=token)
    (entry,) = journal.entries()
    assert (entry.stage, len(entry.uploads), faulty_sandbox.ledger().tasks) == ("intended", 2, ())
    uploads = [f"uploading {good_job[0]}", f"uploading {good_job[1]}"]
    assert [what for what in dict.fromkeys(told) if what.startswith("uploading")] == uploads
    journal.write(replace(entry, uploads=()))
    told.clear()
    task = lipready.resume(entry.id, progress=lambda what, _share: told.append(what))
    assert (list(dict.fromkeys(told)), task.entry.id) == (uploads, entry.id)


def test_asyncio_never_pays_twice_either(faulty_sandbox, at_sandbox, good_job, journal, ours):
    at_sandbox(faulty_sandbox)
    faulty_sandbox.inject(Fault("submit", "delay", "1"))
    job, quick = lipready.Job.of(*good_job[:2]), Settings(quick=True, only=("V",))

    async def main():
        loop, sending = asyncio.get_running_loop(), asyncio.create_task(lipready.submit_async(job, settings=quick))
        as_it_is_accepted(faulty_sandbox, lambda: loop.call_soon_threadsafe(sending.cancel))
        with pytest.raises(asyncio.CancelledError):
            await sending
        (entry,) = journal.entries()
        assert (entry.stage, entry.task_id) == ("posting", None)
        return await lipready.resume_async(entry.id)

    task = asyncio.run(main())
    assert [each.id for each in faulty_sandbox.ledger().tasks] == [task.id]
    assert "lipready-transport" not in ours()


def test_whatever_a_task_waits_for_ends(faulty_sandbox, at_sandbox, good_job, journal, tmp_path):
    """Of a provider that does not answer; what is undone stays to be done."""
    at_sandbox(faulty_sandbox)
    task = lipready.submit(lipready.Job.of(*good_job[:2]), settings=Settings(quick=True, only=("V",)))
    faulty_sandbox.advance(60)
    task, out = task.wait(poll_interval=0.1), tmp_path / "result.mp4"
    for step, work in (("poll", task.refresh), ("download", partial(task.download, out))):
        faulty_sandbox.inject(Fault(step, "delay", "1"))
        token = Cancel()
        as_it_arrives(faulty_sandbox, token.cancel, step)
        with pytest.raises(CancelledError) as raised:
            work(cancel=token)
        assert (raised.value.job_id, raised.value.task_id) == (task.entry.id, task.id)
        assert journal.find(task.id).stage == "succeeded"
    body = json.dumps({"id": task.id}).encode()
    for call in (lipready.get_task, lipready.resume, lambda _, cancel: lipready.receive_callback(body, cancel=cancel)):
        with pytest.raises(CancelledError):
            call(task.id, cancel=token)
    assert asyncio.run(task.download_async(out)) == out
