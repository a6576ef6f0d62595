"""A body that goes to a file, from where an earlier attempt has ended."""

import os
import threading
from pathlib import Path

import pytest

from lipready.errors import AnswerError, DownloadError, NoAnswerError, NotSentError
from lipready.providers.download import saving
from lipready.providers.download import saving as landing
from lipready.providers.transport.wire import Save

BODY = os.urandom(3_000_000)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "part"


def save(url: str, path: Path, **named) -> Save:
    return Save(url=url, path=str(path), most=named.pop("most", 10_000_000), **named)


def test_a_whole_body(serve, transport, part):
    server = serve(lambda peer: peer.reply(body=BODY, etag='"e"'))
    shares, heads = [], []
    answer = transport(key="k", origins=[server.url]).save(
        save(f"{server.url}/film.mp4?Expires=1", part, progress=shares.append, begun=heads.append)
    )
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"", '"e"')
    assert part.read_bytes() == BODY
    assert heads == [answer]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    (peer,) = server.peers
    assert peer.path == "/film.mp4?Expires=1"
    assert {"authorization", "range", "if-range", "cookie"}.isdisjoint(peer.headers)


def test_a_body_without_a_length(serve, transport, part):
    def talk(peer):
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n")

    transport().save(save(serve(talk).url, part))
    assert part.read_bytes() == b"abcdef"


def test_the_rest_of_a_body(serve, transport, part):
    part.write_bytes(BODY[:1000] + b"what an interrupted write may have left")
    content_range = f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"
    server = serve(lambda peer: peer.reply(206, BODY[1000:], content_range=content_range))
    shares = []
    answer = transport().save(save(server.url, part, offset=1000, unchanged='"e"', progress=shares.append))
    assert answer.status == 206
    assert part.read_bytes() == BODY
    assert shares[-1] == 1.0
    assert server.peers[0].headers["range"] == "bytes=1000-"
    assert server.peers[0].headers["if-range"] == '"e"'


def test_a_weak_etag_cannot_vouch_for_bytes(serve, transport, part):
    part.write_bytes(BODY[:10])
    server = serve(lambda peer: peer.reply(416, content_range="bytes */10"))
    answer = transport().save(save(server.url, part, offset=10, unchanged='W/"e"'))
    assert answer.status == 416
    assert "if-range" not in server.peers[0].headers
    assert part.read_bytes() == BODY[:10]


def test_a_server_without_ranges_begins_anew(serve, transport, part):
    part.write_bytes(b"x" * 5_000_000)
    server = serve(lambda peer: peer.reply(body=BODY))
    assert transport().save(save(server.url, part, offset=5_000_000)).status == 200
    assert part.read_bytes() == BODY


@pytest.mark.parametrize(
    ("content_range", "offset"),
    [
        ("bytes 0-99/100", 50),
        ("bytes 51-99/100", 50),
        ("bytes 50-200/100", 50),
        ("bytes 50-40/100", 50),
        ("bytes 50-98/100", 50),
        ("bytes -/100", 50),
        ("items 50-99/100", 50),
        ("bytes 50-99/" + "9" * 5000, 50),
        ("", 50),
        ("bytes 0-49/50", 0),
    ],
)
def test_a_part_that_was_not_asked_for_or_contradicts_itself(serve, transport, part, content_range, offset):
    part.write_bytes(b"x" * offset)
    server = serve(lambda peer: peer.reply(206, b"a" * 50, content_range=content_range))
    with pytest.raises(AnswerError):
        transport().save(save(server.url, part, offset=offset))
    assert part.read_bytes() == b"x" * offset


@pytest.mark.parametrize("status", [204, 400, 403, 404, 416, 500])
def test_any_other_status_leaves_the_file_as_it_is(serve, transport, part, status):
    part.write_bytes(b"abc")
    server = serve(lambda peer: peer.reply(status, b"" if status == 204 else b"<Error/>"))
    answer = transport().save(save(server.url, part, offset=3))
    assert (answer.status, answer.body) == (status, b"")
    assert part.read_bytes() == b"abc"


@pytest.mark.parametrize("end", ["close", "reset"])
def test_what_came_before_a_break_is_in_the_file(serve, transport, part, end):
    sent = BODY[:1_500_000]

    def talk(peer):
        peer.reply(body=sent, content_length=str(len(BODY)))
        if end == "reset":
            threading.Event().wait(0.3)  # a reset throws away what the reader has not fetched
            peer.reset()

    with pytest.raises(NoAnswerError):
        transport().save(save(serve(talk).url, part))
    assert part.read_bytes() == sent


def test_a_film_that_drips_is_given_up(serve, transport, part, monkeypatch):
    monkeypatch.setattr(saving, "SLOW_SECONDS", 0.2)
    stop = threading.Event()

    def talk(peer):
        peer.reply(content_length="1000000")
        while not stop.wait(0.02):
            peer.send(b"x")

    try:
        with pytest.raises(NoAnswerError, match="too slowly"):
            transport().save(save(serve(talk).url, part))
    finally:
        stop.set()
    assert set(part.read_bytes()) == {ord("x")}


def test_an_answer_that_does_not_begin_is_given_up(serve, transport, part, monkeypatch):
    monkeypatch.setattr(saving, "READ_SECONDS", 0.3)
    stop = threading.Event()

    def talk(peer):
        for letter in b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000:
            peer.send(bytes([letter]))
            if stop.wait(0.05):
                return

    try:
        with pytest.raises(NoAnswerError, match="did not answer"):
            transport().save(save(serve(talk).url, part))
    finally:
        stop.set()


def test_more_than_allowed_is_refused_when_it_is_announced(serve, transport, part):
    server = serve(lambda peer: peer.reply(body=b"x", content_length=str(10 << 30)))
    with pytest.raises(AnswerError, match=r"longer than 10\.0 MB"):
        transport().save(save(server.url, part))
    assert not part.exists()


