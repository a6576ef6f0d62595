"""What the options of a request say, and where its callback would go."""

import ipaddress
import socket
import threading
from urllib.parse import urlsplit

from lipready.facts.request import CallbackFacts, RequestFacts
from lipready.facts.unmeasured import Unmeasured

RESOLVE_SECONDS = 5.0


def examine_request(
    *, face_threshold: int | None, video_extension: bool, callback_url: str | None, resolve: bool
) -> RequestFacts:
    """Measure the request itself; the callback's host is looked up only where `resolve` is set.

    An address written as a number needs no look-up, in whatever spelling the C library accepts ("127.1",
    "0x7f000001", "2130706433").
    """
    callback = None if callback_url is None else _callback(callback_url, resolve=resolve)
    return RequestFacts(face_threshold=face_threshold, video_extension=video_extension, callback=callback)


def _callback(url: str, *, resolve: bool) -> CallbackFacts:
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        return CallbackFacts(url, url.partition(":")[0].lower(), "", Unmeasured(f"the URL is malformed: {error}"))
    return CallbackFacts(url, parts.scheme, host, _addresses(host, resolve=resolve))


def _addresses(host: str, *, resolve: bool) -> tuple[str, ...] | Unmeasured:
    if not host:
        return Unmeasured("the URL names no host")
    literal = _literal(host)
    if literal is not None:
        return (literal,)
    if not resolve:
        return Unmeasured(f"the host {host} was not looked up")
    return _look_up(host)


def _literal(host: str) -> str | None:
    """Spell a host that is an address itself in the plain way; None where it is a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    if not host[0].isdigit():
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def _look_up(host: str) -> tuple[str, ...] | Unmeasured:
    """Ask the resolver in a thread, since the C library cannot be told how long to wait."""
    answer: list[tuple[str, ...] | Unmeasured] = []
    thread = threading.Thread(target=lambda: answer.append(_resolve(host)), daemon=True)
    thread.start()
    thread.join(RESOLVE_SECONDS)
    if not answer:
        return Unmeasured(f"looking up the host {host} took longer than {RESOLVE_SECONDS:.0f} seconds")
    return answer[0]


def _resolve(host: str) -> tuple[str, ...] | Unmeasured:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Unmeasured(f"the host {host} could not be looked up: {reason}")
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
