"""Uploads to a bucket of the user's own, at Amazon or any S3-compatible storage (extra `s3`)."""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from lipready.cancel import checkpoint, checkpoint_elsewhere, left_alone
from lipready.errors import (
    CancelledError,
    ComponentError,
    LipreadyError,
    NoAnswerError,
    NotSentError,
    ProviderError,
    RefusedError,
    UsageError,
)
from lipready.log import logged, unlogged
from lipready.providers.fields import identifier
from lipready.providers.service import Stored

_SECONDS = 24 * 3600
"""So long an address can be read that is signed."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PART = 8 * 2**20
_DENIED = frozenset({"AccessDenied", "403", "Forbidden", "AllAccessDisabled"})
_WRONG_KEY = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AuthFailure"})
_NO_BUCKET = frozenset({"NoSuchBucket", "404"})
_HIGHEST_REFUSAL = 499


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where to put files: the name of a bucket, and a prefix without slashes at its ends (or "")."""

    name: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"s3://{self.name}" + (f"/{self.prefix}" if self.prefix else "")


def parse_bucket(text: str) -> Bucket:
    """Read `s3://NAME/PREFIX`, where the prefix may be missing. Raises UsageError for anything else."""
    scheme, _, place = text.strip().partition("://")
    name, _, prefix = place.partition("/")
    plain = prefix.isascii() and prefix.isprintable() and not re.search(r"[?#]|(^|/)\.\.?(/|$)", prefix)
    if scheme.lower() != "s3" or not _NAME.fullmatch(name) or not plain:
        raise UsageError("The bucket is not written as s3://NAME/PREFIX (lower case, as in s3://my-bucket/lipready).")
    return Bucket(name, prefix.strip("/"))


def store(bucket: Bucket, path: str, content_type: str, *, progress: Callable[[float], None] | None = None) -> Stored:
    """Upload a file under a name that nobody can guess, and sign an address with which it can be read for a day.

    Streamed from disk in parts. Credentials, region and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL are those of every AWS
    tool. `progress` receives the share (0..1) that was sent. With temporary credentials the address ends with them.

    Raises ComponentError without boto3, UsageError where the file, the credentials or the bucket are not there,
    RefusedError, NotSentError where there is no connection, and NoAnswerError where it broke.
    """
    size = _size_of(path)
    key = "/".join(part for part in (bucket.prefix, secrets.token_hex(16) + Path(path).suffix.lower()) if part)
    try:
        with logged("PUT", f"s3://{bucket.name}/{key}") as log:
            url = left_alone(partial(_uploaded, bucket, key, path, content_type, _shares(size, progress)))
            log.status, log.bytes = HTTPStatus.OK, size
    except (ComponentError, CancelledError):
        raise
    except Exception as error:  # noqa: BLE001 - boto3 has no root of its exceptions
        checkpoint()
        raise _what_went_wrong(error, bucket, path) from None
    return Stored(url, _SECONDS)


def _uploaded(bucket: Bucket, key: str, path: str, content_type: str, heard: Callable[[int], None]) -> str:
    """Upload a file, and return its signed address; nothing is begun any more once somebody has cancelled."""
    check = checkpoint_elsewhere()

    def told(count: int) -> None:
        check()
        heard(count)

    with closing(_client()) as client:
        from boto3.s3.transfer import TransferConfig

        client.meta.events.register("before-send.s3", lambda **_: check())  # of each attempt
        # Two parts at a time bound the memory; 10,000 parts make room for 80 GB.
        parts = TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART, max_concurrency=2, max_io_queue=2)
        kind = {"ContentType": content_type}
        client.upload_file(path, bucket.name, key, ExtraArgs=kind, Config=parts, Callback=told)
        place = {"Bucket": bucket.name, "Key": key}
        with unlogged("botocore.auth"):
            return str(client.generate_presigned_url("get_object", Params=place, ExpiresIn=_SECONDS))


def _size_of(path: str) -> int:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the path is passed on as the user wrote it
            return os.fstat(file.fileno()).st_size
    except OSError as error:
        raise not_uploaded(path, error) from error


