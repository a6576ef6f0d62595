"""Leave to upload: signed as Alibaba's object storage wants it, and checked the same way."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from lipready.sandbox.api.answers import RequestRefusedError

VALID_SECONDS = 300
ACCESS_KEY = "LTAI5tSandbox"


def issue(secret: bytes, account: str, most: int, now: float, *, expired: bool = False) -> dict[str, Any]:
    """Sign a policy for one folder of an account; `most` is in bytes.

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
    document = _read(secret, fields)
    if datetime.fromtimestamp(now, UTC) >= datetime.fromisoformat(document["expiration"]):
        raise RequestRefusedError(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    (_, _, most), (_, _, folder) = document["conditions"]
    if not fields["key"].startswith(f"{folder}/") or ".." in fields["key"].split("/"):
        message = f'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "{folder}"]'
        raise RequestRefusedError(403, "AccessDenied", message)
    if size > most:
        raise RequestRefusedError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")


def _read(secret: bytes, fields: Mapping[str, str]) -> Any:
    policy = fields.get("policy", "")
    if not policy:
        raise RequestRefusedError(403, "AccessDenied", "Anonymous access is forbidden for this operation.")
    if fields.get("OSSAccessKeyId") != ACCESS_KEY:
        raise RequestRefusedError(
            403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records."
        )
    if not hmac.compare_digest(_sign(secret, policy).encode(), fields.get("Signature", "").encode()):
        message = "The request signature we calculated does not match the signature you provided."
        raise RequestRefusedError(403, "SignatureDoesNotMatch", message)
    # What carries our signature was written by us.
    return json.loads(base64.b64decode(policy))


def _sign(secret: bytes, policy: str) -> str:
    return base64.b64encode(hmac.digest(secret, policy.encode(), hashlib.sha1)).decode()
