"""Every fault at every step of a submission: the film, or one clear error; the task written down; paid once at most."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

import pytest

import lipready
from lipready.check import Settings
from lipready.errors import (
    AnswerError,
    DownloadError,
    LipreadyError,
    NoAnswerError,
    OutcomeUnknownError,
    RefusedError,
    UsageError,
)
from lipready.facts.task import ListedTask
from lipready.job import Job
from lipready.providers.account import Account
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.submission.queries import look_up
from lipready.providers.transport.drive import drive
from lipready.providers.transport.wire import Flow, Pause, T
from lipready.sandbox.faults.fault import Fault, Faults
from lipready.sandbox.serve import Running, SandboxOptions, serving
from lipready.sandbox.world import Rate
from lipready.task import Task, resume

DASHSCOPE, EVOLINK = "dashscope", "evolink"
LONGEST_PAUSE = 0.055
"""Seconds. What a pause is worth is tested elsewhere; here it keeps to the 20 polls a second that are allowed."""

FILM = None
"""What is expected instead of a class of errors."""


@dataclass(frozen=True)
class End:
    """How a run ends, at which stage the journal then is, and how `resume` ends once nothing goes wrong any more."""

    error: type[LipreadyError] | None
    stage: str
    resumed: type[LipreadyError] | None = FILM


HOME = End(FILM, "downloaded")
CLOSED = End(RefusedError, "refused", UsageError)
"""Nothing was paid, and nothing is sent later."""
NOBODY_KNOWS = End(OutcomeUnknownError, "posting", OutcomeUnknownError)
"""There is no task, which nobody but the provider can know: it is never sent again."""
LATER = End(OutcomeUnknownError, "posting", FILM)
"""There is a task, which a later look finds."""


@dataclass
class Client:
    """One user of one provider's style, with a key and a state folder of its own."""

    box: Running
    style: str
    state: Path
    out: Path
    pauses: list[float]
    before: dict[str, int] = field(init=False)
    submitted: int = field(init=False)

    def __post_init__(self) -> None:
        ledger = self.box.ledger()
        self.before, self.submitted = dict(ledger.requests), ledger.submissions

    def run(self, job: Job) -> Path:
        task = lipready.submit(job, provider=self.style, settings=Settings(quick=True))
        return self.download_result(task)

    def download_result(self, task: Task) -> Path:
        return task.wait(poll_interval=0.1, deadline=100).download(self.out)

    def resume(self) -> Path:
        return self.download_result(resume(self.entry().id))

    def entry(self) -> JournalEntry:
        (entry,) = Journal(self.state).entries()
        return entry

    def paid(self) -> int:
        return self.box.ledger().submissions - self.submitted

    def asked(self, step: str) -> int:
        return self.box.ledger().requests.get(step, 0) - self.before.get(step, 0)

    def task_ids(self) -> list[str]:
        return [task.id for task in self.box.ledger().tasks[self.submitted :]]


@pytest.fixture(scope="module")
def log() -> list[str]:
    """One line for each request to the sandbox."""
    return []


@pytest.fixture(scope="module")
def box(log: list[str]) -> Iterator[Running]:
    with serving(SandboxOptions(pace=0, log=log.append)) as running:
        yield running


@pytest.fixture(scope="module")
def job(good_job: tuple[Path, Path, Path]) -> Job:
    return Job.of(*good_job[:2], None)


