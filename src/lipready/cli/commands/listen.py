"""`lipready listen`."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.input.options import PATH, record_format_option, speaking, verify_option
from lipready.cli.output.outcome import Outcome, outcome_document, outcome_writer
from lipready.cli.output.session import CLEAN, FOUND, Session
from lipready.errors import AnswerError, ComponentError, LipreadyError, TaskFailedError, UsageError
from lipready.providers.answer import LARGEST_BODY, parse_callback

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response

    from lipready.providers.journal.entry import JournalEntry

_BODY_SECONDS = 8.0
"""EvoLink waits 10 s for the answer to a callback."""
_MOST_CONNECTIONS = 100
_CLOSING_SECONDS = 1
_BACKLOG = 128


def _listen_on(host: str, port: int) -> socket.socket:
    """Open the socket. Raises UsageError where the address cannot be had, ComponentError without the libraries."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise ComponentError(f"`lipready listen` needs {' and '.join(missing)}: pip install 'lipready[sandbox]'.")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"Nothing can listen on {host}:{port} ({reason}): choose another port with --port, or any free one with "
            "--port 0."
        ) from error


def _server(
    path: str, take: Callable[[str], bool], certificate: Path | None, private_key: Path | None
) -> "uvicorn.Server":
    """Make the server, which listens nowhere yet. `take` is handed the id that a callback names; False: later.

    The answer is the same for every id, be it known or not: 204. Only what is no callback gets another (400, 413).
    """
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def called_back(request: "Request") -> "Response":
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _body(request)
            status = 413 if body is None else 204 if take(parse_callback(body)) else 503
        except TimeoutError:
            status = 408
        except AnswerError:
            status = 400
        return Response(status_code=status)

    config = uvicorn.Config(
        Starlette(routes=[Route(path, called_back, methods=["POST"])]),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    try:
        config.load()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The certificate {certificate} cannot be used ({getattr(error, 'strerror', None) or error})."
        ) from error
    return uvicorn.Server(config)


async def _body(request: "Request") -> bytes | None:
    """Read a body; None where it is longer than any callback."""
    from starlette.requests import ClientDisconnect

    body = bytearray()
    with suppress(ClientDisconnect):
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_BODY:
                return None
    return bytes(body)


_PORT = 8788
_MOST_WAITING = 1000
_WORKERS = 4
_LOOK_SECONDS = 900.0
"""How often tasks that nothing was heard of are asked for: a callback is sent four times, and then never again."""


