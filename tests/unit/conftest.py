"""Surroundings of one test, flows that are carried out without waiting, and a provider that answers line by line."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import lipready.reports
from lipready.facts.quantity import exactly
from lipready.profiles.loader import load_profile
from lipready.providers.account import Account, service_of
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.service import Endpoints
from lipready.providers.transport.wire import Call, Flow, HttpRequest, HttpResponse, Pause, Send
from lipready.sandbox.serve import Running, SandboxOptions, serving

MOST_EFFECTS = 2000
KEYS = ("DASHSCOPE_API_KEY", "EVOLINK_API_KEY")
ADDRESSES = ("DASHSCOPE_HTTP_BASE_URL", "EVOLINK_BASE_URL", "EVOLINK_FILES_BASE_URL")

REGION = ("DASHSCOPE_API_REGION", "DASHSCOPE_WORKSPACE_ID")


SCHEMAS = Path(lipready.reports.__file__).parent / "schema"


@pytest.fixture(scope="session")
def fits() -> Callable[[Any], None]:
    """Validate by the schema that the data names; one schema refers to the other: `fits(data)`."""
    known = [Resource.from_contents(json.loads(path.read_text())) for path in SCHEMAS.iterdir()]
    registry: Registry[Any] = Registry().with_resources((resource.id() or "", resource) for resource in known)
    schemas = {each.contents["title"]: each.contents for each in known}
    return lambda data: Draft202012Validator(schemas[data["schema"]], registry=registry).validate(data)


@pytest.fixture
def ours() -> Callable[[], list[str]]:
    """List lipready's threads that the test has begun, but for the sandbox that all tests share."""
    earlier = set(threading.enumerate())

    def names() -> list[str]:
        begun = [thread.name for thread in threading.enumerate() if thread not in earlier]
        return [name for name in begun if name.startswith("lipready") and name != "lipready-sandbox"]

    return names


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home and a state folder of the test's own, in which no setting of the developer is left."""
    for name in (*KEYS, *ADDRESSES, *REGION, *(f"{key}_FILE_PATH" for key in KEYS)):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def journal(surroundings: Path) -> Journal:
    return Journal(surroundings / "state")


@dataclass
class Played:
    """What came of a flow: its value or its error, how long it would have waited, and what it has sent.

    `order` is both in turn: the seconds of a pause, and the method of a request.
    """

    value: Any = None
    error: BaseException | None = None
    pauses: list[float] = field(default_factory=list)
    sent: list[HttpRequest] = field(default_factory=list)
    order: list[float | str] = field(default_factory=list)


def _play(flow: Flow[Any], provider: Callable[[HttpRequest], HttpResponse] | None = None) -> Played:
    played, reply = Played(), lambda: next(flow)
    try:
        for _ in range(MOST_EFFECTS):
            effect = reply()
            reply = _performed(flow, effect, provider, played)
    except StopIteration as end:
        played.value = end.value
        return played
    except BaseException as error:  # noqa: BLE001 - handed to the test
        played.error = error
        return played
    raise AssertionError("the flow does not end")


def _performed(flow: Any, effect: Any, provider: Any, played: Played) -> Callable[[], Any]:
    try:
        match effect:
            case Send(request):
                played.sent.append(request)
                played.order.append(request.method)
                result = provider(request)
            case Pause(seconds):
                played.pauses.append(seconds)
                played.order.append(seconds)
                result = None
            case Call(function):
                result = function()
    except BaseException as error:  # noqa: BLE001 - raised in the flow, as `drive` does
        failure = error
        return lambda: flow.throw(failure)
    return lambda: flow.send(result)


@pytest.fixture
def play(surroundings: Path) -> Callable[..., Played]:
    """Carry out a flow: `play(flow, provider)`. What it would wait is written down, and not waited."""
    del surroundings
    return _play


