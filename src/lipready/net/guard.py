"""SSRF guard: a host is looked up, its addresses judged, and the connection made to one of those addresses.

Whoever answers for a host name cannot name a public address to the judge and another one to the connection. Only
imported where an address is fetched: the HTTP library is heavy.
"""

import errno
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from selectors import EVENT_WRITE, DefaultSelector
from typing import Any, TypeVar

import httpcore2

from lipready.cancel import checkpoint, left_alone
from lipready.facts.address import Problem, is_public
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.net.exchange import UnreachableError

T = TypeVar("T")

RESOLVE_SECONDS = 5.0
_TICK = 0.5
"""Seconds after which a wait asks whether anybody cancels."""


def addresses_of(host: str, *, resolve: bool = True, seconds: float | None = None) -> tuple[str, ...] | Unmeasured:
    """Return the IP addresses of a host, as text, in the resolver's order.

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
    """Return the plain spelling of a host that is an address itself; None where it is a name."""
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
    """Ask the resolver, which cannot be told how long to wait."""
    try:
        return left_alone(partial(_resolve, host), seconds)
    except TimeoutError:
        slow = f"looking up the host {host} took longer than {counted(round(seconds), 'second')}"
        return Unmeasured(slow, transient=True)


def _resolve(host: str) -> tuple[str, ...] | Unmeasured:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Unmeasured(f"the host {host} could not be looked up: {reason}", transient=True)
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


CONNECT_SECONDS = 10.0


class Deadline:
    """The moment until which everything has to be over, and how long a server may be silent, both in seconds."""

    def __init__(self, seconds: float, silence: float) -> None:
        self._start = time.monotonic()
        self._end = self._start + seconds
        self._silence = silence

    def move(self, seconds: float) -> None:
        """Set the end so many seconds after the beginning."""
        self._end = self._start + seconds

    def elapsed(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._start

    def over(self) -> bool:
        """Return whether the end is reached."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Return for how many seconds a single read may last; never nothing, which would mean "do not wait"."""
        return max(0.001, min(self._silence, self._end - time.monotonic()))


class Guard(httpcore2.NetworkBackend):
    """Connects to public addresses only, unless `allow_private`, and never waits longer than a deadline.

    `addresses` are those of the host that was looked up first. Raises UnreachableError.
    """

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self.addresses: tuple[str, ...] | None = None
        self._deadline = deadline
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Look the host up, refuse it where one of its addresses is not public, and connect to one of them."""
        del timeout, local_address, socket_options
        found = addresses_of(host, seconds=self._deadline.left())
        if isinstance(found, Unmeasured) or not found:
            reason = found.reason if isinstance(found, Unmeasured) else f"the host {host} has no address"
            raise UnreachableError(Problem("unknown", f"cannot be reached: {reason}"))
        if self.addresses is None:
            self.addresses = found
        for address in () if self._allow_private else found:
            if not is_public(address):
                where = address if address == host else f"{host} ({address})"
                raise UnreachableError(Problem("private", f"leads to {where}, which is not a public address"))
        return self._connect(found, port)

    def _connect(self, addresses: tuple[str, ...], port: int) -> httpcore2.NetworkStream:
        """Try one address after the other."""
        failure: Exception = httpcore2.ConnectTimeout()
        for address in addresses:
            try:
                return _Stream(_connected(address, port, self._deadline), self._deadline)
            except TimeoutError as error:
                failure = httpcore2.ConnectTimeout(error)
            except OSError as error:
                failure = httpcore2.ConnectError(error)
                failure.__context__ = error  # by which `problem_of` tells why
        raise failure


_BEGUN = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})


def _connected(address: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to an address. Raises OSError, which is a TimeoutError where nobody answers in time."""
    end = time.monotonic() + min(deadline.left(), CONNECT_SECONDS)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with ExitStack() as stack:
        connection = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        connection.settimeout(0)  # one that blocks would not come back to ask whether anybody cancels
        code = connection.connect_ex((address, port))
        if code in _BEGUN:
            ready = stack.enter_context(DefaultSelector())
            ready.register(connection, EVENT_WRITE)
            while not ready.select(_tick(end)):
                checkpoint()
                if time.monotonic() >= end:
                    raise TimeoutError
            ready.close()
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stack.pop_all()
    return connection


def _tick(end: float) -> float:
    """Return for how long to wait until somebody is asked whether to go on; never nothing."""
    return max(0.001, min(end - time.monotonic(), _TICK))


class _Stream(httpcore2.NetworkStream):
    """A connection that heeds the deadline and a cancelling at each step, however slowly a server sends."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        del timeout
        return self._patiently(lambda: self._socket.recv(max_bytes), httpcore2.ReadTimeout, httpcore2.ReadError)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all."""
        del timeout
        left = memoryview(buffer)
        while left:
            sent = self._patiently(lambda: self._socket.send(left), httpcore2.WriteTimeout, httpcore2.WriteError)  # noqa: B023
            left = left[sent:]

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Start TLS; the certificate is verified against the host name."""
        del timeout
        try:
            wrapped = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._socket = wrapped
            self._patiently(wrapped.do_handshake, httpcore2.ConnectTimeout, httpcore2.ConnectError)
        except BaseException:
            self.close()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: whether TLS has agreed on HTTP/2, which it has not."""
        return self._socket if info in {"socket", "ssl_object"} and isinstance(self._socket, ssl.SSLSocket) else None

    def _patiently(self, step: Callable[[], T], late: type[Exception], broken: type[Exception]) -> T:
        """Do a step of the socket as soon as that can be done, until the server has been silent for too long."""
        silent = time.monotonic() + self._deadline.left()
        while not self._deadline.over() and time.monotonic() < silent:
            checkpoint()
            self._socket.settimeout(_tick(silent))
            try:
                return step()
            except TimeoutError:
                continue
            except OSError as error:
                raise broken(error) from error
        raise late


def problem_of(error: Exception, *, answered: bool) -> Problem:
    """Return what an error of the HTTP library means, before or after the head of the answer has come.

    Nothing of what the server sent is repeated.
    """
    if isinstance(error, httpcore2.TimeoutException):
        return Problem("timeout", "stops sending in the middle of the file" if answered else "does not answer in time")
    if answered:
        return Problem("broken", "breaks off in the middle of the file")
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Problem("certificate", f"has no valid certificate: {cause.verify_message.rstrip('.')}")
    if isinstance(cause, ssl.SSLError):
        return Problem("certificate", "does not speak TLS as it should")
    if isinstance(error, httpcore2.ConnectError):
        reason = (getattr(cause, "strerror", None) or "no connection").lower()
        refused = isinstance(cause, ConnectionRefusedError)
        return Problem("refused", "refuses the connection" if refused else f"cannot be reached: {reason}")
    broken = isinstance(error, httpcore2.NetworkError)
    return Problem("broken", "breaks the connection off" if broken else "gives no valid HTTP answer")
