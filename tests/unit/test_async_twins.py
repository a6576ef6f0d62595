"""The twins for asyncio: the loop goes on meanwhile, and what asyncio cancels ends before it says so."""

import asyncio
import inspect
import threading

import pytest

import lipready
from lipready import Job, Settings
from lipready.cancel import in_thread
from lipready.errors import UsageError

QUICK = Settings(quick=True)


async def turns(stop: asyncio.Event) -> int:
    """Return how often the loop came round to somebody who sleeps for 10 ms."""
    count = 0
    while not stop.is_set():
        await asyncio.sleep(0.01)
        count += 1
    return count


def test_twenty_checks_at_once_do_not_block_the_loop(good_job, ours):
    lipready.check(*good_job)  # models are loaded once

    async def main():
        stop = asyncio.Event()
        watch = asyncio.create_task(turns(stop))
        reports = await asyncio.gather(
            *(lipready.check_async(good_job[0], settings=QUICK) for _ in range(19)), lipready.check_async(*good_job)
        )
        stop.set()
        return reports, await watch

    reports, count = asyncio.run(main())
    assert [report.verdict for report in reports] == ["pass"] * 20
    assert count > 20  # a check that ran in the loop would hold it until its end, each once
    assert ours() == []


def test_errors_come_as_from_the_verb(tmp_path):
    with pytest.raises(UsageError, match="there is no such file"):
        asyncio.run(lipready.check_async(tmp_path / "none.mp4"))


def twins():
    """Yield every public function that has a twin, with the twin; so for the methods of a task."""
    for home in (lipready, lipready.Task):
        for name in home.__all__ if home is lipready else dir(home):
            twin = getattr(home, f"{name}_async", None)
            if twin is not None:
                yield getattr(home, name), twin


def test_a_twin_has_the_arguments_of_its_verb():
    pairs = {verb.__qualname__: (verb, twin) for verb, twin in twins()}
    assert set(pairs) == {
        *("check", "check_many", "prepare", "split", "join", "submit", "verify", "people", "reference", "gate"),
        *("resume", "get_task", "receive_callback"),
        *(f"Task.{name}" for name in ("refresh", "wait", "download", "verify", "cancel")),
    }
    for verb, twin in pairs.values():
        name = verb.__name__
        of_verb, of_twin = inspect.signature(verb), inspect.signature(twin)
        assert of_twin.parameters == of_verb.parameters, name
        assert inspect.iscoroutinefunction(twin) or inspect.isasyncgenfunction(twin)
        assert name in (twin.__doc__ or "")
        assert of_verb.parameters["cancel"].default is None
        assert "cancel" in verb.__doc__.lower(), name
        if name not in {"refresh", "cancel", "get_task", "receive_callback"}:  # which ask one question
            assert of_verb.parameters["progress"].default is None, name
            assert "`progress`" in verb.__doc__ or "other arguments are as for" in verb.__doc__, name


def cancelled_at(ours, stage, start):
    """Begin something, and have asyncio cancel it when a stage begins; return our threads that are left."""

    async def main():
        loop, reached = asyncio.get_running_loop(), asyncio.Event()

        def progress(what, share):
            if what.startswith(stage) and share > 0.05:
                loop.call_soon_threadsafe(reached.set)

        task = asyncio.create_task(start(progress))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return ours()

    return asyncio.run(main())


def test_asyncio_ends_a_check(good_job, ours):
    left = cancelled_at(
        ours, "checking", lambda told: lipready.check_async(good_job[0], settings=Settings(progress=told))
    )
    assert left == []


def test_asyncio_ends_a_prepare_and_nothing_is_left(bad_job, tmp_path, ours):
    out, only = tmp_path / "out", Settings(only=("V1",))
    left = cancelled_at(
        ours, "repairing", lambda told: lipready.prepare_async(bad_job[0], out=out, settings=only, progress=told)
    )
    assert left == []
    assert list(out.iterdir()) == []


