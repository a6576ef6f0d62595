import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import run_tasks

FILES = 6

GATE = """
import signal, sys
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import run_tasks
signal.signal(signal.SIGINT, signal.default_int_handler)
root, path = sys.argv[1:]
quick = FileTask(root=root, path=path, role="video", quick=True)
slow = FileTask(root=root, path=path, role="video", every_frame=True)
try:
    for task, facts in run_tasks([quick, quick] + [slow] * 1000, workers=2):
        print("measured", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_every_file_has_its_facts_when_a_child_is_killed(made: Callable[[str], Path], tmp_path: Path) -> None:
    for number in range(FILES):
        shutil.copy(made("anna.wav"), tmp_path / f"{number}.wav")
    tasks = [FileTask(root=str(tmp_path), path=f"{number}.wav", role="audio") for number in range(FILES)]
    before = set(psutil.Process().children())
    results = run_tasks(tasks, workers=2)
    found = dict([next(results)])
    victim = next(child for child in psutil.Process().children() if child not in before)
    victim.kill()
    found.update(results)
    assert [found[task].problem for task in tasks] == [None] * FILES
    assert set(psutil.Process().children()) <= before


def test_ctrl_c_waits_for_nobody(made: Callable[[str], Path]) -> None:
    video = made("anna.mp4")
    command = [sys.executable, "-c", GATE, str(video.parent), video.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as gate:
        assert gate.stdout is not None
        assert gate.stdout.readline() == "measured\n"
        children = psutil.Process(gate.pid).children(recursive=True)
        os.kill(gate.pid, signal.SIGINT)
        assert gate.stdout.read().splitlines()[-1] == "interrupted"
        assert gate.wait(timeout=60) == 0
    assert children
    assert psutil.wait_procs(children, timeout=30)[1] == []


@pytest.mark.parametrize("workers", [1, 3])
def test_closing_early_leaves_nobody(made: Callable[[str], Path], workers: int) -> None:
    before = set(psutil.Process().children())
    task = FileTask(root=str(made("anna.mp4").parent), path="anna.mp4", role="video", quick=True)
    results = run_tasks([task] * 50, workers=workers)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert set(psutil.Process().children()) <= before
