"""Files that become addresses, at a server."""

import re
from dataclasses import replace

import pytest
from PIL import Image

from lipready.errors import ProviderError, RefusedError, UsageError
from lipready.providers.account import account_at
from lipready.providers.submission.upload import UploadSource, upload
from lipready.providers.transport.client import Transport
from lipready.providers.transport.drive import drive
from lipready.providers.transport.retry import UPLOAD_ATTEMPTS
from lipready.sandbox.faults.fault import Fault


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Anna's clip (draft).MP4"
    path.write_bytes(bytes(range(256)) * 40)
    return path


@pytest.fixture
def stored(faulty_sandbox, at_sandbox, file):
    """Upload the file: `stored(provider, faults…)` gives where it is, and the ledger."""

    def run(provider, *faults, tell=None, source=None):
        at_sandbox(faulty_sandbox)
        account = account_at(provider)
        for text in faults:
            faulty_sandbox.inject(Fault.parse(text))
        with Transport(account.key, account.origins) as transport:
            flow = upload(account, "videoretalk", source or replace(UploadSource.of("video", str(file)), tell=tell))
            return drive(flow, transport), faulty_sandbox.ledger()

    return run


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_a_file_is_stored_under_a_name_that_tells_nothing(stored, provider):
    shares = []
    (one, ledger), (other, _) = stored(provider, tell=shares.append), stored(provider)
    assert ledger.uploaded == 256 * 40
    assert re.search(r"/[0-9a-f]{32}\.mp4$", one.url)
    assert one.url != other.url
    assert "Anna" not in one.url
    assert "oss://" not in repr(one)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
@pytest.mark.parametrize("fault", ["upload:500", "upload:reset-after", "upload:429-after=0", "upload:truncated"])
def test_an_upload_that_failed_is_repeated(stored, provider, fault):
    found, ledger = stored(provider, fault)
    assert found.url
    assert ledger.requests["upload"] == 2


@pytest.mark.parametrize("fault", ["policy:expired", "policy:503", "policy:reset-before"])
def test_each_attempt_has_a_policy_of_its_own(stored, fault):
    _, ledger = stored("dashscope", fault)
    assert ledger.requests["policy"] == 2


def test_a_key_that_is_wrong_is_refused_at_once(monkeypatch, faulty_sandbox, at_sandbox, file):
    at_sandbox(faulty_sandbox)
    monkeypatch.setenv("EVOLINK_API_KEY", "invalid")
    account = account_at("evolink")
    with Transport(account.key, account.origins) as transport, pytest.raises(RefusedError) as caught:
        drive(upload(account, "videoretalk", UploadSource.of("video", str(file))), transport)
    assert caught.value.status == 401
    assert faulty_sandbox.ledger().requests["upload"] == 1


def test_a_file_without_room_is_not_sent(play, provider, account, file):
    large = UploadSource(role="video", path=str(file), size=10**9, mtime_ns=0)
    played = play(upload(account("evolink"), "videoretalk", large), provider())
    assert isinstance(played.error, UsageError)
    assert "`Sending(bucket=…)`" in str(played.error)
    assert played.sent == []


def test_the_policy_says_how_much_room_there_is(stored, file):
    with pytest.raises(UsageError, match=r"at most 104\.9 MB"):
        stored("dashscope", source=UploadSource(role="video", path=str(file), size=10**9, mtime_ns=0))


@pytest.mark.parametrize(
    ("said_mb", "size", "refused"),
    [
        # Without a number the profile's counts, in its loosest reading of MB.
        (None, 104_857_600, False),
        (None, 104_857_601, True),
        (0, 104_857_601, True),
        # A number of the reply counts instead, larger or smaller, also where it is a text.
        (100, 104_857_600, False),
        ("100", 104_857_601, True),
        ("300", 314_572_800, False),
        (300, 314_572_801, True),
        (1, 1_048_577, True),
    ],
)
def test_the_number_of_the_reply_counts_or_else_the_profile(storing, said_mb, size, refused):
    error, sent = storing(said_mb, size)
    assert isinstance(error, UsageError) is refused
    assert ("POST" in sent) is not refused


@pytest.fixture
def storing(play, account, said, file):
    """Upload a file of so many bytes to a storage that says how many MB it takes: gives the error and the methods."""

    def run(said_mb, size):
        sent = []

        def answer(request):
            sent.append(request.method)
            return policy(said, max_file_size_mb=said_mb) if request.method == "GET" else said(200, body=b"")

        source = UploadSource(role="video", path=str(file), size=size, mtime_ns=0)
        return play(upload(account("dashscope"), "videoretalk", source), answer).error, sent

    return run


def picture(path, form):
    Image.new("RGB", (64, 64), "white").save(path, form)
    return UploadSource.of("reference", str(path))


@pytest.mark.parametrize("form", ["BMP", "TIFF"])
def test_a_picture_that_evolink_does_not_store_is_not_sent(play, provider, account, tmp_path, form):
    source = picture(tmp_path / "face.png", form)  # whatever its name says
    played = play(upload(account("evolink"), "videoretalk", source), provider())
    assert isinstance(played.error, UsageError)
    assert f"is {form.lower()} by content, and EvoLink stores pictures as jpeg, png, gif, webp" in str(played.error)
    assert "`lipready.prepare(…)`" in str(played.error)
    assert played.sent == []


@pytest.mark.parametrize(("provider", "form"), [("evolink", "PNG"), ("evolink", "GIF"), ("dashscope", "BMP")])
def test_a_picture_that_is_stored(stored, tmp_path, provider, form):
    assert stored(provider, source=picture(tmp_path / "face", form))[0].url


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(UsageError, match="cannot be uploaded"):
        UploadSource.of("audio", str(tmp_path / "gone.wav"))


@pytest.mark.parametrize("name", ["x", "x.mp4\n", "x.evil;rm", "x.längs", "x.averylongsuffix"])
def test_odd_endings_do_not_reach_the_provider(stored, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"1")
    assert re.search(r"/[0-9a-f]{32}$", stored("dashscope", source=UploadSource.of("video", str(path)))[0].url)


@pytest.mark.parametrize("failing", ["policy", "upload"])
def test_attempts_do_not_multiply(play, account, file, said, failing):
    asked = []

    def answer(request):
        asked.append(request.method)
        if failing == "upload" and request.method == "GET":
            return policy(said)
        return said(503, code="ServiceUnavailable", message="")

    played = play(upload(account("dashscope"), "videoretalk", UploadSource.of("video", str(file))), answer)
    assert isinstance(played.error, ProviderError)
    assert asked == (["GET"] if failing == "policy" else ["GET", "POST"]) * UPLOAD_ATTEMPTS


def policy(said, **changes):
    """Answer with a policy, which says nothing of an upload."""
    data = {
        "policy": "p",
        "signature": "s",
        "upload_dir": "d",
        "upload_host": "https://oss.example",
        "expire_in_seconds": 300,
        "max_file_size_mb": 100,
        "oss_access_key_id": "k",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
        **changes,
    }
    return said(200, data=data)
