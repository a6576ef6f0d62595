"""EvoLink's files service: send a file, get an address for 72 h.

https://docs.evolink.ai/en/api-manual/file-series/upload-stream documents images only; EvoLink's own client sends audio
and video too, up to 100 MB.
"""

from datetime import UTC, datetime

from lipready.errors import RefusedError
from lipready.providers.evolink_answers import read_accepted, refused_or
from lipready.providers.fields import Table, link, missing, number, table
from lipready.providers.request import Endpoints
from lipready.providers.wire import UPLOAD_SECONDS, Answer, Form, Request

STORED_SECONDS = 72 * 3600.0
"""How long the service keeps a file, where it does not say."""

_MILLISECONDS = 1e11
_LONGEST_TIME = 40


def file_upload(endpoints: Endpoints, path: str, name: str, content_type: str, folder: str = "") -> Request:
    """Make the request that sends the file at `path` as `name`, into `folder` where one is given."""
    fields = (("upload_path", folder),) * bool(folder) + (("file_name", name),)
    return Request(
        method="POST",
        url=f"{endpoints.files}/api/v1/files/upload/stream",
        form=Form(fields=fields, path=path, file_name=name, content_type=content_type),
        seconds=UPLOAD_SECONDS,
    )


def read_file(answer: Answer) -> tuple[str, float | None]:
    """Read the address that a file now has, and for how many seconds (at most 72 h); None where that is not said.

    Raises RefusedError, also where it comes with HTTP 200, and AnswerError where there is no proper address.
    """
    try:
        values = read_accepted(answer)
        if values.get("success") is False or not isinstance(values.get("data"), dict):
            raise refused_or(answer, values, missing("data", "what is known of the file"))
    except RefusedError as error:
        raise _with_advice(error) from None
    data = table(values, "data")
    return link(data.get("file_url"), "data.file_url"), _lifetime(data)


def _with_advice(error: RefusedError) -> RefusedError:
    """Say what helps where the service does not take the file itself."""
    if error.retry != "no" or error.status in {401, 403}:
        return error
    return RefusedError(
        f"{error} EvoLink documents uploads of images only: put audio and video at public addresses if this stays.",
        code=error.code,
        meaning=error.meaning,
        status=error.status,
        retry=error.retry,
        rules=error.rules,
        request_id=error.request_id,
        after=error.after,
    )


def _lifetime(data: Table) -> float | None:
    """Take the difference of two times of the same clock, whose zone thus does not matter."""
    begin, end = _time(data, "upload_time"), _time(data, "expires_at")
    return min(end - begin, STORED_SECONDS) if begin is not None and end is not None and end > begin else None


def _time(data: Table, key: str) -> float | None:
    """Read a time as seconds, milliseconds, or an ISO text; without a zone it is taken for UTC."""
    seconds = number(data, key)
    if seconds is not None:
        return seconds / 1000 if seconds > _MILLISECONDS else seconds
    value = data.get(key)
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
