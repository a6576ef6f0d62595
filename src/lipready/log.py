"""The log of the library: silent until a program wants it.

`logging.getLogger("lipready")` gets the stages of the work at INFO ("checking clip.mp4") and every exchange with a
server at DEBUG: method, host and path, status, milliseconds and bytes. Keys, queries of addresses (which may be
signatures), headers and bodies are never in it.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from lipready.facts.address import shown

LOG = logging.getLogger("lipready")
LOG.addHandler(logging.NullHandler())


@dataclass(slots=True)
class Heard:
    """What came back in an exchange: the status, None where nothing did, and the bytes of the body."""

    status: int | None = None
    bytes: int = 0


@contextmanager
def logged(method: str, url: str) -> Iterator[Heard]:
    """Log an exchange when it has ended, however that was."""
    heard, begun = Heard(), time.monotonic()
    try:
        yield heard
    finally:
        LOG.debug(
            "%s %s: %s, %d ms, %d bytes",
            method,
            shown(url).removesuffix("?…"),
            heard.status or "no answer",
            round((time.monotonic() - begun) * 1000),
            heard.bytes,
        )


_ours: ContextVar[bool] = ContextVar("lipready_exchange", default=False)


@contextmanager
def unlogged(*loggers: str) -> Iterator[None]:
    """Keep what this block does, and only that, out of the loggers of another library, which would log signatures."""
    for name in loggers:
        logging.getLogger(name).addFilter(_not_ours)  # a filter that is there already is not added again
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _not_ours(_record: logging.LogRecord) -> bool:
    return not _ours.get()
