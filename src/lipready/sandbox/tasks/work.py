"""The steps of a task: fetched, judged, rendered, delivered."""

import asyncio
import hashlib
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from os import fspath
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lipready.check import Settings, check_job
from lipready.errors import LipreadyError
from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.report import Report
from lipready.job import Job, RequestOptions
from lipready.profiles.loader import load_profile
from lipready.sandbox.api.evolink import described
from lipready.sandbox.tasks.fetch import Inputs, fetch_inputs
from lipready.sandbox.tasks.render import render, render_foreign
from lipready.sandbox.tasks.task import ResultVideo, SandboxTask, SimulatedFailureError, too_large

if TYPE_CHECKING:
    from lipready.sandbox.world import World

NO_FACE = "P301"
_NOT_MATCHED = "未找到匹配人脸"


@dataclass(frozen=True, slots=True)
class Prints:
    """What two equal jobs have in common: the sha256 of each file, with the extension by which its format is judged."""

    video: tuple[str, str]
    audio: tuple[str, str]
    reference: tuple[str, str] | None


def fingerprints(inputs: Inputs) -> Prints:
    """Read the inputs, and say what they are known by."""
    reference = None if inputs.reference is None else _print(inputs.reference)
    return Prints(_print(inputs.video), _print(inputs.audio), reference)


def examine(inputs: Inputs, task: SandboxTask, tell: Callable[[str, float], None]) -> Report:
    """Check the inputs of a task with the profile of its provider; `tell` may end this by an exception."""
    # The callback was looked at when the task was submitted: what a sandbox allows there, a rule does not.
    options = RequestOptions(task.asked.extension, task.asked.threshold)
    job = Job.of(inputs.video, inputs.audio, inputs.reference, options)
    return check_job(job, load_profile(task.style), Settings(progress=tell))


def pass_on(report: Report, task: SandboxTask) -> JobFacts:
    """Return the facts of a job that the provider would take. Raises SimulatedFailureError for any other."""
    for finding in report.findings:
        if finding.severity == "error":
            failure = _failure_of(finding, task)
            if failure is not None:
                raise failure
    return report.facts


def _failure_of(finding: Finding, task: SandboxTask) -> SimulatedFailureError | None:
    """Return what the provider would answer: the code that the finding prevents."""
    if finding.remote == "InvalidFile.Size" and finding.role != "job":
        return too_large(finding.role)
    if finding.remote == "InvalidFile.FaceNotMatch":
        # Spelt as DashScope's page for this model has it. EvoLink's page quotes a message, and no code.
        return SimulatedFailureError("InvalidFile.FaceNotMach", _NOT_MATCHED if task.style == "evolink" else "")
    if finding.remote is not None:
        return SimulatedFailureError(finding.remote)
    # DashScope keeps the picture of a clip without a face, and bills it; EvoLink says that it fails, but not how.
    return SimulatedFailureError("InvalidFile.NoHuman") if finding.rule == NO_FACE and task.style == "evolink" else None


def _print(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), fspath(path.suffix)


T = TypeVar("T")
_STATES = 4
"""Through which a task passes before it has succeeded: the pace is spread over them evenly."""


class _Once(Generic[T]):
    """Results by key. Belongs to one event loop; a failure is not kept."""

    def __init__(self) -> None:
        self._known: dict[Hashable, asyncio.Future[T]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return the result of a key, which the first who asks makes."""
        known = self._known.get(key)
        if known is not None:
            return await asyncio.shield(known)
        future = self._known[key] = asyncio.get_running_loop().create_future()
        try:
            result = await make()
        except BaseException as error:
            del self._known[key]
            failure = error if isinstance(error, Exception) else RuntimeError("interrupted")
            future.set_exception(failure)
            future.exception()  # seen: nobody else may be waiting for it
            raise
        future.set_result(result)
        return result


class StoppedError(Exception):
    """The sandbox goes, and what it was doing ends."""


class Works:
    """Runs the tasks. Belongs to the server's event loop."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._running: set[asyncio.Task[None]] = set()
        self._reports: _Once[Report] = _Once()
        self._results: _Once[ResultVideo] = _Once()
        self._stop = threading.Event()
        # One check or result video at a time: each of them uses what cores there are.
        self._alone = asyncio.Lock()

    def begin(self, task: SandboxTask) -> None:
        """Start a task."""
        running = asyncio.create_task(self._run(task))
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
        async with AsyncExitStack() as stack:
            if task.style == "dashscope":
                await stack.enter_async_context(account.alone)
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
        return self._world.pace / _STATES

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
        inputs, prints, report = await self._at_least(self._examined(task, folder))
        facts = pass_on(report, task)
        task.state = "RUNNING"
        key = (prints.video, prints.audio, task.asked.extension)
        output = self._world.folder / f"result-{token_urlsafe(12)}.mp4"

        def make() -> ResultVideo:
            return render(inputs, facts, output, extension=task.asked.extension, tell=self._may_go_on)

        return await self._at_least(self._results.get(key, lambda: self._in_thread(make)))

    async def _foreign(self, task: SandboxTask) -> ResultVideo:
        await asyncio.sleep(self._step)
        task.state = "RUNNING"
        output = self._world.folder / "foreign.mp4"
        return await self._at_least(
            self._results.get("foreign", lambda: self._in_thread(lambda: render_foreign(output)))
        )

    async def _examined(self, task: SandboxTask, folder: Path) -> tuple[Inputs, Prints, Report]:
        inputs = await fetch_inputs(self._world, task, folder)
        prints = await asyncio.to_thread(fingerprints, inputs)
        key = (task.style, prints, task.asked.extension, task.asked.threshold)

        def make() -> Report:
            return examine(inputs, task, lambda _path, share: self._may_go_on(share))

        return inputs, prints, await self._reports.get(key, lambda: self._in_thread(make))

    async def _in_thread(self, make: Callable[[], T]) -> T:
        async with self._alone:
            return await asyncio.to_thread(make)

    async def _at_least(self, work: Awaitable[T]) -> T:
        """Do something, and stay with it as long as a state lasts at least."""
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


async def call_back(world: "World", url: str, content: Mapping[str, Any]) -> None:
    """Post the content, and thrice more while it is not taken with a 2xx; what does not help is logged."""
    import httpx2

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