def test_a_timeout_ends_a_check(good_job, ours):
    async def main():
        async with asyncio.timeout(0.2):
            await lipready.check_async(*good_job, settings=Settings(every_frame=True))

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert ours() == []


def test_what_has_not_begun_never_does():
    release, ran = threading.Event(), []

    async def main():
        loop = asyncio.get_running_loop()
        from concurrent.futures import ThreadPoolExecutor

        loop.set_default_executor(ThreadPoolExecutor(1))
        first = asyncio.create_task(in_thread(lambda: release.wait(20)))
        second = asyncio.create_task(in_thread(lambda: ran.append("second")))
        await asyncio.sleep(0.1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):  # without waiting for the first
            await second
        release.set()
        assert await first

    asyncio.run(main())
    assert ran == []


def test_a_second_cancel_does_not_leave_the_thread_behind():
    release, order = threading.Event(), []

    def slow():
        release.wait(20)
        order.append("ended")

    async def main():
        task = asyncio.create_task(in_thread(slow))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.sleep(0.05)
        assert not task.done()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        order.append("told")

    asyncio.run(main())
    assert order == ["ended", "told"]


def test_many_come_one_by_one_in_their_order(good_job, tmp_path):
    jobs = [Job.of(good_job[0]), Job.of(tmp_path / "none.mp4"), Job.of(audio=good_job[1])]

    async def main():
        done = []
        async for report in lipready.check_many_async(jobs, settings=QUICK, progress=lambda *at: done.append(at)):
            yield_of = (report.verdict, done[-1])
            seen.append(yield_of)

    seen = []
    asyncio.run(main())
    assert seen == [("pass", (1, 3)), ("fail", (2, 3)), ("pass", (3, 3))]


def test_many_that_are_left_early_take_no_more_jobs(good_job, ours):
    taken = []

    def jobs():
        for number in range(50):
            taken.append(number)
            yield Job.of(good_job[0])

    async def main():
        reports = lipready.check_many_async(jobs(), settings=QUICK)
        async for _report in reports:
            break
        await reports.aclose()

    asyncio.run(main())
    assert taken == [0]
    assert ours() == []


def test_asyncio_and_a_token_end_a_submission_before_anything_is_sent(
    shared_sandbox, at_sandbox, good_job, journal, ours
):
    at_sandbox(shared_sandbox)
    job, before = Job.of(*good_job[:2]), shared_sandbox.ledger().submissions
    assert (
        cancelled_at(ours, "checking", lambda told: lipready.submit_async(job, settings=Settings(progress=told))) == []
    )

    async def main():
        token = lipready.Cancel()
        settings = Settings(quick=True, only=("V",), progress=lambda what, _: what.startswith("up") and token.cancel())
        with pytest.raises(lipready.CancelledError):
            await lipready.submit_async(job, settings=settings, cancel=token)

    asyncio.run(main())
    assert shared_sandbox.ledger().submissions == before
    assert all(entry.task_id is None for entry in journal.entries())


def test_a_token_ends_waiting_on_asyncio(shared_sandbox, at_sandbox, good_job, journal):
    del journal
    at_sandbox(shared_sandbox)

    async def main():
        task = await lipready.submit_async(Job.of(*good_job[:2]), settings=Settings(quick=True, only=("V",)))
        token = lipready.Cancel()
        asyncio.get_running_loop().call_later(0.2, token.cancel)
        with pytest.raises(lipready.CancelledError):
            await task.wait_async(poll_interval=3600, cancel=token)

    asyncio.run(main())


def test_asyncio_ends_people_and_reference(made, tmp_path, ours):
    clip, out = made("two_people.mp4"), tmp_path / "a.jpg"
    assert cancelled_at(ours, "checking", lambda told: lipready.people_async(clip, progress=told)) == []
    content = clip.read_bytes()
    assert cancelled_at(ours, "checking", lambda told: lipready.reference_async(content, out, 1, progress=told)) == []
    assert list(tmp_path.iterdir()) == []
