"""The way of a result from its link to its name."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lipready.errors import AnswerError, DownloadError, NoAnswerError, UsageError
from lipready.probe.source import examine
from lipready.providers.download import collecting as module
from lipready.providers.download import result_file
from lipready.providers.download.collecting import download
from lipready.providers.download.result_file import partial_name
from lipready.providers.transport.client import AsyncTransport, Transport
from lipready.providers.transport.drive import drive, drive_async
from lipready.providers.transport.wire import Pause

TASK = "task-1"
NAME = partial_name(TASK)


@pytest.fixture(scope="session")
def film(made: Callable[[str], Path]) -> bytes:
    return made("anna.mp4").read_bytes()


@pytest.fixture(scope="session")
def seconds(made: Callable[[str], Path]) -> float:
    return float(examine(str(made("anna.mp4")), "video", quick=False).media.duration.believed)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(module, "pause_before", lambda _attempt, after, _random: 0.0 if after is None else after / 1e6)


class Films:
    """A server of one file that knows ranges. `cuts` are the bytes after which each connection breaks (None: never)."""

    def __init__(self, body: bytes, *cuts: int | None, etag: str = '"v1"') -> None:
        self.body, self.cuts, self.etag = body, list(cuts), etag
        self.asked: list[int] = []

    def __call__(self, peer) -> None:
        begin = 0
        wanted = peer.headers.get("range")
        if wanted and peer.headers.get("if-range") in (None, self.etag):
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.asked.append(begin)
        whole = len(self.body)
        if begin and begin >= whole:
            return peer.reply(416, content_range=f"bytes */{whole}")
        cut = self.cuts.pop(0) if self.cuts else None
        rest = self.body[begin:]
        named = {"content_range": f"bytes {begin}-{whole - 1}/{whole}"} if begin else {}
        return peer.reply(
            206 if begin else 200, rest[:cut], content_length=str(len(rest)), etag=self.etag, **named
        )  # fmt: skip


def fetch(url: str, to: Path, **named) -> Path:
    with Transport() as carrier:
        return drive(download(url, to, task=TASK, **named), carrier)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_film(serve, tmp_path, film, seconds):
    shares = []
    to = tmp_path / "result.mp4"
    assert fetch(serve(Films(film)).url, to, expected_seconds=seconds, progress=shares.append) == to
    assert to.read_bytes() == film
    assert names(tmp_path) == ["result.mp4"]
    assert shares[-1] == 1.0


def test_in_asyncio(serve, tmp_path, film, seconds):
    async def main() -> Path:
        async with AsyncTransport() as carrier:
            flow = download(url, tmp_path / "result.mp4", task=TASK, expected_seconds=seconds)
            return await drive_async(flow, carrier)

    url = serve(Films(film, 5)).url
    assert asyncio.run(main()).read_bytes() == film


def test_after_breaks_only_the_rest_is_fetched(serve, tmp_path, film):
    films = Films(film, 1000, 5, 100_000)
    assert fetch(serve(films).url, tmp_path / "r.mp4").read_bytes() == film
    assert films.asked == [0, 1000, 1005, 101_005]


def test_as_long_as_something_comes_it_goes_on(serve, tmp_path, film):
    large = film + b"\0\0\0\x08free" * 200_000
    breaks = 2 * module.MOST_ATTEMPTS
    assert breaks * module.SLOW_BYTES < len(large)
    films = Films(large, *[module.SLOW_BYTES] * breaks)
    assert fetch(serve(films).url, tmp_path / "r.mp4").read_bytes() == large
    assert len(films.asked) == breaks + 1


def test_a_server_that_brings_nothing_is_given_up_and_what_came_is_kept(serve, tmp_path, film):
    films = Films(film, 1000, *[0] * 50)
    with pytest.raises(DownloadError, match=f"in {module.MOST_ATTEMPTS} attempts.*resume"):
        fetch(serve(films).url, tmp_path / "r.mp4")
    assert names(tmp_path) == [NAME]
    assert (tmp_path / NAME).read_bytes() == film[:1000]


def test_the_pauses_grow_while_nothing_comes(serve, tmp_path, monkeypatch):
    attempts = []
    monkeypatch.setattr(
        module, "pause_before", lambda attempt, after, _random: attempts.append((attempt, after)) or 0.0
    )
    server = serve(lambda peer: peer.reply(503, retry_after="7"))
    with pytest.raises(DownloadError, match="HTTP 503"):
        fetch(server.url, tmp_path / "r.mp4")
    assert attempts == [(number, 7.0) for number in range(1, module.MOST_ATTEMPTS)]
    assert names(tmp_path) == []


def test_another_film_at_the_same_link_begins_anew(serve, tmp_path, film):
    films = Films(b"\0" * 2_000_000, 100_000, etag='"old"')

    def talk(peer):
        films(peer)
        films.body, films.etag = film, '"new"'

    assert fetch(serve(talk).url, tmp_path / "r.mp4").read_bytes() == film


def test_a_later_process_resumes(serve, tmp_path, film, seconds):
    (tmp_path / NAME).write_bytes(film[:50_000])
    films = Films(film)
    fetch(serve(films).url, tmp_path / "r.mp4", expected_seconds=seconds)
    assert films.asked == [50_000]
    assert (tmp_path / "r.mp4").read_bytes() == film


def test_what_was_whole_already_is_not_fetched_again(serve, tmp_path, film):
    (tmp_path / NAME).write_bytes(film)
    films = Films(film)
    fetch(serve(films).url, tmp_path / "r.mp4")
    assert films.asked == [len(film)]
    assert names(tmp_path) == ["r.mp4"]


@pytest.mark.parametrize("left", [b"\0" * 50_000, b"\0" * 50_000_000])
def test_a_leftover_that_does_not_belong_to_the_film_does_not_spoil_it(serve, tmp_path, film, seconds, left):
    (tmp_path / NAME).write_bytes(left)
    fetch(serve(Films(film)).url, tmp_path / "r.mp4", expected_seconds=seconds)
    assert (tmp_path / "r.mp4").read_bytes() == film
    assert names(tmp_path) == ["r.mp4"]


def test_a_server_with_broken_ranges_sends_all_of_it(serve, tmp_path, film):
    (tmp_path / NAME).write_bytes(film[:1000])

    def talk(peer):
        if "range" in peer.headers:
            peer.reply(206, film[:10], content_range=f"bytes 0-9/{len(film)}")
        else:
            peer.reply(body=film)

    assert fetch(serve(talk).url, tmp_path / "r.mp4").read_bytes() == film


# Links


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_link_that_is_refused(serve, tmp_path, status):
    server = serve(lambda peer: peer.reply(status, b"<Error>"))
    with pytest.raises(DownloadError, match=f"expired, or was refused .HTTP {status}") as caught:
        fetch(f"{server.url}/?Signature=SECRET", tmp_path / "r.mp4")
    assert "SECRET" not in str(caught.value)
    assert len(server.peers) == 1
    assert names(tmp_path) == []


def test_a_fresh_link_goes_on_where_the_old_one_ended(serve, tmp_path, film):
    films = Films(film, 1000)

    def talk(peer):
        if peer.path == "/new" or not films.asked:
            films(peer)
        else:
            peer.reply(403)

    server = serve(talk)
    asked = []

    def refresh():
        yield Pause(0.0)
        asked.append(True)
        return f"{server.url}/new"

    fetch(f"{server.url}/old", tmp_path / "r.mp4", refresh=refresh)
    assert (tmp_path / "r.mp4").read_bytes() == film
    assert films.asked == [0, 1000]
    assert asked == [True]


def test_a_fresh_link_is_asked_for_once(serve, tmp_path):
    server = serve(lambda peer: peer.reply(403))
    asked = []

    def refresh():
        asked.append(True)
        return server.url
        yield

    with pytest.raises(DownloadError, match="expired"):
        fetch(server.url, tmp_path / "r.mp4", refresh=refresh)
    assert asked == [True]
    assert len(server.peers) == 2


def test_a_link_to_something_else_than_http(tmp_path):
    with pytest.raises(AnswerError, match="only http and https"):
        fetch("file:///etc/passwd", tmp_path / "r.mp4")
    assert names(tmp_path) == []


def test_an_answer_without_a_film(serve, tmp_path):
    server = serve(lambda peer: peer.reply(204, content_length=""))
    with pytest.raises(DownloadError, match="HTTP 204"):
        fetch(server.url, tmp_path / "r.mp4")


# What was fetched


@pytest.mark.parametrize("difference", [-0.7, 0.7, 60.0])
def test_a_film_of_another_length_is_kept_and_named(serve, tmp_path, film, seconds, difference):
    with pytest.raises(DownloadError, match=r"s long, where .* expected\. It is kept in .*result\.suspect\.mp4"):
        fetch(serve(Films(film)).url, tmp_path / "result.mp4", expected_seconds=seconds + difference)
    assert (tmp_path / "result.suspect.mp4").read_bytes() == film
    assert names(tmp_path) == ["result.suspect.mp4"]


@pytest.mark.parametrize("difference", [-0.4, 0.0, 0.4, float("nan"), float("inf")])
def test_a_length_within_the_tolerance(serve, tmp_path, film, seconds, difference):
    fetch(serve(Films(film)).url, tmp_path / "r.mp4", expected_seconds=seconds + difference)
    assert names(tmp_path) == ["r.mp4"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _film: b"<html>not a film</html>",
        lambda film: film[: len(film) // 2],
        lambda film: film[:5000],
        lambda film: b"\0" * len(film),
    ],
)
def test_what_does_not_play_is_kept_and_named(serve, tmp_path, film, seconds, spoil):
    body = spoil(film)
    with pytest.raises(DownloadError, match="kept in"):
        fetch(serve(Films(body)).url, tmp_path / "result.mp4", expected_seconds=seconds)
    assert names(tmp_path) == ["result.suspect.mp4"]
    assert (tmp_path / "result.suspect.mp4").read_bytes() == body


def test_suspects_are_not_overwritten(serve, tmp_path):
    for _ in range(3):
        with pytest.raises(DownloadError):
            fetch(serve(Films(b"no film")).url, tmp_path / "result.mp4")
    assert names(tmp_path) == ["result.suspect-2.mp4", "result.suspect-3.mp4", "result.suspect.mp4"]


# The place


def test_an_existing_file_is_not_overwritten(serve, tmp_path, film):
    to = tmp_path / "result.mp4"
    to.write_bytes(b"precious")
    server = serve(Films(film))
    with pytest.raises(UsageError, match="exists already"):
        fetch(server.url, to)
    assert server.peers == []
    assert to.read_bytes() == b"precious"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_comes_into_being_meanwhile_is_not_overwritten(serve, tmp_path, film, monkeypatch, links):
    if not links:
        monkeypatch.setattr(result_file.os, "link", lambda *_: (_ for _ in ()).throw(PermissionError("no links here")))
    to = tmp_path / "result.mp4"
    films = Films(film)
    server = serve(lambda peer: (to.write_bytes(b"precious"), films(peer)))
    with pytest.raises(UsageError, match="came into being"):
        fetch(server.url, to)
    assert to.read_bytes() == b"precious"
    assert (tmp_path / NAME).read_bytes() == film
    to.unlink()
    fetch(serve(Films(film)).url, to)
    assert names(tmp_path) == ["result.mp4"]


@pytest.mark.parametrize(("to", "problem"), [(".", "is a folder"), ("no/such/r.mp4", "does not exist")])
def test_an_impossible_place_is_named_before_anything_is_fetched(serve, tmp_path, to, problem):
    server = serve(lambda peer: peer.reply())
    with pytest.raises(UsageError, match=problem):
        fetch(server.url, tmp_path / to)
    assert server.peers == []


def test_partial_names_are_hidden_and_each_task_has_its_own():
    one, other = partial_name("a"), partial_name("../../b\0")
    assert one.startswith(".")
    assert one == partial_name("a") != other
    assert Path(other).name == other


def test_ctrl_c_keeps_what_has_come(serve, tmp_path, film):
    to = tmp_path / "r.mp4"

    def talk(peer):
        peer.reply(body=film[:70_000], content_length=str(len(film)))
        while not (tmp_path / NAME).exists():
            threading.Event().wait(0.01)
        threading.Event().wait(0.2)
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(1)

    with pytest.raises(KeyboardInterrupt):
        fetch(serve(talk).url, to)
    assert names(tmp_path) == [NAME]
    assert (tmp_path / NAME).read_bytes() == film[:70_000]
    films = Films(film)
    fetch(serve(films).url, to)
    assert films.asked == [70_000]
    assert to.read_bytes() == film


def test_a_killed_process_leaves_what_the_next_one_needs(serve, tmp_path, film):
    to = tmp_path / "r.mp4"
    size = module.SLOW_BYTES * 2
    large = film + b"\0\0\0\x08free" * 400_000

    def talk(peer):
        peer.reply(body=large[: 2 << 20], content_length=str(len(large)))
        peer.read()

    code = """
        import sys
        from pathlib import Path
        from lipready.providers.download.collecting import download
        from lipready.providers.transport.drive import drive
        from lipready.providers.transport.client import Transport
        with Transport() as carrier:
            drive(download(sys.argv[1], Path(sys.argv[2]), task=sys.argv[3]), carrier)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), serve(talk).url, str(to), TASK])
    while not (tmp_path / NAME).exists() or (tmp_path / NAME).stat().st_size < size:
        assert process.poll() is None
        threading.Event().wait(0.02)
    process.kill()
    process.wait()
    films = Films(large)
    fetch(serve(films).url, to)
    assert films.asked[0] >= size
    assert to.read_bytes() == large


