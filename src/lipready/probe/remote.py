"""Inputs that are addresses: fetched once, or only asked for; and where a callback would go."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lipready.cancel import checkpoint
from lipready.errors import ComponentError
from lipready.facts.address import AddressFacts, Fetched, file_name, scheme_of, shown
from lipready.facts.file import FileFacts, Role, unread_file
from lipready.facts.job import CallbackFacts
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.net.guard import addresses_of
from lipready.probe.containers.signature import extension_of

if TYPE_CHECKING:
    from lipready.net.exchange import Answer, Visit
    from lipready.net.guard import Deadline


def examine_callback(url: str, *, resolve: bool) -> CallbackFacts:
    """Measure the address of a callback; its host is looked up only where `resolve` is set."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        return CallbackFacts(url, url.partition(":")[0].lower(), "", Unmeasured(f"the URL is malformed: {error}"))
    return CallbackFacts(url, parts.scheme, host, addresses_of(host, resolve=resolve))


_SCHEMES = ("http", "https")
_NOT_FETCHED = Unmeasured("the address was not fetched (`Settings(quick=True)`)", skipped=True)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a fetch may go: the most bytes, into private networks or not, and how long, in seconds.

    Whoever is not done after `patience` may go on up to `longest` only where the rate so far says that this is enough;
    a server may be silent for `silence`, and has `patience` to begin its answer.
    """

    largest: int
    allow_private: bool = False
    patience: float = 60.0
    longest: float = 300.0
    silence: float = 15.0


def inquire(url: str, reach: Reach) -> AddressFacts:
    """Ask an address about itself, without its content: HEAD, or the first byte where HEAD is refused.

    Never raises on account of the address: what is wrong with it stands in `problem`.
    """
    return _visited(url, reach, lambda visit, _deadline: _asked(visit))


@contextmanager
def fetch(
    url: str, reach: Reach, progress: Callable[[float], None] | None = None
) -> Iterator[tuple[AddressFacts, Path | None]]:
    """Fetch an address into a temporary file, which is gone when the context ends, whatever happens.

    The path is None where there is no whole file: a problem, a status that is not 2xx, or a body that is too long or
    too slow. Raises ComponentError where the temporary file cannot be written.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="lipready-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "input"
        facts = _visited(url, reach, lambda visit, deadline: _downloaded(visit, deadline, reach, copy, progress))
        whole = isinstance(facts.fetched, Fetched) and facts.fetched.whole
        yield facts, copy if whole else None


def unread(url: str, role: Role, address: AddressFacts) -> FileFacts:
    """Make the facts of an address whose content is not at hand: its name, and the size that the server promises."""
    reason = _why_unread(address)
    length = address.length if isinstance(address.length, int) else reason
    return replace(unread_file(role, shown(url), extension_of(file_name(url)), length, reason), address=address)


def _why_unread(address: AddressFacts) -> Unmeasured:
    if address.problem is not None:
        return Unmeasured(f"the address could not be fetched: it {address.problem.text}", transient=True)
    if isinstance(address.fetched, Unmeasured):
        return address.fetched
    if address.fetched.too_long:
        most = counted(address.fetched.bytes - 1, "byte")
        return Unmeasured(f"the file is longer than the {most} that the provider takes")
    slow = f"only {counted(address.fetched.bytes, 'byte')} came in {address.fetched.seconds:.0f} s"
    return Unmeasured(slow, transient=True)


def _visited(url: str, reach: Reach, work: "Callable[[Visit, Deadline], AddressFacts]") -> AddressFacts:
    """Do something with an address, and put whatever goes wrong into the facts."""
    scheme = scheme_of(url)
    if scheme not in _SCHEMES:
        what = "an oss:// address can be read by its provider alone" if scheme == "oss" else f"{scheme} is not fetched"
        return _blank(scheme, Unmeasured(what))
    from lipready.net.exchange import UnreachableError, Visit
    from lipready.net.guard import Deadline, Guard

    deadline = Deadline(reach.patience, reach.silence)
    guard = Guard(deadline, allow_private=reach.allow_private)
    visit = None
    try:
        visit = Visit(url, guard)
        facts = work(visit, deadline)
    except UnreachableError as error:
        facts = replace(_blank(scheme, Unmeasured(f"it {error.problem.text}", transient=True)), problem=error.problem)
    if visit is None:
        return facts
    found = guard.addresses or Unmeasured("the host was not found", transient=True)
    return replace(facts, host=visit.host, addresses=found, redirects=tuple(visit.redirects))


def _blank(scheme: str, reason: Unmeasured) -> AddressFacts:
    return AddressFacts(
        scheme=scheme,
        host="",
        addresses=reason,
        status=reason,
        content_type=reason,
        length=reason,
        ranges=reason,
        fetched=reason,
    )


def _asked(visit: "Visit") -> AddressFacts:
    with visit.answer("HEAD") as answer:
        facts = _described(visit, answer, _NOT_FETCHED)
        if _good(answer.status):
            return facts
    with visit.answer("GET", part=True) as answer:
        return _described(visit, answer, _NOT_FETCHED)


def _described(visit: "Visit", answer: "Answer", fetched: Fetched | Unmeasured) -> AddressFacts:
    return AddressFacts(
        scheme=visit.url.scheme,
        host=visit.host,
        addresses=(),
        status=answer.status,
        content_type=answer.content_type,
        encoding=answer.encoding,
        # What stands under an error is a page about it.
        length=answer.length if _good(answer.status) else None,
        ranges=answer.ranges,
        fetched=fetched,
    )


def _good(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004


def _downloaded(
    visit: "Visit", deadline: "Deadline", reach: Reach, copy: Path, progress: Callable[[float], None] | None
) -> AddressFacts:
    with visit.answer("GET") as answer:
        facts = _described(visit, answer, Unmeasured(f"the server answers {answer.status}", transient=True))
        if not _good(answer.status):
            return facts
        if answer.length is not None and answer.length > reach.largest:
            size = counted(answer.length, "byte")
            reason = f"its {size} are more than the provider takes, so that it was not fetched"
            return replace(facts, fetched=Unmeasured(reason))
        deadline.move(reach.longest)
        return replace(facts, fetched=_saved(answer, deadline, reach, copy, progress))


def _saved(
    answer: "Answer", deadline: "Deadline", reach: Reach, copy: Path, progress: Callable[[float], None] | None
) -> Fetched:
    """Write the body to a file, up to one byte more than the most."""
    import httpcore2

    whole = answer.length or reach.largest
    came = 0
    try:
        with copy.open("wb") as file:
            for chunk in answer.body:
                checkpoint()
                came += file.write(chunk[: reach.largest + 1 - came])
                elapsed = deadline.elapsed()
                if came > reach.largest:
                    return Fetched(came, elapsed, whole=False, too_long=True)
                # Patience is over, and what is missing would take too long.
                if elapsed > reach.patience and elapsed * whole > reach.longest * came:
                    return Fetched(came, elapsed, whole=False)
                if progress is not None:
                    progress(min(1.0, came / whole))
    except httpcore2.TimeoutException:
        if not deadline.over():
            raise
        return Fetched(came, deadline.elapsed(), whole=False)
    except OSError as error:
        raise ComponentError(
            f"The copy of an input cannot be written to {copy.parent.parent}: {error.strerror or error}; name "
            "a folder with more room in TMPDIR."
        ) from error
    return Fetched(came, deadline.elapsed(), whole=True)
