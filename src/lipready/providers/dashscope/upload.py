"""DashScope's temporary storage: ask for a policy, post the file to the bucket it names, get an oss:// address.

https://help.aliyun.com/zh/model-studio/get-temporary-file-url
"""

import html
import re
from urllib.parse import quote

from lipready.errors import AnswerError, UsageError
from lipready.facts.task import RemoteError
from lipready.providers.answer import accepted, refusal
from lipready.providers.codes import RemoteCode, alike, by_status, find_code, spelt
from lipready.providers.dashscope.requests import read_accepted, refused_or
from lipready.providers.fields import Table, identifier, link, missing, number, printable, table
from lipready.providers.service import Endpoints, UploadPolicy, workspace_header
from lipready.providers.transport.wire import UPLOAD_SECONDS, Form, HttpRequest, HttpResponse

STORED_SECONDS = 48 * 3600.0
"""How long the storage keeps a file."""

_POLICY_SECONDS = 300.0
_LONGEST_POLICY_SECONDS = 86_400.0
_LONGEST_FIELD = 16_384
_MEGABYTE = 1 << 20
_NAMES = {"OSSAccessKeyId": "oss_access_key_id", "Signature": "signature", "policy": "policy"}
_OPTIONAL_NAMES = {"x-oss-object-acl": "x_oss_object_acl", "x-oss-forbid-overwrite": "x_oss_forbid_overwrite"}
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]*(/[A-Za-z0-9][A-Za-z0-9._=-]*)*")
_LARGEST_XML = 65_536

_ANEW = "Another try with a new policy and a new name is due."
_CODES = spelt(
    alike("no", "The storage does not take this file: check the key and the model.", "AccessDenied")
    | alike("again", _ANEW, "FileAlreadyExists")
    | alike("no", "Make the file smaller: `lipready.prepare(…)` does.", "EntityTooLarge", rules=("F004",))
    | alike("no", "The file is empty or too small.", "EntityTooSmall", rules=("F001",))
    | alike("no", "Set the clock of this computer right.", "RequestTimeTooSkewed"),
    {},
)
_EXPIRED = RemoteCode("AccessDenied", "again", _ANEW)


def policy_request(endpoints: Endpoints, model: str) -> HttpRequest:
    """Request an upload policy, which is bound to the model."""
    url = f"{endpoints.api}/uploads?action=getPolicy&model={quote(model, safe='')}"
    return HttpRequest(method="GET", url=url, headers=workspace_header(endpoints))


def read_policy(answer: HttpResponse) -> UploadPolicy:
    """Read a policy. Raises RefusedError, and AnswerError where something that the upload needs is missing or odd."""
    values = read_accepted(answer)
    if not isinstance(values.get("data"), dict):
        raise refused_or(answer, values, missing("data", "an upload policy"))
    data = table(values, "data")
    folder = data.get("upload_dir")
    if not isinstance(folder, str) or len(folder) > _LONGEST_FIELD or not _FOLDER.fullmatch(folder.rstrip("/")):
        raise missing("data.upload_dir", "the name of a folder")
    seconds = number(data, "expire_in_seconds")
    megabytes = number(data, "max_file_size_mb")
    return UploadPolicy(
        host=link(data.get("upload_host"), "data.upload_host"),
        folder=folder.rstrip("/"),
        fields=tuple((name, _field(data, key)) for name, key in _NAMES.items()),
        optional=tuple((name, _field(data, key)) for name, key in _OPTIONAL_NAMES.items() if data.get(key) is not None),
        # Whether a megabyte is 10^6 or 2^20 bytes is not said: the storage itself refuses what is between.
        largest_bytes=None if megabytes is None or megabytes <= 0 else int(megabytes * _MEGABYTE),
        seconds=_POLICY_SECONDS if seconds is None else min(max(seconds, 0.0), _LONGEST_POLICY_SECONDS),
    )


def upload_form(policy: UploadPolicy, path: str, name: str, content_type: str) -> tuple[HttpRequest, str]:
    """Make the request that stores the file at `path` as `name`, and the oss:// address that it then has.

    The name must be new in its folder, which is never overwritten. Raises UsageError where it would need quoting.
    """
    if identifier(name) is None:
        raise UsageError(f"{printable(name, 100)!r} cannot be the name of an upload: use letters, digits and dots.")
    key = f"{policy.folder}/{name}"
    fields = (*policy.fields, ("key", key), *policy.optional, ("success_action_status", "200"))
    form = Form(fields=fields, path=path, file_name=name, content_type=content_type)
    request = HttpRequest(method="POST", url=policy.host, form=form, authorized=False, seconds=UPLOAD_SECONDS)
    return request, f"oss://{key}"


def read_upload(answer: HttpResponse) -> None:
    """Read the answer of the bucket, which has no body (A6).

    Raises RefusedError ("again" where the policy has expired), and AnswerError where something else has answered.
    """
    if accepted(answer):
        if answer.body.strip():
            raise AnswerError(
                "What answered in the place of DashScope's storage is not that storage: a proxy, perhaps."
            )
        return
    said = RemoteError(_element(answer.body, "Code"), _element(answer.body, "Message"))
    request_id = identifier(_element(answer.body, "RequestId")) or identifier(answer.headers.get("x-oss-request-id"))
    expired = said.code == _EXPIRED.code and "expired" in said.message.lower()
    raise refusal("The storage of DashScope", answer, said, (lambda *_: _EXPIRED) if expired else _explain, request_id)


def _explain(code: str, status: int | None, _message: str) -> RemoteCode:
    return find_code(_CODES, code) or by_status(code, status)


def _field(data: Table, key: str) -> str:
    """Read a value that goes into the form as it is."""
    number_or_text = data.get(key)
    value = str(number_or_text) if isinstance(number_or_text, (str, int)) else ""
    if not value or len(value) > _LONGEST_FIELD or not value.isascii() or not value.isprintable():
        raise missing(f"data.{key}", "one line of text")
    return value.lower() if isinstance(number_or_text, bool) else value


def _element(body: bytes, name: str) -> str:
    """Find an element of a small XML text without parsing it: no entity is expanded, nothing else is believed."""
    found = re.search(rf"<{name}>([^<]*)</{name}>".encode(), body[:_LARGEST_XML])
    return "" if found is None else printable(html.unescape(found[1].decode(errors="replace")))
