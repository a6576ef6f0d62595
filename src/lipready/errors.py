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

    >>> try:
    ...     lipready.check("missing.mp4")
    ... except lipready.LipreadyError as error:
    ...     print(type(error).__name__, error.path)
    UsageError missing.mp4
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
    """The call is wrong: no file, one that is not there or may not be read, a contradiction; `path` says which file.

    >>> lipready.check()
    Traceback (most recent call last):
    lipready.errors.UsageError: There is no file to check: name a video, an audio track or a reference image.
    """


class ConfigurationError(LipreadyError):
    """A profile, a configuration file or what the environment says of an account is unknown, missing or wrong.

    >>> lipready.check("clip.mp4", provider="dashcope")
    Traceback (most recent call last):
    lipready.errors.ConfigurationError: There is no profile 'dashcope'...
    """


class ComponentError(LipreadyError):
    """Something that lipready needs is missing or damaged: model weights, ffmpeg, a library, the caller's executor.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as executor:
    ...     pass
    >>> list(lipready.check_many([lipready.Job("clip.mp4")], executor=executor))  # which is shut down by now
    Traceback (most recent call last):
    lipready.errors.ComponentError: The executor takes no more work...
    """


class ProbeError(LipreadyError):
    """A file cannot be read as media; the message is a phrase that follows the file's name.

    `transient` says that the machine stood in the way and not the content, as in `Unmeasured`. It stays inside: what a
    check cannot read is a finding, with the same phrase.

    >>> report = lipready.check("broken.mp4")
    >>> [(finding.rule, finding.severity) for finding in report.errors]
    [('F001', 'error')]
    """

    def __init__(self, message: str, *, transient: bool = False, path: str | None = None) -> None:
        super().__init__(message, path=path)
        self.transient: bool = transient


class FixError(LipreadyError):
    """A repair failed, or cannot be done without a decision of the user; `path` is the file.

    >>> lipready.reference("speech.wav", "face.jpg")
    Traceback (most recent call last):
    lipready.errors.FixError: speech.wav ...; no reference image can be taken from it.
    """


class NothingCheckedError(LipreadyError):
    """There was nothing to check, or nothing that could be looked at.

    >>> lipready.gate("assets", only=("V102",), ignore=("V",))
    Traceback (most recent call last):
    lipready.errors.NothingCheckedError: The selection leaves no rule of the profile dashscope.
    """


class CancelledError(LipreadyError):
    """The caller has cancelled what was going on, by a token (`lipready.Cancel`); nothing half-written is left.

    >>> token = lipready.Cancel()
    >>> token.cancel()
    >>> lipready.check("clip.mp4", cancel=token)
    Traceback (most recent call last):
    lipready.errors.CancelledError: The work was cancelled.
    """


class CostError(LipreadyError):
    """A job was not sent, since it would cost more than is allowed, or its cost is not known. Nothing was uploaded.

    >>> from decimal import Decimal
    >>> sending = lipready.Sending(max_cost=Decimal("0.05"))
    >>> lipready.submit(lipready.Job("clip.mp4", "speech.wav"), sending=sending)
    Traceback (most recent call last):
    lipready.errors.CostError: ...
    """


class JournalError(LipreadyError):
    """The journal of submitted tasks cannot be read or written; then nothing is sent.

    >>> import os
    >>> os.environ["LIPREADY_STATE_DIR"] = "speech.wav"  # where no folder can be
    >>> lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    Traceback (most recent call last):
    lipready.errors.JournalError: ...
    """


class ProviderError(LipreadyError):
    """A provider, or the way to it: the root of all that a request can end with.

    >>> try:
    ...     lipready.submit(lipready.Job("clip.mp4", "speech.wav"), api_key="invalid")
    ... except lipready.ProviderError as error:
    ...     print(type(error).__name__, error.code)
    RefusedError InvalidApiKey
    """


