"""The sandbox as a context: a server in a thread of its own, on a port of this machine."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.errors import ComponentError, UsageError
from lipready.providers.service import Endpoints
from lipready.sandbox.faults.fault import Fault, Faults
from lipready.sandbox.store import STYLES, Clock, Ledger, Style, level
from lipready.sandbox.world import World

if TYPE_CHECKING:
    import uvicorn

    from lipready.sandbox.faults.injection import Connections

_COMPONENTS = {"starlette": "starlette", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}
_BACKLOG = 128


def _say_nothing(line: str) -> None:
    del line


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How the sandbox behaves.

    `port` 0 takes any free one. `pace` is the seconds that a task takes at least, spread over its states. `log`
    receives one line for each request, from the server's thread. `fetch_seconds` is what fetching one input may take,
    `upload_megabytes` the largest file of DashScope's temporary storage, as the sample of its policy has it.
    `local_callbacks` lets EvoLink's callbacks go to this machine, by plain http too, which EvoLink itself refuses.

    `ahead` returns the seconds by which the sandbox's clock is ahead of this machine's, and is asked at every look: a
    test whose pauses do not last returns their sum, or sets the clock ahead itself (Running.advance).
    """

    host: str = "127.0.0.1"
    port: int = 0
    pace: float = 1.0
    faults: tuple[Fault, ...] = ()
    log: Callable[[str], None] = field(default=_say_nothing, compare=False)
    fetch_seconds: float = 60.0
    ahead: Callable[[], float] = field(default=level, compare=False)
    upload_megabytes: int = 100
    local_callbacks: bool = False


class Running:
    """A sandbox that listens. `url` has no slash at its end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.url = world.url

    def endpoints(self, style: str) -> Endpoints:
        """Return the addresses of an imitated provider: "dashscope" or "evolink". Raises UsageError for any other."""
        if style == "dashscope":
            return Endpoints(api=f"{self.url}/api/v1", files="")
        if style == "evolink":
            return Endpoints(api=f"{self.url}/v1", files=self.url)
        raise UsageError(f"The sandbox does not imitate {style!r}: it knows {' and '.join(STYLES)}.")

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
            world = _world(options, listener, Path(folder))
            server = _Server(world, listener)
            server.start()
            try:
                yield Running(world)
            finally:
                server.stop()
    finally:
        listener.close()


class _Server:
    """uvicorn in a daemon thread, which neither touches signals nor writes logs."""

    def __init__(self, world: World, listener: socket.socket) -> None:
        self._world, self._listener = world, listener
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="lipready-sandbox", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise ComponentError(f"The sandbox cannot start: {self._failure}.") from self._failure

    def stop(self) -> None:
        if self._loop is not None and self._leave is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for the start
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from lipready.sandbox.faults.injection import Connections
        from lipready.sandbox.tasks.work import Works

        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        works, connections = Works(self._world), Connections()
        self._world.begin = works.begin
        server = _uvicorn(self._world, connections)
        serving_ = asyncio.create_task(server.serve(sockets=[self._listener]))
        # The socket listens already: whoever connects from here on is served.
        self._ready.set()
        await self._leave.wait()
        # Nobody is waited for: an answer that is still being made would be made for nothing.
        server.should_exit = server.force_exit = True
        connections.close_all()
        await works.close()
        await serving_


def _uvicorn(world: World, connections: "Connections") -> "uvicorn.Server":
    import uvicorn

    from lipready.sandbox.app import build
    from lipready.sandbox.faults.injection import FaultInjector, protocol_of

    config = uvicorn.Config(
        FaultInjector(build(world), world, connections),
        http=protocol_of(connections),
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
    return uvicorn.Server(config)


def _world(options: SandboxOptions, listener: socket.socket, folder: Path) -> World:
    host, port = listener.getsockname()[:2]
    # Whoever listens everywhere is reached on the machine itself.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not listened on
    return World(
        url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
        folder=folder,
        pace=options.pace,
        fetch_seconds=options.fetch_seconds,
        largest_upload=options.upload_megabytes * (1 << 20),
        faults=Faults(options.faults),
        log=options.log,
        local_callbacks=options.local_callbacks,
        clock=Clock(options.ahead),
    )


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
        remedy = "choose another port with --port, or any free one with --port 0"
        raise UsageError(f"The sandbox cannot listen on {options.host}:{options.port} ({reason}): {remedy}.") from error


__all__ = ["Fault", "Ledger", "Running", "SandboxOptions", "Style", "serving"]
