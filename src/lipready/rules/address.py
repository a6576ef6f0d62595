"""The rule about inputs that are addresses: whether the provider could fetch them."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from lipready.facts.address import AddressFacts, Fetched, Problem, Trouble
from lipready.facts.file import FileFacts, Role
from lipready.facts.finding import Finding, Severity
from lipready.facts.job import JobFacts
from lipready.facts.quantity import counted, exactly, number
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import addressed
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding
from lipready.rules.wording import listing, name_of, one_line, printable

# The endings of the provider's own error code.
_CODES: dict[Trouble, str] = {"refused": ".ConnectionRefused", "timeout": ".Timeout"}
_ADVICE: dict[Trouble, str] = {
    "malformed": "Write it as https://host/path.",
    "password": "Give an address that needs none: a signed one, for example.",
    "private": "Put the file where everybody can fetch it.",
    "unknown": "Correct the name of the host.",
    "refused": "Start its server, or put the file elsewhere.",
    "certificate": "Renew the certificate, or put the file elsewhere.",
    "redirect": "Give the address at which the file really is.",
    "timeout": "Put the file on a faster server.",
    "broken": "Try again, or put the file elsewhere.",
}
_STATUS = {
    401: "the address is not public, or its signature has expired",
    403: "the address is not public, or its signature has expired",
    404: "there is no such file",
    410: "the file is no longer there",
    429: "the server is asked too often; try again later",
}
# What a server may call each kind of file; many know nothing better than that it is binary.
_FITTING: dict[Role, tuple[str, ...]] = {"video": ("video",), "audio": ("audio", "video"), "reference": ("image",)}
_MAJORS = ("video", "audio", "image", "text", "font", "multipart", "message")
_TEXTS = ("json", "xml", "html", "javascript", "pdf", "x-www-form-urlencoded")


@rule(
    "R704",
    subject="address",
    valid=lambda: (
        addressed(),
        addressed(content_type=None),
        addressed(content_type="application/octet-stream"),
        addressed(scheme="oss", status=Unmeasured("an oss:// address can be read by its provider alone")),
        addressed(fetched=Fetched(900_000, 60.0, whole=True)),
    ),
    invalid=lambda: (
        addressed(scheme="ftp"),
        addressed("private", "leads to 10.0.0.1, which is not a public address"),
        addressed("refused", "refuses the connection"),
        addressed("timeout", "does not answer in time", redirects=("https://example.com/a",)),
        addressed(status=403),
        addressed(status=503),
        addressed(content_type="text/html"),
        addressed(encoding="gzip"),
        addressed(length=None),
        addressed(fetched=Fetched(900_001, 9.0, whole=False, too_long=True)),
        addressed(fetched=Fetched(900_000, 60.5, whole=True)),
        addressed(fetched=Fetched(300_000, 60.0, whole=False)),
        addressed(length=None, fetched=Fetched(300_000, 61.0, whole=False)),
    ),
)
def url_not_public(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the provider could fetch an input that is given as an address.

    What it checks
        The scheme; that the address names a host, and no password; that it and every redirect lead to public
        addresses, whatever a resolver says; that it answers, with a valid certificate, and with the file instead of an
        error or a web page; that it says how long the file is; and how long the file takes to come. The time is
        measured from here, which may be nearer to the server than the provider is, or farther, so that it only warns.
        With `--quick` only the head of the answer is asked for.

    Why it matters
        The provider fetches the file itself. What it cannot reach it cannot work on.

    What the provider says
        DashScope: public http or https, or its own oss:// addresses, fetched within 60 seconds; else InvalidURL,
        InvalidURL.ConnectionRefused or InvalidURL.Timeout. EvoLink: the addresses of the inputs must be public.

    How to repair
        Put the file where everybody can fetch it without logging in, or hand in the local file. `--allow-private` takes
        addresses of a private network, for a provider that stands in it.
    """
    for file in facts.files():
        if file.address is not None:
            yield from _judge(file, file.address, limit)


def _judge(file: FileFacts, address: AddressFacts, limit: Limit) -> Verdicts:
    if address.scheme not in limit.choices:
        scheme, accepted = printable(address.scheme), listing(limit.choices)
        what = f"has the scheme {scheme}; {accepted} is accepted. Give a public https address."
        yield _found(file, limit, what, scheme, accepted)
    elif address.problem is not None:
        yield _unreachable(file, address, address.problem, limit)
    elif isinstance(address.status, Unmeasured):
        yield address.status
    elif not 200 <= address.status < 300:  # noqa: PLR2004
        yield _refused(file, address.status, limit)
    else:
        yield from _content(file, address, limit)
        yield from _length(file, address, limit)
        yield from _pace(file, address, limit)


