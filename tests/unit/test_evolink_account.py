"""EvoLink's storage, credits and batches as a user meets them, at a real sandbox."""

import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

import lipready
from lipready import Job, Sending, Settings
from lipready.cli.commands.tasks import _looked_at_together as looked_at_together
from lipready.errors import RefusedError, UsageError
from lipready.providers.account import account_at
from lipready.providers.evolink import files as client
from lipready.providers.evolink.files import read_quota
from lipready.providers.submission.upload import UploadSource, upload
from lipready.providers.transport.client import Transport
from lipready.providers.transport.drive import drive
from lipready.providers.transport.wire import HttpResponse
from lipready.sandbox.api import evolink_files
from lipready.sandbox.faults.fault import Fault

QUICK = Settings(quick=True, only=("V",), allow_private=True)
SOON = 0.1


@pytest.fixture
def job(good_job):
    video, audio, _ = good_job
    return Job.of(video, audio)


@pytest.fixture
def send(faulty_sandbox, at_sandbox, job):
    """Submit a job to EvoLink, each time anew: `send(job, store=…)`."""
    at_sandbox(faulty_sandbox)

    def submit(what=job, **sending):
        return lipready.submit(what, provider="evolink", settings=QUICK, sending=Sending(again=True, **sending))

    return submit


@pytest.fixture
def served(job):
    """Serve the files of the job at addresses."""
    folder = str(job.video.rpartition("/")[0])
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    handler.func.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        yield Job.of(*(f"{base}/{path.rpartition('/')[2]}" for path in (job.video, job.audio)))
        server.shutdown()


def test_what_is_at_an_address_is_stored_first_and_removed_after_the_job(send, served, journal, tmp_path):
    task = send(served, store=True)
    (entry,) = journal.entries()
    assert [(each.role, each.size) for each in entry.uploads] == [("video", 0), ("audio", 0)]
    assert all("/files/" in each.url and each.file_id for each in entry.uploads)
    assert (entry.video, entry.copied) == (served.video, True)
    task.wait(poll_interval=SOON).download(tmp_path / "result.mp4")
    assert journal.entries()[0].uploads == ()


def test_where_the_storage_is_full_files_of_finished_jobs_make_room(send, journal, monkeypatch):
    monkeypatch.setattr(evolink_files, "QUOTA", 4)
    first, second = send(), send()
    with pytest.raises(
        UsageError, match=r"has room for no more files of this account \(4 at most\), and the job needs 2"
    ):
        send()
    first.wait(poll_interval=SOON)
    journal.write(replace(journal.find(first.entry.id), stage="failed"))
    assert send().status == "queued"
    assert journal.find(first.entry.id).uploads == ()
    assert len(journal.find(second.entry.id).uploads) == 2


def test_a_file_that_goes_as_base64_is_stored_as_any_other(send, job):
    del send
    account, source = account_at("evolink"), UploadSource.of("video", job.video)
    forms = []

    class Proxy(Transport):
        """Let no form through."""

        def send(self, request):
            forms.append(request.form is not None)
            return HttpResponse(415, {}, b"<html>") if request.form else super().send(request)

    with Proxy(account.key, account.origins) as transport:
        stored = drive(upload(account, "videoretalk", source), transport)
        quota = read_quota(transport.send(client.quota(account.endpoints)))
    assert forms == [True, False, False]
    assert stored.file_id
    assert (quota.left, quota.most) == (99, 100)
    with urlopen(stored.url) as answer:  # noqa: S310 - the sandbox's own
        assert answer.read() == Path(job.video).read_bytes()


def test_many_tasks_are_asked_for_in_one_request(send, journal, faulty_sandbox):
    tasks = [send() for _ in range(3)]
    for task in tasks:
        task.wait(poll_interval=SOON)
    polls = faulty_sandbox.ledger().requests["poll"]
    states = looked_at_together(journal.entries())
    assert {states[task.entry.id].id for task in tasks} == {task.id for task in tasks}
    assert all(state.status == "succeeded" and state.result_url for state in states.values())
    assert faulty_sandbox.ledger().requests["poll"] == polls + 1


def test_a_job_that_cannot_be_paid_says_what_is_left(send, faulty_sandbox, journal):
    faulty_sandbox.inject(Fault.parse("submit:quota"))
    with pytest.raises(RefusedError, match=r"The account has [\d,.]+ credits left\.") as caught:
        send()
    assert caught.value.status == 402
    assert journal.entries()[0].stage == "refused"
