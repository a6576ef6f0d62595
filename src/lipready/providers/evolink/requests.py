"""EvoLink: what its VideoRetalk service is asked, and how politely.

https://docs.evolink.ai/en/api-manual/video-series/videoretalk/videoretalk-video-generate; the key of idempotency,
the list and the batch of tasks and the credits as in EvoLink's own client (providers.md B2).
"""

import re
from collections.abc import Sequence

from lipready.errors import UsageError
from lipready.providers.evolink.answers import (
    read_cancel,
    read_credits,
    read_list,
    read_submitted,
    read_task,
    read_tasks,
)
from lipready.providers.evolink.codes import explain
from lipready.providers.fields import asked_id
from lipready.providers.request import Endpoints, Submission
from lipready.providers.service import Service
from lipready.providers.transport.wire import PAID_SECONDS, HttpRequest

MODEL = "videoretalk"
PAGE_SIZE = 50
MOST_AT_ONCE = 50

_HOUR = 3600.0
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")


def submit(endpoints: Endpoints, submission: Submission, key: str) -> HttpRequest:
    """Ask for a result video. `key` (16–96 letters, digits, dots and dashes) names the request; nothing relies on it.

    Raises UsageError for another key.
    """
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise UsageError("A key of idempotency at EvoLink has 16 to 96 letters, digits, dots and dashes.")
    body: dict[str, object] = {
        "model": submission.model,
        "video_url": submission.video_url,
        "audio_url": submission.audio_url,
        "video_extension": submission.video_extension,
    }
    optional = {
        "ref_image_url": submission.reference_url,
        "query_face_threshold": submission.face_threshold,
        "callback_url": submission.callback_url,
    }
    return HttpRequest(
        method="POST",
        url=f"{endpoints.api}/videos/generations",
        headers={"Idempotency-Key": key},
        json=body | {name: value for name, value in optional.items() if value is not None},
        seconds=PAID_SECONDS,
    )


def query(endpoints: Endpoints, task_id: str) -> HttpRequest:
    """Ask for one task. Raises UsageError where the id cannot be one."""
    return HttpRequest(method="GET", url=f"{endpoints.api}/tasks/{asked_id(task_id)}")


def query_all(endpoints: Endpoints, task_ids: Sequence[str]) -> HttpRequest:
    """Ask for up to `MOST_AT_ONCE` tasks at once; ids that the account does not have are left out of the answer.

    Raises UsageError where an id cannot be one.
    """
    ids = [asked_id(each) for each in task_ids]
    return HttpRequest(method="POST", url=f"{endpoints.api}/tasks/batch", json={"task_ids": ids})


def credits_left(endpoints: Endpoints) -> HttpRequest:
    """Ask for the credits of the account and of the key."""
    return HttpRequest(method="GET", url=f"{endpoints.api}/credits")


def list_tasks(endpoints: Endpoints, page: int) -> HttpRequest:
    """Ask for a page (from 1) of the account's tasks, the newest first."""
    return HttpRequest(method="GET", url=f"{endpoints.api}/tasks?model={MODEL}&page={page}&page_size={PAGE_SIZE}")


SERVICE = Service(
    name="evolink",
    title="EvoLink",
    key_variable="EVOLINK_API_KEY",
    # No rates are documented; these are those of the model behind it, and what EvoLink's own client does.
    submit_interval=1.0,
    read_interval=1 / 20,
    poll_seconds=8.0,
    longest_seconds=3 * _HOUR,
    submit=submit,
    read_submitted=read_submitted,
    query=query,
    read_task=read_task,
    list_tasks=list_tasks,
    read_list=read_list,
    query_all=query_all,
    read_tasks=read_tasks,
    most_at_once=MOST_AT_ONCE,
    credits_left=credits_left,
    read_credits=read_credits,
    cancel=None,
    read_cancel=read_cancel,
    explain=explain,
)
