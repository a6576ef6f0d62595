"""Addresses asked for and fetched, from servers that behave, and from servers that do not."""

import gzip
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from lipready.facts.address import AddressFacts, Fetched
from lipready.facts.unmeasured import Unmeasured
from lipready.net import guard as guarded
from lipready.probe.remote import Reach, fetch, inquire, unread

CONTENT = bytes(range(256)) * 40
HERE = Reach(1_000_000, allow_private=True, patience=20, longest=20, silence=10)


class Handler(BaseHTTPRequestHandler):
    """Answers a path with the function of `pages` that has its name."""

    def do_GET(self) -> None:
        self.server.seen.append(f"{self.command} {self.path}")  # type: ignore[attr-defined]
        self.server.headers.append(dict(self.headers))  # type: ignore[attr-defined]
        page = self.path.partition("?")[0].removeprefix("/").partition("/")[0]
        try:
            PAGES[page](self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def file(self, **headers: str) -> None:
        self.answer(200, CONTENT, Content_Length=str(len(CONTENT)), Content_Type="video/mp4; x=y", **headers)


def part_only(handler: Handler) -> None:
    """Refuse HEAD, as signed addresses do, and know ranges."""
    if handler.command == "HEAD":
        handler.answer(403, Content_Length="0")
    elif handler.headers.get("Range") == "bytes=0-0":
        content_range = f"bytes 0-0/{len(CONTENT)}"
        handler.answer(206, CONTENT[:1], Content_Length="1", Content_Range=content_range, Content_Type="video/mp4")
    else:
        handler.file()


def endless(handler: Handler) -> None:
    handler.answer(Content_Type="video/mp4")
    while True:
        handler.wfile.write(CONTENT)


def silent(handler: Handler) -> None:
    handler.answer(200, CONTENT[:100], Content_Length=str(len(CONTENT)))
    handler.wfile.flush()
    handler.server.released.wait(20)  # type: ignore[attr-defined]


def dripping(handler: Handler) -> None:
    """Send one byte after the other, without ever being silent."""
    handler.answer(200, Content_Length=str(len(CONTENT)))
    while not handler.server.released.wait(0.02):  # type: ignore[attr-defined]
        handler.wfile.write(b"x")


def dripping_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.released.wait(0.02):  # type: ignore[attr-defined]
        handler.wfile.write(b"x")


def raw(data: bytes) -> Callable[[Handler], None]:
    return lambda handler: (handler.wfile.write(data), None)[1]


def onward(location: str, status: int = 302) -> Callable[[Handler], None]:
    def redirect(handler: Handler) -> None:
        port = str(handler.server.server_address[1])  # type: ignore[attr-defined]
        handler.answer(status, Content_Length="0", Location=location.replace("PORT", port))

    return redirect


def countdown(handler: Handler) -> None:
    left = int(handler.path.rpartition("/")[2])
    target = f"/hops/{left - 1}" if left > 1 else "/file?token=s3cret"
    handler.answer(301, Content_Length="0", Location=target)


PAGES: dict[str, Callable[[Handler], None]] = {
    "file": lambda handler: handler.file(Accept_Ranges="bytes"),
    "part": part_only,
    "page": lambda handler: handler.answer(200, b"<html>", Content_Type="TEXT/HTML", Content_Length="6"),
    "gone": lambda handler: handler.answer(404, b"not here", Content_Length="8"),
    "unsized": lambda handler: handler.answer(200, CONTENT),
    "packed": lambda handler: handler.answer(200, gzip.compress(CONTENT), Content_Encoding="gzip"),
    "huge": lambda handler: handler.answer(200, b"x", Content_Length=str(10**10)),
    "endless": endless,
    "silent": silent,
    "dripping": dripping,
    "dripping-head": dripping_head,
    "short": lambda handler: handler.answer(200, CONTENT[:100], Content_Length=str(len(CONTENT))),
    "two-lengths": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
    "nonsense": raw(b"\x1b[2J nobody speaks HTTP here s3cret\r\n\r\n"),
    "closed": raw(b""),
    "odd-length": raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    "loop": onward("/loop"),
    "hops": countdown,
    "private": onward("http://127.0.0.2:PORT/file?token=s3cret"),
    "ftp": onward("ftp://example.com/file"),
    "password": onward("http://user:s3cret@127.0.0.1:PORT/file"),
    "nowhere": onward("http://host:99999999/"),
    "plain": onward("http://localhost:PORT/file"),
    "no-location": lambda handler: handler.answer(302, Content_Length="0"),
}


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.headers, server.released = [], [], threading.Event()  # type: ignore[attr-defined]
    # What a client gives up on is no error of these servers.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with serving() as running:
        yield running


def url(server: ThreadingHTTPServer, page: str, *, scheme: str = "http", host: str = "127.0.0.1") -> str:
    return f"{scheme}://{host}:{server.server_address[1]}/{page}"


def get(address: str, reach: Reach = HERE) -> tuple[AddressFacts, bytes | None]:
    with fetch(address, reach) as (facts, copy):
        content = None if copy is None else copy.read_bytes()
    assert copy is None or not copy.exists()
    return facts, content


def trouble(facts: AddressFacts) -> str | None:
    assert isinstance(facts.status, Unmeasured) == (facts.problem is not None)
    return None if facts.problem is None else facts.problem.trouble


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See to it that no temporary file is left, whatever a test does."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert list(tmp_path.glob("lipready-*")) == []


def test_a_file_is_fetched_whole(server: ThreadingHTTPServer) -> None:
    shares: list[float] = []
    with fetch(url(server, "file?sig=s3cret#frag"), HERE, shares.append) as (facts, copy):
        assert copy is not None
        assert copy.read_bytes() == CONTENT
    assert (facts.scheme, facts.host, facts.addresses) == ("http", "127.0.0.1", ("127.0.0.1",))
    assert (facts.status, facts.content_type, facts.length) == (200, "video/mp4", len(CONTENT))
    assert (facts.ranges, facts.encoding, facts.problem, facts.redirects) == (True, None, None, ())
    assert isinstance(facts.fetched, Fetched)
    assert (facts.fetched.bytes, facts.fetched.whole) == (len(CONTENT), True)
    assert shares[-1] == 1.0
    assert server.seen == ["GET /file?sig=s3cret"]  # type: ignore[attr-defined]
    (headers,) = server.headers  # type: ignore[attr-defined]
    assert headers["Accept-Encoding"] == "identity"
    assert set(headers) == {"Host", "Accept", "Accept-Encoding", "User-Agent"}
    assert "s3cret" not in repr(facts)


def test_quick_asks_for_the_head_alone(server: ThreadingHTTPServer) -> None:
    facts = inquire(url(server, "file"), HERE)
    assert (facts.status, facts.length, facts.content_type) == (200, len(CONTENT), "video/mp4")
    assert facts.fetched == Unmeasured("the address was not fetched (`Settings(quick=True)`)", skipped=True)
    assert server.seen == ["HEAD /file"]  # type: ignore[attr-defined]


def test_quick_asks_for_one_byte_where_head_is_refused(server: ThreadingHTTPServer) -> None:
    facts = inquire(url(server, "part"), HERE)
    assert (facts.status, facts.length, facts.ranges) == (206, len(CONTENT), True)
    assert server.seen == ["HEAD /part", "GET /part"]  # type: ignore[attr-defined]


def test_quick_reads_no_body_that_it_did_not_ask_for(server: ThreadingHTTPServer) -> None:
    facts = inquire(url(server, "endless"), HERE)
    assert (facts.status, facts.length) == (200, None)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("gone", {"status": 404, "length": None}),
        ("no-location", {"status": 302}),
        ("page", {"status": 200, "content_type": "text/html", "length": 6}),
        ("unsized", {"status": 200, "content_type": None, "length": None}),
        ("packed", {"status": 200, "encoding": "gzip"}),
    ],
)
def test_what_a_server_says_is_a_fact(server: ThreadingHTTPServer, page: str, expected: dict[str, Any]) -> None:
    facts, content = get(url(server, page))
    assert {key: getattr(facts, key) for key in expected} == expected
    assert trouble(facts) is None
    assert (content is not None) == (facts.status == 200)


