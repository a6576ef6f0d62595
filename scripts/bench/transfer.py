"""Measure what the transport makes of a fast line: throughput beside curl, and memory.

    PYTHONPATH=src python scripts/bench/transfer.py [--megabytes N] [--runs N]

A server in a process of its own, on loopback, throws away what it is sent and sends what it is asked for. In turns,
curl and lipready send it the same file as a multipart form (`curl -F`, `Transport.send`), and fetch a file of the same
size (`curl -o`, `Transport.save`). Times are those of the transfer alone, as curl tells its own (`time_total`), without
the start of a process; each is the median of the runs. The peak of memory is that of a fresh process that does nothing
else, above the same process when its client is ready (VmHWM; Linux). A download has no figure of speed to meet: from
anywhere else than loopback it takes longer to arrive than to be written.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from lipready.providers.transport.client import Transport
from lipready.providers.transport.wire import Form, HttpRequest, Save

BLOCK = 1 << 20
LEAST_RATIO = 0.8
MOST_MEMORY = 40.0


def main() -> int:
    """Print both tables; the exit status is 1 where a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--peak", nargs=3, metavar=("WHAT", "URL", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(json.dumps(peak(*options.peak)))
        return 0
    size = options.megabytes * 1_000_000
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs, size), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "film.mp4"), Path(name, "result.mp4")
        write(source, size)
        print(f"{options.megabytes} MB on loopback, median of {options.runs} (best)")
        met = [
            side_by_side(
                "upload",
                lambda: curl("-F", "a=b", "-F", f"file=@{source}", url),
                lambda: send(url, source),
                options.runs,
                size=size,
                least=LEAST_RATIO,
            ),
            side_by_side(
                "download",
                lambda: curl("-o", str(target), url),
                lambda: save(url, target),
                options.runs,
                size=size,
                least=None,
            ),
            *[memory(what, url, path) for what, path in (("upload", source), ("download", target))],
        ]
    server.terminate()
    return 0 if all(met) else 1


def serve(pipe: Connection, size: int) -> None:
    """Answer every POST when its body has come, and every GET with `size` bytes."""
    listener = socket.create_server(("127.0.0.1", 0))
    pipe.send(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, size), daemon=True).start()


def answer(connection: socket.socket, size: int) -> None:
    """Serve one request."""
    block = memoryview(bytearray(BLOCK))
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        head, _, rest = head.partition(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if lines.get(b"expect"):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if head.startswith(b"POST"):
            left = int(lines[b"content-length"]) - len(rest)
            while left > 0:
                left -= connection.recv_into(block, min(left, BLOCK))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % size)
        for begin in range(0, size, BLOCK):
            connection.sendall(block[: min(BLOCK, size - begin)])


def write(path: Path, size: int) -> None:
    """Make a file that no file system can shrink."""
    with path.open("wb") as file:
        for begin in range(0, size, BLOCK):
            file.write(os.urandom(min(BLOCK, size - begin)))


def curl(*arguments: str) -> float:
    """Run curl; the seconds of its transfer."""
    command = ["curl", "-s", "-S", "-w", "%{stderr}%{time_total}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stderr)


def send(url: str, path: Path) -> float:
    """Upload with lipready; the seconds of the transfer."""
    form = Form((("a", "b"),), str(path), path.name, "video/mp4")
    with Transport() as transport:
        begin = time.perf_counter()
        transport.send(HttpRequest(method="POST", url=url, form=form, authorized=False, seconds=600))
        return time.perf_counter() - begin


def save(url: str, path: Path) -> float:
    """Download with lipready; the seconds of the transfer."""
    with Transport() as transport:
        begin = time.perf_counter()
        transport.save(Save(url=url, path=str(path), most=1 << 33))
        return time.perf_counter() - begin


def side_by_side(
    what: str, theirs: Callable[[], float], ours: Callable[[], float], runs: int, *, size: int, least: float | None
) -> bool:
    """Take turns and print a line."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        times[0].append(theirs())
        times[1].append(ours())
    rates = [[size / 1e6 / seconds for seconds in each] for each in times]
    ratio = statistics.median(rates[1]) / statistics.median(rates[0])
    shown = [f"{statistics.median(each):6.0f} MB/s ({max(each):.0f})" for each in rates]
    good = least is None or ratio >= least
    figure = "" if least is None else f", at least {least} {mark(good)}"
    print(f"  {what:<9} curl {shown[0]}   lipready {shown[1]}   {ratio:.2f} of curl{figure}")
    return good


def memory(what: str, url: str, path: Path) -> bool:
    """Measure in a fresh process, and print a line."""
    command = [sys.executable, __file__, "--peak", what, url, str(path)]
    idle, highest = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    good = highest - idle <= MOST_MEMORY
    print(
        f"  {what:<9} idle client {idle:.1f} MB, peak {highest - idle:+.1f} MB, at most {MOST_MEMORY:.0f} {mark(good)}"
    )
    return good


def peak(what: str, url: str, path: str) -> tuple[float, float]:
    """Give the highest memory of this process before and after a transfer, in MB."""
    with Transport():
        idle = highest_memory()
    (send if what == "upload" else save)(url, Path(path))
    return idle, highest_memory()


def highest_memory() -> float:
    """Read the peak of this process, in MB."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6


def mark(good: bool) -> str:  # noqa: FBT001  (a figure is met or not)
    """Tell whether a figure is met."""
    return "✓" if good else "✗ MISSED"


if __name__ == "__main__":
    sys.exit(main())