class NotSentError(ProviderError):
    """A request did not arrive: sending it again costs nothing twice. What costs nothing was tried six times.

    >>> import os
    >>> os.environ["DASHSCOPE_HTTP_BASE_URL"] = "http://127.0.0.1:9"  # where nobody listens
    >>> lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    Traceback (most recent call last):
    lipready.errors.NotSentError: ...
    """


class NoAnswerError(ProviderError):
    """A request may have arrived, and no whole answer came back, however often it was asked for.

    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    >>> task.refresh()  # while the provider closes every connection
    Traceback (most recent call last):
    lipready.errors.NoAnswerError: ...
    """


class AnswerError(ProviderError):
    """An answer that is not what the provider documents; what was asked for may have happened.

    >>> lipready.receive_callback(b"<html>")
    Traceback (most recent call last):
    lipready.errors.AnswerError: ...
    """


class RefusedError(ProviderError):
    """The provider refused a request.

    `code` is the provider's own as it came, `meaning` the documented one that it stands for, `status` that of HTTP,
    `retry` says what helps ("again", "once", "ask", "account", "no"), `rules` are the ids of our rules that look for
    the cause, `after` is the pause in seconds that the provider asked for.

    >>> try:
    ...     lipready.submit(lipready.Job("clip.mp4", "speech.wav"), api_key="invalid")
    ... except lipready.RefusedError as error:
    ...     print(error.status, error.code, error.retry)
    401 InvalidApiKey no
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
        self.code: str = code
        self.request_id: str | None = request_id
        self.meaning: str = meaning or code
        self.status: int | None = status
        self.retry: Retry = retry
        self.rules: tuple[str, ...] = rules
        self.after: float | None = after

    def followed_by(self, sentence: str) -> "RefusedError":
        """Return the same refusal with one more sentence in its message.

        >>> str(lipready.RefusedError("The key is not known.", code="InvalidApiKey").followed_by("Ask Anna for one."))
        'The key is not known. Ask Anna for one.'
        """
        error = copy(self)
        error.args = (f"{self} {sentence}",)
        return error


class TaskFailedError(ProviderError):
    """A task failed, was cancelled, or is not known any more.

    `code`, `meaning` and `rules` are as for RefusedError.

    >>> bad = lipready.Job("raw.mkv", "speech.wav")
    >>> task = lipready.submit(bad, provider="sandbox", sending=lipready.Sending(force=True))
    >>> try:
    ...     task.wait()
    ... except lipready.TaskFailedError as error:
    ...     print(error.code, "V101" in error.rules, error.task_id == task.id)
    InvalidFile.Format True True
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
        self.task_id: str = task_id
        self.code: str = code
        self.request_id: str | None = request_id
        self.meaning: str = meaning or code
        self.rules: tuple[str, ...] = rules


class OutcomeUnknownError(ProviderError):
    """A paid request may or may not have arrived, and nobody can be asked; it is not sent again by itself.

    `job_id` is ours of the job: `lipready.resume` looks for its task again, `lipready.forget` closes it.

    >>> try:
    ...     lipready.submit(lipready.Job("clip.mp4", "speech.wav"))  # whose answer is lost
    ... except lipready.OutcomeUnknownError as error:
    ...     task = lipready.resume(error.job_id)  # which pays nothing
    >>> task.status
    'queued'
    """


class DeadlineError(ProviderError):
    """A task did not end in time; it is kept, and can be waited for again (`task_id`).

    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    >>> try:
    ...     task.wait(deadline=0)
    ... except lipready.DeadlineError as error:
    ...     print(lipready.get_task(error.task_id).status)
    queued
    """


class DownloadError(ProviderError):
    """The result could not be downloaded, or is not what was paid for; then `kept` is where it is, for a look at it.

    `path` is where it was to be.

    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    >>> task.download("too-early.mp4")
    Traceback (most recent call last):
    lipready.errors.DownloadError: The task ... has no result video yet: it is queued.
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
