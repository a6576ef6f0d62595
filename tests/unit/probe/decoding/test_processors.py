import os

import pytest

from lipready.probe.decoding.processors import processors


@pytest.mark.parametrize(("value", "count"), [("1", 1), ("0", 1)])
def test_the_environment_may_say_how_many(value: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPREADY_THREADS", value)
    assert processors() == count


@pytest.mark.parametrize("value", ["", "all", "-1", "²", "100000", "1.5"])
def test_there_are_never_more_than_there_are(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPREADY_THREADS", value)
    assert 1 <= processors() <= (os.cpu_count() or 1)
