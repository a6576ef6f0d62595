"""Encrypted connections: only to who can prove its name."""

import socket
import ssl
import threading

import pytest
import trustme

from lipready.errors import NotSentError
from lipready.providers.transport import outgoing
from lipready.providers.transport.wire import HttpRequest, Save


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_is_trusted(serve, transport, authority):
    server = serve(lambda peer: peer.reply(body=b"ok"), tls=server_context(authority, "localhost"), host="localhost")
    carrier = transport(key="k", origins=[server.url])
    assert carrier.send(HttpRequest(method="GET", url=server.url)).body == b"ok"
    assert server.peers[0].headers["authorization"] == "Bearer k"


def test_a_certificate_that_nobody_vouches_for(serve, transport, authority):
    server = serve(lambda peer: peer.reply(), tls=server_context(authority, "localhost"), host="localhost")
    with pytest.raises(NotSentError, match=r"localhost has no valid certificate .*nothing was sent"):
        transport(key="k", origins=[server.url]).send(HttpRequest(method="POST", url=server.url, json={}))
    assert server.peers == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name(serve, transport, authority):
    server = serve(lambda peer: peer.reply(), tls=server_context(authority, "example.com"), host="localhost")
    with pytest.raises(NotSentError, match=r"no valid certificate \(Hostname mismatch"):
        transport(key="k", origins=[server.url]).send(HttpRequest(method="POST", url=server.url, json={}))
    assert server.peers == []


def test_a_server_that_speaks_no_tls(transport):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NotSentError, match="No encrypted connection"):
            transport(key="k", origins=[url]).send(HttpRequest(method="POST", url=url, json={}))
        thread.join()


def test_a_server_that_never_shakes_hands(serve, transport, monkeypatch):
    monkeypatch.setattr(outgoing, "CONNECT_SECONDS", 0.3)
    url = serve(lambda _peer: None).url.replace("http:", "https:")
    with pytest.raises(NotSentError, match="No encrypted connection"):
        transport(key="k", origins=[url]).send(HttpRequest(method="POST", url=url, json={}))


def test_a_film_is_not_fetched_from_a_stranger(serve, transport, authority, tmp_path):
    server = serve(lambda peer: peer.reply(), tls=server_context(authority, "localhost"), host="localhost")
    with pytest.raises(NotSentError, match="certificate"):
        transport().save(Save(url=f"{server.url}/?sig=SECRET", path=str(tmp_path / "part"), most=10))
    assert not (tmp_path / "part").exists()
