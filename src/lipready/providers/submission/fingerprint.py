"""By what the same job is recognised, whenever and under whatever names it is submitted."""

import json
import secrets
from dataclasses import replace
from hashlib import file_digest, sha256
from pathlib import Path

from lipready.errors import UsageError
from lipready.providers.account import Account
from lipready.providers.request import Submission
from lipready.providers.submission.upload import UploadSource

_DEFAULT_THRESHOLD = 170
"""What both providers take where none is sent (providers.md 0)."""
_WORKSPACE = "x-dashscope-workspace"
_NO_KEY = "no-key-of-idempotency"
_THIS_PROCESS = secrets.token_hex(8)
"""The sandbox inside a process ends with it, and a later one may get its address."""


def content_of(source: UploadSource) -> str:
    """Name the content of a file. Raises UsageError where the file cannot be read."""
    try:
        with Path(source.path).open("rb") as file:
            return f"file {file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise UsageError(f"{source.path}: cannot be uploaded: {error.strerror}.") from error


def content_behind(address: str) -> str:
    """Name what an address stands for: the address itself, hashed, since it may hold a secret."""
    return f"address {sha256(address.encode('utf-8', 'surrogatepass')).hexdigest()}"


def fingerprint_of(account: Account, submission: Submission) -> str:
    """Return the fingerprint of a job: a hash of its paid request, in which contents stand instead of addresses.

    Two jobs have the same one where they would buy the same thing from the same account: provider, address, workspace,
    model, what is in each file, options, and where the callback goes. The key is not in it, since keys change and an
    account stays; neither are the names of files.
    """
    if submission.face_threshold is None:
        submission = replace(submission, face_threshold=_DEFAULT_THRESHOLD)
    request = account.service.submit(account.endpoints, submission, _NO_KEY)
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = (
        account.service.name,
        request.url,
        headers.get(_WORKSPACE),
        request.json,
        _THIS_PROCESS if account.provider.startswith("sandbox") else None,
    )
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
