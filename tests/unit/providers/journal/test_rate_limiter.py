import sqlite3
import stat
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lipready.errors import JournalError
from lipready.providers.journal import rate_limiter as gate

RESERVE = """
import sys, time
from lipready.providers.journal import rate_limiter as gate
taken = []
change = gate._change
gate._change = lambda *given: taken.append(change(*given)) or taken[-1]
for _ in range(int(sys.argv[1])):
    gate.reserve("submit a.example", 0.25)
    print(repr(taken[-1]), flush=True)
"""


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path))
    return tmp_path


class Clock:
    """Stands in for the time module: the one thing that cannot be had for real is a clock that is set back."""

    now = 1_000_000.0

    def time(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(gate, "time", clock)
    return clock


def test_slots_are_apart_and_in_order(clock):
    assert [gate.reserve("a", 1.0) for _ in range(4)] == [0, 1, 2, 3]
    clock.now += 1.5
    assert gate.reserve("a", 1.0) == 2.5
    assert gate.reserve("b", 1.0) == 0


def test_time_that_nobody_used_is_not_saved_up(clock):
    gate.reserve("a", 1.0)
    clock.now += 100
    assert [gate.reserve("a", 1.0) for _ in range(3)] == [0, 1, 2]


def test_a_clock_that_is_set_back_makes_nobody_wait_for_it(clock):
    gate.reserve("a", 1.0)
    gate.reserve("a", 1.0)
    clock.now -= 3600
    assert [gate.reserve("a", 1.0) for _ in range(2)] == [2, 3]


@pytest.mark.usefixtures("clock")
def test_holding_back_moves_the_next_slot_of_everybody_and_only_outwards():
    gate.hold_back("a", 30)
    gate.hold_back("a", 5)
    gate.hold_back("a", float("nan"))
    gate.hold_back("a", -5)
    assert [gate.reserve("a", 1.0), gate.reserve("a", 1.0), gate.reserve("b", 1.0)] == [30, 31, 0]


@pytest.mark.usefixtures("clock")
def test_nobody_is_held_back_for_ever():
    gate.hold_back("a", float("inf"))
    assert gate.reserve("a", 1.0) == gate.LONGEST_HOLD


@pytest.mark.parametrize("interval", [-1.0, float("nan"), float("inf")])
def test_an_interval_is_a_number_of_seconds(interval):
    with pytest.raises(ValueError, match="interval"):
        gate.reserve("a", interval)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 3)), min_size=1, max_size=12))
def test_whatever_the_clock_does_nobody_waits_longer_than_for_those_before(clock, steps):
    with sqlite3.connect(gate.state_folder() / gate.FILE) as connection:
        connection.execute("DROP TABLE IF EXISTS gate")
    connection.close()
    before = 0.0
    for jump, interval in steps:
        clock.now += jump
        assert 0 <= gate.reserve("a", interval) <= before + 1e-6
        before += interval


def slots(*counts):
    command = [sys.executable, "-c", RESERVE]
    processes = [subprocess.Popen([*command, str(count)], stdout=subprocess.PIPE, text=True) for count in counts]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(counts)
    return [[float(line) for line in output.split()] for output in outputs]


def test_four_processes_are_handed_slots_that_are_apart():
    handed = slots(25, 25, 25, 25)
    assert all(one == sorted(one) for one in handed)
    together = sorted(slot for one in handed for slot in one)
    assert len(together) == 100
    assert min(later - earlier for earlier, later in pairwise(together)) >= 0.25 - 1e-6


def test_a_process_that_is_killed_leaves_the_gate_as_it_was():
    taken = []
    for lines in range(5):
        with subprocess.Popen([sys.executable, "-c", RESERVE, "100000"], stdout=subprocess.PIPE, text=True) as process:
            taken += [float(process.stdout.readline()) for _ in range(lines + 1)]
            process.kill()
            rest = process.stdout.read().splitlines(keepends=True)
        taken += [float(line) for line in rest if line.endswith("\n")]
    taken += slots(3)[0]
    assert min(later - earlier for earlier, later in pairwise(taken)) >= 0.25 - 1e-6


def test_the_file_is_for_the_user_alone(state):
    gate.reserve("a", 1.0)
    assert stat.S_IMODE((state / gate.FILE).stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == [gate.FILE]


def test_a_damaged_file_is_one_sentence(state):
    (state / gate.FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalError, match="delete it"):
        gate.reserve("a", 1.0)