def test_what_is_too_long_by_its_own_word_is_not_fetched(server: ThreadingHTTPServer) -> None:
    facts, content = get(url(server, "huge"))
    assert (content, facts.length) == (None, 10**10)
    assert isinstance(facts.fetched, Unmeasured)
    file = unread("https://host/clip.MP4?s3cret", "video", facts)
    assert (file.path, file.bytes, file.extension, file.problem) == ("https://host/clip.MP4?…", 10**10, "mp4", None)


def test_what_never_ends_is_cut_off(server: ThreadingHTTPServer) -> None:
    facts, content = get(url(server, "endless"))
    assert content is None
    assert isinstance(facts.fetched, Fetched)
    assert (facts.fetched.bytes, facts.fetched.whole, facts.fetched.too_long) == (1_000_001, False, True)
    assert isinstance(unread("https://host/x", "video", facts).bytes, Unmeasured)


def test_a_file_of_exactly_the_most_bytes_is_whole(server: ThreadingHTTPServer) -> None:
    assert get(url(server, "unsized"), Reach(len(CONTENT), allow_private=True))[1] == CONTENT
    assert get(url(server, "unsized"), Reach(len(CONTENT) - 1, allow_private=True))[1] is None


@pytest.mark.parametrize("page", ["dripping", "endless"])
def test_what_is_too_slow_is_given_up(server: ThreadingHTTPServer, page: str) -> None:
    reach = Reach(10**15, allow_private=True, patience=0.2, longest=0.5, silence=10)
    facts, content = get(url(server, page), reach)
    assert content is None
    assert isinstance(facts.fetched, Fetched)
    assert (facts.fetched.whole, facts.fetched.too_long) == (False, False)
    assert facts.fetched.bytes > 0