@dataclass
class Provider:
    """Answers each step with what is given for it, one after the other; the last one again and again.

    What is an exception is raised, and what can be called is called with the request. `ahead` is the provider's clock
    minus ours, in seconds.
    """

    submits: list[Any] = field(default_factory=list)
    lists: list[Any] = field(default_factory=list)
    queries: list[Any] = field(default_factory=list)
    cancels: list[Any] = field(default_factory=list)
    batch: list[Any] = field(default_factory=list)
    quota: list[Any] = field(default_factory=lambda: [_said(404, code=404, msg="not here")])
    credits: list[Any] = field(default_factory=lambda: [_said(404, code=404, msg="not here")])
    deletes: list[Any] = field(default_factory=list)
    ahead: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        step = _step(request)
        count = self.counts[step] = self.counts.get(step, 0) + 1
        answers = getattr(self, step)
        answer = answers[min(count, len(answers)) - 1]
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, BaseException):
            raise answer
        date = formatdate(time.time() + self.ahead, usegmt=True)
        return HttpResponse(answer.status, {"date": date, **answer.headers}, answer.body)

    def row(self, name: str, since: float = 0.0) -> dict[str, Any]:
        """Make a row of DashScope's list: a task that was created `since` seconds from now."""
        created = round((time.time() + self.ahead + since) * 1000)
        return {"task_id": name, "gmt_create": created, "model_name": "videoretalk", "status": "RUNNING"}

    def rows(self, *rows: dict[str, Any], page: int = 1, pages: int = 1) -> HttpResponse:
        """Make a page of DashScope's list."""
        return _said(200, data=[*rows], page_no=page, total_page=pages, page_size=100, total=len(rows))


def _step(request: HttpRequest) -> str:
    path = request.url.partition("?")[0].rstrip("/")
    for end in ("batch", "quota", "credits"):
        if path.endswith(f"/{end}"):
            return end
    if request.method == "DELETE":
        return "deletes"
    if request.method == "GET":
        return "lists" if path.endswith("/tasks") else "queries"
    return "cancels" if path.endswith("/cancel") else "submits"


def _said(code: int = 200, headers: dict[str, str] | None = None, /, **body: Any) -> HttpResponse:
    return HttpResponse(code, headers or {}, json.dumps(body).encode())


@pytest.fixture
def said() -> Callable[..., HttpResponse]:
    """Make an answer: `said(status, headers, key=value)`."""
    return _said


@pytest.fixture
def provider() -> Callable[..., Provider]:
    return Provider


def _account(style: str) -> Account:
    endpoints = {
        "dashscope": Endpoints("https://dashscope.example/api/v1", ""),
        "evolink": Endpoints("https://evolink.example/v1", "https://files.evolink.example"),
    }
    return Account(
        provider=style,
        profile=load_profile(style),
        service=service_of(style),
        endpoints=endpoints[style],
        key="sk-of-a-test-0123456789",
    )


@pytest.fixture
def account() -> Callable[..., Account]:
    """Give an account at a provider that is nowhere: `account("dashscope")`."""
    return _account


@pytest.fixture
def entry_of(journal: Journal) -> Callable[..., JournalEntry]:
    """Write down a job of an account: `entry_of(account, stage="posting", …)`."""

    def write(account: Account, **fields: Any) -> JournalEntry:
        now, price = time.time(), account.profile.price
        entry = JournalEntry(
            **{
                "id": token_hex(6),
                "created": now,
                "updated": now,
                "provider": account.provider,
                "service": account.service.name,
                "api": account.endpoints.api,
                "files": account.endpoints.files,
                "model": "videoretalk",
                "price_per_second": None if price is None else exactly(price.per_second),
                "currency": None if price is None else price.currency,
                "idempotency_key": f"lipready-{token_hex(16)}",
                **fields,
            }
        )
        journal.add(entry)
        return entry

    return write


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Running]:
    """Serve one sandbox for all tests that let nothing go wrong."""
    with serving(SandboxOptions(pace=0.2, local_callbacks=True)) as running:
        yield running


@pytest.fixture
def faulty_sandbox() -> Iterator[Running]:
    """Serve a sandbox of the test's own, into which it may put faults."""
    with serving(SandboxOptions(pace=0.2)) as running:
        yield running


@pytest.fixture
def at_sandbox(surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Running], str]:
    """Let both providers be a sandbox, in the environment, with a key of the test's own, which it gives."""
    del surroundings

    def point(running: Running) -> str:
        key = f"sk-{token_hex(16)}"
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", running.endpoints("dashscope").api)
        monkeypatch.setenv("EVOLINK_BASE_URL", running.endpoints("evolink").api)
        monkeypatch.setenv("EVOLINK_FILES_BASE_URL", running.endpoints("evolink").files)
        for name in KEYS:
            monkeypatch.setenv(name, key)
        return key

    return point
