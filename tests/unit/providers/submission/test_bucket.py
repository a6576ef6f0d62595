import logging
import os
import re
import socket
import subprocess
import sys
import threading

import httpx2
import pytest
from moto.server import ThreadedMotoServer

from lipready.cancel import Cancel, cancellable
from lipready.errors import CancelledError, ComponentError, NoAnswerError, NotSentError, RefusedError, UsageError
from lipready.providers.submission.bucket import Bucket, parse_bucket, store

SECRET = "wJalrXUtnFEMI-hunter2"  # noqa: S105 - of nobody


@pytest.fixture(scope="module")
def server():
    """Serve S3 as moto has it, on loopback."""
    served = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    host, port = served.get_host_and_port()
    yield f"http://{host}:{port}"
    served.stop()


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def films(server, monkeypatch):
    """Give a bucket that is there."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server)
    assert httpx2.put(f"{server}/films").status_code == 200
    return Bucket("films", "lip/ready")


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "my private name.MP4"
    path.write_bytes(os.urandom(20 * 2**20))
    return path


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("s3://films", Bucket("films")),
        ("s3://films/", Bucket("films")),
        ("S3://my.films-1/a/b/", Bucket("my.films-1", "a/b")),
    ],
)
def test_a_bucket_is_an_address(text, bucket):
    assert parse_bucket(text) == bucket


@pytest.mark.parametrize(
    "text", ["films", "s3:films", "s3://", "https://films/a", "s3://Films", "s3://a", "s3://me:pw@films", "s3://films/a?b",
             "s3://films/../x", "s3://films/ü", "s3://films\n/a"]
)  # fmt: skip
def test_anything_else_is_none(text):
    with pytest.raises(UsageError, match="s3://NAME/PREFIX"):
        parse_bucket(text)


def test_a_file_in_parts_can_be_fetched_from_the_signed_address(films, film):
    shares = []
    stored = store(films, str(film), "video/mp4", progress=shares.append)
    assert stored.seconds == 86400
    assert shares[-1] == 1.0
    assert all(0 <= share <= 1 for share in shares)
    answer = httpx2.get(stored.url)
    assert answer.content == film.read_bytes()
    assert answer.headers["content-type"] == "video/mp4"
    assert "X-Amz-Expires=86400" in stored.url
    path = httpx2.URL(stored.url).path
    assert path.startswith("/films/lip/ready/")
    assert path.endswith(".mp4")
    assert "private" not in path
    assert "Signature" not in repr(stored)


@pytest.mark.usefixtures("films")
def test_two_uploads_never_share_a_name(tmp_path):
    path = tmp_path / "empty.wav"
    path.touch()
    first, second = (store(Bucket("films"), str(path), "audio/wav") for _ in range(2))
    assert httpx2.URL(first.url).path != httpx2.URL(second.url).path
    assert httpx2.get(first.url).content == b""


@pytest.mark.usefixtures("films")
def test_no_such_bucket(film):
    with pytest.raises(UsageError, match="no bucket nowhere"):
        store(Bucket("nowhere"), str(film), "video/mp4")


@pytest.mark.usefixtures("films")
def test_no_such_file():
    with pytest.raises(UsageError, match=r"gone\.mp4: cannot be uploaded"):
        store(films, "/gone.mp4", "video/mp4")


def test_no_credentials(films, film, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(UsageError, match="no credentials"):
        store(films, str(film), "video/mp4")


def test_a_profile_that_is_not_there(films, film, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match="credentials"):
        store(films, str(film), "video/mp4")


def test_an_endpoint_that_is_no_address(film, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "nonsense")
    with pytest.raises(UsageError, match="AWS"):
        store(Bucket("films"), str(film), "video/mp4")


def test_nobody_listens(film, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(NotSentError, match="cannot be reached"):
            store(Bucket("films"), str(film), "video/mp4")


def test_without_boto3_the_sentence_says_what_to_install(films, film, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ComponentError, match=r"pip install 'lipready\[s3\]'"):
        store(films, str(film), "video/mp4")


@pytest.fixture
def answering(monkeypatch):
    """Start a server that reads what comes, and answers every request with the same bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(0.3)
                try:
                    while peer.recv(2**20):
                        pass
                except OSError:
                    pass
                peer.sendall(answer)

    def start(answer):
        thread = threading.Thread(target=serve, args=(answer,), daemon=True)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{listener.getsockname()[1]}")

    yield start
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def refusal(status, code):
    body = f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(403, "AccessDenied"), RefusedError, "s3:PutObject"),
        (refusal(403, "SignatureDoesNotMatch"), RefusedError, "does not accept the credentials"),
        (refusal(400, "Odd\x1b[31m"), RefusedError, "refused the upload"),
        (b"", NoAnswerError, "broke"),
    ],
)
def test_what_a_server_says_is_one_sentence(answering, tmp_path, answer, kind, words):
    answering(answer)
    path = tmp_path / "speech.wav"
    path.write_bytes(b"RIFF")
    with pytest.raises(kind, match=words) as caught:
        store(Bucket("films"), str(path), "audio/wav")
    assert SECRET not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_log_has_the_upload_and_none_of_its_secrets(films, film, caplog):
    caplog.set_level(logging.DEBUG)
    stored = store(films, str(film), "video/mp4")
    (said,) = [record.getMessage() for record in caplog.records if record.name == "lipready"]
    assert re.fullmatch(rf"PUT s3://films/lip/ready/\w+\.mp4: 200, \d+ ms, {film.stat().st_size} bytes", said)
    signature = httpx2.URL(stored.url).params["X-Amz-Signature"]
    telling = {record.name for record in caplog.records if signature in record.getMessage()}
    assert telling == set()
    assert SECRET not in caplog.text


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_upload_to_a_server_that_says_nothing_is_cancelled(monkeypatch, tmp_path, scheme):
    """What boto3 waits for ends when the server goes; its next attempt does not begin."""
    path, token = tmp_path / "speech.wav", Cancel()
    path.write_bytes(bytes(1 << 20))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        over = threading.Timer(60, listener.close)
        over.start()
        peers = []

        def accept():
            peers.append(listener.accept()[0])
            token.cancel()

        threading.Thread(target=accept).start()
        with pytest.raises(CancelledError), cancellable(token):
            store(Bucket("films"), str(path), "audio/wav")
        assert over.is_alive()
        over.cancel()
        listener.settimeout(0)
        for each in threading.enumerate():
            if each.name == "lipready-left-alone":
                peers[0].close()
                each.join(20)
                assert not each.is_alive()
        with pytest.raises(BlockingIOError):
            listener.accept()


MEMORY = """
import re, sys
from lipready.providers.submission.bucket import Bucket, store
def peak(): return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) // 1024
store(Bucket("films"), sys.argv[1], "video/mp4")
idle = peak()
store(Bucket("films"), sys.argv[2], "video/mp4")
print(peak() - idle)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak since exec is told by /proc alone")
@pytest.mark.usefixtures("films")
def test_the_memory_does_not_grow_with_the_file(tmp_path):
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    small.write_bytes(b"x")
    with large.open("wb") as file:
        file.truncate(150 * 2**20)
    run = subprocess.run([sys.executable, "-c", MEMORY, small, large], capture_output=True, text=True, check=True)
    assert int(run.stdout) <= 40
