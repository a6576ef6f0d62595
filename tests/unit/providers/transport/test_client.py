"""One request, and everything that can happen to it."""

import gzip
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import httpx2
import pytest

from lipready.errors import AnswerError, ConfigurationError, NoAnswerError, NotSentError, UsageError
from lipready.providers.transport import incoming as bounded
from lipready.providers.transport import outgoing
from lipready.providers.transport.client import Transport
from lipready.providers.transport.wire import Form, HttpRequest, HttpResponse

KEY = "sk-very-secret-0123456789"


def get(url: str, **named) -> HttpRequest:
    return HttpRequest(method="GET", url=url, authorized=False, **named)


def test_an_answer_comes_back_whole_whatever_its_status(serve, transport):
    server = serve(lambda peer: peer.reply(404, b'{"code":"x"}', X_Request_ID="r-1"))
    answer = transport().send(get(f"{server.url}/tasks/1?a=b"))
    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (404, b'{"code":"x"}', "r-1")
    (peer,) = server.peers
    assert (peer.method, peer.path) == ("GET", "/tasks/1?a=b")
    assert peer.headers["user-agent"].startswith("lipready/")
    assert peer.headers["accept-encoding"] == "identity"
    assert "authorization" not in peer.headers
    assert "cookie" not in peer.headers


def test_json_is_sent_with_the_key_where_the_request_is_authorized(serve, transport):
    bodies = []
    server = serve(lambda peer: (bodies.append(peer.body()), peer.reply()))
    carrier = transport(key=f"{KEY}\n", origins=[f"{server.url}/api/v1"])
    headers = {"X-DashScope-Async": "enable"}
    carrier.send(
        HttpRequest(method="POST", url=f"{server.url}/api/v1/x", json={"model": "videoretalk"}, headers=headers)
    )
    (peer,) = server.peers
    assert peer.headers["authorization"] == f"Bearer {KEY}"
    assert peer.headers["content-type"] == "application/json"
    assert peer.headers["x-dashscope-async"] == "enable"
    assert json.loads(bodies[0]) == {"model": "videoretalk"}


@pytest.mark.parametrize("place", ["http://localhost", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_the_key_goes_to_no_other_scheme_host_or_port(serve, transport, place):
    server = serve(lambda peer: peer.reply())
    carrier = transport(key=KEY, origins=[place])
    with pytest.raises(ValueError, match=r"not for http://127\.0\.0\.1") as caught:
        carrier.send(HttpRequest(method="GET", url=f"{server.url}/x"))
    assert server.peers == []
    assert KEY not in repr(caught.value)


def test_without_a_key_no_authorized_request_leaves(serve, transport):
    server = serve(lambda peer: peer.reply())
    with pytest.raises(ValueError, match="no API key"):
        transport(origins=[server.url]).send(HttpRequest(method="GET", url=server.url))
    assert server.peers == []


def test_a_key_that_cannot_stand_in_a_header_is_refused_without_being_shown(transport):
    with pytest.raises(UsageError) as caught:
        transport(key="sk-secret\r\nX-Evil: 1").send(get("http://127.0.0.1:1/"))
    assert "secret" not in str(caught.value)


def test_the_key_is_in_no_representation():
    with Transport(KEY, ["http://127.0.0.1:1"]) as carrier:
        texts = [repr(carrier), str(vars(carrier)), repr(carrier._inner._authority), repr(carrier._inner.__dict__)]
    assert KEY not in "".join(texts)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_stays(serve, transport, status):
    other = serve(lambda peer: peer.reply())
    target = f"{other.url}/steal?sig=SECRET"
    server = serve(lambda peer: peer.reply(status, location=target))
    with pytest.raises(AnswerError) as caught:
        transport(key=KEY, origins=[server.url]).send(HttpRequest(method="POST", url=server.url, json={}))
    assert other.url.partition(":")[0] in str(caught.value)
    assert "/steal" not in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert other.peers == []


def test_cookies_are_not_kept(serve):
    server = serve(lambda peer: peer.reply(set_cookie="a=b; Path=/"))
    with Transport() as carrier:
        carrier.send(get(server.url))
        carrier.send(get(server.url))
    assert ["cookie" in peer.headers for peer in server.peers] == [False, False]


def test_every_request_has_a_connection_of_its_own(serve):
    """On one that the server had just closed, nobody could tell whether a paid request was read."""
    server = serve(lambda peer: peer.reply())
    with Transport() as carrier:
        carrier.send(get(server.url))
        carrier.send(get(server.url))
    assert [peer.headers["connection"] for peer in server.peers] == ["close", "close"]


def test_many_threads_share_one_transport(serve):
    server = serve(lambda peer: peer.reply(body=peer.path.encode()))
    with Transport() as carrier, ThreadPoolExecutor(16) as pool:
        paths = [f"/{number}" for number in range(64)]
        answers = list(pool.map(lambda path: carrier.send(get(server.url + path)), paths))
    assert [answer.body.decode() for answer in answers] == paths


# What goes wrong


def test_nobody_listens(transport, free_port):
    with pytest.raises(NotSentError, match=r"127\.0\.0\.1 refuses connections"):
        transport().send(get(f"http://127.0.0.1:{free_port}/x?sig=SECRET"))


def test_no_such_host(transport):
    with pytest.raises(NotSentError, match=r"nowhere\.invalid cannot be (looked up|reached)"):
        transport().send(get("http://nowhere.invalid/x"))


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "file:///etc/passwd", "x", "http://", "http://host:99999/", "http://[::1"]
)
def test_an_impossible_address(transport, url):
    with pytest.raises(NotSentError):
        transport().send(get(url))


