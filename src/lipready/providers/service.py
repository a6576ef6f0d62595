"""What a provider's module offers: how to ask, how to read the answers, and how politely. Pure functions all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lipready.facts.task import Credits, ListedTask, TaskState
from lipready.providers.codes import RemoteCode
from lipready.providers.request import Endpoints, Submission
from lipready.providers.transport.wire import HttpRequest, HttpResponse


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
    cancel: Callable[[Endpoints, str], HttpRequest] | None
    read_cancel: Callable[[HttpResponse], None]
    explain: Callable[[str, int | None, str], RemoteCode]
    query_all: Callable[[Endpoints, Sequence[str]], HttpRequest] | None = None
    read_tasks: Callable[[HttpResponse], tuple[TaskState, ...]] | None = None
    most_at_once: int = 1
    credits_left: Callable[[Endpoints], HttpRequest] | None = None
    read_credits: Callable[[HttpResponse], Credits] | None = None
