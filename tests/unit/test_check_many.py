"""`lipready.check_many` on executors: order, bounds, progress, and workers that are lost."""

import os
import pickle
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

import lipready
from lipready import Cancel, CancelledError, Job, RequestOptions, Settings, rule
from lipready.batch import LOOK_AHEAD
from lipready.errors import ComponentError
from lipready.probe.decoding.processors import processors
from lipready.rules.registry import RULES

QUICK = Settings(quick=True)


@pytest.fixture
def jobs(good_job, bad_job, tmp_path):
    return [Job.of(good_job[0]), Job.of(bad_job[0]), Job.of(tmp_path / "none.mp4"), Job.of(audio=good_job[1])] * 3


def verdicts(reports):
    return [(report.facts.files()[0].path, report.verdict) for report in reports]


@pytest.mark.parametrize(
    "executor", [lambda: ThreadPoolExecutor(3), lambda: ProcessPoolExecutor(2, mp_context=get_context("forkserver"))]
)
def test_reports_are_those_of_one_after_the_other(jobs, executor):
    done = []
    with executor() as pool:
        found = list(lipready.check_many(jobs, settings=QUICK, executor=pool, progress=lambda *at: done.append(at)))
    assert found == list(lipready.check_many(jobs, settings=QUICK))
    assert done == [(number, 12) for number in range(1, 13)]


def test_of_an_iterator_nobody_knows_how_many_there_are(jobs):
    done = []
    list(lipready.check_many(iter(jobs[:2]), settings=QUICK, progress=lambda *at: done.append(at)))
    assert done == [(1, None), (2, None)]


class Counting:
    """An executor that knows nothing but `submit`, and runs at once."""

    def __init__(self, fail=None):
        self.submitted, self._fail = 0, fail

    def submit(self, work, *arguments):
        self.submitted += 1
        future = Future()
        if self._fail is None:
            future.set_result(work(*arguments))
        else:
            future.set_exception(self._fail)
        return future


def test_only_so_many_jobs_are_handed_out_at_once(good_job):
    pool = Counting()
    reports = lipready.check_many((Job.of(good_job[0]) for _ in range(500)), settings=QUICK, executor=pool)
    next(reports)
    assert pool.submitted == LOOK_AHEAD
    next(reports)
    assert pool.submitted == LOOK_AHEAD + 1
    reports.close()


@pytest.mark.parametrize(
    ("executor", "known", "each"),
    [
        (None, True, 8),
        (Counting(), True, 8),  # nobody knows how many it has
        (ThreadPoolExecutor(4), True, 4),
        (ThreadPoolExecutor(4), False, 2),
        (ThreadPoolExecutor(32), False, 1),
    ],
)
def test_jobs_that_are_checked_side_by_side_share_the_cores(executor, known, each, good_job, monkeypatch):
    monkeypatch.delenv("LIPREADY_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)), raising=False)
    seen = []

    @rule("X902", name="counts-its-cores", subject="audio")
    def counting(_facts, _limit):
        seen.append(processors())
        return ()

    jobs = [Job.of(audio=good_job[1])] * 2
    list(lipready.check_many(jobs if known else iter(jobs), settings=QUICK, rules=[counting], executor=executor))
    assert seen == [each, each]
    assert processors() == 8


def test_an_executor_that_cannot_run_it_is_one_sentence(jobs):
    with pytest.raises(ComponentError, match="could not run the check"):
        list(lipready.check_many(jobs, settings=QUICK, executor=Counting(fail=TypeError("cannot pickle"))))


class Deadly(RequestOptions):
    """Options that end the process that is handed them."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_worker_that_is_lost_costs_its_own_job_alone(jobs):
    jobs = [*jobs[:2], Job(video="deadly.mp4", options=Deadly()), *jobs[:2]]
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        first, second, lost, *others = lipready.check_many(jobs, settings=QUICK, executor=pool)
    assert [first, second] == others == list(lipready.check_many(jobs[:2], settings=QUICK))
    assert [(found.rule, found.path) for found in lost.errors] == [("F001", "deadly.mp4")]
    assert "the process that checked it has ended" in lost.errors[0].message


@rule("X901", name="raises-on-webm", subject="video")
def careless(_facts, _limit):
    raise ZeroDivisionError("own rule")


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(1)])
def test_a_check_that_crashes_costs_its_own_job_alone(good_job, executor, capfd):
    jobs = [Job.of(good_job[0]), Job.of(audio=good_job[1])]
    crashed, other = lipready.check_many(jobs, settings=QUICK, rules=[careless], executor=executor)
    assert [found.rule for found in crashed.errors] == ["F001"]
    assert "ZeroDivisionError" in crashed.errors[0].message
    assert other.verdict == "pass"
    assert capfd.readouterr() == ("", "")


def test_cancelling_ends_what_has_begun_in_threads(good_job):
    token, begun = Cancel(), threading.Event()

    def progress(_what, share):
        if share > 0:
            begun.set()
            token.cancel()

    settings = Settings(progress=progress)
    with ThreadPoolExecutor(2) as pool:
        with pytest.raises(CancelledError):
            list(lipready.check_many([Job.of(good_job[0])] * 6, settings=settings, executor=pool, cancel=token))
        assert begun.is_set()
        assert pool.submit(int).result(timeout=5) == 0  # it is free, and still the caller's
    assert "lipready-decode" not in {thread.name for thread in threading.enumerate()}


def test_what_the_caller_does_between_two_reports_is_not_cancelled(good_job):
    token = Cancel()
    reports = lipready.check_many([Job.of(good_job[0])] * 2, settings=QUICK, cancel=token)
    next(reports)
    token.cancel()
    assert lipready.check(good_job[0], settings=QUICK).verdict == "pass"
    with pytest.raises(CancelledError):
        next(reports)


def test_own_rules_go_to_other_processes_by_their_names():
    assert all(pickle.loads(pickle.dumps(each)) is each for each in RULES)  # noqa: S301 - our own
    local = rule("X902", name="nowhere-to-be-found")(lambda _facts, _limit: ())
    with pytest.raises(pickle.PicklingError, match="X902"):
        pickle.dumps(local)
