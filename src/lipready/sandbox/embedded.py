"""The sandbox inside the process of whoever submits to it: the way without a key."""

import atexit
import threading
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction

from lipready.profiles.loader import load_profile
from lipready.providers.account import Account, remember, service_of
from lipready.sandbox.serve import Running, SandboxOptions, serving

_KEY = "sandbox"
_PACE, _POLL_SECONDS = 2.0, 0.3

_lock = threading.Lock()
_started: list[Running] = []


def account_of_sandbox(style: str = "dashscope") -> Account:
    """Return an account at a sandbox that behaves like a provider ("dashscope" or "evolink").

    The sandbox is started with the first call, and ends with the process: its tasks cannot be resumed later. Raises
    UsageError for another style, ComponentError where the libraries of the extra `sandbox` are missing.
    """
    service = replace(service_of(style), title=f"Sandbox (as {style})", poll_seconds=_POLL_SECONDS)
    with _lock:
        if not _started:
            _started.append(_start())
        running = _started[0]
    endpoints = running.endpoints(style)
    profile = load_profile(style)
    price = profile.price
    profile = replace(profile, price=price and replace(price, per_second=Fraction(0)))
    account = Account(provider=f"sandbox:{style}", profile=profile, service=service, endpoints=endpoints, key=_KEY)
    return remember(account)


def _start() -> Running:
    stack = ExitStack()
    running = stack.enter_context(serving(SandboxOptions(pace=_PACE)))
    atexit.register(stack.close)
    return running
