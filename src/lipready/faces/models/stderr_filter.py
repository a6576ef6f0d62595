"""Keep the chatter of native libraries away from the user's terminal."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

CHATTER = (
    b"INFO: Created TensorFlow Lite",
    b"WARNING: All log messages before absl::InitializeLog()",
    b"I0000 ",
    b"W0000 ",
)
"""How the lines begin that mediapipe writes on every load; no environment variable turns them off (tried: GLOG_*,
ABSL_*, TF_CPP_MIN_LOG_LEVEL)."""


@contextmanager
def native_chatter_held_back() -> Iterator[None]:
    """Hold file descriptor 2 back for the time of loading a model, then pass on whatever is not known chatter.

    The descriptor belongs to the whole process, so a line of another thread is delayed for that moment, never lost.
    """
    with tempfile.TemporaryFile() as held:
        try:
            real = os.dup(2)
        except OSError:  # standard error is closed: there is nobody to disturb
            yield
            return
        try:
            _flush()
            os.dup2(held.fileno(), 2)
            yield
        finally:
            _flush()
            os.dup2(real, 2)
            os.close(real)
            _pass_on(held)


def _pass_on(held: BinaryIO) -> None:
    held.seek(0)
    for line in held:
        if not line.startswith(CHATTER):
            with suppress(OSError):
                os.write(2, line)


def _flush() -> None:
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
