"""`lipready.submit`: at a real sandbox, in threads and on asyncio."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import lipready
from lipready import Job, PreflightError, RequestOptions, Sending, Settings
from lipready.errors import ConfigurationError, NotSentError, OutcomeUnknownError, UsageError
from lipready.sandbox.faults.fault import Fault

QUICK = Settings(quick=True, only=("V",))
AGAIN = Sending(again=True)


@pytest.fixture
def job(good_job):
    video, audio, _ = good_job
    return Job.of(video, audio)


@pytest.fixture
def sandbox(shared_sandbox, at_sandbox):
    at_sandbox(shared_sandbox)
    return shared_sandbox


def counted(running):
    return running.ledger().submissions


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_a_job_becomes_a_task_and_the_journal_knows_it(sandbox, job, journal, provider, tmp_path):
    before, output = counted(sandbox), str(tmp_path / "f.mp4")
    task = lipready.submit(job, provider=provider, settings=QUICK, sending=Sending(output=output))
    assert counted(sandbox) == before + 1
    assert task.id in {each.id for each in sandbox.ledger().tasks}
    assert task.status == "queued"
    (entry,) = journal.entries()
    assert entry == task.entry
    assert (entry.stage, entry.task_id, entry.output) == ("submitted", task.id, output)
    assert {each.role for each in entry.uploads} == {"video", "audio"}
    assert entry.expected_seconds == pytest.approx(5.0, abs=1.1)
    assert os.environ["DASHSCOPE_API_KEY"].encode() not in journal.path.read_bytes()


def test_the_journal_names_files_so_that_they_are_found_from_anywhere(sandbox, job, journal, monkeypatch):
    del sandbox
    folder = os.path.dirname(job.video)  # noqa: PTH120 - the text, as the user gave it
    monkeypatch.chdir(folder)
    near = Job.of(os.path.relpath(job.video), os.path.relpath(job.audio))
    lipready.submit(near, settings=QUICK)
    (entry,) = journal.entries()
    assert (entry.video, entry.audio) == (str(job.video), str(job.audio))
    assert entry.complete


def test_errors_are_found_before_anything_is_sent(sandbox, bad_job, journal):
    before = sandbox.ledger()
    with pytest.raises(PreflightError) as caught:
        lipready.submit(Job.of(*bad_job[:2]), settings=Settings(quick=True))
    assert caught.value.report.verdict == "fail"
    assert "V104" in str(caught.value)
    assert "`Sending(force=True)`" in str(caught.value)
    after = sandbox.ledger()
    assert (after.submissions, after.uploaded) == (before.submissions, before.uploaded)
    assert journal.entries() == ()


def test_force_sends_all_the_same(sandbox, bad_job):
    before = counted(sandbox)
    task = lipready.submit(Job.of(*bad_job[:2]), settings=Settings(quick=True), sending=Sending(force=True))
    assert counted(sandbox) == before + 1
    with pytest.raises(lipready.TaskFailedError) as caught:
        task.wait(poll_interval=0.1)
    assert (caught.value.task_id, caught.value.code) == (task.id, "InvalidFile.Format")
    assert "V101" in caught.value.rules


@pytest.mark.parametrize("missing", ["video", "audio"])
@pytest.mark.parametrize("force", [False, True])
def test_half_a_job_is_none(sandbox, job, journal, missing, force):
    before = counted(sandbox)
    half = replace(job, **{missing: None})
    with pytest.raises(UsageError, match="is missing"):
        lipready.submit(half, settings=Settings(quick=True), sending=Sending(force=force))
    assert (counted(sandbox), journal.entries()) == (before, ())


@pytest.mark.parametrize("force", [False, True])
def test_a_file_that_is_not_there_is_a_wrong_call(sandbox, job, tmp_path, journal, force):
    before = counted(sandbox)
    gone = replace(job, video=str(tmp_path / "gone.mp4"))
    with pytest.raises(UsageError, match=r"gone\.mp4: there is no such file"):
        lipready.submit(gone, settings=Settings(quick=True), sending=Sending(force=force))
    assert (counted(sandbox), journal.entries()) == (before, ())


def test_options_reach_the_provider(sandbox, job, journal):
    del sandbox
    asked = replace(job, options=RequestOptions(video_extension=True, face_threshold=150))
    lipready.submit(asked, settings=QUICK)
    (entry,) = journal.entries()
    assert (entry.video_extension, entry.face_threshold) == (True, 150)


def test_without_a_key_nothing_is_begun(surroundings, job, journal):
    del surroundings
    with pytest.raises(ConfigurationError, match="DASHSCOPE_API_KEY"):
        lipready.submit(job, settings=QUICK)
    assert journal.entries() == ()


@pytest.mark.parametrize(
    ("provider", "error", "said"),
    [
        ("nobody", ConfigurationError, "There is no profile 'nobody'"),
        ("sandbox:nobody", UsageError, "'nobody' is neither"),
    ],
)
def test_an_unknown_provider(surroundings, job, provider, error, said):
    del surroundings
    with pytest.raises(error, match=said):
        lipready.submit(job, provider=provider, settings=QUICK)


def test_nobody_there(surroundings, job, monkeypatch, journal, free_address):
    del surroundings
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", free_address)
    with pytest.raises(NotSentError, match="refuses connections"):
        lipready.submit(job, api_key="sk-canary-0123456789", settings=QUICK)
    (entry,) = journal.entries()
    assert entry.stage == "refused"


@pytest.fixture
def free_address(monkeypatch):
    import socket

    from lipready.providers.submission import queries as reading

    # Six pauses of seconds teach nothing here.
    monkeypatch.setattr(reading, "pause_after", lambda *_: 0.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}/api/v1"


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_a_lost_answer_is_paid_once(faulty_sandbox, at_sandbox, job, provider):
    at_sandbox(faulty_sandbox)
    faulty_sandbox.inject(Fault.parse("submit:lost"))
    task = lipready.submit(job, provider=provider, settings=QUICK)
    (made,) = faulty_sandbox.ledger().tasks
    assert (task.id, task.status) == (made.id, "queued")


def test_an_outcome_that_nobody_knows_is_resumed_later(faulty_sandbox, at_sandbox, job, journal):
    at_sandbox(faulty_sandbox)
    faulty_sandbox.inject(Fault.parse("submit:lost"))
    faulty_sandbox.inject(Fault.parse("list:quota"))
    with pytest.raises(OutcomeUnknownError) as caught:
        lipready.submit(job, settings=QUICK)
    (entry,) = journal.entries()
    assert (entry.stage, entry.id in str(caught.value)) == ("posting", True)
    task = lipready.resume(entry.id)
    (made,) = faulty_sandbox.ledger().tasks
    assert (task.id, lipready.resume(made.id).id) == (made.id, made.id)


def test_another_process_at_the_same_job_is_waited_for(sandbox, job, journal):
    from lipready.providers.journal.locks import Lock

    del sandbox
    task = lipready.submit(job, settings=QUICK)
    lock = Lock(f"job {task.entry.id}")
    assert lock.acquire(wait=False)
    with pytest.raises(UsageError, match="Another process"):
        lipready.resume(task.entry.id)
    lock.release()
    assert lipready.resume(task.entry.id).id == task.id
    assert len(journal.entries()) == 1


def test_threads_share_an_account(sandbox, job, journal):
    before, barrier = counted(sandbox), threading.Barrier(3)

    def one(_):
        barrier.wait(60)
        return lipready.submit(job, settings=QUICK, sending=AGAIN)

    with ThreadPoolExecutor(3) as pool:
        tasks = list(pool.map(one, range(3)))
    assert counted(sandbox) == before + 3
    assert {entry.task_id for entry in journal.entries()} == {task.id for task in tasks}
    assert len(journal.entries()) == 3


def test_asyncio_submits_several_at_once(sandbox, job, journal):
    before = counted(sandbox)

    async def all_of_them():
        one = [
            lipready.submit_async(job, provider=name, settings=QUICK, sending=AGAIN)
            for name in ("dashscope", "evolink", "evolink")
        ]
        return await asyncio.gather(*one)

    tasks = asyncio.run(all_of_them())
    assert counted(sandbox) == before + 3
    assert {entry.task_id for entry in journal.entries()} == {task.id for task in tasks}


def test_asyncio_refuses_alike(sandbox, bad_job, surroundings):
    del sandbox, surroundings
    with pytest.raises(PreflightError):
        asyncio.run(lipready.submit_async(Job.of(*bad_job[:2]), settings=Settings(quick=True)))
    with pytest.raises(ConfigurationError):
        asyncio.run(lipready.submit_async(Job.of(*bad_job[:2]), provider="nobody"))
