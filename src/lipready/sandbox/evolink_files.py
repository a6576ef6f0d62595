"""EvoLink's files API, under /api/v1/files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lipready.probe.signature import HEAD_BYTES, recognise
from lipready.sandbox.answers import answer, files_error, unauthorized
from lipready.sandbox.form import FormError, Received, receive_form
from lipready.sandbox.store import Stored, with_suffix

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lipready.sandbox.world import Account, World

LARGEST = 100 * (1 << 20)
QUOTA = 100
KEPT_SECONDS = 72 * 3600
_IMAGES = frozenset({"jpeg", "png", "gif", "webp"})


class EvoLinkFiles:
    """Takes files by stream, lists and deletes them."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def stream(self, request: "Request") -> "Response":
        """Store one file: POST /api/v1/files/upload/stream."""
        account = self._world.account_of(request.headers.get("authorization", ""))
        try:
            received = await receive_form(request, self._world.files.room(), LARGEST)
        except FormError as error:
            return files_error(400, f"The form cannot be read: {error}")
        problem = self._problem(account, received)
        if problem is not None or account is None:
            received.discard()
            return problem or unauthorized("files")
        return self._kept(self._keep(account, received))

    async def list_files(self, request: "Request") -> "Response":
        """List the account's files: GET /api/v1/files/list."""
        account = self._world.account_of(request.headers.get("authorization", ""))
        if account is None:
            return unauthorized("files")
        files = [self._described(stored) for stored in self._files_of(account)]
        return _success({"list": files, "total": len(files)})

    async def quota(self, request: "Request") -> "Response":
        """Tell how many files there are, and may be: GET /api/v1/files/quota."""
        account = self._world.account_of(request.headers.get("authorization", ""))
        if account is None:
            return unauthorized("files")
        used = len(self._files_of(account))
        return _success({"total_files": used, "max_files": QUOTA, "remaining_files": QUOTA - used})

    async def delete(self, request: "Request") -> "Response":
        """Delete a file: DELETE /api/v1/files/ID."""
        account = self._world.account_of(request.headers.get("authorization", ""))
        if account is None:
            return unauthorized("files")
        stored = self._world.files.find(request.path_params["id"], self._world.clock.now())
        if stored is None or stored.account != account.id:
            return files_error(404, "File not found")
        self._world.files.drop(stored.id)
        return _success(None)

    def _problem(self, account: "Account | None", received: Received) -> "Response | None":
        if account is None:
            return unauthorized("files")
        if received.file_name is None:
            return files_error(400, "The field 'file' is missing")
        if received.too_large:
            return files_error(413, "The file is larger than 100 MB")
        if len(self._files_of(account)) >= QUOTA:
            return files_error(403, f"The quota of {QUOTA} files is used up")
        with received.path.open("rb") as file:
            signature = recognise(file.read(HEAD_BYTES))
        # Formats without a signature (raw AAC, some MP3) pass: only what is recognised as something else does not.
        if signature.kind == "text" or (signature.kind == "image" and signature.name not in _IMAGES):
            return files_error(400, f"Unsupported file type: {signature.name}")
        return None

    def _keep(self, account: "Account", received: Received) -> Stored:
        now, name = self._world.clock.now(), f"file_{token_hex(12)}"
        called = Path(received.fields.get("file_name") or received.fields.get("fileName") or received.file_name or "")
        stored = Stored(
            id=name,
            account=account.id,
            path=with_suffix(received.path, called.name),
            name=called.name[:200],
            bytes=received.bytes,
            kind=received.content_type or "application/octet-stream",
            created=now,
            expires=now + KEPT_SECONDS,
        )
        return self._world.files.keep(name, stored)

    def _files_of(self, account: "Account") -> list[Stored]:
        return [stored for stored in self._world.files.files.values() if stored.account == account.id]

    def _kept(self, stored: Stored) -> "Response":
        return _success(self._described(stored))

    def _described(self, stored: Stored) -> dict[str, Any]:
        url = f"{self._world.url}/files/{stored.id}/{quote(stored.name or 'file', safe='')}"
        return {
            "file_id": stored.id,
            "file_name": stored.name,
            "original_name": stored.name,
            "file_size": stored.bytes,
            "mime_type": stored.kind,
            "upload_path": "",
            "file_url": url,
            "download_url": url,
            "upload_time": _clock(stored.created),
            "expires_at": _clock(stored.expires),
        }


def _success(data: Mapping[str, Any] | None) -> "Response":
    return answer({"success": True, "code": 200, "msg": "success", "data": data})


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
