"""`lipready.Task`: followed, cancelled and brought home, at a real sandbox."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

import lipready
from lipready import Job, RequestOptions, Sending, Settings
from lipready.errors import AnswerError, DeadlineError, DownloadError, RefusedError, UsageError
from lipready.providers.download.result_file import fault_of
from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.serve import SandboxOptions, serving

QUICK = Settings(quick=True, only=("V",))
AGAIN = Sending(again=True)
SOON = 0.1


@pytest.fixture
def job(good_job):
    video, audio, _ = good_job
    return Job.of(video, audio)


@pytest.fixture
def sent(shared_sandbox, at_sandbox, job):
    """Submit a job: `sent(provider)`."""
    at_sandbox(shared_sandbox)
    return lambda provider="dashscope": lipready.submit(job, provider=provider, settings=QUICK)


@pytest.fixture
def task(sent):
    return sent()


@pytest.fixture
def waiting(at_sandbox, job):
    """Give a task that waits for its turn for longer than any test, and its sandbox."""
    with serving(SandboxOptions(pace=4000)) as running:
        at_sandbox(running)
        yield lipready.submit(job, settings=QUICK), running


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_the_whole_way(sent, journal, tmp_path, provider):
    heard, shares = [], []
    task = sent(provider)
    ended = task.wait(poll_interval=SOON, progress=heard.append)
    film = ended.download(tmp_path / "film.mp4", progress=shares.append)
    assert (task.status, ended.status, heard[-1].status) == ("queued", "succeeded", "succeeded")
    assert film == tmp_path / "film.mp4"
    assert fault_of(str(film), task.entry.expected_seconds) is None
    assert ended.verify(film, settings=Settings(quick=True)).verdict == "pass"
    assert journal.find(task.id).verified == "pass"
    with pytest.raises(UsageError, match="no such file"):
        ended.verify(tmp_path / "gone.mp4")
    assert shares[-1] == 1.0
    (entry,) = journal.entries()
    assert (entry.stage, entry.result) == ("downloaded", str(film))
    assert entry.seconds is not None or provider == "evolink"
    assert ended.state.result_url not in repr(ended)
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_what_was_stored_for_a_job_is_removed_once_its_result_is_here(sent, journal, tmp_path):
    task = sent("evolink")
    stored = task.entry.uploads
    assert all(each.file_id for each in stored)
    assert [fetched(each.url) for each in stored] == [200, 200]
    task.wait(poll_interval=SOON).download(tmp_path / "result.mp4")
    assert [fetched(each.url) for each in stored] == [404, 404]
    assert journal.find(task.entry.id).uploads == ()


def test_a_result_that_was_just_seen_is_not_asked_for_again(sent, shared_sandbox, tmp_path):
    ended = sent("evolink").wait(poll_interval=SOON)
    asked = shared_sandbox.ledger().requests["poll"]
    ended.wait().download(tmp_path / "result.mp4")
    assert shared_sandbox.ledger().requests["poll"] == asked


def fetched(url):
    try:
        with urlopen(url) as answer:  # noqa: S310 - the sandbox's own
            return answer.status
    except HTTPError as error:
        return error.code


def test_a_look_after_the_film_came_home_changes_nothing(task, journal, tmp_path):
    ended = task.wait(poll_interval=SOON)
    ended.download(tmp_path / "film.mp4")
    assert ended.refresh().status == "succeeded"
    assert task.refresh().status == "succeeded"
    (entry,) = journal.entries()
    assert (entry.stage, entry.open) == ("downloaded", False)


def test_an_old_look_at_a_task_brings_the_film_home_and_keeps_what_is_known(task, journal, tmp_path):
    task.wait(poll_interval=SOON)
    task.download(tmp_path / "film.mp4")
    (entry,) = journal.entries()
    assert (entry.stage, entry.said, entry.seconds is not None) == ("downloaded", "SUCCEEDED", True)


def test_a_film_is_never_overwritten(task, tmp_path):
    (tmp_path / "film.mp4").write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        task.wait(poll_interval=SOON).download(tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").read_text() == "mine"


def test_there_is_no_film_yet(waiting, tmp_path):
    task, _ = waiting
    with pytest.raises((DownloadError, lipready.TaskFailedError)) as caught:
        task.download(tmp_path / "film.mp4")
    assert "no result video yet" in str(caught.value)


def test_a_deadline_keeps_the_task(waiting, journal):
    task, _ = waiting
    with pytest.raises(DeadlineError) as caught:
        task.wait(deadline=0, poll_interval=SOON)
    assert caught.value.task_id == task.id
    (entry,) = journal.entries()
    assert (entry.stage, entry.said) == ("submitted", "PENDING")


def test_a_task_that_waits_can_be_cancelled(waiting, journal):
    task, running = waiting
    assert task.cancel().status == "canceled"
    assert [each.status for each in running.ledger().tasks] == ["CANCELED"]
    (entry,) = journal.entries()
    assert (entry.stage, entry.open) == ("canceled", False)
    with pytest.raises(lipready.TaskFailedError, match="cancelled"):
        task.wait(poll_interval=SOON)


def test_a_lost_answer_to_a_cancellation_is_none_the_worse(waiting):
    task, running = waiting
    running.inject(Fault.parse("cancel:reset-after"))
    assert task.cancel().status == "canceled"


def test_a_task_that_runs_cannot_be_cancelled(task, journal):
    ended = task.wait(poll_interval=SOON)
    with pytest.raises(RefusedError) as caught:
        ended.cancel()
    assert caught.value.code == "UnsupportedOperation"
    (entry,) = journal.entries()
    assert entry.stage == "succeeded"


def test_evolink_offers_no_way_to_cancel(shared_sandbox, at_sandbox, job):
    at_sandbox(shared_sandbox)
    task = lipready.submit(job, provider="evolink", settings=QUICK)
    with pytest.raises(UsageError, match="no way to cancel"):
        task.cancel()


def test_a_task_is_found_by_either_id(task):
    for name in (task.id, task.entry.id, task.entry.id[:6]):
        assert lipready.get_task(name).id == task.id
    with pytest.raises(UsageError, match="There is no task"):
        lipready.get_task("nothing-of-ours")


def test_a_job_without_a_task_says_how_to_go_on(account, entry_of):
    entry = entry_of(account("dashscope"), stage="intended")
    with pytest.raises(UsageError, match=rf"lipready\.resume\('{entry.id}'\)"):
        lipready.get_task(entry.id, api_key="sk-canary-0123456789")


def test_another_key_does_not_see_it(task):
    found = lipready.get_task(task.id, api_key="sk-somebody-else-0123")
    assert found.state.said == "UNKNOWN"
    assert found.entry.open  # it was submitted a moment ago


def test_threads_wait_side_by_side(shared_sandbox, at_sandbox, job, tmp_path):
    at_sandbox(shared_sandbox)
    tasks = [lipready.submit(job, provider="evolink", settings=QUICK, sending=AGAIN) for _ in range(3)]

    def home(task):
        return task.wait(poll_interval=SOON).download(tmp_path / f"{task.entry.id}.mp4")

    with ThreadPoolExecutor(3) as pool:
        assert len({film.name for film in pool.map(home, tasks) if film.is_file()}) == 3


def test_the_twins_for_asyncio(shared_sandbox, at_sandbox, job, tmp_path, journal):
    at_sandbox(shared_sandbox)

    async def one(provider):
        task = await lipready.submit_async(job, provider=provider, settings=QUICK, sending=AGAIN)
        task = await (await lipready.get_task_async(task.id)).wait_async(poll_interval=SOON)
        assert (await task.refresh_async()).status == "succeeded"
        film = await task.download_async(tmp_path / f"{task.entry.id}.mp4")
        assert (await task.verify_async(film, settings=Settings(quick=True))).errors == ()
        return film

    async def all_of_them():
        return await asyncio.gather(*map(one, ("dashscope", "evolink", "evolink")))

    films = asyncio.run(all_of_them())
    assert all(fault_of(str(film), None) is None for film in films)
    assert [entry.stage for entry in journal.entries()] == ["downloaded"] * 3


def test_asyncio_cancels_and_misses_deadlines_alike(waiting):
    task, _ = waiting
    with pytest.raises(DeadlineError):
        asyncio.run(task.wait_async(deadline=0, poll_interval=SOON))
    assert asyncio.run(task.cancel_async()).status == "canceled"


def test_a_wait_that_is_cancelled_leaves_the_task(waiting, journal):
    task, _ = waiting
    heard = threading.Event()

    async def given_up():
        waits = asyncio.ensure_future(task.wait_async(poll_interval=60, progress=lambda _: heard.set()))
        await asyncio.to_thread(heard.wait, 60)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits

    asyncio.run(given_up())
    (entry,) = journal.entries()
    assert (entry.stage, entry.open) == ("submitted", True)


def test_the_sandbox_of_this_process_is_asked_again_and_that_of_another_is_not(surroundings, job, journal):
    del surroundings
    task = lipready.submit(job, provider="sandbox:evolink", settings=QUICK)
    assert lipready.get_task(task.id).status in {"queued", "running", "succeeded"}
    assert lipready.resume(task.entry.id).account.provider == "sandbox:evolink"
    gone = replace(task.entry, id="0" * 12, task_id="task-unified-1", api="http://127.0.0.1:1/v1")
    journal.add(gone)
    with pytest.raises(UsageError, match="ended with its process"):
        lipready.get_task(gone.id)


# Callbacks


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.called.set()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        server.bodies, server.called = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.url = f"http://127.0.0.1:{server.server_address[1]}/called?token=s3cret"
        yield server
        server.shutdown()
        thread.join()


def test_a_callback_makes_us_ask(shared_sandbox, at_sandbox, job, receiver, journal):
    at_sandbox(shared_sandbox)
    asking = replace(job, options=RequestOptions(callback_url=receiver.url))
    task = lipready.submit(asking, provider="evolink", settings=QUICK)
    assert receiver.called.wait(120)
    (body,) = receiver.bodies
    assert lipready.receive_callback(body).status == "succeeded"
    assert lipready.receive_callback(body).id == task.id
    (entry,) = journal.entries()
    assert (entry.stage, entry.complete) == ("succeeded", False)
    assert b"s3cret" not in journal.path.read_bytes()


def test_a_forged_callback_is_not_believed(at_sandbox, job, journal):
    with serving(SandboxOptions(pace=4000)) as running:
        at_sandbox(running)
        task = lipready.submit(job, provider="evolink", settings=QUICK)
        forged = {"id": task.id, "status": "completed", "results": ["http://evil.example/f.mp4"], "progress": 100}
        found = lipready.receive_callback(json.dumps(forged).encode())
        assert (found.status, found.state.result_url) == ("queued", None)
        (entry,) = journal.entries()
        assert entry.stage == "submitted"
        before = dict(running.ledger().requests)
        with pytest.raises(UsageError, match="There is no task"):
            lipready.receive_callback(json.dumps({**forged, "id": "task-unified-1-another"}).encode())
        with pytest.raises(AnswerError):
            lipready.receive_callback(b"{")
        assert dict(running.ledger().requests) == before