def test_silence_is_not_waited_for(server: ThreadingHTTPServer) -> None:
    reach = Reach(10**6, allow_private=True, patience=20, longest=20, silence=0.2)
    facts, content = get(url(server, "silent"), reach)
    assert (content, trouble(facts)) == (None, "timeout")


def test_a_head_that_drips_ends_with_the_patience(server: ThreadingHTTPServer) -> None:
    reach = Reach(10**6, allow_private=True, patience=0.3, longest=20, silence=10)
    assert trouble(get(url(server, "dripping-head"), reach)[0]) == "timeout"


@pytest.mark.parametrize("page", ["short", "two-lengths", "nonsense", "closed", "odd-length"])
def test_a_broken_answer_is_a_problem(server: ThreadingHTTPServer, page: str) -> None:
    facts, content = get(url(server, page))
    assert (content, trouble(facts)) == (None, "broken")
    assert "s3cret" not in repr(facts)


def test_redirects_are_followed_and_counted(server: ThreadingHTTPServer) -> None:
    facts, content = get(url(server, "hops/5"))
    assert content == CONTENT
    assert len(facts.redirects) == 5
    assert facts.redirects[-1] == url(server, "file?…")
    assert trouble(get(url(server, "hops/6"))[0]) == "redirect"


@pytest.mark.parametrize("page", ["loop", "ftp", "password", "nowhere"])
def test_redirects_that_lead_astray(server: ThreadingHTTPServer, page: str) -> None:
    facts, content = get(url(server, page))
    assert (content, trouble(facts)) == (None, "redirect")
    assert "s3cret" not in repr(facts)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"]
)
def test_private_addresses_are_not_touched(server: ThreadingHTTPServer, host: str) -> None:
    public_only = Reach(10**6)
    for facts in (
        get(url(server, "file", host=host), public_only)[0],
        inquire(url(server, "file", host=host), public_only),
    ):
        assert trouble(facts) == "private"
    assert server.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[fe80::1]", "0", "224.0.0.1", "240.0.0.1"])
def test_other_addresses_that_are_not_public(host: str) -> None:
    assert trouble(get(f"http://{host}:9/file", Reach(10**6))[0]) == "private"


