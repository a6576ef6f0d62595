"""The sandbox as a context: a server in a thread of its own, on a port of this machine."""

import asyncio
import atexit
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from lipready.errors import ComponentError, UsageError
from lipready.profiles.loader import load_profile
from lipready.providers.account import Account, remember, service_of
from lipready.providers.service import Endpoints
from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.store import STYLES, Ledger, SandboxOptions, Style
from lipready.sandbox.world import World

_COMPONENTS = {"starlette": "starlette", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}
_BACKLOG = 128


class Running:
    """A sandbox that listens. `url` has no slash at its end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.url = world.url

    def endpoints(self, style: str) -> Endpoints:
        """Return the addresses of an imitated provider: "dashscope" or "evolink". Raises UsageError for any other."""
        if style not in STYLES:
            raise UsageError(f"The sandbox does not imitate {style!r}: it knows {' and '.join(STYLES)}.")
        if style == "dashscope":
            return Endpoints(api=f"{self.url}/api/v1", files="")
        return Endpoints(api=f"{self.url}/v1", files=self.url)

    def ledger(self) -> Ledger:
        """Return what was counted so far."""
        return self._world.ledger()

    def inject(self, fault: Fault) -> None:
        """Inject a fault from now on."""
        self._world.faults.add(fault)

    def advance(self, seconds: float) -> None:
        """Set the sandbox's clock ahead: by it tasks grow older, lags and unknown states end, and links expire."""
        self._world.clock.advanced += seconds


@contextmanager
def serving(options: SandboxOptions | None = None) -> Iterator[Running]:
    """Serve until the context is left; all that was stored is removed then.

    Raises ComponentError where the libraries of the extra are missing, UsageError where the address cannot be had.
    """
    options = options or SandboxOptions()
    _require_components()
    listener = _listen(options)
    try:
        with tempfile.TemporaryDirectory(prefix="lipready-sandbox-", ignore_cleanup_errors=True) as folder:
            world = World(options, _url(listener), Path(folder))
            stop = _start(world, listener)
            try:
                yield Running(world)
            finally:
                stop()
    finally:
        listener.close()


def _start(world: World, listener: socket.socket) -> Callable[[], None]:
    """Start the server in a daemon thread, and return what ends it. Raises ComponentError."""
    listening: Future[Callable[[], object]] = Future()

    def run() -> None:
        try:
            asyncio.run(_serve(world, listener, listening))
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for the start
            if not listening.done():
                listening.set_exception(error)

    thread = threading.Thread(target=run, name="lipready-sandbox", daemon=True)
    thread.start()
    failure = listening.exception()
    if failure is not None:
        raise ComponentError(f"The sandbox cannot start: {failure}.") from failure

    def stop() -> None:
        # RuntimeError: the loop has ended already.
        with suppress(RuntimeError):
            listening.result()()
        thread.join()

    return stop


async def _serve(world: World, listener: socket.socket, listening: Future[Callable[[], object]]) -> None:
    """Serve with uvicorn, which neither touches signals here nor writes logs, until it is told to leave."""
    import uvicorn

    from lipready.sandbox.app import build
    from lipready.sandbox.faults.injection import FaultInjector, QuietProtocol
    from lipready.sandbox.tasks.work import TaskRunner

    loop, leave, runner = asyncio.get_running_loop(), asyncio.Event(), TaskRunner(world)
    world.begin = runner.begin
    injector = FaultInjector(build(world), world)
    config = uvicorn.Config(
        injector,
        http=QuietProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    server = uvicorn.Server(config)
    connections = injector.connections = server.server_state.connections
    running = asyncio.create_task(server.serve(sockets=[listener]))
    # The socket listens already: whoever connects from here on is served.
    listening.set_result(lambda: loop.call_soon_threadsafe(leave.set))
    await leave.wait()
    # Nobody is waited for: an answer that is still being made would be made for nothing.
    server.should_exit = server.force_exit = True
    for connection in tuple(connections):
        connection.transport.abort()
    await runner.close()
    await running


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    # Whoever listens everywhere is reached on the machine itself.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _require_components() -> None:
    missing = [name for module, name in _COMPONENTS.items() if find_spec(module) is None]
    if missing:
        raise ComponentError(f"The sandbox needs {', '.join(missing)}: pip install 'lipready[sandbox]'.")


def _listen(options: SandboxOptions) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "choose another port with `SandboxOptions.port`, or any free one with `SandboxOptions(port=0)`"
        raise UsageError(f"The sandbox cannot listen on {options.host}:{options.port} ({reason}): {remedy}.") from error


_PACE, _POLL_SECONDS = 2.0, 0.3

_lock = threading.Lock()
_embedded: list[Running] = []


def account_of_sandbox(style: str = "dashscope") -> Account:
    """Return an account at a sandbox in this process that behaves like a provider ("dashscope" or "evolink").

    The sandbox is started with the first call, and ends with the process: its tasks cannot be resumed later. Raises
    UsageError for another style, ComponentError where the libraries of the extra `sandbox` are missing.
    """
    service = replace(service_of(style), title=f"Sandbox (as {style})", poll_seconds=_POLL_SECONDS)
    with _lock:
        if not _embedded:
            stack = ExitStack()
            _embedded.append(stack.enter_context(serving(SandboxOptions(pace=_PACE))))
            atexit.register(stack.close)
    endpoints, profile = _embedded[0].endpoints(style), load_profile(style)
    profile = replace(profile, price=profile.price and replace(profile.price, per_second=Fraction(0)))
    provider = f"sandbox:{style}"
    return remember(Account(provider=provider, profile=profile, service=service, endpoints=endpoints, key="sandbox"))


__all__ = ["Fault", "Ledger", "Running", "SandboxOptions", "Style", "serving"]
