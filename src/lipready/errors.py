"""Every exception that lipready raises on purpose.

LipreadyError                  one clear sentence: what is wrong, where, what to do
├── UsageError                 the call is wrong: unknown option value, missing file, contradicting options
├── ConfigurationError         a profile or configuration file is wrong
├── ComponentError             something that lipready needs is missing: model weights, ffmpeg, a shared library
├── ProbeError                 a file cannot be read as media (inside the package; a check turns it into F001)
├── FixError                   a repair failed, or cannot be done without a decision of the user
├── NothingCheckedError        there was nothing to check
├── CancelledError             the caller has cancelled what was going on
├── PreflightError             a job was not sent, since its check found errors; carries the report
├── CostError                  a job was not sent, since it would cost more than is allowed, or nobody knows what
├── JournalError               the journal of submitted tasks cannot be read or written
└── ProviderError              a provider, or the way to it
    ├── NotSentError           a request did not arrive: no connection, no such host, no valid certificate
    ├── NoAnswerError          a request may have arrived, and no whole answer came back
    ├── AnswerError            an answer that is not what the provider documents: too long, no JSON, a redirect
    ├── RefusedError           the provider refused a request, and said why
    ├── TaskFailedError        the provider took the task, and the task failed, was cancelled or is not known any more
    ├── OutcomeUnknownError    a paid request may or may not have arrived, and nobody can be asked
    ├── DeadlineError          the task did not end in time; it is kept, and can be resumed
    └── DownloadError          the result could not be downloaded, or is not what was paid for
"""

from collections.abc import Generator
from contextlib import contextmanager
from copy import copy
from typing import Any, Literal, TypeVar

Retry = Literal["again", "once", "ask", "account", "no"]
"""What helps after a refusal: the same request after a pause, the same once more, asking what became of it (a paid
request) or sending it again (any other), settling the account, or none of these: the input has to change."""


class LipreadyError(Exception):
    """The root of the tree. `str(error)` is one sentence for people; what it is about is data, where it is known.

    `path` is the file, as it was named, `code` the code of whoever refused (a provider's own), `task_id` the provider's
    id of the task, `job_id` ours of the job (`lipready.resume` takes either), `request_id` what the provider's support
    asks for. Exceptions pickle with all of it.
    """

    path: str | None = None
    code: str = ""
    task_id: str | None = None
    job_id: str | None = None
    request_id: str | None = None

    def __init__(self, message: str = "", *, path: str | None = None) -> None:
        super().__init__(message)
        if path is not None:
            self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by the constructor, which may want more than the message.
        return _restored, (type(self), self.args), self.__dict__


E = TypeVar("E", bound=LipreadyError)


def _restored(kind: type[E], args: tuple[Any, ...]) -> E:
    return kind.__new__(kind, *args)


class UsageError(LipreadyError):
    """The call is wrong."""


class ConfigurationError(LipreadyError):
    """A profile or configuration file is wrong."""


class ComponentError(LipreadyError):
    """Something that lipready needs is missing or damaged."""


class ProbeError(LipreadyError):
    """A file cannot be read as media; the message is a phrase that follows the file's name.

    `transient` says that the machine stood in the way and not the content, as in `Unmeasured`.
    """

    def __init__(self, message: str, *, transient: bool = False, path: str | None = None) -> None:
        super().__init__(message, path=path)
        self.transient = transient


class FixError(LipreadyError):
    """A repair failed, or cannot be done without a decision of the user."""


class NothingCheckedError(LipreadyError):
    """There was nothing to check."""


class CancelledError(LipreadyError):
    """The caller has cancelled what was going on, by a token (`lipready.Cancel`); nothing half-written is left."""


class CostError(LipreadyError):
    """A job was not sent, since it would cost more than is allowed, or its cost is not known."""


class JournalError(LipreadyError):
    """The journal of submitted tasks cannot be read or written."""


class ProviderError(LipreadyError):
    """A provider, or the way to it."""


class NotSentError(ProviderError):
    """A request did not arrive: sending it again costs nothing twice."""


class NoAnswerError(ProviderError):
    """A request may have arrived, and no whole answer came back."""


class AnswerError(ProviderError):
    """An answer that is not what the provider documents; what was asked for may have happened."""


class RefusedError(ProviderError):
    """The provider refused a request.

    `code` is the provider's own as it came, `meaning` the documented one that it stands for, `status` that of HTTP,
    `retry` says what helps, `rules` are the ids of our rules that look for the cause, `after` is the pause in seconds
    that the provider asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        meaning: str = "",
        status: int | None = None,
        retry: Retry = "no",
        rules: tuple[str, ...] = (),
        request_id: str | None = None,
        after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.meaning, self.status, self.retry, self.rules = code, meaning or code, status, retry, rules
        self.request_id, self.after = request_id, after

    def followed_by(self, sentence: str) -> "RefusedError":
        """Return the same refusal with one more sentence in its message."""
        error = copy(self)
        error.args = (f"{self} {sentence}",)
        return error


class TaskFailedError(ProviderError):
    """A task failed, was cancelled, or is not known any more.

    `code`, `meaning` and `rules` are as for RefusedError.
    """

    def __init__(
        self,
        message: str,
        *,
        task_id: str,
        code: str = "",
        meaning: str = "",
        rules: tuple[str, ...] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.task_id, self.code, self.meaning, self.rules = task_id, code, meaning or code, rules
        self.request_id = request_id


class OutcomeUnknownError(ProviderError):
    """A paid request may or may not have arrived, and nobody can be asked; it is not sent again by itself."""


class DeadlineError(ProviderError):
    """A task did not end in time; it is kept, and can be resumed."""


class DownloadError(ProviderError):
    """The result could not be downloaded, or is not what was paid for; then `kept` is where it is, for a look at it.

    `path` is where it was to be.
    """

    kept: str | None = None


@contextmanager
def concerning(
    *, path: str | None = None, job_id: str | None = None, task_id: str | None = None
) -> Generator[None, None, None]:
    """Add what an error of this block is about, where it does not say so itself."""
    try:
        yield
    except LipreadyError as error:
        if not isinstance(error, ComponentError):  # which is about the machine
            error.path = error.path or path
        error.job_id = error.job_id or job_id
        error.task_id = error.task_id or task_id
        raise
