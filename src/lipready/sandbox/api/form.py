"""A multipart form, read as it comes in: its fields, and its file straight to the disk."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

_LONGEST_FIELD = 1 << 20
_MOST_FIELDS = 100


class FormError(Exception):
    """The body is no form that can be read; the message says why."""


@dataclass(slots=True)
class Received:
    """A form. `bytes` counts the file even where it outgrew `most` and was not kept; `late` is fields after the file.

    `file_name` is None where there was no file.
    """

    path: Path
    most: int
    fields: dict[str, str] = field(default_factory=dict)
    file_name: str | None = None
    content_type: str = ""
    bytes: int = 0
    late: list[str] = field(default_factory=list)

    @property
    def too_large(self) -> bool:
        """Whether the file outgrew what was allowed."""
        return self.bytes > self.most

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


async def receive_form(request: "Request", path: Path, most: int, file_field: str = "file") -> Received:
    """Read the form of a request, its file to `path`, of which at most `most` bytes are kept.

    Raises FormError. The file is removed where reading it fails.
    """
    from python_multipart.exceptions import FormParserError

    received = Received(path, most)
    with path.open("wb") as file:
        try:
            reader = _Reader(request.headers.get("content-type", ""), received, file, file_field)
            async for chunk in request.stream():
                reader.write(chunk)
            reader.finish()
        except BaseException as error:
            received.discard()
            if isinstance(error, FormParserError):
                raise FormError(str(error)) from error
            raise
    return received


class _Reader:
    """Hears what the parser finds."""

    def __init__(self, content_type: str, received: Received, file: IO[bytes], file_field: str) -> None:
        from python_multipart.multipart import MultipartParser, parse_options_header

        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise FormError("the body is not multipart/form-data with a boundary")
        self._received, self._file, self._file_field = received, file, file_field
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._name, self._in_file, self._ended = "", False, False
        self._data = bytearray()
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin,
                "on_header_field": self._take_header,
                "on_header_value": self._take_value,
                "on_header_end": self._keep_header,
                "on_headers_finished": self._start,
                "on_part_data": self._take,
                "on_part_end": self._end,
                "on_end": self._finished,
            },
        )

    def write(self, chunk: bytes) -> None:
        if chunk:
            self._parser.write(chunk)

    def finish(self) -> None:
        self._parser.finalize()
        if not self._ended:
            raise FormError("the body ends in the middle of the form")

    def _begin(self) -> None:
        self._headers, self._header, self._value = {}, b"", b""
        self._data.clear()

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _keep_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _start(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._in_file = self._name == self._file_field and self._received.file_name is None
        if self._in_file:
            self._received.file_name = options.get(b"filename", b"").decode("utf-8", "replace")
            self._received.content_type = self._headers.get(b"content-type", b"").decode("latin-1")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if not self._in_file:
            self._data += data[start:end]
            if len(self._data) > _LONGEST_FIELD:
                raise FormError(f"the field {self._name[:100]!r} is too long")
            return
        self._received.bytes += end - start
        if not self._received.too_large:
            self._file.write(memoryview(data)[start:end])

    def _end(self) -> None:
        if self._in_file:
            self._in_file = False
            return
        if self._received.file_name is not None:
            self._received.late.append(self._name)
        if len(self._received.fields) >= _MOST_FIELDS:
            raise FormError("the form has too many fields")
        self._received.fields[self._name] = self._data.decode("utf-8", "replace")

    def _finished(self) -> None:
        self._ended = True
