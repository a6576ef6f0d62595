"""Alibaba's object storage, as far as DashScope's temporary uploads and the results need it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from lipready.sandbox.api.answers import RequestRefusedError, error_of, refusing
from lipready.sandbox.api.form import ReceivedForm, receive_form
from lipready.sandbox.store import StoredUpload, with_suffix
from lipready.sandbox.world import World

VALID_SECONDS = 300
ACCESS_KEY = "LTAI5tSandbox"


def issue(secret: bytes, account: str, most: int, now: float, *, expired: bool = False) -> dict[str, Any]:
    """Return a signed policy for one folder of an account; `most` is in bytes.

    The numbers are as the provider's sample has them. `expired` signs it in the past, while it is still said to be
    valid for its whole time.
    """
    begin = datetime.fromtimestamp(now, UTC)
    folder = f"dashscope-instant/{account}/{begin:%Y-%m-%d}/{uuid4()}"
    until = begin + timedelta(seconds=-1 if expired else VALID_SECONDS)
    conditions = [["content-length-range", 0, most], ["starts-with", "$key", folder]]
    document = {"expiration": f"{until:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z", "conditions": conditions}
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        "policy": policy,
        "signature": _sign(secret, policy),
        "upload_dir": folder,
        "expire_in_seconds": VALID_SECONDS,
        "max_file_size_mb": most // (1 << 20),
        "capacity_limit_mb": 999999999,
        "oss_access_key_id": ACCESS_KEY,
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }


def check(secret: bytes, fields: Mapping[str, str], size: int, now: float) -> None:
    """Check a form against the policy in it. Raises RequestRefusedError."""
    policy, key = fields["policy"], fields["key"]
    if fields["OSSAccessKeyId"] != ACCESS_KEY:
        message = "The OSS Access Key Id you provided does not exist in our records."
        raise RequestRefusedError(403, "InvalidAccessKeyId", message)
    if not hmac.compare_digest(_sign(secret, policy).encode(), fields["Signature"].encode()):
        message = "The request signature we calculated does not match the signature you provided."
        raise RequestRefusedError(403, "SignatureDoesNotMatch", message)
    # What carries our signature was written by us.
    document = json.loads(base64.b64decode(policy))
    if datetime.fromtimestamp(now, UTC) >= datetime.fromisoformat(document["expiration"]):
        raise RequestRefusedError(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    (_, _, most), (_, _, folder) = document["conditions"]
    if not key.startswith(f"{folder}/") or ".." in key.split("/"):
        message = f'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "{folder}"]'
        raise RequestRefusedError(403, "AccessDenied", message)
    if size > most:
        raise RequestRefusedError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")


def _sign(secret: bytes, policy: str) -> str:
    return base64.b64encode(hmac.digest(secret, policy.encode(), hashlib.sha1)).decode()


KEPT_SECONDS = 48 * 3600
_REQUIRED = ("OSSAccessKeyId", "Signature", "policy", "key")


class Oss:
    """Takes uploads, and sends results and stored files."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def upload(self, request: Request) -> Response:
        """Store one file: POST /upload."""
        world = self._world
        with world.oss.arriving() as path:
            with refusing("MalformedPOSTRequest", "The body of your POST request is not well-formed: {}."):
                form = await receive_form(request, path, world.options.upload_bytes)
            _require(form)
            check(world.secret, form.fields, form.bytes, world.clock.now())
            self._keep(form, path)
        wanted = form.fields.get("success_action_status", "204")
        return Response(status_code=int(wanted) if wanted in {"200", "201", "204"} else 204)

    async def result(self, request: Request) -> Response:
        """Send a result: GET /results/NAME.mp4, with ranges."""
        task = self._world.results.get(request.path_params["name"])
        if task is None or task.video is None or task.forgotten(self._world.clock.now()):
            return _absent()
        return FileResponse(task.video.path, media_type="video/mp4")

    async def stored(self, request: Request) -> Response:
        """Send a file of EvoLink's files API: GET /files/ID/NAME."""
        stored = self._world.files.find(request.path_params["id"], self._world.clock.now())
        return _absent() if stored is None else FileResponse(stored.path, media_type=stored.kind)

    def _keep(self, form: ReceivedForm, path: Path) -> None:
        key, now = form.fields["key"], self._world.clock.now()
        if self._world.oss.find(key, now) is not None:
            message = "The object you specified already exists and can not be overwritten."
            raise RequestRefusedError(409, "FileAlreadyExists", message)
        stored = StoredUpload(
            id=key,
            # The second part of the folder, which the policy has signed.
            account=key.split("/")[1],
            path=with_suffix(path, key),
            name=key.rpartition("/")[2],
            bytes=form.bytes,
            kind=form.content_type,
            created=now,
            expires=now + KEPT_SECONDS,
        )
        self._world.oss.keep(stored)


def _require(form: ReceivedForm) -> None:
    """Refuse a form that the storage would not read: what follows the file is never looked at."""
    for name in _REQUIRED:
        if not form.fields.get(name):
            raise RequestRefusedError(400, "InvalidArgument", f"Bucket POST must contain a field named '{name}'.")
    if form.file_name is None:
        message = "POST requires exactly one file upload."
        raise RequestRefusedError(400, "IncorrectNumberOfFilesInPOSTRequest", message)
    if form.after:
        message = f"The field '{form.after[0][:100]}' follows the file: file must be the last field."
        raise RequestRefusedError(400, "InvalidArgument", message)


def _absent() -> Response:
    return error_of("oss", RequestRefusedError(404, "NoSuchKey", "The specified key does not exist."))