@click.command
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="0 takes any free one.")
@click.option("--path", default="/callback", show_default=True, help="Path that callbacks are posted to.")
@click.option("--certificate", type=PATH, metavar="FILE", help="Speak https with this (PEM).")
@click.option("--private-key", type=PATH, metavar="FILE", help="The certificate's key (PEM).")
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where results go that were submitted without a place (default: here), named after the job.",
)
@click.option("--until-done", is_flag=True, help="End when no task is left that a callback may come for.")
@verify_option
@record_format_option
@speaking
def listen(
    *,
    host: str,
    port: int,
    path: str,
    certificate: Path | None,
    private_key: Path | None,
    out: Path | None,
    until_done: bool,
    verify: bool,
    form: str,
    session: Session,
) -> int:
    """Receive the callbacks of EvoLink, and download the result of each task that has ended, until Ctrl-C.

    EvoLink calls https addresses on the internet: let a proxy or a tunnel lead to this server, and submit with
    --callback-url https://YOUR-HOST/callback.

    A callback is not signed. Its content is not trusted: a task that the journal knows is asked for at the provider
    with your own key, and its result goes where `submit -o` said. An id that the journal does not know is dropped, and
    nobody is told which ids are known. Tasks are also asked for at the start and every 15 minutes, since callbacks may
    be lost.

    \b
    Exit status: 0 with --until-done, when every result is here,
    1 the same, and a task has failed,
    2 usage, configuration, no key or a crash, 130 on Ctrl-C.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    from lipready.providers.account import account_at

    if not path.startswith("/") or {*"{}?#"} & {*path}:
        raise click.UsageError(f"--path {path}: is no path such as /callback.")
    if private_key is not None and certificate is None:
        raise click.UsageError("--private-key belongs to --certificate.")
    folder = (out or Path()).absolute()
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{folder}: is no folder that results can be written to; choose another one (-o DIR).")
    account_at("evolink")  # a missing key is said now, and not when the first callback comes
    with _listen_on(host, port) as listener, outcome_document(form, session) as write:
        show = outcome_writer(form, session, write=write)
        show.verify = verify
        listening = Listening(folder, show, until_done=until_done)
        scheme = "http" if certificate is None else "https"
        if not session.quiet:
            name, number = listener.getsockname()[:2]
            name = f"[{name}]" if ":" in name else name
            session.complain(f"Listening on {scheme}://{name}:{number}{path}; Ctrl-C ends it.")
        asyncio.run(listening.serve(listener, path, certificate, private_key))
    return listening.status


class Listening:
    """Takes ids of tasks, however often and in which order they are named, and downloads what they stand for."""

    def __init__(self, folder: Path, show: Outcome, *, until_done: bool) -> None:
        self._folder, self._show, self._until_done = folder, show, until_done
        self._queue: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
        self._waiting, self._busy, self._again = set[str](), set[str](), set[str]()
        self._verifying = asyncio.Lock()
        self.status = CLEAN

    async def serve(
        self, listener: socket.socket, path: str, certificate: Path | None, private_key: Path | None
    ) -> None:
        """Serve until Ctrl-C, or until no task is left that is waited for."""
        server = _server(path, self.take, certificate, private_key)
        workers = [asyncio.create_task(self._work()) for _ in range(_WORKERS)]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        watching = asyncio.create_task(self._watch())
        try:
            ended, _ = await asyncio.wait([serving, watching, *workers], return_when=asyncio.FIRST_COMPLETED)
            for each in ended:
                each.result()
            server.should_exit = True
            await serving
        finally:
            for each in (watching, *workers):
                each.cancel()
            await asyncio.gather(watching, *workers, return_exceptions=True)

    def take(self, task_id: str) -> bool:
        """Take an id that a callback names, whoever sent it; False where too many wait already."""
        if task_id in self._waiting:
            return True
        if self._queue.full():
            return False
        self._waiting.add(task_id)
        self._queue.put_nowait(task_id)
        return True

    async def _watch(self) -> None:
        """Ask for all open tasks now and then; end with --until-done, when there are none."""
        while True:
            for entry in await asyncio.to_thread(_open_entries):
                self.take(entry.task_id or "")
            until = asyncio.get_running_loop().time() + _LOOK_SECONDS
            while asyncio.get_running_loop().time() < until:
                if self._until_done and not self._waiting | self._busy and not await asyncio.to_thread(_open_entries):
                    return
                await asyncio.sleep(0.2)

    async def _work(self) -> None:
        while True:
            task_id = await self._queue.get()
            self._waiting.discard(task_id)
            if task_id in self._busy:
                # What is being asked now may have been answered before the task ended.
                self._again.add(task_id)
                continue
            self._busy.add(task_id)
            try:
                await self._ask_for(task_id)
            except LipreadyError as error:
                self._show.session.complain(f"Error: task {task_id}: {error}")
            finally:
                self._busy.discard(task_id)
            if task_id in self._again:
                self._again.discard(task_id)
                self.take(task_id)

    async def _ask_for(self, task_id: str) -> None:
        """Ask how a task is, and download its result where it has succeeded. Nobody is asked for a foreign task."""
        from lipready.providers.submission.known_job import account_of
        from lipready.providers.submission.polling import require_success
        from lipready.task import Task

        entries = await asyncio.to_thread(_entries)
        entry = next((entry for entry in entries if entry.task_id == task_id), None)
        if entry is None:
            self._say(f"A callback names the task {task_id}, which the journal does not know: dropped.")
            return
        if not entry.open:
            self._say(f"A callback names the task {task_id}, which is {entry.stage}: nothing is left to do.")
            return
        account = account_of(entry)
        task = await Task.of(account, entry).refresh_async()
        if not task.state.ended:
            self._say(f"The task {task.id} is {task.status} ({task.state.said}): its callback will come.")
            return
        try:
            require_success(account, task.entry, task.state)
        except TaskFailedError as error:
            self._show.failed(task, error)
            self.status = max(self.status, FOUND)
            return
        place = Path(entry.output or self._folder / f"{entry.id}.mp4")
        result_video = await task.download_async(place)
        await self._show.verify_beside(task, result_video, self._verifying, lambda _what, _share: None)

    def _say(self, text: str) -> None:
        if not self._show.session.quiet:
            self._show.session.complain(text)


def _open_entries() -> list["JournalEntry"]:
    """Return the jobs whose tasks a callback may come for, the oldest first."""
    return [entry for entry in reversed(_entries()) if entry.open and entry.task_id is not None]


def _entries() -> list["JournalEntry"]:
    """Return the jobs of the providers that call back; a sandbox inside another process is gone with it."""
    from lipready.providers.journal.journal import Journal
    from lipready.providers.journal.state import state_folder

    entries = Journal(state_folder()).entries()
    return [each for each in entries if each.service == "evolink" and not each.provider.startswith("sandbox")]
