import socket
import threading
from pathlib import Path

import pytest

from lipready.check import Settings, check
from lipready.facts.job import CallbackFacts, RequestFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.job import RequestOptions
from lipready.net import guard as resolve
from lipready.probe.remote import examine_callback


def callback(url: str, *, resolve: bool = False) -> CallbackFacts:
    return examine_callback(url, resolve=resolve)


def test_options_pass_through(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no media")
    options = RequestOptions(face_threshold=170, video_extension=True)
    facts = check(video=tmp_path / "clip.mp4", options=options, settings=Settings(quick=True)).facts
    assert facts.request == RequestFacts(face_threshold=170, video_extension=True, callback=None)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:7f00:1"),
        ("[fe80::1%25eth0]", "fe80::1"),
        ("8.8.8.8", "8.8.8.8"),
    ],
)
def test_addresses_need_no_lookup(host: str, address: str) -> None:
    import ipaddress

    found = callback(f"https://{host}:8443/hook").addresses
    assert not isinstance(found, Unmeasured)
    assert [ipaddress.ip_address(a) for a in found] == [ipaddress.ip_address(address)]


def test_a_host_is_looked_up_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("93.184.216.34", 0)), (0, 0, 0, "", ("fe80::1%eth0", 0)), (0, 0, 0, "", ("fe80::1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert isinstance(callback("https://Example.com/hook").addresses, Unmeasured)
    assert asked == []
    found = callback("https://Example.com/hook", resolve=True)
    assert (found.scheme, found.host, found.addresses) == ("https", "example.com", ("93.184.216.34", "fe80::1"))
    assert asked == ["example.com"]


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    found = callback("https://nowhere.invalid/", resolve=True).addresses
    reason = "the host nowhere.invalid could not be looked up: Name or service not known"
    assert found == Unmeasured(reason, transient=True)


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(resolve, "RESOLVE_SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [release.wait(5)][:0])
    found = callback("https://slow.example/", resolve=True).addresses
    release.set()
    assert isinstance(found, Unmeasured)
    assert "took longer than" in found.reason


@pytest.mark.parametrize("url", ["https://[::1/", "https://host:99999/", "not a url", "", "https://"])
def test_malformed_urls_are_facts_too(url: str) -> None:
    assert isinstance(callback(url, resolve=True).addresses, Unmeasured)
