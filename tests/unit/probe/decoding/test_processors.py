import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from lipready.cancel import Cancel, cancellable
from lipready.errors import CancelledError
from lipready.probe.decoding.processors import processors, side_by_side, turn


@pytest.mark.parametrize(("value", "count"), [("1", 1), ("0", 1)])
def test_the_environment_may_say_how_many(value: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPREADY_THREADS", value)
    assert processors() == count


@pytest.mark.parametrize("value", ["", "all", "-1", "²", "100000", "1.5"])
def test_there_are_never_more_than_there_are(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPREADY_THREADS", value)
    assert 1 <= processors() <= (os.cpu_count() or 1)


def test_a_thread_waits_for_its_turn_until_somebody_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPREADY_THREADS", "1")

    def another() -> str:
        token = Cancel()
        with cancellable(token):
            token.cancel()
            try:
                with turn():
                    return "had a turn"
            except CancelledError:
                return "was cancelled"

    with ThreadPoolExecutor(1) as threads:
        with turn(), turn():  # a callback of the same thread is not another
            assert threads.submit(another).result() == "was cancelled"
        assert threads.submit(another).result() == "had a turn"


def test_what_the_environment_says_is_not_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)), raising=False)
    monkeypatch.setenv("LIPREADY_THREADS", "3")
    with side_by_side(4):
        assert processors() == 3
        monkeypatch.delenv("LIPREADY_THREADS")
        assert processors() == 2
    assert processors() == 8
