"""EvoLink's files API, under /api/v1/files."""

import asyncio
import base64
import binascii
import mimetypes
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lipready.probe.containers.signature import HEAD_BYTES, Signature, recognise
from lipready.sandbox.api.answers import (
    RequestRefusedError,
    answer,
    files_error,
    has_texts,
    json_body,
    number_of,
    says_json,
    text_of,
    unauthorized,
)
from lipready.sandbox.api.form import FormError, receive_form
from lipready.sandbox.store import BEIJING, StoredUpload, with_suffix
from lipready.sandbox.tasks.fetch import TooLargeError, download, named
from lipready.sandbox.tasks.task import SimulatedFailureError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lipready.sandbox.world import SandboxAccount, World

LARGEST = 100 * (1 << 20)
QUOTA = 100
KEPT_SECONDS = 72 * 3600

_IMAGES = frozenset({"jpeg", "png", "gif", "webp"})
_AUDIO = frozenset({"mp3", "wav", "aac", "flac", "ogg", "m4a", "amr"})
_NEEDED = 4 * (LARGEST // 3 + 1) + (1 << 20)
"""Bytes of a JSON body around the base64 of the largest file."""

_DATA_URL = re.compile(r"data:(?P<kind>[^;,]*)(?:;[^;,]*)*;base64,", re.IGNORECASE)
_LONGEST_PATH, _LONGEST_NAME = 256, 255
_PAGE_SIZE, _LARGEST_PAGE, _MOST_PAGES = 20, 100, 100_000_000


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A file that is on the disk, and what its sender says of it: names are "" where none is said."""

    path: Path
    bytes: int
    kind: str
    original: str
    wanted: str
    folder: str


_Arrive = Callable[[], Awaitable[_Arrived]]


class EvoLinkFiles:
    """Takes files by stream, as base64 and from an address; lists, counts and deletes them."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def stream(self, request: "Request") -> "Response":
        """Store a file of a form: POST /api/v1/files/upload/stream."""
        account, path = self._account(request), self._world.files.room()
        try:
            received = await receive_form(request, path, LARGEST)
        except FormError as error:
            return files_error(400, f"The form cannot be read: {error}")
        fields = received.fields

        async def arrive() -> _Arrived:
            if received.file_name is None:
                raise RequestRefusedError(400, "", "The field 'file' is missing")
            if received.too_large:
                raise TooLargeError
            return _Arrived(
                path=received.path,
                bytes=received.bytes,
                kind=received.content_type,
                original=Path(received.file_name).name,
                wanted=fields.get("file_name") or fields.get("fileName") or "",
                folder=fields.get("upload_path") or fields.get("uploadPath") or "",
            )

        return await self._store(account, path, arrive)

    async def base64(self, request: "Request") -> "Response":
        """Store a file that is written into the body: POST /api/v1/files/upload/base64."""
        account, path = self._account(request), self._world.files.room()
        content = await json_body(request, _NEEDED)

        async def arrive() -> _Arrived:
            said = _said(request, content, "base64_data")
            kind, count = await asyncio.to_thread(_decode, said["base64_data"], path)
            return _Arrived(path, count, kind, "", text_of(said.get("file_name")), text_of(said.get("upload_path")))

        return await self._store(account, path, arrive)

    async def url(self, request: "Request") -> "Response":
        """Fetch a file and store it: POST /api/v1/files/upload/url."""
        account, path = self._account(request), self._world.files.room()
        content = await json_body(request)

        async def arrive() -> _Arrived:
            said = _said(request, content, "file_url")
            address = text_of(said["file_url"])
            try:
                await download(self._world, address, path, LARGEST)
            except SimulatedFailureError as failure:
                raise RequestRefusedError(400, "", f"The file cannot be downloaded: {failure.message}") from failure
            wanted, folder = text_of(said.get("file_name")), text_of(said.get("upload_path"))
            return _Arrived(path, path.stat().st_size, "", named(address), wanted, folder)

        return await self._store(account, path, arrive)

    async def list_files(self, request: "Request") -> "Response":
        """List the account's files, the newest first: GET /api/v1/files/list."""
        account = self._account(request)
        if account is None:
            return unauthorized("files")
        try:
            page = number_of(request, "page", 1, _MOST_PAGES)
            size = number_of(request, "pageSize", _PAGE_SIZE, _LARGEST_PAGE)
        except ValueError as error:
            return files_error(400, str(error))
        files = self._files_of(account)[::-1]
        rows = [self._described(stored) for stored in files[(page - 1) * size : page * size]]
        return _success({"total": len(files), "files": rows})

    async def quota(self, request: "Request") -> "Response":
        """Return how many files there are, and may be: GET /api/v1/files/quota."""
        account = self._account(request)
        if account is None:
            return unauthorized("files")
        used = len(self._files_of(account))
        counts = {"used_files": used, "max_files": QUOTA, "remain_files": QUOTA - used}
        return _success({"user_group": "default", **counts})

    async def delete(self, request: "Request") -> "Response":
        """Delete a file: DELETE /api/v1/files/ID."""
        account = self._account(request)
        if account is None:
            return unauthorized("files")
        stored = self._world.files.find(request.path_params["id"], self._world.clock.now())
        if stored is None or stored.account != account.id:
            return files_error(404, "File not found")
        self._world.files.drop(stored.id)
        return _success(None, "File deleted successfully")

    def _account(self, request: "Request") -> "SandboxAccount | None":
        return self._world.account_of(request.headers.get("authorization", ""))

    async def _store(self, account: "SandboxAccount | None", path: Path, arrive: _Arrive) -> "Response":
        """Let a file arrive at `path`, and keep it where it may be kept; it is removed where it may not."""
        try:
            if account is None:
                return unauthorized("files")
            arrived = await arrive()
            stored = self._keep(account, arrived, self._accepted(account, arrived))
            return _success(self._described(stored), "File uploaded successfully")
        except TooLargeError:
            return files_error(413, "The file is larger than 100 MB")
        except RequestRefusedError as refused:
            return files_error(refused.status, refused.message)
        finally:
            self._world.files.tidy(path)

    def _accepted(self, account: "SandboxAccount", arrived: _Arrived) -> Signature:
        """Recognise what may be stored. Raises RequestRefusedError for anything else."""
        folder = PurePosixPath(arrived.folder.replace("\\", "/"))
        if len(arrived.folder) > _LONGEST_PATH or folder.is_absolute() or ".." in folder.parts:
            raise RequestRefusedError(400, "", "upload_path must be a relative path")
        if len(arrived.wanted) > _LONGEST_NAME or re.search(r"[/\\]|^\.\.?$", arrived.wanted):
            raise RequestRefusedError(400, "", "file_name must be a name without a path")
        if not arrived.bytes:
            raise RequestRefusedError(400, "", "The file is empty")
        if len(self._files_of(account)) >= QUOTA:
            raise RequestRefusedError(403, "", f"The quota of {QUOTA} files is used up")
        with arrived.path.open("rb") as file:
            signature = recognise(file.read(HEAD_BYTES))
        # Formats without a signature (raw AAC, some MP3) pass: only what is recognised as something else does not.
        if signature.kind == "text" or (signature.kind == "image" and signature.name not in _IMAGES):
            raise RequestRefusedError(400, "", f"Unsupported file type: {signature.name}")
        return signature

    def _keep(self, account: "SandboxAccount", arrived: _Arrived, signature: Signature) -> StoredUpload:
        now, identity = self._world.clock.now(), f"file_{token_hex(12)}"
        original = arrived.original or arrived.wanted
        suffix = PurePosixPath(original).suffix or (f".{signature.name}" if signature.name else "")
        name = arrived.wanted or f"{token_hex(8)}{suffix}"
        stored = StoredUpload(
            id=identity,
            account=account.id,
            path=with_suffix(arrived.path, name if PurePosixPath(name).suffix else original),
            name=name,
            original=(original or name)[:_LONGEST_NAME],
            folder=arrived.folder.strip("/") or _folder(signature),
            bytes=arrived.bytes,
            kind=arrived.kind or _kind(signature),
            created=now,
            expires=now + KEPT_SECONDS,
        )
        return self._world.files.keep(identity, stored)

    def _files_of(self, account: "SandboxAccount") -> list[StoredUpload]:
        now, files = self._world.clock.now(), self._world.files
        return [one for one in files.files.values() if one.account == account.id and files.find(one.id, now)]

    def _described(self, stored: StoredUpload) -> dict[str, Any]:
        return {
            "file_id": stored.id,
            "file_name": stored.name,
            "original_name": stored.original,
            "file_size": stored.bytes,
            "mime_type": stored.kind,
            "upload_path": stored.folder,
            "file_url": f"{self._world.url}/files/{stored.id}/{quote(stored.name or 'file', safe='')}",
            "download_url": f"{self._world.url}/api/v1/files/download/{stored.id}",
            "upload_time": _clock(stored.created),
            "expires_at": _clock(stored.expires),
        }


def _said(request: "Request", content: dict[str, Any] | None, needed: str) -> dict[str, Any]:
    """Return the body of an upload in JSON. Raises RequestRefusedError."""
    if content is None or not says_json(request):
        raise RequestRefusedError(
            400, "", "The request body must be a JSON object, with Content-Type: application/json"
        )
    if not has_texts(content, (needed, "file_name", "upload_path")) or not text_of(content.get(needed)):
        raise RequestRefusedError(400, "", f"Missing or wrong parameter: {needed}")
    return content


def _decode(text: str, path: Path) -> tuple[str, int]:
    """Write what base64 stands for, pure or as a data URL; returns its MIME type, if it is said, and its length."""
    head = _DATA_URL.match(text)
    try:
        data = base64.b64decode("".join(text[head.end() if head else 0 :].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestRefusedError(400, "", "base64_data is not valid base64") from error
    if len(data) > LARGEST:
        raise TooLargeError
    path.write_bytes(data)
    return head["kind"] if head else "", len(data)


def _folder(signature: Signature) -> str:
    """Choose a folder by the type of a file: where none is asked for, the provider does."""
    if signature.kind == "image":
        return "images"
    return "audios" if signature.name in _AUDIO else "videos"


def _kind(signature: Signature) -> str:
    """Choose a MIME type, where its sender wrote none."""
    return mimetypes.guess_type(f"file.{signature.name}")[0] or "application/octet-stream"


def _success(data: Mapping[str, Any] | None, message: str = "success") -> "Response":
    return answer({"success": True, "code": 200, "msg": message, "data": data})


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, BEIJING).isoformat(timespec="seconds")
