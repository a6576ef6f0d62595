"""A provider as data and pure functions: its requests, the readers of its answers, its intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lipready.facts.task import Credits, ListedTask, TaskState
from lipready.providers.codes import RemoteCode
from lipready.providers.transport.wire import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of a provider without a slash at the end, `api` with its version, and DashScope's workspace."""

    api: str
    files: str
    workspace: str | None = None


DEFAULT_THRESHOLD = 170
"""The face threshold that both providers take where none is sent (providers.md 0)."""


def workspace_header(endpoints: Endpoints) -> dict[str, str]:
    """Make the header that names the workspace to DashScope, where there is one."""
    return {} if endpoints.workspace is None else {"X-DashScope-WorkSpace": endpoints.workspace}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One paid request. The addresses are what the provider will fetch; None leaves the provider's default."""

    model: str
    video_url: str = field(repr=False)
    audio_url: str = field(repr=False)
    reference_url: str | None = field(default=None, repr=False)
    video_extension: bool = False
    face_threshold: int | None = None
    callback_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """An upload policy: host, folder, form fields before and after the key, largest size, lifetime in seconds."""

    host: str
    folder: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    optional: tuple[tuple[str, str], ...] = field(repr=False)
    largest_bytes: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a file is stored, for how many seconds from now, and its id in EvoLink's storage."""

    url: str = field(repr=False)
    seconds: float
    file_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One provider.

    Readers raise RefusedError where the provider refused (its `retry` says whether the same request may be sent again)
    and AnswerError where the answer is not what the provider documents.

    `submit` takes the endpoints, the submission and a key of idempotency, on which nothing relies. `list_tasks`
    takes the number of a page, from 1; `read_list` gives the rows and whether more follow. `submit_interval` and
    `read_interval` are the seconds that the provider asks for between two requests of one account, `poll_seconds` its
    own polling interval, `longest_seconds` when a task ends by itself. `query_all` asks for up to `most_at_once` tasks
    in one request, `credits_left` for what the account may still spend; None where the provider offers no such thing.
    """

    name: str
    title: str
    key_variable: str
    submit_interval: float
    read_interval: float
    poll_seconds: float
    longest_seconds: float
    submit: Callable[[Endpoints, Submission, str], HttpRequest]
    read_submitted: Callable[[HttpResponse], TaskState]
    query: Callable[[Endpoints, str], HttpRequest]
    read_task: Callable[[HttpResponse], TaskState]
    list_tasks: Callable[[Endpoints, int], HttpRequest]
    read_list: Callable[[HttpResponse], tuple[tuple[ListedTask, ...], bool]]
    explain: Callable[[str, int | None, str], RemoteCode]
    cancel: Callable[[Endpoints, str], HttpRequest] | None = None
    read_cancel: Callable[[HttpResponse], None] | None = None
    query_all: Callable[[Endpoints, Sequence[str]], HttpRequest] | None = None
    read_tasks: Callable[[HttpResponse], tuple[TaskState, ...]] | None = None
    most_at_once: int = 1
    credits_left: Callable[[Endpoints], HttpRequest] | None = None
    read_credits: Callable[[HttpResponse], Credits] | None = None
