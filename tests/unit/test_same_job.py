"""The same job is sent once: how it is recognised, and what a second submission comes to."""

import asyncio
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import lipready
from lipready import Job, RequestOptions, Sending, Settings
from lipready.errors import DownloadError, OutcomeUnknownError, RefusedError, UsageError
from lipready.providers.download.result_file import fault_of
from lipready.providers.journal.locks import Lock
from lipready.sandbox.faults.fault import Fault

QUICK = Settings(quick=True, only=("V",))
PROVIDERS = ("dashscope", "evolink")
ANOTHER_PROCESS = """
import sys, lipready
task = lipready.submit(lipready.Job(*sys.argv[1:3]), settings=lipready.Settings(quick=True, only=("V",)))
print(task.id, task.attached)
"""


@pytest.fixture
def job(good_job):
    video, audio, _ = good_job
    return Job.of(video, audio)


@pytest.fixture
def box(faulty_sandbox, at_sandbox):
    at_sandbox(faulty_sandbox)
    return faulty_sandbox


@pytest.fixture
def submit(job):
    """Submit the job: `submit(provider, options=…, again=True)`."""

    def run(provider="dashscope", *, what=None, **sending):
        return lipready.submit(what or job, provider=provider, settings=QUICK, sending=Sending(**sending))

    return run


def paid(box):
    return box.ledger().submissions


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_job_that_runs_is_attached_to(box, submit, journal, tmp_path, provider):
    first, second = submit(provider), submit(provider, output=str(tmp_path / "second.mp4"))
    assert (paid(box), second.id, first.attached, second.attached) == (1, first.id, False, True)
    film = second.wait(poll_interval=0.1).download(tmp_path / "second.mp4")
    assert fault_of(str(film), second.entry.expected_seconds) is None
    (entry,) = journal.entries()
    assert (entry.stage, entry.result, entry.output) == ("downloaded", str(film), str(film))


def test_what_is_attached_to_stays_so(box, submit):
    submit()
    task = submit()
    assert task.refresh().attached
    assert task.wait(poll_interval=0.1).attached
    assert paid(box) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_again_pays_on_purpose(box, submit, journal, provider):
    first, second = submit(provider), submit(provider, again=True)
    assert (paid(box), second.attached) == (2, False)
    assert first.id != second.id
    assert submit(provider).id == second.id
    assert len({entry.fingerprint for entry in journal.entries()}) == 1


def test_the_same_content_under_other_names_is_the_same_job(box, submit, job, tmp_path):
    task = submit()
    copies = Job.of(shutil.copy(job.video, tmp_path / "v.mp4"), shutil.copy(job.audio, tmp_path / "other.wav"))
    assert submit(what=copies).id == task.id
    assert paid(box) == 1


def test_another_key_of_the_account_is_the_same_job(box, submit, monkeypatch):
    submit()
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-the-key-was-changed-0123456789")
    assert submit().attached
    assert paid(box) == 1


