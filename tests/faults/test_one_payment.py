"""The matrix of payments: whatever happens to a job, the provider has at most one task of it, unless --again was said.

Every cell ends by itself, then the same job is submitted again, and then it is resumed. Pauses are not waited: the
clocks of both sides are set ahead instead.
"""

import importlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

import lipready
from lipready import Job, Sending, Settings
from lipready.errors import LipreadyError, OutcomeUnknownError, RefusedError, UsageError
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.transport.drive import drive
from lipready.providers.transport.wire import Effect, Flow, Pause, T
from lipready.sandbox.faults.fault import Fault, Faults
from lipready.sandbox.serve import Running, SandboxOptions, serving
from lipready.task import Task

DASHSCOPE, EVOLINK = "dashscope", "evolink"
COLUMNS = ((DASHSCOPE, ""), (EVOLINK, ""), (EVOLINK, "submit:ignore-key"))
"""Both providers, and whether the key of idempotency is looked at; DashScope knows none."""
LONGEST_PAUSE = 0.055
MOST_EFFECTS = 36
QUICK = Settings(quick=True, only=("V",))
READERS = (
    "providers.submission.queries",
    "providers.submission.posting",
    "providers.submission.polling",
    "providers.submission.sending",
    "providers.journal.journal",
)
"""The modules that ask what time it is to find out what became of a request."""


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Clock:
    """How far both sides are ahead of this machine, in seconds."""

    ahead: float = 0.0

    def time(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class User:
    """One user of one provider, with a key and a journal of its own. `stop` ends a run at one of its effects."""

    box: Running
    clock: Clock
    style: str
    folder: Path
    job: Job
    before: int
    stop: Callable[[Effect], BaseException | None] = lambda _: None

    def submit(self, **sending: bool) -> Task:
        return lipready.submit(self.job, provider=self.style, settings=QUICK, sending=Sending(**sending))

    def run(self) -> Path:
        """Do what `lipready submit -o` does."""
        return self.download(self.submit())

    def resume(self) -> Path:
        """Do what `lipready tasks resume ID` does."""
        return self.download(lipready.resume(self.entry().id))

    def download(self, task: Task) -> Path:
        task, film = task.wait(deadline=4 * 3600), self.folder / "result.mp4"
        return task.download(film)

    def faults(self, *faults: str) -> None:
        self.box._world.faults = Faults([Fault.parse(each) for each in faults if each])

    def entry(self) -> JournalEntry:
        """Give the newest entry, which is the only one that can cost anything."""
        newest, *rest = Journal(self.folder / "state").entries()
        assert all(each.stage == "refused" for each in rest), rest
        return newest

    def stage(self) -> str | None:
        """Say how far the job is written down; None where it is not."""
        entries = Journal(self.folder / "state").entries()
        return entries[0].stage if entries else None

    def paid(self) -> int:
        return self.box.ledger().submissions - self.before

    def task_ids(self) -> set[str]:
        return {task.id for task in self.box.ledger().tasks[self.before :]}

    def drive(self, flow: Flow[T], transport: object) -> T:
        return drive(self._hastened(flow), transport)  # type: ignore[arg-type]

    def _hastened(self, flow: Flow[T]) -> Flow[T]:
        """Ask for what a flow asks for: the clocks go on instead of a pause, and it is stopped where that is due."""
        act: Callable[[], Effect] = partial(next, flow)
        try:
            while True:
                effect = act()
                if isinstance(effect, Pause):
                    short = min(effect.seconds, LONGEST_PAUSE)
                    self.clock.ahead += effect.seconds - short
                    effect = Pause(short)
                elif (end := self.stop(effect)) is not None:
                    if isinstance(end, Killed):
                        flow.close()  # the system gives back what it has locked
                        raise end
                    act = partial(flow.throw, end)
                    continue
                try:
                    result = yield effect
                except GeneratorExit:
                    flow.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - the flow is told of everything
                    act = partial(flow.throw, error)
                else:
                    act = partial(flow.send, result)
        except StopIteration as end:
            value: T = end.value
            return value


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def box(clock: Clock) -> Iterator[Running]:
    with serving(SandboxOptions(pace=0, ahead=lambda: clock.ahead)) as running:
        yield running


@pytest.fixture
def user(
    box: Running, clock: Clock, good_job: tuple[Path, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., User]]:
    """Make the user of a provider, for whom the given faults happen."""

    def make(style: str, *faults: str) -> User:
        one = User(box, clock, style, tmp_path, Job.of(*good_job[:2]), box.ledger().submissions)
        one.faults(*faults)
        monkeypatch.setattr("lipready.providers.transport.drive.drive", one.drive)
        return one

    key = f"sk-{uuid4().hex}"
    environment = {
        "LIPREADY_STATE_DIR": str(tmp_path / "state"),
        "DASHSCOPE_API_KEY": key,
        "DASHSCOPE_HTTP_BASE_URL": box.endpoints(DASHSCOPE).api,
        "EVOLINK_API_KEY": key,
        "EVOLINK_BASE_URL": box.endpoints(EVOLINK).api,
        "EVOLINK_FILES_BASE_URL": box.endpoints(EVOLINK).files,
        "NO_PROXY": "*",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shifted = SimpleNamespace(time=clock.time, monotonic=clock.monotonic)
    for name in READERS:
        monkeypatch.setattr(importlib.import_module(f"lipready.{name}"), "time", shifted)
    yield make
    box._world.faults = Faults()


@dataclass(frozen=True)
class Cell:
    """What happens, what comes of the first run, and of the same command and `resume` once nothing happens any more.

    None stands for the result video, else it is a class of errors. `paid` is the tasks at the provider in the end.
    """

    faults: tuple[str, ...]
    first: type[LipreadyError] | None = None
    then: type[LipreadyError] | None = None
    paid: int = 1


UNKNOWN = OutcomeUnknownError
MATRIX = {
    "nothing": Cell(()),
    "lost before": Cell(("submit:reset-before",), UNKNOWN, UNKNOWN, 0),
    "lost after": Cell(("submit:lost",)),
    "reset": Cell(("submit:reset-after*3",)),
    "half an answer": Cell(("submit:truncated",)),
    "500 after creation": Cell(("submit:500-after",)),
    "500 after creation, twice": Cell(("submit:500-after*2",)),
    "500 after creation, three times": Cell(("submit:500-after*3",)),
    "list down": Cell(("submit:lost", "list:503*"), UNKNOWN),
    "list lags 10 s": Cell(("submit:lost", "list:lag=10")),
    "list lags 45 s": Cell(("submit:lost", "list:lag=45")),
    "list lags 120 s": Cell(("submit:lost", "list:lag=120"), UNKNOWN),
    "a colleague, and ours never arrived": Cell(("submit:reset-before", "list:foreign"), UNKNOWN, UNKNOWN, 0),
    "a colleague beside ours": Cell(("submit:lost", "list:foreign"), UNKNOWN, UNKNOWN),
    "unknown for 1 s": Cell(("poll:unknown=1",)),
    "unknown for 60 s": Cell(("poll:unknown=60",)),
    "unknown for 600 s": Cell(("poll:unknown=600",)),
    "lost, and unknown for 60 s": Cell(("submit:lost", "poll:unknown=60")),
    "unknown for an hour": Cell(("poll:unknown=3600",), lipready.DeadlineError),
}


CELLS = [
    (name, style, key)
    for name, cell in MATRIX.items()
    for style, key in COLUMNS
    if not key or any(fault.startswith("submit") for fault in cell.faults)
]


@pytest.mark.parametrize(("name", "style", "key"), CELLS)
def test_one_payment_and_every_end_says_what_is_known(user, name, style, key):
    cell = MATRIX[name]
    one = user(style, key, *cell.faults)
    expect(cell.first, one, one.run)
    one.faults(key)
    if cell.first is not None:
        expect(cell.then, one, one.run)
    if cell.first is None or cell.then is None:
        assert one.submit().attached
        assert (one.stage(), {one.entry().task_id}) == ("downloaded", one.task_ids())
    else:
        expect(cell.then, one, one.resume)
    assert one.paid() == cell.paid


def expect(error: type[LipreadyError] | None, one: User, act: Callable[[], Path | Task]) -> None:
    """Require how a run ends: with the result video, or with one sentence that says what is known and what to do."""
    if error is None:
        assert act() == one.folder / "result.mp4"
    else:
        with pytest.raises(LipreadyError) as raised:
            act()
        assert type(raised.value) is error, raised.value
        said, entry = str(raised.value), one.entry()
        assert re.fullmatch(r"[A-Z].*\.", said), said
        assert f"lipready.resume('{entry.id}'" in said
        assert entry.open
    assert one.paid() <= 1


@pytest.mark.parametrize(("style", "key"), COLUMNS, ids=["dashscope", "evolink", "evolink that ignores the key"])
def test_a_key_that_is_refused_closes_the_job(user, style, key, monkeypatch):
    one = user(style, key)
    variable = "DASHSCOPE_API_KEY" if style == DASHSCOPE else "EVOLINK_API_KEY"
    with monkeypatch.context() as wrong:
        wrong.setenv(variable, "invalid")
        with pytest.raises(RefusedError):
            one.run()
    refused = one.entry()
    with pytest.raises(UsageError, match="is at its end"):
        lipready.resume(refused.id)
    assert (refused.stage, one.paid()) == ("refused", 0)
    expect(None, one, one.run)
    with pytest.raises(UsageError, match="is at its end"):
        lipready.resume(refused.id)
    assert one.paid() == 1


@pytest.mark.parametrize(("style", "key"), COLUMNS, ids=["dashscope", "evolink", "evolink that ignores the key"])
def test_again_is_the_only_way_to_pay_twice(user, style, key):
    one = user(style, key, "submit:lost", "list:503*")
    expect(UNKNOWN, one, one.run)
    one.faults(key)
    second = one.submit(again=True)
    assert (one.paid(), second.attached) == (2, False)
    assert one.submit().id == second.id
    assert one.paid() == 2


def at(number: int, end: type[BaseException]) -> Callable[[Effect], BaseException | None]:
    """Stop at the effect of a number, counted from 0."""
    left = number

    def stop(_: Effect) -> BaseException | None:
        nonlocal left
        left -= 1
        return end() if left == -1 else None

    return stop


@pytest.mark.parametrize("style", [DASHSCOPE, EVOLINK])
@pytest.mark.parametrize("end", [Killed, KeyboardInterrupt])
@pytest.mark.parametrize("number", range(MOST_EFFECTS))
def test_a_submission_that_ends_at_any_effect(user, style, end, number):
    one = user(style)
    one.stop = at(number, end)
    try:
        one.submit()
    except (Killed, KeyboardInterrupt):
        assert number < MOST_EFFECTS - 1, "there are more effects than are tried"
    one.stop = lambda _: None
    arrived = one.paid()
    if one.stage() == "posting" and not arrived:
        # It was announced, and never left: nobody but the provider can know that.
        expect(UNKNOWN, one, one.submit)
        assert one.paid() == 0
    else:
        assert one.submit().id in one.task_ids()
        assert one.paid() == 1
    assert len(Journal(one.folder / "state").entries()) == 1
