"""Addresses of inputs: what an address is, how it may be shown, and what was found where it leads."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal
from urllib.parse import unquote

from lipready.facts.unmeasured import Unmeasured

Trouble = Literal[
    "malformed", "password", "private", "unknown", "refused", "certificate", "redirect", "timeout", "broken"
]
"""What keeps an address from being fetched: how it is written, its password, an address on the way that is not public,
a host that nobody knows, a connection that is refused, a certificate that is not valid, where it leads on to, silence,
and an answer that ends early or is none."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_DATA = re.compile(r"data:[^/\\,]*[/;,]", re.IGNORECASE)
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d*)?")
_NAT64 = bytes.fromhex("0064ff9b0000000000000000")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing could be fetched; `text` is a phrase that continues the address ("refuses the connection")."""

    trouble: Trouble
    text: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched: bytes of the body, seconds from the look-up of the host to the last byte.

    `whole` says that the body came to its end; else it was cut off, because it was too long or too slow. `too_long`
    says which of the two.
    """

    bytes: int
    seconds: float
    whole: bool
    too_long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """An input that is an address: where it leads, and how it answers.

    `scheme` and `host` are lower case, those of the address itself. `addresses` are what the host resolves to.
    `redirects` are the addresses on the way, as shown. `status` is that of the last answer, `content_type` its media
    type in lower case without parameters, `encoding` the compression that it came in, `length` the size in bytes that
    it promises, `ranges` whether it says that parts can be asked for. All of them are Unmeasured where there is a
    problem; None means that the server does not say. An address of the provider's own (`oss://`), which nobody else can
    read, is Unmeasured throughout and has no problem.
    """

    scheme: str
    host: str
    addresses: tuple[str, ...] | Unmeasured
    redirects: tuple[str, ...] = ()
    problem: Problem | None = None
    status: int | Unmeasured
    content_type: str | Unmeasured | None
    encoding: str | None = None
    length: int | Unmeasured | None
    ranges: bool | Unmeasured
    fetched: Fetched | Unmeasured


def is_address(text: str) -> bool:
    """Return whether an input is an address and not the path of a file: `scheme://…`, or `data:`."""
    return bool(_SCHEME.match(text) or _DATA.match(text))


def scheme_of(url: str) -> str:
    """Return the scheme of an address in lower case."""
    return url.partition(":")[0].lower()


def shown(url: str) -> str:
    """Write an address so that everybody may read it: `https://host/path?…`.

    Query and fragment may be a signature, and what stands before an @ is a password: none of it is repeated. What is
    no address is returned as it is.
    """
    scheme = _SCHEME.match(url)
    if scheme is None:
        return f"{url[:5]}…" if _DATA.match(url) else url
    rest = url[scheme.end() :]
    place = re.split(r"[?#]", rest, maxsplit=1)[0]
    authority, slash, path = place.partition("/")
    host = authority.rpartition("@")[2]
    if not _HOST.fullmatch(host):
        # Not a port behind the colon: a name and a password, with a character in it that ends them early.
        return f"{scheme[0]}…"
    secret = "?…" if len(place) < len(rest) else ""
    return f"{scheme[0]}{host}{slash}{path}{secret}"


def file_name(url: str) -> str:
    """Return the last part of an address's path as a file would be called; "" where there is none."""
    place = re.split(r"[?#]", url, maxsplit=1)[0]
    _host, _slash, path = place[len(scheme_of(url)) + 3 :].partition("/")
    return unquote(path.rpartition("/")[2])


def is_public(text: str) -> bool | None:
    """Return whether an IP address can be reached from everywhere; None where the text is none.

    An IPv6 address that wraps an IPv4 one is as public as that.
    """
    try:
        return _public(ip_address(text))
    except ValueError:
        return None


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        meant = _translated(address)
        if meant is not None:
            return _public(meant)
        tunnelled = (address.sixtofour, *(address.teredo or ()))
        if not all(inner is None or _public(inner) for inner in tunnelled):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _translated(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that is mapped (RFC 4291) or translated (NAT64, RFC 6052) into an IPv6 one."""
    return IPv4Address(address.packed[-4:]) if address.packed.startswith(_NAT64) else address.ipv4_mapped
