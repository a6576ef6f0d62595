"""A multipart form, read as it comes in, and its file written to the disk."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from lipready.sandbox.api.answers import media_type

_FILE = "file"
_MOST_PARTS = 100
_FIELD_BYTES = 1 << 20
"""What all the fields beside the file may have."""


@dataclass(frozen=True, slots=True)
class ReceivedForm:
    """A form: its fields, the names of those `after` its file, and the file, whose name is None where there was none.

    `bytes` counts the file, and is one more than may be taken where it was too large and is not kept.
    """

    fields: dict[str, str]
    after: list[str]
    file_name: str | None
    content_type: str
    bytes: int


async def receive_form(request: Request, path: Path, most: int) -> ReceivedForm:
    """Read the form of a request, and write its file to `path`, unless it has more than `most` bytes.

    Raises ValueError for a body that is no form, and for one with too many or too large fields.
    """
    if media_type(request) != "multipart/form-data":
        raise ValueError("the body is not multipart/form-data with a boundary")

    async def whole() -> AsyncGenerator[bytes, None]:
        async for chunk in request.stream():
            yield chunk
        # Raised while the parser reads, which then closes what it has opened.
        if not parser.ended:
            raise MultiPartException("the body ends in the middle of the form")

    parser = _BoundedParser(request.headers, whole(), max_files=_MOST_PARTS, max_fields=_MOST_PARTS)
    parser.left = most + 1 + _FIELD_BYTES
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ValueError(error.message.rstrip(".")) from error
    try:
        parts = form.multi_items()
        file = next((part for name, part in parts if name == _FILE), None)
        if isinstance(file, str):
            content = file.encode()
            file = UploadFile(BytesIO(content), size=len(content), filename="")
        size = most + 1 if not parser.left else (file.size or 0) if file else 0
        if file is not None and size <= most:
            with path.open("wb") as target:
                await asyncio.to_thread(shutil.copyfileobj, file.file, target)
        names = [name for name, _ in parts]
        return ReceivedForm(
            fields={name: part for name, part in parts if isinstance(part, str)},
            after=[] if file is None else names[names.index(_FILE) + 1 :],
            file_name=None if file is None else file.filename or "",
            content_type="" if file is None else file.content_type or "",
            bytes=size,
        )
    finally:
        await form.close()


class _BoundedParser(MultiPartParser):
    """Takes `left` bytes of all parts together, drops the rest, and knows whether the form has come to its end."""

    left = 0
    ended = False

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self.left:
            end = min(end, start + self.left)
            self.left -= end - start
            super().on_part_data(data, start, end)

    def on_end(self) -> None:
        self.ended = True
