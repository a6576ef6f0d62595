"""The one place that runs ffmpeg."""

import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import IO

from lipready.errors import ComponentError, FixError
from lipready.facts.quantity import counted

STALL_SECONDS = 300.0
"""A run that gets no further for so long is ended."""

_STDERR_LINES = 6
_LINE_LENGTH = 300
_POLL_SECONDS = 1.0
_ADVANCES = ("frame", "out_time_us", "total_size")

Share = Callable[[float], None]
Lines = queue.SimpleQueue[str | None]


def run(
    command: Sequence[str],
    *,
    what: str,
    length: Fraction | None = None,
    tell: Share | None = None,
    stall: float = STALL_SECONDS,
) -> None:
    """Run one ffmpeg command to its end, and report the share that is done (0..1).

    `command` is the whole argument list, with `-progress pipe:1`; `what` names the file in errors; `length` is the
    output's expected length in seconds. Whatever ends this function also ends the process that it started.

    Raises FixError where ffmpeg fails or stands still, ComponentError where it cannot be started.
    """
    process = _Process(command)
    try:
        process.begin()
        finished = _follow(process.lines, length, tell, stall) and process.ended(stall)
    finally:
        process.end()
    if process.failure is not None:
        raise process.failure
    if not finished:
        raise FixError(f"ffmpeg got no further with {what} for {counted(round(stall), 'second')}, and was ended.")
    if process.status != 0:
        words = " | ".join(process.complaints) or "it gave no reason."
        raise FixError(f"ffmpeg failed on {what} (exit status {process.status}): {words}")


class _Process:
    """One run of ffmpeg, started in a thread that no signal interrupts: there is no moment at which it gets lost."""

    def __init__(self, command: Sequence[str]) -> None:
        self.lines: Lines = queue.SimpleQueue()
        self.complaints: deque[str] = deque(maxlen=_STDERR_LINES)
        self.failure: ComponentError | None = None
        self.status: int | None = None
        self._command = command
        self._lock = threading.Lock()
        self._unwanted = False
        self._popen: subprocess.Popen[bytes] | None = None
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    def begin(self) -> None:
        """Start it; what it says comes into `lines`, and None at the end."""
        self._threads[0].start()

    def ended(self, stall: float) -> bool:
        """Wait for its end; False where that does not come."""
        if self._popen is None:
            return True
        try:
            self._popen.wait(timeout=stall)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """End it wherever it is, or see to it that it never starts."""
        with self._lock:
            self._unwanted = True
            if self._popen is not None and self._popen.poll() is None:
                self._popen.kill()
                self._popen.wait()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self.status = None if self._popen is None else self._popen.returncode

    def _listen(self) -> None:
        try:
            with self._lock:
                if not self._unwanted:
                    self._popen = _start(self._command)
                    self._threads.append(threading.Thread(target=self._collect, daemon=True))
                    self._threads[-1].start()
            if self._popen is not None:
                for line in _lines(self._popen.stdout):
                    self.lines.put(line)
        except ComponentError as error:
            self.failure = error
        finally:
            self.lines.put(None)

    def _collect(self) -> None:
        if self._popen is not None:
            self.complaints.extend(line for line in _lines(self._popen.stderr) if line)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C reaches the whole foreground group; the child is ended by us, and not by the terminal.
            start_new_session=True,
        )
    except OSError as error:
        raise ComponentError(f"{command[0]} cannot be started: {error.strerror or error}.") from error


def _follow(lines: Lines, length: Fraction | None, tell: Share | None, stall: float) -> bool:
    """Read reports until ffmpeg closes its output; False where they stop changing for too long.

    ffmpeg reports twice a second even while it hangs, so that only a change counts.
    """
    last: dict[str, str] = {}
    deadline = time.monotonic() + stall
    while time.monotonic() < deadline:
        try:
            line = lines.get(timeout=min(_POLL_SECONDS, stall))
        except queue.Empty:
            continue
        if line is None:
            return True
        key, _, value = line.partition("=")
        if key in _ADVANCES and last.get(key) != value:
            last[key] = value
            deadline = time.monotonic() + stall
            if key == "out_time_us" and tell is not None:
                tell(_share(value, length))
    return False


def _share(microseconds: str, length: Fraction | None) -> float:
    if not length or not microseconds.isdigit():
        return 0.0
    return min(1.0, float(Fraction(int(microseconds), 1_000_000) / length))


def _lines(stream: IO[bytes] | None) -> Iterator[str]:
    """Yield lines of bounded length, whatever the process writes, and close the stream at its end."""
    if stream is None:
        return
    with stream:
        while line := stream.readline(_LINE_LENGTH):
            yield line.decode("utf-8", "replace").strip()