@pytest.mark.parametrize("have", [0, 1000])
def test_more_than_allowed_is_cut_off_again(serve, transport, part, have):
    part.write_bytes(b"x" * have)

    def talk(peer):
        head = "HTTP/1.1 206 Partial\r\ncontent-range: bytes 1000-9999/*" if have else "HTTP/1.1 200 OK"
        peer.send(f"{head}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        for _ in range(400):
            peer.send(b"10000\r\n" + b"y" * 65536 + b"\r\n")

    with pytest.raises(AnswerError, match="longer than"):
        transport().save(save(serve(talk).url, part, offset=have))
    assert part.read_bytes() == b"x" * have


def test_a_packed_film_is_refused(serve, transport, part):
    server = serve(lambda peer: peer.reply(body=b"x", content_encoding="gzip"))
    with pytest.raises(AnswerError, match="packed"):
        transport().save(save(server.url, part))
    assert not part.exists()


# Redirects and schemes


def test_redirects_are_followed_without_anything_secret(serve, transport, part):
    last = serve(lambda peer: peer.reply(body=BODY))
    middle = serve(lambda peer: peer.reply(302, location=f"{last.url}/c"))
    first = serve(lambda peer: peer.reply(307, location=f"{middle.url}/b?sig=2"))
    transport(key="k", origins=[last.url, middle.url, first.url]).save(save(f"{first.url}/a?sig=1", part))
    assert part.read_bytes() == BODY
    assert [each.peers[0].path for each in (first, middle, last)] == ["/a?sig=1", "/b?sig=2", "/c"]
    for each in (first, middle, last):
        assert {"authorization", "referer", "cookie"}.isdisjoint(each.peers[0].headers)


def test_a_relative_redirect_keeps_the_range(serve, transport, part):
    part.write_bytes(b"ab")

    def talk(peer):
        if peer.path == "/a":
            peer.reply(301, location="b")
        else:
            peer.reply(206, b"cd", content_range="bytes 2-3/4")

    server = serve(talk)
    transport().save(save(f"{server.url}/a", part, offset=2))
    assert part.read_bytes() == b"abcd"
    assert server.peers[1].headers["range"] == "bytes=2-"


def test_a_redirect_in_a_circle(serve, transport, part):
    server = serve(lambda peer: peer.reply(302, location="/"))
    with pytest.raises(AnswerError, match="more than 5 times"):
        transport().save(save(server.url, part))
    assert len(server.peers) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://x/y", "data:text/plain,x", "http://[::1", "oss://b/k"])
def test_a_redirect_to_another_scheme(serve, transport, part, target):
    server = serve(lambda peer: peer.reply(302, location=target))
    with pytest.raises(AnswerError, match="not http"):
        transport().save(save(server.url, part))


def test_from_encrypted_to_plain_is_refused(part):
    import httpx2

    from lipready.providers.transport.client import Transport

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"location": "http://other/film?sig=SECRET"})

    with Transport(transport=httpx2.MockTransport(answer)) as carrier, pytest.raises(AnswerError) as caught:
        carrier.save(save("https://one/film", part))
    assert "http://other," in str(caught.value)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://host/film", "oss://bucket/film", "data:,x", "", "http:///x", "x"]
)
def test_only_http_is_fetched(transport, part, url):
    with pytest.raises(AnswerError):
        transport().save(save(url, part))
    assert not part.exists()


def test_a_server_that_is_gone(transport, part, free_port):
    with pytest.raises(NotSentError):
        transport().save(save(f"http://127.0.0.1:{free_port}/?sig=SECRET", part))


# The disk


def test_a_missing_folder(serve, transport, tmp_path):
    server = serve(lambda peer: peer.reply(body=b"x"))
    with pytest.raises(DownloadError, match="cannot be written"):
        transport().save(save(server.url, tmp_path / "no" / "part"))


def test_a_link_in_the_place_of_the_file_is_not_followed(serve, transport, part, tmp_path):
    (tmp_path / "precious").write_bytes(b"precious")
    part.symlink_to(tmp_path / "precious")
    server = serve(lambda peer: peer.reply(body=b"x"))
    with pytest.raises(DownloadError):
        transport().save(save(server.url, part))
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_a_full_disk(serve, transport, part):
    """A limit on the size of files stands in for a small disk: the system refuses the write in the same way."""
    resource = pytest.importorskip("resource")
    server = serve(lambda peer: peer.reply(body=BODY))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(DownloadError, match=f"There is no room left for the result video in {part.parent}"):
            transport().save(save(server.url, part))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert part.read_bytes() == BODY[: 1 << 20]


def test_what_is_no_file_is_not_written_to(serve, transport):
    server = serve(lambda peer: peer.reply(body=b"x"))
    with pytest.raises(DownloadError, match=r"was changed|cannot be written"):
        transport().save(save(server.url, Path(os.devnull)))


def test_no_room_is_noticed_before_it_is_used_up(serve, transport, part, monkeypatch):
    usage = landing.shutil.disk_usage(part.parent)
    monkeypatch.setattr(landing.shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))
    server = serve(lambda peer: peer.reply(body=BODY))
    with pytest.raises(DownloadError, match=r"3\.0 MB more .* 1\.0 MB are free"):
        transport().save(save(server.url, part))


def test_a_file_that_is_shorter_than_promised(serve, transport, part):
    part.write_bytes(b"abc")
    server = serve(lambda peer: peer.reply(206, b"x", content_range="bytes 10-10/11"))
    with pytest.raises(DownloadError, match="was changed"):
        transport().save(save(server.url, part, offset=10))
