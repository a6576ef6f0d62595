"""DashScope's side of the sandbox, under /api/v1."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from lipready.sandbox.api.answers import (
    RequestRefusedError,
    dashscope_answer,
    dashscope_error,
    has_texts,
    json_body,
    number_of,
    refusal,
    says_json,
    text_of,
    threshold_of,
    unauthorized,
)
from lipready.sandbox.api.oss import issue
from lipready.sandbox.faults.injection import BESIDE, EXPIRED
from lipready.sandbox.store import BEIJING
from lipready.sandbox.tasks.task import ENDED, Asked, SandboxTask

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lipready.sandbox.world import SandboxAccount, World

MODEL = "videoretalk"

_PAGE_SIZE = 10
_LARGEST_PAGE = 100
_MOST_PAGES = 100_000_000
_DAY = 24 * 3600.0
_FILTERS = ("task_id", "model_name", "status", "api_key_id", "region")
"""What a list can be asked for besides its window and its page, by the names that its rows have."""

NO_WORKSPACE = "invalid"
"""The workspace that no key may enter; any other is there, with tasks of its own."""


Handler = Callable[["DashScope", "Request", "_Caller"], Awaitable["Response"]]


class _Caller(NamedTuple):
    """Who asks: tasks belong to an account, and within it to a workspace ("" for the default one)."""

    account: "SandboxAccount"
    workspace: str


def _entered(rate: str) -> Callable[[Handler], Callable[["DashScope", "Request"], Awaitable["Response"]]]:
    """Refuse a request without a key or a workspace, and one above the rate of the account."""

    def around(handler: Handler) -> Callable[["DashScope", "Request"], Awaitable["Response"]]:
        @wraps(handler)
        async def answer(self: "DashScope", request: "Request") -> "Response":
            account = self.world.account_of(request.headers.get("authorization", ""))
            workspace = request.headers.get("x-dashscope-workspace", "").strip()
            if account is None:
                return unauthorized("dashscope")
            if workspace == NO_WORKSPACE:
                return dashscope_error(403, "Workspace.AccessDenied", "Workspace access denied.")
            if not getattr(account, rate).admits(self.world.clock.steady()):
                return refusal("dashscope", 429)
            try:
                return await handler(self, request, _Caller(account, workspace))
            except RequestRefusedError as refused:
                return dashscope_error(refused.status, refused.code, refused.message)

        return answer

    return around


class DashScope:
    """Answers as the documentation of Model Studio says."""

    def __init__(self, world: "World") -> None:
        self.world = world

    @_entered("policies")
    async def policy(self, request: "Request", caller: _Caller) -> "Response":
        """Return a policy for an upload: GET /api/v1/uploads?action=getPolicy&model=…."""
        query, world = request.query_params, self.world
        if query.get("action") != "getPolicy" or not query.get("model"):
            raise RequestRefusedError(400, "InvalidParameter", "Field required: action=getPolicy, model")
        if query["model"] != MODEL:
            raise RequestRefusedError(404, "ModelNotFound", "Model can not be found.")
        expired = bool(request.scope.get(EXPIRED))
        data = issue(world.secret, caller.account.id, world.largest_upload, world.clock.now(), expired=expired)
        return dashscope_answer({"data": {**data, "upload_host": f"{world.url}/upload"}})

    @_entered("submits")
    async def submit(self, request: "Request", caller: _Caller) -> "Response":
        """Take a paid request."""
        asked = _read(await json_body(request), request)
        task = self.world.submit("dashscope", caller.account, asked, caller.workspace)
        output = {"task_id": task.id, "task_status": task.status}
        return dashscope_answer({"output": output, "request_id": task.request_id})

    @_entered("queries")
    async def query(self, request: "Request", caller: _Caller) -> "Response":
        """Return the state of a task; an unknown one is no error."""
        name = request.path_params["id"]
        task = self.world.task_of("dashscope", *caller, name)
        if task is None or "unknown" in request.scope[BESIDE]:
            return dashscope_answer({"output": {"task_id": name, "task_status": "UNKNOWN"}})
        return dashscope_answer(_described(task, self.world.url))

    @_entered("cancels")
    async def cancel(self, request: "Request", caller: _Caller) -> "Response":
        """Cancel a task that has not begun."""
        task = self.world.task_of("dashscope", *caller, request.path_params["id"])
        if task is None or task.state != "PENDING":
            message = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise RequestRefusedError(400, "UnsupportedOperation", message)
        task.state, task.ended = "CANCELED", self.world.clock.now()
        return dashscope_answer({})

    @_entered("lists")
    async def list_tasks(self, request: "Request", caller: _Caller) -> "Response":
        """List the account's tasks, the newest first."""
        try:
            page = number_of(request, "page_no", 1, _MOST_PAGES)
            size = number_of(request, "page_size", _PAGE_SIZE, _LARGEST_PAGE)
            begin, end = _window(request, self.world.clock.now())
        except ValueError as error:
            raise RequestRefusedError(400, "InvalidParameter", f"{error}.") from error
        query = {name: value for name, value in request.query_params.items() if value}
        found = self.world.listed("dashscope", *caller, request.scope[BESIDE])
        rows = [_row(task, caller.account) for task in found if begin <= task.created <= end]
        rows = [row for row in rows if all(query.get(name, row[name]) == row[name] for name in _FILTERS)]
        totals = {"total": len(rows), "total_page": -(-len(rows) // size), "page_no": page, "page_size": size}
        return dashscope_answer({"data": rows[(page - 1) * size : page * size], **totals})


def _read(body: dict[str, Any] | None, request: "Request") -> Asked:
    """Read a submission. Raises RequestRefusedError."""
    if body is None or not says_json(request):
        raise RequestRefusedError(400, "BadRequest.IllegalInput", "The input parameter requires json format.")
    if not text_of(body.get("model")):
        raise RequestRefusedError(400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
    if body["model"] != MODEL:
        raise RequestRefusedError(404, "ModelNotFound", "Model can not be found.")
    if request.headers.get("x-dashscope-async", "").lower() != "enable":
        raise RequestRefusedError(403, "AccessDenied", "current user api does not support synchronous calls.")
    asked = _asked(body)
    resolves = request.headers.get("x-dashscope-ossresourceresolve", "").lower() == "enable"
    for url in (asked.video_url, asked.audio_url, asked.reference_url):
        if url.startswith("oss://") and not resolves:
            message = (
                "Unable to download the media resource during the data inspection process: "
                f"No connection adapters were found for '{url}'"
            )
            raise RequestRefusedError(400, "InvalidParameter.DataInspection", message)
    return asked


def _asked(body: dict[str, Any]) -> Asked:
    given, parameters = body.get("input"), body.get("parameters")
    if not isinstance(given, dict) or not given:
        raise RequestRefusedError(400, "InvalidParameter", "Field required: input")
    for name in ("video_url", "audio_url"):
        if not text_of(given.get(name)):
            raise RequestRefusedError(400, "InvalidParameter", f"Field required: input.{name}")
    if not has_texts(given, ("ref_image_url",)):
        raise RequestRefusedError(400, "InvalidParameter", "Field required: input.ref_image_url must be a string")
    parameters = {} if parameters is None else parameters
    if not isinstance(parameters, dict) or not isinstance(parameters.get("video_extension", False), bool):
        raise RequestRefusedError(
            400, "InvalidParameter", "Field required: parameters.video_extension must be a boolean"
        )
    try:
        threshold = threshold_of(parameters.get("query_face_threshold"))
    except ValueError as error:
        raise RequestRefusedError(400, "InvalidParameter", f"{error}.") from error
    return Asked(
        model=MODEL,
        video_url=text_of(given["video_url"]),
        audio_url=text_of(given["audio_url"]),
        reference_url=text_of(given.get("ref_image_url")),
        extension=parameters.get("video_extension", False),
        threshold=threshold,
    )


def _described(task: SandboxTask, url: str) -> dict[str, Any]:
    output = {"task_id": task.id, "task_status": task.status, "submit_time": _clock(task.created)}
    if task.started is not None:
        output["scheduled_time"] = _clock(task.started)
    if task.ended is not None:
        output["end_time"] = _clock(task.ended)
    if task.state == "FAILED":
        output |= {"code": task.code, "message": task.message}
    video = task.video
    if task.state != "SUCCEEDED" or video is None:
        return {"output": output}
    output["video_url"] = f"{url}/results/{task.result}"
    usage = {
        "video_duration": video.seconds,
        "size": f"{video.width}*{video.height}",
        "video_ratio": "standard",
        "fps": round(video.rate),
    }
    return {"output": output, "usage": usage}


def _row(task: SandboxTask, account: "SandboxAccount") -> dict[str, Any]:
    row: dict[str, Any] = {
        "task_id": task.id,
        "request_id": task.request_id,
        "status": task.status,
        "model_name": task.asked.model,
        "region": "cn-beijing",
        "api_key_id": account.id,
        "caller_uid": account.id,
        "caller_parent_id": account.id,
        "gmt_create": round(task.created * 1000),
        "user_api_unique_key": f"apikey:v1:services:aigc:image2video:video-synthesis:{task.asked.model}",
    }
    if task.started is not None:
        row["start_time"] = round(task.started * 1000)
    if task.state in ENDED and task.ended is not None:
        row["end_time"] = round(task.ended * 1000)
    return row


def _window(request: "Request", now: float) -> tuple[float, float]:
    """Read the window of a list, in seconds since 1970: a day at most, and the last day by default."""
    given = [request.query_params.get(name, "") for name in ("start_time", "end_time")]
    end = _moment(given[1]) + 1 if given[1] else now
    begin = _moment(given[0]) if given[0] else end - _DAY
    if not 0 <= end - begin <= _DAY + 1:
        raise ValueError("end_time must be within 24 hours after start_time")
    return begin, end


def _moment(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).timestamp()
    except ValueError as error:
        raise ValueError("start_time and end_time must be written YYYYMMDDhhmmss") from error


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC).astimezone(BEIJING):%Y-%m-%d %H:%M:%S.%f}"[:-3]