def test_a_redirect_to_a_private_address_is_refused(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "is_public", lambda address: address == "127.0.0.1")
    facts, content = get(url(server, "private"), Reach(10**6))
    assert (content, trouble(facts)) == (None, "private")
    assert facts.redirects == (url(server, "file?…", host="127.0.0.2"),)
    assert server.seen == ["GET /private"]  # type: ignore[attr-defined]


def test_a_name_is_looked_up_once_and_connected_to_as_it_was_judged(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that changes its mind after the judgement changes nothing."""
    real, asked = socket.getaddrinfo, []

    def rebind(host: str, *rest: Any, **more: Any) -> Any:
        if host != "rebinding.example":
            return real(host, *rest, **more)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{len(asked)}", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    monkeypatch.setattr(guarded, "is_public", lambda address: address == "127.0.0.1")
    facts, content = get(url(server, "file", host="rebinding.example"), Reach(10**6))
    assert (content, facts.addresses, asked) == (CONTENT, ("127.0.0.1",), ["rebinding.example"])
    assert server.headers[0]["Host"].startswith("rebinding.example:")  # type: ignore[attr-defined]


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: mixed)
    assert trouble(get("http://mixed.example/file", Reach(10**6))[0]) == "private"


def test_proxies_of_the_environment_are_not_used(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert get(url(server, "file"))[1] == CONTENT


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://user:s3cret@127.0.0.1:9/file", "password"),
        ("http:///file", "malformed"),
        ("http://[broken/file", "malformed"),
        ("http://host:99999999/file", "malformed"),
        ("http://host/\x00", "malformed"),
        ("http://nowhere.invalid/file", "unknown"),
    ],
)
def test_addresses_that_lead_nowhere(address: str, expected: str) -> None:
    for facts in (get(address)[0], inquire(address, HERE)):
        assert trouble(facts) == expected
        assert "s3cret" not in repr(facts)


def test_a_port_at_which_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert trouble(get(f"http://127.0.0.1:{taken.getsockname()[1]}/file")[0]) == "refused"


@pytest.mark.parametrize(
    "address", ["ftp://host/x.mp4", "file:///etc/passwd", "data:video/mp4;base64,AA", "oss://k/x.mp4"]
)
def test_other_schemes_are_not_tried(address: str) -> None:
    facts, content = get(address)
    assert (content, facts.problem) == (None, None)
    assert facts.scheme == address.partition(":")[0]
    assert isinstance(facts.status, Unmeasured)


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with serving(context) as running:
        yield running


def test_a_certificate_is_held_against_the_name(secure: ThreadingHTTPServer) -> None:
    assert get(url(secure, "file", scheme="https", host="localhost"))[1] == CONTENT
    facts = get(url(secure, "file", scheme="https", host="127.0.0.1"))[0]
    assert trouble(facts) == "certificate"


def test_a_certificate_that_nobody_vouches_for(secure: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert trouble(get(url(secure, "file", scheme="https", host="localhost"))[0]) == "certificate"
    assert secure.seen == []  # type: ignore[attr-defined]


def test_no_redirect_leads_away_from_https(secure: ThreadingHTTPServer) -> None:
    facts = get(url(secure, "plain", scheme="https", host="localhost"))[0]
    assert trouble(facts) == "redirect"
    assert facts.problem is not None
    assert "https to http" in facts.problem.text


def test_a_server_that_speaks_no_tls(server: ThreadingHTTPServer) -> None:
    assert trouble(get(url(server, "file", scheme="https"))[0]) in {"certificate", "broken"}


def test_the_copy_is_gone_after_an_interruption(server: ThreadingHTTPServer) -> None:
    def interrupt(_share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), fetch(url(server, "file"), HERE, interrupt):
        pytest.fail("the interruption came before")  # the leftovers are looked for after every test


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_it_is_said_that_a_connection_is_refused(host: str, free_tcp_port: int) -> None:
    problem = inquire(f"http://{host}:{free_tcp_port}/clip.mp4", HERE).problem
    assert problem is not None
    assert (problem.trouble, problem.text) == ("refused", "refuses the connection")
