"""EvoLink's files API, under /api/v1/files."""

import asyncio
import base64
import binascii
import mimetypes
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lipready.probe.containers.signature import HEAD_BYTES, Signature, recognise
from lipready.sandbox.api.answers import (
    RequestRefusedError,
    account_of,
    has_texts,
    json_body,
    media_type,
    page_of,
    refusing,
    text_of,
)
from lipready.sandbox.api.form import receive_form
from lipready.sandbox.store import BEIJING, StoredUpload, with_suffix
from lipready.sandbox.tasks.fetch import TooLargeError, download, named
from lipready.sandbox.tasks.task import SimulatedFailureError
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
_PAGE_SIZE = 20


class EvoLinkFiles:
    """Takes files by stream, as base64 and from an address; lists, counts and deletes them."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def stream(self, request: Request) -> Response:
        """Store a file of a form: POST /api/v1/files/upload/stream."""
        with self._arriving() as path:
            with refusing("", "The form cannot be read: {}"):
                form = await receive_form(request, path, LARGEST)
            account, fields = self._account(request), form.fields
            if form.file_name is None:
                raise RequestRefusedError(400, "", "The field 'file' is missing")
            if form.bytes > LARGEST:
                raise TooLargeError
            wanted = fields.get("file_name") or fields.get("fileName") or ""
            folder = fields.get("upload_path") or fields.get("uploadPath") or ""
            original = Path(form.file_name).name
            return self._keep(account, path, wanted, folder, kind=form.content_type, original=original)

    async def base64(self, request: Request) -> Response:
        """Store a file that is written into the body: POST /api/v1/files/upload/base64."""
        content = await json_body(request, _NEEDED)
        account = self._account(request)
        data, wanted, folder = _said(request, content, "base64_data")
        with self._arriving() as path:
            kind = await asyncio.to_thread(_decode, data, path)
            return self._keep(account, path, wanted, folder, kind=kind)

    async def url(self, request: Request) -> Response:
        """Fetch a file and store it: POST /api/v1/files/upload/url."""
        content = await json_body(request)
        account = self._account(request)
        address, wanted, folder = _said(request, content, "file_url")
        address = address.strip()
        with self._arriving() as path:
            try:
                await download(self._world, address, path, LARGEST)
            except SimulatedFailureError as failure:
                raise RequestRefusedError(400, "", f"The file cannot be downloaded: {failure.message}") from failure
            return self._keep(account, path, wanted, folder, original=named(address))

    async def list_files(self, request: Request) -> Response:
        """List the account's files, the newest first: GET /api/v1/files/list."""
        files = self._files_of(self._account(request))[::-1]
        with refusing(""):
            page = page_of(request, "page", "pageSize", _PAGE_SIZE)
        return _success({"total": len(files), "files": [self._described(stored) for stored in page.of(files)]})

    async def quota(self, request: Request) -> Response:
        """Return how many files there are, and may be: GET /api/v1/files/quota."""
        used = len(self._files_of(self._account(request)))
        counts = {"used_files": used, "max_files": QUOTA, "remain_files": QUOTA - used}
        return _success({"user_group": "default", **counts})

    async def delete(self, request: Request) -> Response:
        """Delete a file: DELETE /api/v1/files/ID."""
        account = self._account(request)
        stored = self._world.files.find(request.path_params["id"], self._world.clock.now())
        if stored is None or stored.account != account.id:
            raise RequestRefusedError(404, "", "File not found")
        self._world.files.drop(stored.id)
        return _success(None, "File deleted successfully")

    def _account(self, request: Request) -> SandboxAccount:
        return account_of(self._world, request, "files")

    @contextmanager
    def _arriving(self) -> Iterator[Path]:
        """Yield the place of a file that arrives, and refuse one that is too large."""
        try:
            with self._world.files.arriving() as path:
                yield path
        except TooLargeError as error:
            raise RequestRefusedError(413, "", "The file is larger than 100 MB") from error

    def _keep(
        self, account: SandboxAccount, path: Path, wanted: str, folder: str, *, kind: str = "", original: str = ""
    ) -> Response:
        """Keep a file that has arrived, under the `wanted` name and folder; names and `kind` are "" where not said."""
        signature = self._accepted(account, path, wanted, folder)
        now, size, original = self._world.clock.now(), path.stat().st_size, original or wanted
        suffix = PurePosixPath(original).suffix or (f".{signature.name}" if signature.name else "")
        name = wanted or f"{token_hex(8)}{suffix}"
        # Where no folder is asked for, the provider chooses one by the type of the file.
        usual = "images" if signature.kind == "image" else "audios" if signature.name in _AUDIO else "videos"
        stored = StoredUpload(
            id=f"file_{token_hex(12)}",
            account=account.id,
            path=with_suffix(path, name if PurePosixPath(name).suffix else original),
            name=name,
            original=(original or name)[:_LONGEST_NAME],
            folder=folder.strip("/") or usual,
            bytes=size,
            kind=kind or mimetypes.guess_type(f"file.{signature.name}")[0] or "application/octet-stream",
            created=now,
            expires=now + KEPT_SECONDS,
        )
        self._world.files.keep(stored)
        return _success(self._described(stored), "File uploaded successfully")

    def _accepted(self, account: SandboxAccount, path: Path, wanted: str, folder: str) -> Signature:
        """Recognise what may be stored. Raises RequestRefusedError for anything else."""
        place = PurePosixPath(folder.replace("\\", "/"))
        if len(folder) > _LONGEST_PATH or place.is_absolute() or ".." in place.parts:
            raise RequestRefusedError(400, "", "upload_path must be a relative path")
        if len(wanted) > _LONGEST_NAME or re.search(r"[/\\]|^\.\.?$", wanted):
            raise RequestRefusedError(400, "", "file_name must be a name without a path")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not head:
            raise RequestRefusedError(400, "", "The file is empty")
        if len(self._files_of(account)) >= QUOTA:
            raise RequestRefusedError(403, "", f"The quota of {QUOTA} files is used up")
        signature = recognise(head)
        # Formats without a signature (raw AAC, some MP3) pass: only what is recognised as something else does not.
        if signature.kind == "text" or (signature.kind == "image" and signature.name not in _IMAGES):
            raise RequestRefusedError(400, "", f"Unsupported file type: {signature.name}")
        return signature

    def _files_of(self, account: SandboxAccount) -> list[StoredUpload]:
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