def test_a_reset_before_the_answer(serve, transport):
    server = serve(lambda peer: peer.reset())
    with pytest.raises(NoAnswerError, match="broke off"):
        transport().send(get(server.url))


def test_a_close_without_an_answer(serve, transport):
    server = serve(lambda _peer: None)
    with pytest.raises(NoAnswerError):
        transport().send(HttpRequest(method="POST", url=server.url, json={}, authorized=False))


def test_a_reset_in_the_middle_of_the_body(serve, transport):
    server = serve(lambda peer: (peer.reply(body=b"abc", content_length="100"), peer.reset()))
    with pytest.raises(NoAnswerError):
        transport().send(get(server.url))


def test_a_body_that_ends_too_early(serve, transport):
    server = serve(lambda peer: peer.reply(body=b"abc", content_length="100"))
    with pytest.raises(NoAnswerError):
        transport().send(get(server.url))


@pytest.mark.parametrize(
    "garbage", [b"\x00\x01\x02 not http\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x02\x00"]
)
def test_an_answer_that_is_not_http(serve, transport, garbage):
    server = serve(lambda peer: peer.send(garbage))
    with pytest.raises(NoAnswerError):
        transport().send(get(server.url))


def test_headers_without_end(serve, transport):
    def talk(peer):
        peer.send(b"HTTP/1.1 200 OK\r\n")
        for number in range(1_000_000):
            peer.send(b"x-%d: %s\r\n" % (number, b"a" * 1000))

    with pytest.raises(NoAnswerError):
        transport().send(get(serve(talk).url))


def drip(data: bytes, stop: threading.Event):
    def talk(peer):
        for letter in data:
            peer.send(bytes([letter]))
            if stop.wait(0.05):
                return

    return talk


@pytest.mark.parametrize(
    "data",
    [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000, b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + b"a" * 9999],
)
def test_a_server_that_drips_does_not_hold_us(serve, transport, data):
    stop = threading.Event()
    try:
        with pytest.raises(NoAnswerError, match=r"did not answer within 0\.5 seconds"):
            transport().send(get(serve(drip(data, stop)).url, seconds=0.5))
    finally:
        stop.set()


def test_a_server_that_accepts_and_says_nothing(serve, transport):
    stop = threading.Event()
    try:
        with pytest.raises(NoAnswerError):
            transport().send(get(serve(lambda _peer: stop.wait(20)).url, seconds=0.3))
    finally:
        stop.set()


