"""The addresses of a host."""

import ipaddress
import socket
import threading

from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured

RESOLVE_SECONDS = 5.0


def addresses_of(host: str, *, resolve: bool = True, seconds: float | None = None) -> tuple[str, ...] | Unmeasured:
    """Look a host up; IP addresses, as text, in the resolver's order.

    An address written as a number needs no look-up, in whatever spelling the C library accepts ("127.1",
    "0x7f000001", "2130706433"). The resolver is given RESOLVE_SECONDS, or less.
    """
    if not host:
        return Unmeasured("the URL names no host")
    literal = _literal(host)
    if literal is not None:
        return (literal,)
    if not resolve:
        return Unmeasured(f"the host {host} was not looked up")
    return _look_up(host, RESOLVE_SECONDS if seconds is None else min(seconds, RESOLVE_SECONDS))


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


def _look_up(host: str, seconds: float) -> tuple[str, ...] | Unmeasured:
    """Ask the resolver in a thread, since the C library cannot be told how long to wait."""
    answer: list[tuple[str, ...] | Unmeasured] = []
    thread = threading.Thread(target=lambda: answer.append(_resolve(host)), daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        slow = f"looking up the host {host} took longer than {counted(round(seconds), 'second')}"
        return Unmeasured(slow, transient=True)
    return answer[0]


def _resolve(host: str) -> tuple[str, ...] | Unmeasured:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Unmeasured(f"the host {host} could not be looked up: {reason}", transient=True)
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
