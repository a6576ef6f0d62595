"""DashScope (Alibaba Cloud Model Studio): what its VideoRetalk service is asked, and how politely.

https://help.aliyun.com/zh/model-studio/videoretalk and https://help.aliyun.com/zh/model-studio/manage-asynchronous-tasks
"""

from lipready.providers.dashscope.answers import MODEL, read_cancel, read_list, read_submitted, read_task
from lipready.providers.dashscope.codes import explain
from lipready.providers.fields import asked_id
from lipready.providers.request import Endpoints, Submission, workspace_header
from lipready.providers.service import Service
from lipready.providers.transport.wire import PAID_SECONDS, HttpRequest

PAGE_SIZE = 100

_HOUR = 3600.0


def submit(endpoints: Endpoints, submission: Submission, _key: str) -> HttpRequest:
    """Ask for a result video. The key of idempotency has no place there, and neither has a callback."""
    parameters: dict[str, object] = {"video_extension": submission.video_extension}
    if submission.face_threshold is not None:
        parameters["query_face_threshold"] = submission.face_threshold
    inputs = {"video_url": submission.video_url, "audio_url": submission.audio_url}
    if submission.reference_url is not None:
        inputs["ref_image_url"] = submission.reference_url
    headers = {"X-DashScope-Async": "enable", **workspace_header(endpoints)}
    if any(address.lower().startswith("oss://") for address in inputs.values()):
        headers["X-DashScope-OssResourceResolve"] = "enable"
    return HttpRequest(
        method="POST",
        url=f"{endpoints.api}/services/aigc/image2video/video-synthesis/",
        headers=headers,
        json={"model": submission.model, "input": inputs, "parameters": parameters},
        seconds=PAID_SECONDS,
    )


def query(endpoints: Endpoints, task_id: str) -> HttpRequest:
    """Ask for one task. Raises UsageError where the id cannot be one."""
    url = f"{endpoints.api}/tasks/{asked_id(task_id)}"
    return HttpRequest(method="GET", url=url, headers=workspace_header(endpoints))


def list_tasks(endpoints: Endpoints, page: int) -> HttpRequest:
    """Ask for a page (from 1) of the tasks that the account has started in the last 24 h."""
    url = f"{endpoints.api}/tasks/?page_no={page}&page_size={PAGE_SIZE}&model_name={MODEL}"
    return HttpRequest(method="GET", url=url, headers=workspace_header(endpoints))


def cancel(endpoints: Endpoints, task_id: str) -> HttpRequest:
    """Ask to cancel a task, which works only while it waits. Raises UsageError where the id cannot be one."""
    url = f"{endpoints.api}/tasks/{asked_id(task_id)}/cancel"
    return HttpRequest(method="POST", url=url, headers=workspace_header(endpoints))


SERVICE = Service(
    name="dashscope",
    title="Alibaba Cloud Model Studio (DashScope)",
    key_variable="DASHSCOPE_API_KEY",
    # One a second (A4), and a little: what sets out a second apart may arrive closer.
    submit_interval=1.02,
    read_interval=1 / 20,
    poll_seconds=15.0,
    longest_seconds=3 * _HOUR,
    submit=submit,
    read_submitted=read_submitted,
    query=query,
    read_task=read_task,
    list_tasks=list_tasks,
    read_list=read_list,
    cancel=cancel,
    read_cancel=read_cancel,
    explain=explain,
)
