"""Run a flow in this thread or in asyncio."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from lipready.cancel import Cancel, cancellable, checkpoint, in_thread, is_cancellable
from lipready.providers.account import Account
from lipready.providers.transport.client import AsyncTransport, Transport
from lipready.providers.transport.wire import Call, Effect, Flow, Pause, Save, Send, T

_TICK = 0.25


def drive(flow: Flow[T], transport: Transport) -> T:
    """Run a flow to its end and give its result.

    What goes wrong while an effect is performed, KeyboardInterrupt included, is raised in the flow where it asked for
    the effect. The flow is closed in any case. Raises what the flow raises.
    """
    try:
        effect = next(flow)
        while True:
            try:
                result = _perform(effect, transport)
            except BaseException as error:  # noqa: BLE001  (the flow is told of everything, and raises it again)
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


async def drive_async(flow: Flow[T], transport: AsyncTransport) -> T:
    """Run a flow to its end in asyncio; as `drive`, and CancelledError is raised in the flow as well."""
    try:
        effect = next(flow)
        while True:
            try:
                result = await _perform_async(effect, transport)
            except BaseException as error:  # noqa: BLE001  (as above)
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


def _perform(effect: Effect, transport: Transport) -> Any:
    match effect:
        case Send(request):
            return transport.send(request)
        case Save():
            return transport.save(effect)
        case Pause(seconds):
            return _sleep(seconds)
        case Call(function):
            return function()


def _sleep(seconds: float) -> None:
    """Wait, as long as nobody cancels; Ctrl-C ends it on every system."""
    end = time.monotonic() + seconds
    while True:
        checkpoint()
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _TICK))


async def _perform_async(effect: Effect, transport: AsyncTransport) -> Any:
    match effect:
        case Send(request):
            return await _uncancelled(transport.send(request))
        case Save():
            return await _uncancelled(transport.save(effect))
        case Pause(seconds):
            return await _uncancelled(asyncio.sleep(max(0.0, seconds)))
        case Call(function):
            return await in_thread(function, always=True)


async def _uncancelled(effect: Coroutine[Any, Any, T]) -> T:
    """Wait for an effect, as long as nobody cancels by a token."""
    if not is_cancellable():
        return await effect
    task = asyncio.ensure_future(effect)
    try:
        while not (await asyncio.wait([task], timeout=_TICK))[0]:
            checkpoint()
    except BaseException:
        task.cancel()
        await asyncio.wait([task])
        raise
    return task.result()


def run(account: Account, flow: Flow[T], cancel: Cancel | None = None) -> T:
    """Carry out a flow in this thread."""
    with cancellable(cancel), Transport(account.key, account.origins) as transport:
        return drive(flow, transport)


async def run_async(account: Account, flow: Flow[T], cancel: Cancel | None = None) -> T:
    """Carry out a flow on asyncio; what blocks goes to a thread."""
    with cancellable(cancel):
        async with AsyncTransport(account.key, account.origins) as transport:
            return await drive_async(flow, transport)
