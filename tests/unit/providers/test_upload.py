"""Files that become addresses, at a server."""

import re

import pytest

from lipready.errors import ProviderError, RefusedError, UsageError
from lipready.providers.account import account_at
from lipready.providers.drive import drive
from lipready.providers.retry import UPLOAD_ATTEMPTS
from lipready.providers.transport import Transport
from lipready.providers.upload import Source, upload
from lipready.sandbox.fault import Fault


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
            flow = upload(account, "videoretalk", source or Source.of("video", str(file), tell))
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
        drive(upload(account, "videoretalk", Source.of("video", str(file))), transport)
    assert caught.value.status == 401
    assert faulty_sandbox.ledger().requests["upload"] == 1


def test_a_file_without_room_is_not_sent(play, provider, account, file):
    large = Source(role="video", path=str(file), size=10**9, mtime_ns=0)
    played = play(upload(account("evolink"), "videoretalk", large), provider())
    assert isinstance(played.error, UsageError)
    assert "--bucket" in str(played.error)
    assert played.sent == []


def test_the_policy_says_how_much_room_there_is(stored, file):
    with pytest.raises(UsageError, match=r"at most 314\.6 MB"):
        stored("dashscope", source=Source(role="video", path=str(file), size=10**9, mtime_ns=0))


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(UsageError, match="cannot be uploaded"):
        Source.of("audio", str(tmp_path / "gone.wav"))


@pytest.mark.parametrize("name", ["x", "x.mp4\n", "x.evil;rm", "x.längs", "x.averylongsuffix"])
def test_odd_endings_do_not_reach_the_provider(stored, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"1")
    assert re.search(r"/[0-9a-f]{32}$", stored("dashscope", source=Source.of("video", str(path)))[0].url)


@pytest.mark.parametrize("failing", ["policy", "upload"])
def test_attempts_do_not_multiply(play, account, file, said, failing):
    asked = []

    def answer(request):
        asked.append(request.method)
        if failing == "upload" and request.method == "GET":
            return policy(said)
        return said(503, code="ServiceUnavailable", message="")

    played = play(upload(account("dashscope"), "videoretalk", Source.of("video", str(file))), answer)
    assert isinstance(played.error, ProviderError)
    assert asked == (["GET"] if failing == "policy" else ["GET", "POST"]) * UPLOAD_ATTEMPTS


def policy(said):
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
    }
    return said(200, data=data)