def _found(
    file: FileFacts, limit: Limit, what: str, there: str, allowed: str, *, only_warn: bool = False, code: str = ""
) -> Finding:
    """Make a finding of what continues the name of a file; `code` is the ending of the provider's own error code."""
    severity: Severity | None = "warning" if only_warn else None
    found = finding(limit, file, f"{name_of(file)} {what}", measured=there, allowed=allowed, severity=severity)
    return found if found.remote is None else replace(found, remote=f"{found.remote}{code}")


def _unreachable(file: FileFacts, address: AddressFacts, problem: Problem, limit: Limit) -> Finding:
    text, hops = one_line(problem.text), len(address.redirects)
    after = f", after {counted(hops, 'redirect')}" if hops else ""
    what = f"{text}{after}. {_ADVICE[problem.trouble]}"
    code = _CODES.get(problem.trouble, "")
    return _found(file, limit, what, text, "an address that everybody can fetch", code=code)


def _refused(file: FileFacts, status: int, limit: Limit) -> Finding:
    default = "the server is in trouble; try again later" if status >= 500 else "the server does not hand it out"  # noqa: PLR2004
    reason = _STATUS.get(status, default)
    what = f"answers with the status {status}: {reason}. Give an address that answers with the file."
    return _found(file, limit, what, f"status {status}", "status 200")


def _content(file: FileFacts, address: AddressFacts, limit: Limit) -> Iterator[Finding]:
    kind = address.content_type
    if isinstance(kind, str) and _contradicts(kind, file.role):
        kind, fitting = printable(kind), " or ".join(f"{each}/…" for each in _FITTING[file.role])
        allowed = f"{fitting}, or application/octet-stream"
        if isinstance(file.media, Unmeasured):
            what = f"is served as {kind}, as a page to log in would be. Give the address of the file itself."
            yield _found(file, limit, what, kind, allowed)
        else:
            what = f"is served as {kind}, whatever its content is. Let the server name the true type."
            yield _found(file, limit, what, kind, allowed, only_warn=True)
    if address.encoding is not None:
        name = printable(address.encoding)
        what = f"comes compressed ({name}), though that was not asked for. Let the server send it as it is."
        yield _found(file, limit, what, name, "no Content-Encoding", only_warn=True)


def _contradicts(kind: str, role: Role) -> bool:
    major, _, minor = kind.partition("/")
    if major == "application":
        return any(minor == text or minor.endswith(f"+{text}") for text in _TEXTS)
    return major in _MAJORS and major not in _FITTING[role]


def _length(file: FileFacts, address: AddressFacts, limit: Limit) -> Iterator[Finding]:
    fetched = address.fetched
    if isinstance(fetched, Fetched) and fetched.too_long:
        most = counted(fetched.bytes - 1, "byte")
        what = f"goes on after the {most} that the provider takes. Shorten the file."
        yield _found(file, limit, what, f"more than {most}", f"≤ {most}")
    elif address.length is None:
        what = "does not say how long it is. Serve it from a place that does, such as object storage."
        yield _found(file, limit, what, "no Content-Length", "a Content-Length", only_warn=True)


def _pace(file: FileFacts, address: AddressFacts, limit: Limit) -> Verdicts:
    """Judge the time that the whole file takes, as measured from here."""
    fetched, bound = address.fetched, limit.bands["seconds"]
    if isinstance(fetched, Unmeasured):
        if not fetched.skipped:  # else nobody wanted to know, and the rest was judged
            yield fetched
        return
    if fetched.too_long:
        return
    needs, said = _needed(fetched, address.length)
    if needs > bound:
        time, most = f"{number(needs, (bound,), 0)} s", f"{exactly(bound)} s"
        what = f"{said} {time} to fetch from here; the provider gives up after {most}. "
        what += "Put it on a faster server, near the provider."
        yield _found(file, limit, what, time, f"≤ {most}", only_warn=True, code=_CODES["timeout"])


def _needed(fetched: Fetched, length: int | Unmeasured | None) -> tuple[Fraction, str]:
    """Return the seconds that the whole file needs, and the word for how well they are known."""
    took = Fraction(fetched.seconds)
    if fetched.whole:
        return took, "took"
    if isinstance(length, int) and fetched.bytes > 0:
        return took * length / fetched.bytes, "would take"
    return took, "takes more than"
