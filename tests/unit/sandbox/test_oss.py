from pathlib import Path
from typing import Any

import httpx2
import pytest

from lipready.sandbox.api import oss as policies
from lipready.sandbox.serve import SandboxOptions, serving

from .conftest import Speaker

Files = dict[str, tuple[str, bytes]]
FILE: Files = {"file": ("a.mp4", b"0123456789")}


def send(speaker: Speaker, changes: dict[str, str | None] | None = None, files: Files | None = None) -> httpx2.Response:
    policy = speaker.policy()
    form = {**speaker.form(policy, "a.mp4"), **(changes or {})}
    data = {name: value.replace("DIR", policy["upload_dir"]) for name, value in form.items() if value is not None}
    return speaker.client.post(policy["upload_host"], data=data, files=FILE if files is None else files)


def refused(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/xml")
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_policy_is_as_documented(speaker: Speaker) -> None:
    policy = speaker.policy()
    assert policy["expire_in_seconds"] == 300
    assert policy["max_file_size_mb"] == 100
    assert policy["x_oss_object_acl"] == "private"
    assert policy["x_oss_forbid_overwrite"] == "true"
    assert policy["upload_dir"].startswith("dashscope-instant/")
    assert policy["upload_host"].startswith(speaker.box.url)


def test_a_file_is_stored_and_counted(speaker: Speaker) -> None:
    before = speaker.box.ledger().uploaded
    answer = send(speaker)
    assert (answer.status_code, answer.content) == (200, b"")
    assert speaker.box.ledger().uploaded == before + 10


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"policy": None}, (400, "InvalidArgument")),
        ({"key": None}, (400, "InvalidArgument")),
        ({"key": "DIR"}, (403, "AccessDenied")),
        ({"key": "elsewhere/a.mp4"}, (403, "AccessDenied")),
        ({"key": "DIR/../a.mp4"}, (403, "AccessDenied")),
        ({"Signature": "forged"}, (403, "SignatureDoesNotMatch")),
        ({"policy": "e30="}, (403, "SignatureDoesNotMatch")),
        ({"OSSAccessKeyId": "other"}, (403, "InvalidAccessKeyId")),
    ],
)
def test_a_form_that_was_not_signed_is_refused(speaker: Speaker, changes: dict[str, str | None], expected: Any) -> None:
    before = speaker.box.ledger().uploaded
    assert refused(send(speaker, changes)) == expected
    assert speaker.box.ledger().uploaded == before


def test_a_file_is_needed(speaker: Speaker) -> None:
    answer = send(speaker, files={"other": ("a", b"x")})
    assert refused(answer) == (400, "IncorrectNumberOfFilesInPOSTRequest")


def test_the_file_is_the_last_field(speaker: Speaker) -> None:
    policy = speaker.policy()
    form = {name: (None, value) for name, value in speaker.form(policy, "a.mp4").items()}
    answer = speaker.client.post(policy["upload_host"], files={**FILE, **form})
    assert refused(answer) == (400, "InvalidArgument")
    assert "must be the last field" in answer.text


def test_nothing_is_overwritten(speaker: Speaker) -> None:
    policy = speaker.policy()
    form = speaker.form(policy, "a.mp4")
    answers = [speaker.client.post(policy["upload_host"], data=form, files=FILE) for _ in range(2)]
    assert answers[0].status_code == 200
    assert refused(answers[1]) == (409, "FileAlreadyExists")


@pytest.mark.parametrize("body", [b"", b"--x\r\nbroken", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'])
def test_a_body_that_is_no_form_is_refused(speaker: Speaker, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = speaker.client.post(f"{speaker.box.url}/upload", content=body, headers=headers)
    assert refused(answer) == (400, "MalformedPOSTRequest")
    answer = speaker.client.post(f"{speaker.box.url}/upload", content=body)
    assert refused(answer) == (400, "MalformedPOSTRequest")


def test_a_file_over_the_limit_is_refused_and_not_kept(client: httpx2.Client) -> None:
    with serving(SandboxOptions(upload_megabytes=1)) as box:
        speaker = Speaker(box, client)
        assert speaker.policy()["max_file_size_mb"] == 1
        assert send(speaker, files={"file": ("a.mp4", bytes(1 << 20))}).status_code == 200
        assert refused(send(speaker, files={"file": ("a.mp4", bytes((1 << 20) + 1))})) == (400, "EntityTooLarge")
        assert box.ledger().uploaded == 1 << 20


def test_what_is_far_too_large_is_not_kept_and_a_forged_form_is_refused_first(client: httpx2.Client) -> None:
    with serving(SandboxOptions(upload_megabytes=1)) as box:
        files = {"file": ("a.mp4", bytes(5 << 20))}
        assert refused(send(Speaker(box, client), files=files)) == (400, "EntityTooLarge")
        forged = send(Speaker(box, client), {"Signature": "forged"}, files)
        assert refused(forged) == (403, "SignatureDoesNotMatch")
        assert box.ledger().uploaded == 0


@pytest.mark.parametrize(
    "more", [{f"field{number}": "x" for number in range(101)}, {"field": "x" * ((1 << 20) + 1)}], ids=["many", "long"]
)
def test_fields_are_bounded(speaker: Speaker, more: dict[str, str | None]) -> None:
    before = speaker.box.ledger().uploaded
    assert refused(send(speaker, more)) == (400, "MalformedPOSTRequest")
    assert speaker.box.ledger().uploaded == before


def test_a_form_that_ends_behind_its_file_is_refused(speaker: Speaker) -> None:
    policy = speaker.policy()
    request = speaker.client.build_request("POST", policy["upload_host"], data=speaker.form(policy, "a"), files=FILE)
    body = request.read().rstrip(b"-\r\n")
    headers = {"Content-Type": request.headers["content-type"]}
    answer = speaker.client.post(policy["upload_host"], content=body, headers=headers)
    assert refused(answer) == (400, "MalformedPOSTRequest")


def test_a_file_needs_no_name(speaker: Speaker) -> None:
    policy, before = speaker.policy(), speaker.box.ledger().uploaded
    form = {**speaker.form(policy, "a.mp4"), "file": "0123456789"}
    parts = {name: (None, value) for name, value in form.items()}
    assert speaker.client.post(policy["upload_host"], files=parts).status_code == 200
    assert speaker.box.ledger().uploaded == before + 10


def test_a_policy_expires_after_its_time() -> None:
    secret = b"secret"
    given = policies.issue(secret, "account", 100, 1_000_000.0)
    form = {
        "OSSAccessKeyId": given["oss_access_key_id"],
        "policy": given["policy"],
        "Signature": given["signature"],
        "key": f"{given['upload_dir']}/a.mp4",
    }
    policies.check(secret, form, 100, 1_000_299.0)
    with pytest.raises(policies.RequestRefusedError, match="Policy expired") as caught:
        policies.check(secret, form, 100, 1_000_300.0)
    assert (caught.value.status, caught.value.code) == (403, "AccessDenied")


def test_what_was_stored_goes_with_the_sandbox(client: httpx2.Client, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with serving() as box:
        assert send(Speaker(box, client)).status_code == 200
        assert any(path.read_bytes() == b"0123456789" for path in tmp_path.rglob("*.mp4"))
    assert list(tmp_path.iterdir()) == []