def test_the_reason_of_the_last_failure_is_told(tmp_path):
    class Broken:
        def send(self, _request):
            raise AssertionError

        def save(self, _save):
            raise NoAnswerError("host has stopped answering.")

    with pytest.raises(DownloadError, match=r"attempts: host has stopped answering\. What has come"):
        drive(download("http://x/", tmp_path / "r.mp4", task=TASK), Broken())


NOW = 1_800_000_000.0
HOUR = 3600.0


@pytest.mark.parametrize(
    ("query", "posted", "said"),
    [
        # A link of a task that was ordered within 24 hours cannot have expired, whatever the server says.
        ("", NOW - HOUR, "though it has not expired: what has come is kept, so resume within 23 h"),
        ("", NOW - 24 * HOUR, "has not expired.* within 1 h"),
        ("", NOW - 24 * HOUR - 1, "has expired, or was refused"),
        ("", None, "has expired, or was refused"),
        # What a signed link says of itself counts more.
        (f"?Expires={NOW + 2 * HOUR:.0f}&Signature=x", NOW - 26 * HOUR, "has not expired.* within 2 h"),
        (f"?a=b&Expires={NOW - 1:.0f}", NOW - HOUR, r"has expired \(HTTP 403\), and"),
        ("?Expires=99999999999", None, "has not expired.* within 24 h"),
        ("?Expires=tomorrow", NOW - HOUR, "has not expired"),
        ("?X-Amz-Expires=86400", NOW - HOUR, "has not expired"),
    ],
)
def test_a_link_is_called_expired_only_where_it_may_be(refusing, query, posted, said):
    with pytest.raises(DownloadError, match=said):
        refusing(query, posted=posted)


@pytest.fixture
def refusing(serve, tmp_path, monkeypatch):
    """Fetch from a server that refuses every link, at the time NOW."""
    monkeypatch.setattr(module.time, "time", lambda: NOW)
    server = serve(lambda peer: peer.reply(403))
    return lambda query, **named: fetch(f"{server.url}/r.mp4{query}", tmp_path / "r.mp4", **named)