@pytest.fixture
def client(box: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """Make the client of a style, for whom the given faults happen. Pauses are short."""
    pauses: list[float] = []
    with ExitStack() as stack:

        def make(style: str, *faults: str) -> Client:
            stack.callback(lambda: setattr(box._world, "faults", Faults()))
            for fault in faults:
                box.inject(Fault.parse(fault.replace("BOX", box.url)))
            return Client(box, style, tmp_path / "state", tmp_path / "result.mp4", pauses)

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
        monkeypatch.setattr(
            "lipready.providers.transport.drive.drive", lambda flow, by: drive(hastened(flow, pauses), by)
        )
        yield make


def hastened(flow: Flow[T], pauses: list[float]) -> Flow[T]:
    """Ask for what a flow asks for, and let it wait less; `pauses` are those that it asked for."""
    effect = next(flow)
    while True:
        if isinstance(effect, Pause):
            pauses.append(effect.seconds)
            effect = Pause(min(effect.seconds, LONGEST_PAUSE))
        try:
            try:
                result = yield effect
            except GeneratorExit:
                flow.close()
                raise
            except BaseException as error:  # noqa: BLE001 - the flow is told of everything
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
        except StopIteration as end:
            value: T = end.value
            return value


ANYWHERE = (
    "delay=0.2",
    "reset-before",
    "reset-after",
    "429",
    "429-after=1",
    "500",
    "500-after",
    "503",
    "truncated",
    "half",
    "huge",
    "nested",
    "html",
    "redirect=BOX/nowhere",
    "quota",
)
STEPS = {
    DASHSCOPE: ("policy", "upload", "submit", "poll", "download"),
    EVOLINK: ("upload", "submit", "poll", "download"),
}
SENSELESS = {
    (DASHSCOPE, "upload:quota"),  # a storage has none
    *((style, "download:quota") for style in STEPS),
    *((style, "download:huge") for style in STEPS),  # fills 2 GB of disk before it is refused as a film
}
OTHERWISE: dict[tuple[str, str], End] = {
    # Nothing but the film is expected of what is not named here. Only the owner of an account can help its quota:
    (DASHSCOPE, "policy:quota"): CLOSED,
    (DASHSCOPE, "submit:quota"): CLOSED,
    (DASHSCOPE, "poll:quota"): End(RefusedError, "submitted", FILM),
    (EVOLINK, "upload:quota"): CLOSED,
    (EVOLINK, "submit:quota"): CLOSED,
    (EVOLINK, "poll:quota"): End(RefusedError, "submitted", FILM),
    # An answer that may be that of a request which was accepted.
    **{
        (style, f"submit:{kind}"): NOBODY_KNOWS
        for style in STEPS
        for kind in ("reset-before", "500", "503", "huge", "nested", "html", "redirect=BOX/nowhere")
    },
    # A server that says that half a film, or something else, is all that there is.
    **{
        (style, f"download:{kind}"): End(DownloadError, "succeeded", FILM)
        for style in STEPS
        for kind in ("half", "nested")
    },
}
ONCE = [
    *((style, f"{step}:{kind}") for style, steps in STEPS.items() for step in steps for kind in ANYWHERE),
    *((style, f"download:{kind}") for style in STEPS for kind in ("slow=2000000", "broken=100000", "broken=100000*4")),
    *((style, fault) for style in STEPS for fault in ("submit:lost", "poll:503*3")),
    (DASHSCOPE, "policy:expired"),
    (DASHSCOPE, "policy:expired*2"),
]


@pytest.mark.parametrize(("style", "fault"), [cell for cell in ONCE if cell not in SENSELESS])
def test_a_fault_is_overcome_or_told(client, job, style, fault):
    run_to(client(style, fault), job, OTHERWISE.get((style, fault), HOME))


ALWAYS: dict[tuple[str, ...], End] = {
    (DASHSCOPE, "policy:503*"): CLOSED,
    (DASHSCOPE, "policy:expired*"): CLOSED,
    (DASHSCOPE, "upload:reset-before*"): End(NoAnswerError, "refused", UsageError),
    (EVOLINK, "upload:half*"): End(AnswerError, "refused", UsageError),
    (DASHSCOPE, "submit:429*"): CLOSED,
    (EVOLINK, "submit:429*"): CLOSED,
    (DASHSCOPE, "submit:lost*"): HOME,
    (EVOLINK, "submit:lost*"): HOME,
    (DASHSCOPE, "submit:500-after*"): HOME,
    (EVOLINK, "submit:500-after*"): HOME,
    (DASHSCOPE, "submit:reset-before*"): NOBODY_KNOWS,
    (EVOLINK, "submit:503*"): NOBODY_KNOWS,
    (DASHSCOPE, "poll:503*"): End(RefusedError, "submitted", FILM),
    (EVOLINK, "poll:truncated*"): End(NoAnswerError, "submitted", FILM),
    (DASHSCOPE, "download:503*"): End(DownloadError, "succeeded", FILM),
    (EVOLINK, "download:broken=1000*"): End(DownloadError, "succeeded", FILM),
    (EVOLINK, "download:broken=100000*"): HOME,
    # The answer is lost, and so is what would tell.
    (DASHSCOPE, "submit:lost", "list:503"): HOME,
    (DASHSCOPE, "submit:lost", "list:half"): HOME,
    (DASHSCOPE, "submit:truncated", "list:reset-before"): HOME,
    (DASHSCOPE, "submit:lost", "list:429-after=1"): HOME,
    **{
        (style, "submit:500-after", f"list:{kind}"): LATER
        for style in STEPS
        for kind in ("503*", "quota*", "html*", "half*")
    },
    (DASHSCOPE, "submit:503", "list:503*"): NOBODY_KNOWS,
    (EVOLINK, "submit:429", "submit:lost", "list:503*"): LATER,
    (EVOLINK, "submit:429", "submit:quota"): CLOSED,
    # One thing after the other.
    (
        DASHSCOPE,
        "policy:expired",
        "upload:500",
        "submit:429",
        "submit:lost",
        "poll:html",
        "download:broken=50000",
    ): HOME,
    (EVOLINK, "upload:half", "submit:429", "submit:lost", "list:503", "poll:html", "download:truncated"): HOME,
}


@pytest.mark.parametrize("cell", ALWAYS)
def test_faults_that_stay_and_faults_that_meet(client, job, cell):
    style, *faults = cell
    run_to(client(style, *faults), job, ALWAYS[cell])


def run_to(user: Client, job: Job, end: End) -> None:
    """Run a job to the end that is expected, and take it up again where that is not the film."""
    expect(end.error, user, lambda: user.run(job))
    assert user.entry().stage == end.stage
    if end.error is not FILM:
        user.box._world.faults = Faults()
        expect(end.resumed, user, user.resume)
    assert user.out.is_file() == (FILM in (end.error, end.resumed))


def expect(error: type[LipreadyError] | None, user: Client, act: Callable[[], Path]) -> None:
    if error is FILM:
        assert act() == user.out
    else:
        with pytest.raises(LipreadyError) as raised:
            act()
        assert_clear(raised.value, error)
    assert_accounted_for(user)


def assert_clear(error: LipreadyError, expected: type[LipreadyError]) -> None:
    """Require one error of the given class that people can read: no traceback, no key, no line breaks."""
    assert type(error) is expected, f"{type(error).__name__}: {error}"
    text = str(error)
    assert re.fullmatch(r"[A-Z/].*\.", text), text
    assert "\n" not in text
    assert "sk-" not in text
    assert len(text) < 600


def assert_accounted_for(user: Client) -> None:
    """Require that nothing was paid or could be paid twice, and that a task at the provider is written down."""
    assert user.paid() <= 1
    entry = user.entry()
    if user.paid():
        assert entry.task_id in {*user.task_ids()} or entry.stage == "posting", entry


@pytest.mark.parametrize("style", STEPS)
@pytest.mark.parametrize("fault", ["submit:lost", "submit:500-after", "submit:truncated", "submit:half"])
def test_a_lost_answer_is_found_in_the_list_and_not_asked_for_again(client, job, style, fault):
    user = client(style, f"{fault}*3")
    user.run(job)
    assert (user.paid(), user.asked("submit")) == (1, 1)
    assert user.asked("list") >= 1
    assert [user.entry().task_id] == user.task_ids()


@pytest.mark.parametrize("style", STEPS)
def test_a_server_that_asks_for_a_pause_gets_it(client, job, style):
    user = client(style, "submit:429-after=7")
    user.run(job)
    assert max(user.pauses) >= 7
    assert (user.paid(), user.asked("submit"), user.asked("list")) == (1, 2, 0)


@pytest.mark.parametrize("step", ["policy", "submit", "poll"])
def test_an_account_that_has_nothing_left_is_not_asked_again(client, job, step):
    user = client(DASHSCOPE, f"{step}:quota*")
    with pytest.raises(RefusedError) as raised:
        user.run(job)
    assert (raised.value.code, raised.value.retry) == ("Throttling.AllocationQuota", "account")
    assert user.asked(step) == 1
    assert user.paid() == (step == "poll")


def test_an_expired_policy_is_replaced_by_a_new_one(client, job):
    user = client(DASHSCOPE, "policy:expired")
    user.run(job)
    assert (user.asked("policy"), user.asked("upload")) == (3, 3)


@pytest.mark.parametrize("style", STEPS)
def test_a_download_goes_on_where_it_broke_off(client, job, style, log):
    user = client(style, "download:broken=50000*3")
    log.clear()
    user.run(job)
    statuses = [line.split()[3] for line in log if "/results/" in line]
    assert statuses == ["200", "206", "206", "206"]


@pytest.mark.parametrize("style", STEPS)
def test_a_download_that_failed_goes_on_in_a_later_run(client, job, style, log):
    user = client(style, "download:broken=100000", "download:503*")
    with pytest.raises(DownloadError):
        user.run(job)
    user.box._world.faults = Faults()
    log.clear()
    assert user.resume() == user.out
    # The server may write down the last refusal of the first run only now.
    assert [line.split()[3] for line in log if "/results/" in line and "fault: 503" not in line] == ["206"]
    assert [path.name for path in user.out.parent.iterdir() if path.name != "state"] == ["result.mp4"]


@pytest.mark.parametrize("style", STEPS)
def test_an_answer_that_was_lost_days_ago_is_not_asked_for_by_paying_again(client, job, style):
    user = client(style, "submit:lost*", "list:503*")
    with pytest.raises(OutcomeUnknownError):
        user.run(job)
    assert user.asked("submit") == 1
    user.box._world.faults = Faults()
    before, entry = user.asked("submit"), user.entry()
    Journal(user.state).write(replace(entry, posted=(entry.posted or 0) - 2 * 24 * 3600))
    with pytest.raises(OutcomeUnknownError):
        user.resume()
    assert (user.paid(), user.asked("submit")) == (1, before)
    assert user.entry().stage == "posting"


@dataclass
class Colleague:
    """Somebody who uses the same key, and submits in the very moment in which our request is out."""

    client: Callable[..., Client]
    box: Running
    monkeypatch: pytest.MonkeyPatch

    def beside(self, style: str, theirs: Job) -> Client:
        """Make a user whose own request does not arrive, while that of the colleague does."""
        user = self.client(style)
        with self.monkeypatch.context() as elsewhere:
            elsewhere.setenv("LIPREADY_STATE_DIR", str(user.state.with_name("theirs")))
            name = lipready.submit(theirs, provider=style, settings=Settings(quick=True)).id
        for account in self.box._world.accounts.values():
            account.rates["submit"] = Rate(1)  # as a second later
        task = self.box._world.tasks[name]

        def in_that_moment(account: Account, journal: Journal, entry: JournalEntry) -> Flow[ListedTask | None]:
            task.created = time.time()
            return (yield from look_up(account, journal, entry))

        self.monkeypatch.setattr("lipready.providers.submission.posting.look_up", in_that_moment)
        return self.client(style, "submit:reset-before")


@pytest.fixture
def colleague(client, box, monkeypatch) -> Colleague:
    return Colleague(client, box, monkeypatch)


@pytest.mark.parametrize(("style", "other"), [(DASHSCOPE, "size"), (EVOLINK, "size"), (DASHSCOPE, "length")])
def test_the_task_of_a_colleague_is_never_taken_for_ours(colleague, job, made, style, other):
    theirs = (
        Job.of(made("grace.mp4"), job.audio, None) if other == "size" else Job.of(job.video, made("grace.wav"), None)
    )
    user = colleague.beside(style, theirs)
    with pytest.raises(OutcomeUnknownError) as raised:
        user.run(job)
    entry = user.entry()
    (name,) = [each.id for each in user.box.ledger().tasks if each.id in entry.rejected]
    assert f"`lipready.resume('{entry.id}', task='{name}')`" in str(raised.value)
    assert (entry.stage, entry.task_id, user.asked("submit"), user.paid()) == ("posting", None, 1, 0)
    assert not user.out.exists()
    (kept,) = user.out.parent.glob("*suspect*")
    assert str(kept) in str(raised.value)


@pytest.mark.parametrize("style", [DASHSCOPE, EVOLINK])
def test_a_task_that_was_compared_is_not_compared_again(colleague, job, made, style):
    user = colleague.beside(style, Job.of(made("grace.mp4"), job.audio, None))
    with pytest.raises(OutcomeUnknownError):
        user.run(job)
    before = user.asked("download"), user.asked("poll")
    with pytest.raises(OutcomeUnknownError, match=r"may have been paid \(5 s of video") as raised:
        user.resume()
    assert ("0.40 CNY" in str(raised.value)) == (style == DASHSCOPE)
    assert (user.asked("download"), user.asked("poll")) == before
    assert len(user.entry().rejected) == 1