def test_an_endless_answer(serve, transport):
    def talk(peer):
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for chunk in repeat(b"10000\r\n" + b"[" * 65536 + b"\r\n"):
            peer.send(chunk)

    with pytest.raises(AnswerError, match="longer than 4 MiB"):
        transport().send(get(serve(talk).url))


def test_an_announced_answer_of_ten_gigabytes_is_not_even_read(serve, transport):
    server = serve(lambda peer: (peer.reply(body=b"a", content_length=str(10 << 30)), peer.read()))
    with pytest.raises(AnswerError, match="longer than"):
        transport().send(get(server.url))


@pytest.mark.parametrize("length", ["-1", "1e3", "\uff19", "0x10", "1, 2", "9" * 5000])
def test_a_nonsensical_length(serve, transport, length):
    server = serve(lambda peer: peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{}}".encode()))
    with pytest.raises((NoAnswerError, AnswerError)):
        transport().send(get(server.url))


def test_an_answer_of_the_longest_allowed_size(serve, transport):
    whole = b"a" * bounded.MOST_BYTES
    answer = transport().send(get(serve(lambda peer: peer.reply(body=whole)).url))
    assert len(answer.body) == bounded.MOST_BYTES


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, gzip"])
def test_a_packed_answer_is_not_unpacked(serve, transport, coding):
    bomb = gzip.compress(b"\0" * 50_000_000)
    server = serve(lambda peer: peer.reply(body=bomb, content_encoding=coding))
    with pytest.raises(AnswerError, match="packed"):
        transport().send(get(server.url))


def test_the_library_logs_none_of_it(serve, transport, caplog):
    caplog.set_level(logging.DEBUG)
    server = serve(lambda peer: peer.reply(location="http://x/?sig=SECRET"))
    transport(key=KEY, origins=[server.url]).send(HttpRequest(method="GET", url=f"{server.url}/?Signature=SECRET"))
    assert "SECRET" not in caplog.text
    assert KEY not in caplog.text
    httpx2.get(server.url)
    assert server.url in caplog.text, "what others do with the library is theirs to log"


def test_a_broken_environment_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        Transport()


def test_the_network_can_be_replaced():
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"path": request.url.path})

    with Transport(transport=httpx2.MockTransport(answer)) as carrier:
        assert carrier.send(get("http://example.com/p")) == HttpResponse(
            200, {"content-length": "13", "content-type": "application/json"}, b'{"path":"/p"}'
        )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx2.ConnectError("x?sig=SECRET"), NotSentError),
        (httpx2.ConnectTimeout("x"), NotSentError),
        (httpx2.ProxyError("x"), NotSentError),
        (httpx2.PoolTimeout("x"), NotSentError),
        (httpx2.ReadTimeout("x"), NoAnswerError),
        (httpx2.WriteTimeout("x"), NoAnswerError),
        (httpx2.ReadError("x"), NoAnswerError),
        (httpx2.WriteError("x"), NoAnswerError),
        (httpx2.RemoteProtocolError("x?sig=SECRET"), NoAnswerError),
        (OSError("SECRET"), NoAnswerError),
    ],
)
def test_what_may_have_left_is_never_called_not_sent(error, expected):
    def fail(_request: httpx2.Request) -> httpx2.Response:
        raise error

    with Transport(transport=httpx2.MockTransport(fail)) as carrier, pytest.raises(expected) as caught:
        carrier.send(get("http://example.com/p?sig=SECRET"))
    assert "SECRET" not in str(caught.value)
    assert "example.com" in str(caught.value)


# Files


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * 4096)
    return path


def form(server, path: Path, **named) -> HttpRequest:
    fields = (("OSSAccessKeyId", "id"), ("policy", "p=="), ("key", "dir/ü.mp4"), ("success_action_status", "200"))
    upload = Form(fields, str(path), "ü.mp4", "video/mp4")
    return HttpRequest(method="POST", url=server.url, form=upload, authorized=False, seconds=30, **named)


