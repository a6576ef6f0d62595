"""Measure what submitting costs beyond the pace that the provider asks for: 40 prepared jobs at one a second.

    PYTHONPATH=src python scripts/bench/submitting.py [--jobs N] [--at-once N] [--target PERCENT]

Both in one run: first the rate gate alone, which as many threads ask for a slot per job, and wait for it; then
`lipready.submit` with its full check, uploads, journal and paid request, to a sandbox in a process of its own that
takes one submission a second, and has judged such a job before. Times go from the first call to the end of the last;
loading the models of the first check counts. The first slot is free at once, so that the gate alone takes N - 1 of its
intervals. Exit status 1 where the target is missed.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lipready import Sending, submit
from lipready.job import Job
from lipready.providers.account import Account, account_at
from lipready.providers.journal.rate_limiter import reserve
from lipready.sandbox.serve import SandboxOptions, serving
from studio.make import make


def main() -> int:
    """Print both times, and by how much they differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--at-once", type=int, default=4, help="threads that submit (default: 4)")
    parser.add_argument("--target", type=float, default=5.0, help="per cent")
    options = parser.parse_args()
    video, audio = make(["anna.mp4", "anna.wav"]).values()
    job = Job.of(video, audio, None)
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "LIPREADY_STATE_DIR": folder,
            "DASHSCOPE_API_KEY": "sk-bench-submitting",
            "DASHSCOPE_HTTP_BASE_URL": ours.recv(),
        }
        warm = spawn.Process(target=let_judge, args=(job,))
        warm.start()
        warm.join()
        account = account_at("dashscope")
        alone = seconds(lambda: take_slot(account), options)
        whole = seconds(lambda: submit(job, provider="dashscope", sending=Sending(again=True)), options)
        ours.send("end")
        ledger = ours.recv()
    submissions = ledger.submissions - 1
    refused = ledger.requests["submit"] - ledger.submissions
    print(f"{options.jobs} jobs, {options.at_once} at once, one submission a second")
    print(f"  the rate gate alone     {alone:6.2f} s")
    print(f"  lipready.submit         {whole:6.2f} s   {submissions} tasks, {refused} submissions refused")
    more = 100 * (whole / alone - 1)
    good = more <= options.target and submissions == options.jobs
    print(f"  submitting adds         {more:+6.2f} %   at most {options.target:g} %  {'PASS' if good else 'MISS'}")
    return 0 if good else 1


def serve(pipe: Any) -> None:
    """Be the provider until told to end."""
    with serving(SandboxOptions(pace=0)) as box:
        pipe.send(box.endpoints("dashscope").api)
        pipe.recv()
        pipe.send(box.ledger())


def let_judge(job: Job) -> None:
    """Submit a job from a process of its own, and see it done, so that the sandbox has its verdict on such jobs."""
    submit(job, provider="dashscope").wait(poll_interval=0.5)


def seconds(act: Callable[[], object], options: argparse.Namespace) -> float:
    """Do something once for each job, and give the time of it all."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(options.at_once) as threads:
        for done in [threads.submit(act) for _ in range(options.jobs)]:
            done.result()
    return time.perf_counter() - begin


def take_slot(account: Account) -> None:
    """Wait for a turn, under a name of its own."""
    time.sleep(reserve(f"bench {account.name}", account.service.submit_interval))


if __name__ == "__main__":
    sys.exit(main())
