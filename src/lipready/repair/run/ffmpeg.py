"""The one place that runs ffmpeg."""

import os
import queue
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from contextvars import copy_context
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import IO, Generic, TypeVar

from lipready.cancel import checkpoint
from lipready.errors import ComponentError, FixError
from lipready.facts.quantity import counted

T = TypeVar("T")

VARIABLE = "LIPREADY_FFMPEG"
_VERSION_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Binary:
    """An ffmpeg that can be run, and where it was found: "LIPREADY_FFMPEG", "imageio-ffmpeg" or "PATH"."""

    path: str
    origin: str

    def version(self) -> str:
        """Return the version, as the receipt writes it down.

        Raises ComponentError where the binary cannot say.
        """
        if self.origin == "imageio-ffmpeg":
            # The wheel's file carries the version in its name, which saves a process.
            return Path(self.path).stem if self.path.endswith(".exe") else Path(self.path).name
        try:
            answer = subprocess.run([self.path, "-version"], capture_output=True, timeout=_VERSION_SECONDS, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise ComponentError(f"{self.path} does not answer as ffmpeg does: {error}") from error
        lines = answer.stdout.decode("utf-8", "replace").splitlines()
        return lines[0].strip()[:200] if lines else "unknown"


def find_ffmpeg() -> Binary:
    """Find the ffmpeg to run: LIPREADY_FFMPEG, else the one inside imageio-ffmpeg, else the system's.

    Raises ComponentError where there is none.
    """
    if named := os.environ.get(VARIABLE):
        found = shutil.which(named)
        if found is None:
            raise ComponentError(f"{VARIABLE} names {named}, which is no program that can be run.")
        return Binary(found, VARIABLE)
    if bundled := _bundled():
        return Binary(bundled, "imageio-ffmpeg")
    system = shutil.which("ffmpeg")
    if system is None:
        raise ComponentError(
            f"There is no ffmpeg: install imageio-ffmpeg or ffmpeg, or set {VARIABLE} to the path of one."
        )
    return Binary(system, "PATH")


def _bundled() -> str | None:
    """Find the binary inside the wheel, and only there: the package itself would also search other places."""
    from importlib.resources import files

    try:
        folder = files("imageio_ffmpeg") / "binaries"
    except ModuleNotFoundError:
        return None
    entries = folder.iterdir() if folder.is_dir() else ()
    found = sorted(str(entry) for entry in entries if entry.name.startswith("ffmpeg"))
    return next((path for path in found if os.access(path, os.X_OK)), None)


STALL_SECONDS = 300.0
"""A run that gets no further for so long is ended."""

_STDERR_LINES = 6
_LINE_LENGTH = 300
_POLL_SECONDS = 0.25
_ADVANCES = ("frame", "out_time_us", "total_size")

_HELD_BLOCKS = 2

Items = queue.SimpleQueue[T | None] | queue.Queue[T | None]


def run(
    command: Sequence[str],
    *,
    what: str,
    length: Fraction | None = None,
    tell: Callable[[float], None] | None = None,
    stall: float = STALL_SECONDS,
    given: Generator[bytes] | None = None,
) -> None:
    """Run one ffmpeg command to its end, and report the share that is done (0..1).

    `command` is the whole argument list, with `-progress pipe:1`; `what` names the file in errors; `length` is the
    output's expected length in seconds; `given` yields, in a thread of its own, what the command reads from `pipe:0`.
    Whatever ends this function also ends the process that it started.

    Raises FixError where ffmpeg fails or stands still, ComponentError where it cannot be started, and what `given`
    raises.
    """
    process = _Process(command, _lines, given=given)
    finished = False
    try:
        process.begin()
        finished = _follow(process.items, length, tell, stall) and process.ended(stall)
    finally:
        process.end()
    process.judge(what, stall, finished=finished)


def blocks(command: Sequence[str], size: int, *, what: str, stall: float = STALL_SECONDS) -> Iterator[bytes]:
    """Run one ffmpeg command that writes to `pipe:1`, and yield that in blocks of `size` bytes; the last may be less.

    ffmpeg waits where nobody asks for the next block. Ends the process where it is closed, and raises as `run` does.
    """
    process = _Process(command, partial(_blocks, size=size), most=_HELD_BLOCKS)
    finished = False
    try:
        process.begin()
        while (block := _next(process.items, stall)) is not None:
            yield block
        finished = process.ended(stall)
    except queue.Empty:
        pass
    finally:
        process.end()
    process.judge(what, stall, finished=finished)


class _Process(Generic[T]):
    """One run of ffmpeg, started in a thread that no signal interrupts: there is no moment at which it gets lost."""

    def __init__(
        self,
        command: Sequence[str],
        read: Callable[[IO[bytes]], Iterator[T]],
        *,
        most: int = 0,
        given: Generator[bytes] | None = None,
    ) -> None:
        """Take how its output is read, how much of that is held `most` (0: all), and what it reads from its input."""
        # A SimpleQueue is not left locked by an interrupt, and has no bound.
        self.items: Items[T] = queue.Queue(most) if most else queue.SimpleQueue()
        self.complaints: deque[str] = deque(maxlen=_STDERR_LINES)
        self.failure: Exception | None = None
        self._read = read
        self._given = given
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
        with suppress(subprocess.TimeoutExpired):
            return self._popen is None or self._popen.wait(timeout=stall) is not None
        return False

    def end(self) -> None:
        """End it wherever it is, or see to it that it never starts."""
        with self._lock:
            self._unwanted = True
            if self._popen is not None and self._popen.poll() is None:
                self._popen.kill()
                self._popen.wait()
        for thread in self._threads:
            while thread.is_alive():
                # What nobody has taken must not keep the thread that reads.
                with suppress(queue.Empty):
                    self.items.get_nowait()
                thread.join(_POLL_SECONDS if self.items.empty() else 0)

    def judge(self, what: str, stall: float, *, finished: bool) -> None:
        """Raise what went wrong, after the end."""
        if self.failure is not None:
            raise self.failure
        if not finished:
            raise FixError(f"ffmpeg got no further with {what} for {counted(round(stall), 'second')}, and was ended.")
        if self._popen is not None and self._popen.returncode != 0:
            words = " | ".join(self.complaints) or "it gave no reason."
            raise FixError(f"ffmpeg failed on {what} (exit status {self._popen.returncode}): {words}")

    def _listen(self) -> None:
        try:
            with self._lock:
                if not self._unwanted:
                    self._popen = subprocess.Popen(
                        self._command,
                        stdin=subprocess.DEVNULL if self._given is None else subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE,
                        # Ctrl-C reaches the whole foreground group; the child is ended by us, and not by the terminal.
                        start_new_session=True,
                    )
                    others = [self._collect] if self._given is None else [self._collect, self._give]
                    for other in others:
                        self._threads.append(threading.Thread(target=copy_context().run, args=(other,), daemon=True))
                        self._threads[-1].start()
        except OSError as error:
            self.failure = ComponentError(f"{self._command[0]} cannot be started: {error.strerror or error}.")
        else:
            if self._popen is not None and self._popen.stdout is not None:
                for item in self._read(self._popen.stdout):
                    self.items.put(item)
        finally:
            self.items.put(None)

    def _collect(self) -> None:
        if self._popen is not None and self._popen.stderr is not None:
            self.complaints.extend(line for line in _lines(self._popen.stderr) if line)

    def _give(self) -> None:
        if self._popen is None or self._popen.stdin is None or self._given is None:
            return
        try:
            # A broken pipe: ffmpeg has ended, and says why.
            with suppress(BrokenPipeError), closing(self._given), self._popen.stdin as stdin:
                for block in self._given:
                    stdin.write(block)
        except Exception as error:  # noqa: BLE001 - raised where the run was asked for
            self.failure = error
            self._popen.kill()


def _next(items: Items[T], stall: float) -> T | None:
    """Return the next item, None at the end. Raises queue.Empty where it does not come for too long."""
    deadline = time.monotonic() + stall
    while True:
        checkpoint()
        try:
            return items.get(timeout=min(_POLL_SECONDS, stall))
        except queue.Empty:
            if time.monotonic() >= deadline:
                raise


def _follow(
    lines: Items[str],
    length: Fraction | None,
    tell: Callable[[float], None] | None,
    stall: float,
) -> bool:
    """Read reports until ffmpeg closes its output; False where they stop changing for too long.

    ffmpeg reports twice a second even while it hangs, so that only a change counts.
    """
    last: dict[str, str] = {}
    deadline = time.monotonic() + stall
    while time.monotonic() < deadline:
        checkpoint()
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
                done = Fraction(int(value), 1_000_000) / length if length and value.isdigit() else Fraction(0)
                tell(min(1.0, float(done)))
    return False


def _blocks(stream: IO[bytes], size: int) -> Iterator[bytes]:
    with stream:
        while block := stream.read(size):
            yield block


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Yield lines of bounded length, whatever the process writes, and close the stream at its end."""
    with stream:
        while line := stream.readline(_LINE_LENGTH):
            yield line.decode("utf-8", "replace").strip()