def test_a_form_is_sent_with_its_file_last(serve, transport, film):
    bodies = []
    server = serve(lambda peer: (bodies.append(peer.body()), peer.reply()))
    shares = []
    assert transport().send(form(server, film, progress=shares.append)).status == 200
    (peer,) = server.peers
    boundary = peer.headers["content-type"].partition("boundary=")[2].encode()
    parts = bodies[0].split(b"--" + boundary)
    assert [part.split(b'name="')[1].split(b'"')[0].decode() for part in parts[1:-1]] == [
        "OSSAccessKeyId", "policy", "key", "success_action_status", "file",
    ]  # fmt: skip
    assert parts[3] == '\r\nContent-Disposition: form-data; name="key"\r\n\r\ndir/ü.mp4\r\n'.encode()
    head, _, content = parts[-2].partition(b"\r\n\r\n")
    assert 'filename="ü.mp4"'.encode() in head
    assert b"Content-Type: video/mp4" in head
    assert content == film.read_bytes() + b"\r\n"
    assert "transfer-encoding" not in peer.headers
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_refused_upload_is_answered_in_the_middle(serve, transport, tmp_path):
    path = tmp_path / "large.mp4"
    path.write_bytes(b"a" * 20_000_000)

    def refuse(peer):
        peer.read()
        peer.reply(403, b"<Code>AccessDenied</Code>", connection="close")
        while peer.read():
            pass

    answer = transport().send(form(serve(refuse), path))
    assert (answer.status, answer.body) == (403, b"<Code>AccessDenied</Code>")


def test_a_reset_in_the_middle_of_an_upload(serve, transport, tmp_path):
    path = tmp_path / "large.mp4"
    path.write_bytes(b"a" * 20_000_000)
    with pytest.raises(NoAnswerError):
        transport().send(form(serve(lambda peer: (peer.read(), peer.reset())), path))


@pytest.mark.parametrize("change", ["grows", "shrinks"])
def test_a_file_that_changes_while_it_is_sent(serve, transport, tmp_path, change):
    path = tmp_path / "large.mp4"
    path.write_bytes(b"a" * 8_000_000)
    server = serve(lambda peer: (peer.body(), peer.reply()))

    def touch(share: float) -> None:
        if share > 0.5:
            with path.open("r+b") as file:
                file.truncate(9_000_000 if change == "grows" else 100)

    with pytest.raises(UsageError, match=r"large\.mp4: changed while it was being uploaded"):
        transport().send(form(server, path, progress=touch))


@pytest.mark.parametrize("what", ["missing", "empty", "folder"])
def test_a_file_that_cannot_be_sent(serve, transport, tmp_path, what):
    path = tmp_path / "clip.mp4"
    if what == "empty":
        path.touch()
    elif what == "folder":
        path.mkdir()
    server = serve(lambda peer: peer.reply())
    with pytest.raises(UsageError, match=r"clip\.mp4: (does not exist|is empty|is a folder)"):
        transport().send(form(server, path))
    assert server.peers == []


def test_an_upload_has_a_deadline(serve, transport, film):
    stop = threading.Event()
    server = serve(lambda _peer: stop.wait(20))
    try:
        with pytest.raises(NoAnswerError):
            transport().send(
                HttpRequest(method="POST", url=server.url, form=form(server, film).form, authorized=False, seconds=0.3)
            )
    finally:
        stop.set()


def test_a_server_that_takes_no_more_of_a_file(serve, transport, tmp_path, monkeypatch):
    monkeypatch.setattr(outgoing, "STALLED_SECONDS", 0.3)
    path = tmp_path / "large.mp4"
    path.write_bytes(b"a" * 20_000_000)
    stop = threading.Event()
    server = serve(lambda _peer: stop.wait(20))
    try:
        with pytest.raises(NoAnswerError, match="stopped taking the file"):
            transport().send(form(server, path))
    finally:
        stop.set()
