import json
from typing import Any

import pytest

from lipready.errors import AnswerError, RefusedError, Retry, UsageError
from lipready.providers.dashscope.upload import policy_request, read_policy, read_upload, upload_form
from lipready.providers.service import Endpoints
from lipready.providers.transport.wire import UPLOAD_SECONDS, HttpResponse

FOLDER = "dashscope-instant/4a8e1c0f/2025-10-15/0d2c7c2c-c2f5-9e0e"
DATA: dict[str, Any] = {
    "policy": "eyJleHBpcmF0aW9uIjoi",
    "signature": "SECRET+/=",
    "upload_dir": FOLDER,
    "upload_host": "https://dashscope-file-mgr.oss-cn-beijing.aliyuncs.com",
    "expire_in_seconds": 300,
    "max_file_size_mb": 100,
    "capacity_limit_mb": 999999999,
    "oss_access_key_id": "LTAI5",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}
EXPIRED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>AccessDenied</Code>\n'
    b"  <Message>Invalid according to Policy: Policy expired.</Message>\n  <RequestId>68EF5A</RequestId>\n</Error>"
)


def policy_answer(**changes: object) -> HttpResponse:
    data = {key: value for key, value in (DATA | changes).items() if value is not None}
    return HttpResponse(200, {}, json.dumps({"request_id": "r", "data": data}).encode())


def test_a_policy_is_asked_for_by_model() -> None:
    request = policy_request(Endpoints("https://host/api/v1", ""), "video&retalk")
    assert request.url == "https://host/api/v1/uploads?action=getPolicy&model=video%26retalk"
    assert (request.method, request.authorized) == ("GET", True)


@pytest.mark.parametrize("kind", [int, str])
def test_numbers_of_a_policy_may_be_texts(kind: type) -> None:
    policy = read_policy(policy_answer(expire_in_seconds=kind(300), max_file_size_mb=kind(100)))
    assert (policy.seconds, policy.largest_bytes) == (300, 104_857_600)
    assert policy.host == DATA["upload_host"]
    assert policy.folder == FOLDER
    assert "SECRET" not in repr(policy)


def test_a_policy_that_leaves_things_open() -> None:
    policy = read_policy(policy_answer(expire_in_seconds=None, max_file_size_mb=None, x_oss_object_acl=None))
    assert (policy.seconds, policy.largest_bytes) == (300, None)
    assert read_policy(policy_answer(expire_in_seconds=-5, x_oss_forbid_overwrite=True)).seconds == 0


def test_the_form_is_as_documented_and_ends_with_the_file() -> None:
    request, url = upload_form(read_policy(policy_answer()), "folder/clip.mp4", "0f3a.mp4", "video/mp4")
    assert url == f"oss://{FOLDER}/0f3a.mp4"
    assert request.form is not None
    assert request.form.fields == (
        ("OSSAccessKeyId", "LTAI5"),
        ("Signature", "SECRET+/="),
        ("policy", "eyJleHBpcmF0aW9uIjoi"),
        ("key", f"{FOLDER}/0f3a.mp4"),
        ("x-oss-object-acl", "private"),
        ("x-oss-forbid-overwrite", "true"),
        ("success_action_status", "200"),
    )
    assert (request.form.file_name, request.form.path) == ("0f3a.mp4", "folder/clip.mp4")
    assert (request.method, request.url) == ("POST", DATA["upload_host"])
    assert not request.authorized
    assert request.seconds == UPLOAD_SECONDS
    assert "SECRET" not in repr(request)


@pytest.mark.parametrize("name", ["../clip.mp4", 'a".mp4', "a\r\nb", "", "a b.mp4"])
def test_a_name_that_would_need_quoting_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of an upload"):
        upload_form(read_policy(policy_answer()), "folder/clip.mp4", name, "video/mp4")


@pytest.mark.parametrize(
    "changes",
    [
        {"upload_host": "ftp://host"},
        {"upload_host": "https://me@host"},
        {"upload_host": None},
        {"upload_dir": "../.."},
        {"upload_dir": "/etc"},
        {"upload_dir": "a//b"},
        {"upload_dir": ""},
        {"upload_dir": 5},
        {"policy": "two\r\nlines"},
        {"policy": "ü"},
        {"policy": "x" * 20_000},
        {"signature": None},
        {"signature": ["x"]},
        {"oss_access_key_id": ""},
    ],
)
def test_an_odd_policy_is_an_answer_error(changes: dict[str, object]) -> None:
    with pytest.raises(AnswerError, match=r"data\.") as caught:
        read_policy(policy_answer(**changes))
    assert "SECRET" not in str(caught.value)


def test_a_policy_may_be_refused() -> None:
    body = json.dumps({"code": "Throttling.RateQuota", "message": "slow down"}).encode()
    for status in (200, 429):
        with pytest.raises(RefusedError, match="slow down") as caught:
            read_policy(HttpResponse(status, {}, body))
        assert caught.value.retry == "again"
    with pytest.raises(AnswerError, match="data should be an upload policy"):
        read_policy(HttpResponse(200, {}, b"{}"))


@pytest.mark.parametrize("status", [200, 204])
def test_an_upload_that_went_well(status: int) -> None:
    read_upload(HttpResponse(status, {}, b""))


def test_an_expired_policy_is_worth_another_try() -> None:
    with pytest.raises(RefusedError, match="Policy expired") as caught:
        read_upload(HttpResponse(403, {}, EXPIRED))
    error = caught.value
    assert (error.code, error.retry, error.status, error.request_id) == ("AccessDenied", "again", 403, "68EF5A")


@pytest.mark.parametrize(
    ("status", "code", "retry", "rules"),
    [
        (403, "AccessDenied", "no", ()),
        (409, "FileAlreadyExists", "again", ()),
        (400, "EntityTooLarge", "no", ("F004",)),
        (400, "Novel", "no", ()),
        (503, "ServiceUnavailable", "ask", ()),
        (500, "FileAlreadyExists", "ask", ()),
    ],
)
def test_errors_of_the_storage(status: int, code: str, retry: Retry, rules: tuple[str, ...]) -> None:
    body = f"<Error><Code>{code}</Code><Message>a &lt;reason&gt;</Message></Error>".encode()
    with pytest.raises(RefusedError, match="a <reason>") as caught:
        read_upload(HttpResponse(status, {}, body))
    assert (caught.value.code, caught.value.retry, caught.value.rules) == (code, retry, rules)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00",
        b"<Error><Code>" + b"A" * 10_000_000,
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><Error><Code>&c;</Code><Message>&c;</Message></Error>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Error><Message>&a;</Message></Error>',
    ],
)
def test_xml_is_not_believed(body: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        read_upload(HttpResponse(403, {}, body))
    assert caught.value.retry == "no"
    assert len(str(caught.value)) < 300
    assert "root:" not in str(caught.value)