def _said(request: Request, content: dict[str, Any] | None, needed: str) -> list[str]:
    """Return the needed field of an upload in JSON, its name and its folder. Raises RequestRefusedError."""
    if content is None or media_type(request) != "application/json":
        raise RequestRefusedError(
            400, "", "The request body must be a JSON object, with Content-Type: application/json"
        )
    if not has_texts(content, (needed, "file_name", "upload_path")) or not text_of(content.get(needed)):
        raise RequestRefusedError(400, "", f"Missing or wrong parameter: {needed}")
    return [content[needed], text_of(content.get("file_name")), text_of(content.get("upload_path"))]


def _decode(text: str, path: Path) -> str:
    """Write what base64 stands for, pure or as a data URL, and return its MIME type, if it is said."""
    head = _DATA_URL.match(text)
    try:
        data = base64.b64decode("".join(text[head.end() if head else 0 :].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestRefusedError(400, "", "base64_data is not valid base64") from error
    if len(data) > LARGEST:
        raise TooLargeError
    path.write_bytes(data)
    return head["kind"] if head else ""


def _success(data: Mapping[str, Any] | None, message: str = "success") -> Response:
    return JSONResponse({"success": True, "code": 200, "msg": message, "data": data})


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, BEIJING).isoformat(timespec="seconds")
