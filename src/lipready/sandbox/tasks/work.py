"""The steps of a task: fetched, judged, rendered, delivered."""

import asyncio
import hashlib
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import nullcontext
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, TypeVar

import httpx2

from lipready.check import Settings, check_job
from lipready.errors import LipreadyError
from lipready.facts.finding import Finding
from lipready.job import Job, RequestOptions
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.sandbox.api.evolink import described
from lipready.sandbox.tasks.fetch import Inputs, fetch_inputs
from lipready.sandbox.tasks.render import render, render_foreign
from lipready.sandbox.tasks.task import ResultVideo, SandboxTask, SimulatedFailureError, too_large
from lipready.sandbox.world import World

NO_FACE = "P301"
_NOT_MATCHED = "未找到匹配人脸"


def _fingerprint(path: Path) -> tuple[str, str]:
    """Return what equal files have in common: the sha256, and the extension by which the format is judged."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.suffix


def _failure_of(finding: Finding, task: SandboxTask) -> SimulatedFailureError | None:
    """Return what the provider would answer: the code that the finding prevents."""
    if finding.remote == "InvalidFile.Size":
        return too_large(finding.role)
    if finding.remote == "InvalidFile.FaceNotMatch":
        # Spelt as DashScope's page for this model has it. EvoLink's page quotes a message, and no code.
        message = _NOT_MATCHED if task.style == "evolink" else ""
        return SimulatedFailureError("InvalidFile.FaceNotMach", message=message)
    if finding.remote is not None:
        return SimulatedFailureError(finding.remote)
    # DashScope keeps the picture of a clip without a face, and bills it; EvoLink says that it fails, but not how.
    return SimulatedFailureError("InvalidFile.NoHuman") if finding.rule == NO_FACE and task.style == "evolink" else None


T = TypeVar("T")
_STATES = 4
"""Through which a task passes before it has succeeded: the pace is spread over them evenly."""


class StoppedError(Exception):
    """The sandbox ends, and with it what it was doing."""


class TaskRunner:
    """Runs the tasks; belongs to the server's event loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._running: set[asyncio.Task[Any]] = set()
        self._made: dict[Hashable, asyncio.Task[Any]] = {}
        self._stop = threading.Event()
        # One check or result video at a time: each of them uses what cores there are.
        self._alone = asyncio.Lock()

    def begin(self, task: SandboxTask) -> None:
        """Start a task."""
        self._keep_running(asyncio.create_task(self._run(task)))

    def _keep_running(self, running: asyncio.Task[Any]) -> None:
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """End whatever is still going on."""
        self._stop.set()
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, task: SandboxTask) -> None:
        account = self._world.accounts[task.account]
        folder = self._world.folder / "inputs" / task.id
        async with account.alone if task.style == "dashscope" else nullcontext():
            await asyncio.sleep(max(0.0, task.created + self._step - self._world.clock.now()))
            if task.state != "PENDING":
                return
            try:
                folder.mkdir(parents=True)
                await self._pass(task, folder)
            except SimulatedFailureError as failure:
                _fail(task, failure, self._world.clock.now())
            except Exception as error:  # noqa: BLE001 - a task that fails says so as its provider would
                what = str(error) if isinstance(error, LipreadyError) else type(error).__name__
                self._world.log(f"task {task.id} failed in the sandbox: {what}")
                _fail(task, SimulatedFailureError("InternalError.Algo"), self._world.clock.now())
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        if task.asked.callback:
            await call_back(self._world, task.asked.callback, described(task, self._world.url))

    @property
    def _step(self) -> float:
        return self._world.options.pace / _STATES

    async def _pass(self, task: SandboxTask, folder: Path) -> None:
        task.started = self._world.clock.now()
        task.state = "PRE-PROCESSING"
        video = await (self._foreign(task) if task.foreign else self._rendered(task, folder))
        task.state = "POST-PROCESSING"
        await asyncio.sleep(self._step)
        task.video, task.result = video, f"{token_urlsafe(18)}.mp4"
        self._world.results[task.result] = task
        task.ended = self._world.clock.now()
        task.state = "SUCCEEDED"

    async def _rendered(self, task: SandboxTask, folder: Path) -> ResultVideo:
        asked = task.asked
        if asked.fails:
            raise SimulatedFailureError("InternalError.Algo")
        inputs, prints, report = await self._at_least(self._examined(task, folder))
        for finding in report.findings:
            if finding.severity == "error" and (failure := _failure_of(finding, task)) is not None:
                raise failure
        task.state = "RUNNING"
        output = self._world.folder / f"result-{token_urlsafe(12)}.mp4"
        moving = self._world.options.moving_mouth

        def make() -> ResultVideo:
            extension, tell = asked.extension, self._may_go_on
            return render(inputs, report.facts, output, extension=extension, moving=moving, tell=tell)

        return await self._at_least(self._once((*prints[:2], asked.extension), make))

    async def _foreign(self, task: SandboxTask) -> ResultVideo:
        await asyncio.sleep(self._step)
        task.state = "RUNNING"
        output = self._world.folder / "foreign.mp4"
        return await self._at_least(self._once("foreign", lambda: render_foreign(output)))

    async def _examined(self, task: SandboxTask, folder: Path) -> tuple[Inputs, list[Hashable], Report]:
        """Return the inputs, what equal ones are known by, and the report by the profile of the task's provider."""
        inputs = await fetch_inputs(self._world, task, folder)
        paths = [path for path in (inputs.video, inputs.audio, inputs.reference) if path is not None]
        prints: list[Hashable] = [await asyncio.to_thread(_fingerprint, path) for path in paths]
        # The callback was looked at when the task was submitted: what a sandbox allows there, a rule does not.
        options = RequestOptions(task.asked.extension, task.asked.threshold)

        def make() -> Report:
            job = Job.of(inputs.video, inputs.audio, inputs.reference, options)
            settings = Settings(progress=lambda _path, share: self._may_go_on(share))
            return check_job(job, load_profile(task.style), settings)

        return inputs, prints, await self._once((task.style, *prints, options), make)

    async def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result of a key, which the first who asks makes in a thread; a failure is not kept."""
        making: asyncio.Task[T] | None = self._made.get(key)
        if making is None:
            making = self._made[key] = asyncio.create_task(self._in_thread(make))
            making.add_done_callback(lambda done: done.cancelled() or (done.exception() and self._made.pop(key)))
            self._keep_running(making)
        return await asyncio.shield(making)

    async def _in_thread(self, make: Callable[[], T]) -> T:
        async with self._alone:
            return await asyncio.to_thread(make)

    async def _at_least(self, work: Awaitable[T]) -> T:
        """Return the result of some work, not before the least duration of a state."""
        begin = time.monotonic()
        result = await work
        await asyncio.sleep(max(0.0, begin + self._step - time.monotonic()))
        return result

    def _may_go_on(self, share: float) -> None:
        del share
        if self._stop.is_set():
            raise StoppedError


ANSWER_SECONDS = 10.0
PAUSES = (1.0, 2.0, 4.0)


async def call_back(world: World, url: str, content: Mapping[str, Any]) -> None:
    """Post the content, and up to three times more until the answer is a 2xx; that there was none is logged."""
    async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        for pause in (*PAUSES, None):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await client.post(url, json=dict(content))
                if answer.is_success:
                    return
            except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
                pass
            if pause is not None:
                await asyncio.sleep(pause)
    world.log(f"the callback of {content['id']} was not taken")


def _fail(task: SandboxTask, failure: SimulatedFailureError, now: float) -> None:
    task.code, task.message = failure.code, failure.message
    task.ended = now
    task.state = "FAILED"
