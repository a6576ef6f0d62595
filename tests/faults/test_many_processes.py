"""Twenty jobs from four processes at once: no task lost, none doubled, and never two submissions in one second."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from uuid import uuid4

from lipready.providers.download.result_file import fault_of
from lipready.providers.journal.journal import Journal
from lipready.sandbox.serve import SandboxOptions, serving

PROCESSES, JOBS = 4, 5
LONG_ENOUGH = 300
SECONDS = 5.0

CODE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from lipready import Sending, submit
from lipready.check import Settings
from lipready.job import Job

video, audio, film, jobs = *sys.argv[1:4], int(sys.argv[4])
job = Job.of(video, audio, None)

def send(number):
    return submit(job, provider="dashscope", settings=Settings(quick=True), sending=Sending(again=True))

with ThreadPoolExecutor(3) as threads:
    tasks = list(threads.map(send, range(jobs)))
home = tasks[-1].wait(poll_interval=0.5).download(film)
json.dump([(task.entry.id, task.id) for task in tasks], sys.stdout)
"""


def test_twenty_jobs_from_four_processes(good_job, tmp_path):
    state, films = tmp_path / "state", [tmp_path / f"{number}.mp4" for number in range(PROCESSES)]
    log: list[str] = []
    with serving(SandboxOptions(pace=0, log=log.append)) as box:
        environment = os.environ | {
            "LIPREADY_STATE_DIR": str(state),
            "DASHSCOPE_API_KEY": f"sk-{uuid4().hex}",
            "DASHSCOPE_HTTP_BASE_URL": box.endpoints("dashscope").api,
            "NO_PROXY": "*",
        }
        running = [start(good_job[:2], film, environment) for film in films]
        results = [process.communicate(timeout=LONG_ENOUGH) for process in running]
        ledger = box.ledger()

    assert [process.returncode for process in running] == [0] * PROCESSES, results
    submitted = [(job, task) for output, _ in results for job, task in json.loads(output)]
    known = [(entry.id, entry.task_id) for entry in Journal(state).entries()]
    everything = PROCESSES * JOBS
    assert len({task for _, task in submitted}) == everything
    assert sorted(submitted) == sorted(known)
    assert {task for _, task in known} == {task.id for task in ledger.tasks}
    assert ledger.submissions == everything
    assert_each_second_had_one(log, ledger.requests["submit"])
    assert [fault_of(str(film), SECONDS) for film in films] == [None] * PROCESSES
    stages = Counter(entry.stage for entry in Journal(state).entries())
    assert stages == {"downloaded": PROCESSES, "submitted": everything - PROCESSES}


def assert_each_second_had_one(log: list[str], requests: int) -> None:
    """Require that the sandbox, which takes one submission a second, refused none, or one that a slow machine shifted.

    Without a gate three of four are refused.
    """
    statuses = Counter(line.split()[3] for line in log if "video-synthesis" in line)
    assert set(statuses) <= {"200", "429"}
    assert statuses["200"] == PROCESSES * JOBS
    assert statuses.total() == requests
    assert statuses["429"] <= 2, statuses


def start(job: tuple[Path, Path], film: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CODE, *map(str, job), str(film), str(JOBS)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
