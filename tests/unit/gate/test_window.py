from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pytest

from lipready.gate.workers.run import Window


def test_no_more_are_open_than_the_window_holds() -> None:
    submitted: list[int] = []

    def submit(item: int) -> Future[int]:
        submitted.append(item)
        future: Future[int] = Future()
        future.set_result(item)
        return future

    window = Window(range(100), submit, 5)
    ended = []
    for item, future in window:
        assert future.result() == item
        ended.append(item)
        assert len(submitted) - len(ended) <= 5
    assert sorted(ended) == list(range(100))


def test_what_is_repeated_comes_again_even_at_the_end() -> None:
    with (
        ThreadPoolExecutor(1) as executor,
        closing(Window(["a"], lambda item: executor.submit(str, item), 2)) as window,
    ):
        seen = 0
        for item, _ in window:
            seen += 1
            if seen < 3:
                window.repeat(item)
    assert seen == 3


def test_closing_cancels_what_has_not_begun() -> None:
    futures: list[Future[int]] = []

    def submit(_item: int) -> Future[int]:
        futures.append(Future())
        if len(futures) == 1:
            futures[0].set_result(1)
        return futures[-1]

    window = Window(range(9), submit, 3)
    next(iter(window))
    window.close()
    assert [future.cancelled() for future in futures] == [False, True, True, True]


@pytest.mark.parametrize("size", [1, 4])
def test_nothing_in_nothing_out(size: int) -> None:
    assert list(Window([], lambda _item: Future(), size)) == []