OPTIONS = {
    "extended": RequestOptions(video_extension=True),
    "threshold": RequestOptions(face_threshold=140),
    "callback": RequestOptions(callback_url="https://hooks.example.com/a"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_other_options_are_another_job(box, submit, job, name):
    submit("evolink")
    assert not submit("evolink", what=replace(job, options=OPTIONS[name])).attached
    assert paid(box) == 2


def test_the_threshold_that_is_taken_anyway_is_no_other_job(box, submit, job):
    submit()
    assert submit(what=replace(job, options=RequestOptions(face_threshold=170))).attached
    assert paid(box) == 1


def test_other_content_is_another_job(box, submit, job, good_job, tmp_path):
    submit()
    changed = tmp_path / "v.mp4"
    shutil.copy(job.video, changed)
    with changed.open("ab") as file:
        file.write(b"\x00\x00\x00\x08free")
    assert not submit(what=replace(job, video=str(changed))).attached
    assert not submit(what=replace(job, reference=str(good_job[2]))).attached
    assert not submit("evolink").attached
    assert paid(box) == 4


@pytest.mark.parametrize("fault", ["submit:quota", "policy:quota"])
def test_what_was_refused_is_sent(box, submit, journal, fault):
    box.inject(Fault.parse(fault))
    with pytest.raises(RefusedError):
        submit()
    assert not submit().attached
    assert (paid(box), [entry.stage for entry in journal.entries()]) == (1, ["submitted", "refused"])


@pytest.mark.parametrize("stage", ["failed", "canceled", "forgotten"])
def test_what_is_closed_does_not_count(box, submit, journal, stage):
    journal.write(replace(submit().entry, stage=stage))
    assert not submit().attached
    assert paid(box) == 2


def test_what_was_never_sent_is_taken_up(box, submit, journal):
    box.inject(Fault.parse("upload:delay=1"))
    with pytest.raises(KeyboardInterrupt):
        interrupted(submit, "/upload")
    (entry,) = journal.entries()
    assert (entry.stage, paid(box)) == ("intended", 0)
    task = submit()
    assert (task.entry.id, task.attached, paid(box)) == (entry.id, False, 1)
    assert len(journal.entries()) == 1


def interrupted(submit, step):
    """Submit, and press Ctrl-C when a request of a step is about to leave."""
    from lipready.providers.transport.client import Transport

    with pytest.MonkeyPatch.context() as patch:
        send = Transport.send

        def press(self, request):
            if step in request.url:
                raise KeyboardInterrupt
            return send(self, request)

        patch.setattr(Transport, "send", press)
        submit()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_outcome_that_is_not_known_is_looked_up_and_never_sent(box, submit, journal, provider):
    box.inject(Fault.parse("submit:lost"))
    box.inject(Fault.parse("list:quota"))
    with pytest.raises(OutcomeUnknownError, match=r"`Sending\(again=True\)` pays anew"):
        submit(provider)
    task = submit(provider)
    (made,) = box.ledger().tasks
    assert (task.id, task.attached, box.ledger().requests["submit"]) == (made.id, True, 1)
    assert len(journal.entries()) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_threads_that_submit_at_once_pay_once(box, job, provider):
    barrier = threading.Barrier(4)

    def one(_):
        barrier.wait(60)
        return lipready.submit(job, provider=provider, settings=QUICK)

    with ThreadPoolExecutor(4) as pool:
        tasks = list(pool.map(one, range(4)))
    assert (paid(box), len({task.id for task in tasks})) == (1, 1)
    assert sorted(task.attached for task in tasks) == [False, True, True, True]


def test_asyncio_pays_once(box, job):
    async def both():
        return await asyncio.gather(*(lipready.submit_async(job, settings=QUICK) for _ in range(2)))

    tasks = asyncio.run(both())
    assert (paid(box), sorted(task.attached for task in tasks)) == (1, [False, True])


def test_processes_that_submit_at_once_pay_once(box, job):
    box.inject(Fault.parse("submit:delay=0.5"))
    command = [sys.executable, "-c", ANOTHER_PROCESS, str(job.video), str(job.audio)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0].split() for process in running]
    assert paid(box) == 1
    assert {name for name, _ in said} == {box.ledger().tasks[0].id}
    assert sorted(attached for _, attached in said) == ["False", "True"]


def test_a_result_that_is_here_is_named(box, submit, tmp_path):
    film = submit().wait(poll_interval=0.1).download(tmp_path / "first.mp4")
    before = box.ledger().requests["poll"]
    task = submit()
    assert (task.attached, task.status, task.entry.result) == (True, "succeeded", str(film))
    assert task.wait().download(film) == film
    assert (paid(box), box.ledger().requests["poll"]) == (1, before)


def test_a_result_that_is_here_is_downloaded_to_a_new_name_as_well(box, submit, tmp_path):
    first = submit().wait(poll_interval=0.1).download(tmp_path / "first.mp4")
    second = submit().wait().download(tmp_path / "second.mp4")
    assert first.read_bytes() == second.read_bytes()
    assert paid(box) == 1


def test_a_result_that_the_provider_has_forgotten_says_where_it_was_and_how_to_pay_anew(box, submit, tmp_path):
    first = submit().wait(poll_interval=0.1).download(tmp_path / "first.mp4")
    box._world.tasks.clear()
    task = submit().wait()
    later = replace(task, entry=replace(task.entry, posted=time.time() - 30 * 3600))
    with pytest.raises(DownloadError) as caught:
        later.download(tmp_path / "second.mp4")
    assert str(first) in str(caught.value)
    assert "Sending(again=True)" in str(caught.value)
    assert box.ledger().requests["submit"] == 1


def test_whoever_attaches_waits_for_the_download_of_the_other(box, submit, tmp_path):
    task = submit()
    attached = submit().wait(poll_interval=0.1)
    lock = Lock(f"job {task.entry.id}")
    lock.acquire()
    threading.Timer(0.3, lock.release).start()
    assert attached.download(tmp_path / "f.mp4").is_file()
    assert paid(box) == 1


def test_a_file_that_was_changed_since_is_not_sent_under_the_old_fingerprint(box, job, tmp_path, journal):
    video = tmp_path / "v.mp4"
    shutil.copy(job.video, video)
    changed = replace(job, video=str(video))
    with pytest.raises(KeyboardInterrupt):
        interrupted(lambda: lipready.submit(changed, settings=QUICK), "/upload")
    with video.open("ab") as file:
        file.write(b"\x00\x00\x00\x08free")
    (entry,) = journal.entries()
    with pytest.raises(UsageError, match="was changed since"):
        lipready.resume(entry.id)
    assert (paid(box), journal.entries()[0].stage) == (0, "refused")


def test_a_job_that_was_never_sent_is_not_resumed_beside_one_that_was(box, submit, journal):
    with pytest.raises(KeyboardInterrupt):
        interrupted(submit, "/upload")
    (first,) = journal.entries()
    second = submit(again=True)
    with pytest.raises(UsageError, match=f"the same one was: job {second.entry.id}"):
        lipready.resume(first.id)
    assert (paid(box), submit().id) == (1, second.id)


def test_the_sandbox_of_a_process_attaches_in_that_process(surroundings, job):
    del surroundings
    tasks = [lipready.submit(job, provider="sandbox", settings=QUICK) for _ in range(2)]
    assert (tasks[1].id, tasks[1].attached) == (tasks[0].id, True)


def test_no_secret_of_an_address_is_in_the_journal(box, job, journal):
    asking = replace(job, options=RequestOptions(callback_url="https://hooks.example.com/a?token=hunter2"))
    lipready.submit(asking, provider="evolink", settings=QUICK)
    assert b"hunter2" not in journal.path.read_bytes()
    assert journal.entries()[0].fingerprint is not None
    assert paid(box) == 1
