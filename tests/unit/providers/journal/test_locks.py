import subprocess
import sys
import threading

import pytest

from lipready.errors import JournalError
from lipready.providers.journal.locks import Lock, acquired
from lipready.providers.transport.wire import Call, Pause

HOLDER = """
import sys, time
from lipready.providers.journal.locks import Lock
Lock("job").acquire(wait=False)
lock = Lock("other"); assert lock.acquire(wait=False)
print("held", flush=True); time.sleep(600)
"""


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def test_one_holds_it_at_a_time_and_names_do_not_meet():
    first, second, other = Lock("job"), Lock("job"), Lock("job:2")
    assert [lock.acquire(wait=False) for lock in (first, second, other)] == [True, False, True]
    first.release()
    assert second.acquire(wait=False)
    for lock in (second, other):
        lock.release()


def test_threads_exclude_each_other_and_one_may_release_for_another():
    first, second = Lock("job"), Lock("job")
    taker = threading.Thread(target=first.acquire)
    taker.start()
    taker.join()
    assert not second.acquire(wait=False)
    first.release()
    assert second.acquire()
    second.release()
    second.release()


def test_who_waits_gets_it_in_the_end_even_in_the_thread_that_has_held_it():
    first, second = Lock("job"), Lock("job")
    first.acquire()
    threading.Timer(0.2, first.release).start()
    assert second.acquire(wait=True)
    second.release()


def test_no_two_threads_are_inside_at_once():
    inside, most = [], []

    def work():
        for _ in range(5):
            lock = Lock("job")
            lock.acquire()
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 30


def test_the_lock_of_a_process_that_was_killed_is_free(state):
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert not Lock("other").acquire(wait=False)
        process.kill()
        process.wait()
    assert Lock("other").acquire(wait=False)
    assert len(list((state / "locks").iterdir())) == 2


def test_names_may_hold_anything_and_stay_inside_the_folder(state):
    for name in ("../../x", "submit dashscope 127.0.0.1:80", "ü" * 300, ""):
        lock = Lock(name)
        assert lock.acquire(wait=False)
        lock.release()
    assert len(list((state / "locks").iterdir())) == 4


def test_a_folder_that_cannot_be_made_is_one_sentence(state):
    state.write_text("a file")
    with pytest.raises(JournalError, match="LIPREADY_STATE_DIR"):
        Lock("job").acquire(wait=False)


def test_a_flow_waits_without_keeping_a_thread():
    first, second = Lock("job"), Lock("job")
    first.acquire()
    flow = acquired(second)
    effect = next(flow)
    assert isinstance(effect, Call)
    assert isinstance(flow.send(effect.function()), Pause)
    first.release()
    effect = next(flow)
    with pytest.raises(StopIteration):
        flow.send(effect.function())
    assert not first.acquire(wait=False)
    second.release()
