"""Whatever a server sends, a reader gives its value or one of two exceptions, fit to be printed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import AnswerError, RefusedError
from lipready.facts.task import TaskState
from lipready.providers.dashscope import requests as dashscope
from lipready.providers.dashscope import upload as dashscope_upload
from lipready.providers.evolink import files as evolink_files
from lipready.providers.evolink import requests as evolink
from lipready.providers.evolink import requests as evolink_answers
from lipready.providers.transport.wire import HttpResponse

READERS: dict[str, Callable[[HttpResponse], Any]] = {
    "dashscope submitted": dashscope.SERVICE.read_submitted,
    "dashscope task": dashscope.SERVICE.read_task,
    "dashscope list": dashscope.SERVICE.read_list,
    "dashscope cancel": dashscope.SERVICE.read_cancel,
    "dashscope policy": dashscope_upload.read_policy,
    "dashscope upload": dashscope_upload.read_upload,
    "evolink submitted": evolink.SERVICE.read_submitted,
    "evolink task": evolink.SERVICE.read_task,
    "evolink list": evolink.SERVICE.read_list,
    "evolink tasks": evolink_answers.read_tasks,
    "evolink credits": evolink_answers.read_credits,
    "evolink file": evolink_files.read_file,
    "evolink copy": evolink_files.read_copy,
    "evolink quota": evolink_files.read_quota,
    "evolink deleted": evolink_files.read_deleted,
}
KEYS = st.sampled_from(
    """output task_id task_status video_url code message request_id data usage video_duration page_no total_page
    model_name gmt_create upload_dir upload_host policy signature oss_access_key_id expire_in_seconds max_file_size_mb
    id status results error type progress success msg file_url upload_time expires_at page page_size total
    created_at file_id remain_files max_files user token remaining_credits unlimited_credits""".split()  # noqa: SIM905
)
VALUES = st.sampled_from(
    ["SUCCEEDED", "FAILED", "completed", "failed", "UNKNOWN", "a85-1", "https://h/x?s", "ftp://h", "Throttling", "300"]
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | VALUES
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=8), max_leaves=20
)
BODIES = st.binary(max_size=100) | st.dictionaries(KEYS, JSON, max_size=8).map(
    lambda values: json.dumps(values).encode()
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "date", "x-request-id", "x-oss-request-id"]), st.text(max_size=40)
)
STATUSES = st.sampled_from([200, 200, 200, 201, 302, 400, 401, 429, 500, 503]) | st.integers(-1, 1000)


@pytest.mark.parametrize("name", READERS)
@given(status=STATUSES, headers=HEADERS, body=BODIES)
def test_a_value_or_one_of_two_exceptions(name: str, status: int, headers: dict[str, str], body: bytes) -> None:
    caught: AnswerError | RefusedError | None = None
    value: object = None
    try:
        value = READERS[name](HttpResponse(status, headers, body))
    except (AnswerError, RefusedError) as error:
        caught = error
    assert str(caught).isprintable()
    if isinstance(caught, RefusedError):
        assert caught.retry in {"again", "once", "ask", "account", "no"}
        assert caught.code.isprintable()
    if isinstance(value, TaskState):
        assert value.said.isprintable()
        assert value.id.isascii()
        assert (value.status == "succeeded") == (value.result_url is not None)


@given(code=st.text(), status=st.none() | st.integers())
def test_any_code_can_be_explained(code: str, status: int | None) -> None:
    for service in (dashscope.SERVICE, evolink.SERVICE):
        assert service.explain(code).retry in {"again", "once", "ask", "account", "no"}
    assert dashscope.explain(code, status).advice
    assert evolink.explain(code, status).advice