def not_uploaded(path: str, error: OSError) -> UsageError:
    """Make the error of a file that cannot be read."""
    return UsageError(f"{path}: cannot be uploaded: {error.strerror or type(error).__name__}.", path=path)


def _client() -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise ComponentError("Uploading to a bucket needs boto3: pip install 'lipready[s3]'.") from error
    # A session of our own: the default one is not for threads. Version 4 is the only signature that all regions take.
    session = boto3.session.Session()
    config = Config(
        signature_version="s3v4",
        connect_timeout=15,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 4},
        # Newer checksums, where they are not required, are refused by many services that speak S3.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return session.client("s3", config=config, region_name=session.region_name or "us-east-1")


def _shares(size: int, progress: Callable[[float], None] | None) -> Callable[[int], None]:
    """Add up what several threads report; a part that is sent again is taken back by the library first."""
    from threading import Lock

    lock, sent = Lock(), 0

    def heard(count: int) -> None:
        nonlocal sent
        with lock:
            sent += count
            if progress is not None:
                progress(min(1.0, max(0.0, sent / size)) if size else 1.0)

    return heard


def _what_went_wrong(error: Exception, bucket: Bucket, path: str) -> Exception:
    """Turn what boto3 reports into one sentence; its own texts may quote the request, so only codes are passed on."""
    from boto3.exceptions import Boto3Error
    from botocore import exceptions as aws

    credentials = (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError)
    unreachable = (aws.EndpointConnectionError, aws.ConnectTimeoutError, aws.ProxyConnectionError)
    kind: type[LipreadyError] = UsageError
    inner = error.__cause__ or error.__context__
    if isinstance(error, Boto3Error) and isinstance(inner, Exception):
        return _what_went_wrong(inner, bucket, path)
    if isinstance(error, aws.ClientError):
        return _refusal(error, bucket)
    # The special before the general.
    if isinstance(error, (*credentials, aws.TokenRetrievalError, aws.ProfileNotFound)):
        said = (
            f"There are no credentials for {bucket}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
        )
    elif isinstance(error, aws.SSLError):
        kind, said = NotSentError, f"The server of {bucket} has no valid certificate: check AWS_ENDPOINT_URL_S3."
    elif isinstance(error, unreachable):
        kind = NotSentError
        said = f"The server of {bucket} cannot be reached: check the network and AWS_ENDPOINT_URL_S3."
    elif isinstance(error, (aws.HTTPClientError, aws.ConnectionError, aws.IncompleteReadError)):
        kind = NoAnswerError
        said = f"The connection to the server of {bucket} broke while {path} was uploaded: try again."
    elif isinstance(error, (aws.BotoCoreError, ValueError)):
        name = type(error).__name__
        said = f"The AWS settings for {bucket} cannot be used ({name}): check the AWS_ variables and ~/.aws/config."
    elif isinstance(error, OSError):
        return not_uploaded(path, error)
    else:
        return error
    return kind(said)


def _refusal(error: Any, bucket: Bucket) -> ProviderError | UsageError:
    answer = error.response if isinstance(error.response, dict) else {}
    code = re.sub(r"[^\w.-]", "", str(answer.get("Error", {}).get("Code", "")))[:60]
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    status = status if isinstance(status, int) else None
    if code in _NO_BUCKET:
        return UsageError(f"There is no bucket {bucket.name}: create it, or name another one.")
    if code in _WRONG_KEY:
        what = f"does not accept the credentials ({code}): check AWS_ACCESS_KEY_ID, its secret, and the clock"
    elif code in _DENIED:
        what = f"forbids the upload ({code}): the credentials need s3:PutObject and s3:GetObject"
    else:
        what = f"refused the upload ({code or status})"
    again = status is None or status > _HIGHEST_REFUSAL or code == "SlowDown"
    name = identifier(answer.get("ResponseMetadata", {}).get("RequestId"))
    return RefusedError(
        f"The server of {bucket} {what}.", code=code, status=status, retry="again" if again else "no", request_id=name
    )
