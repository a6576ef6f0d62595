"""What the HTTP library would tell the log: whole addresses with their signatures, and headers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TALKATIVE = (
    "httpx2",
    "httpcore2.connection",
    "httpcore2.http11",
    "httpcore2.http2",
    "httpcore2.proxy",
    "httpcore2.socks",
)

_ours: ContextVar[bool] = ContextVar("lipready_exchange", default=False)


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep the exchanges of this block, and only those, out of the HTTP library's log."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_not_ours)  # a filter that is there already is not added again
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _not_ours(_record: logging.LogRecord) -> bool:
    return not _ours.get()
