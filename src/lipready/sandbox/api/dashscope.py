"""DashScope's side of the sandbox, under /api/v1."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lipready.sandbox.api.answers import (
    RequestRefusedError,
    account_of,
    asked_of,
    dashscope_answer,
    has_texts,
    json_body,
    media_type,
    page_of,
    refusal,
    refusing,
    text_of,
)
from lipready.sandbox.api.oss import issue
from lipready.sandbox.faults.injection import BESIDE
from lipready.sandbox.store import BEIJING
from lipready.sandbox.tasks.task import ENDED, MODEL, Asked, SandboxTask
from lipready.sandbox.world import SandboxAccount, World

_PAGE_SIZE = 10
_DAY = 24 * 3600.0
_FILTERS = ("task_id", "model_name", "status", "api_key_id", "region")
"""What a list can be asked for besides its window and its page, by the names that its rows have."""

NO_WORKSPACE = "invalid"
"""The workspace that no key may enter; any other is there, with tasks of its own."""


class DashScope:
    """Answers as the documentation of Model Studio says."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _enter(self, request: Request, rate: str) -> tuple[SandboxAccount, str]:
        """Return who asks: an account, and its workspace ("" for the default one).

        Raises RequestRefusedError without a key or such a workspace, and above that rate of the account.
        """
        account = account_of(self._world, request, "dashscope")
        workspace = request.headers.get("x-dashscope-workspace", "").strip()
        if workspace == NO_WORKSPACE:
            raise RequestRefusedError(403, "Workspace.AccessDenied", "Workspace access denied.")
        if not account.rates[rate].admits(self._world.clock.steady()):
            raise refusal("429", "dashscope")
        return account, workspace

    async def policy(self, request: Request) -> Response:
        """Return a policy for an upload: GET /api/v1/uploads?action=getPolicy&model=…."""
        account, _ = self._enter(request, "policy")
        query, world = request.query_params, self._world
        if query.get("action") != "getPolicy" or not query.get("model"):
            raise RequestRefusedError(400, "InvalidParameter", "Field required: action=getPolicy, model")
        _require_model(query["model"])
        expired = "expired" in request.scope[BESIDE]
        data = issue(world.secret, account.id, world.options.upload_bytes, world.clock.now(), expired=expired)
        return dashscope_answer({"data": {**data, "upload_host": f"{world.url}/upload"}})

    async def submit(self, request: Request) -> Response:
        """Take a paid request."""
        account, workspace = self._enter(request, "submit")
        asked = _read(await json_body(request), request)
        asked = replace(asked, fails="fail" in request.scope[BESIDE])
        task = self._world.submit("dashscope", account, asked, workspace)
        output = {"task_id": task.id, "task_status": task.status}
        return dashscope_answer({"output": output, "request_id": task.request_id})

    async def query(self, request: Request) -> Response:
        """Return the state of a task; an unknown one is no error."""
        caller, name = self._enter(request, "poll"), request.path_params["id"]
        task = self._world.task_of("dashscope", *caller, name)
        if task is None or "unknown" in request.scope[BESIDE]:
            return dashscope_answer({"output": {"task_id": name, "task_status": "UNKNOWN"}})
        return dashscope_answer(_described(task, self._world.url))

    async def cancel(self, request: Request) -> Response:
        """Cancel a task that has not begun."""
        caller = self._enter(request, "cancel")
        task = self._world.task_of("dashscope", *caller, request.path_params["id"])
        if task is None or task.state != "PENDING":
            message = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise RequestRefusedError(400, "UnsupportedOperation", message)
        task.state, task.ended = "CANCELED", self._world.clock.now()
        return dashscope_answer({})

    async def list_tasks(self, request: Request) -> Response:
        """List the account's tasks, the newest first."""
        account, workspace = self._enter(request, "list")
        with refusing("InvalidParameter", "{}."):
            page = page_of(request, "page_no", "page_size", _PAGE_SIZE)
            begin, end = _window(request, self._world.clock.now())
        query = {name: value for name, value in request.query_params.items() if value}
        found = self._world.listed("dashscope", account, workspace, request.scope[BESIDE])
        rows = [_row(task, account) for task in found if begin <= task.created <= end]
        rows = [row for row in rows if all(query.get(name, row[name]) == row[name] for name in _FILTERS)]
        totals = {"total": len(rows), "total_page": -(-len(rows) // page.size)}
        return dashscope_answer({"data": page.of(rows), **totals, "page_no": page.number, "page_size": page.size})


def _read(body: dict[str, Any] | None, request: Request) -> Asked:
    """Read a submission. Raises RequestRefusedError."""
    if body is None or media_type(request) != "application/json":
        raise RequestRefusedError(400, "BadRequest.IllegalInput", "The input parameter requires json format.")
    if not text_of(body.get("model")):
        raise RequestRefusedError(400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
    _require_model(body["model"])
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


def _require_model(name: str) -> None:
    if name != MODEL:
        raise RequestRefusedError(404, "ModelNotFound", "Model can not be found.")


def _asked(body: dict[str, Any]) -> Asked:
    given: Any = body.get("input")
    parameters = {} if body.get("parameters") is None else body["parameters"]
    _require(isinstance(given, dict) and given, "input")
    for name in ("video_url", "audio_url"):
        _require(text_of(given.get(name)), f"input.{name}")
    _require(has_texts(given, ("ref_image_url",)), "input.ref_image_url must be a string")
    extends = parameters.get("video_extension", False) if isinstance(parameters, dict) else None
    _require(isinstance(extends, bool), "parameters.video_extension must be a boolean")
    with refusing("InvalidParameter", "{}."):
        return asked_of(given, parameters)


def _require(given: object, what: str) -> None:
    if not given:
        raise RequestRefusedError(400, "InvalidParameter", f"Field required: {what}")


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


def _row(task: SandboxTask, account: SandboxAccount) -> dict[str, Any]:
    row: dict[str, Any] = {
        "task_id": task.id,
        "request_id": task.request_id,
        "status": task.status,
        "model_name": MODEL,
        "region": "cn-beijing",
        "api_key_id": account.id,
        "caller_uid": account.id,
        "caller_parent_id": account.id,
        "gmt_create": round(task.created * 1000),
        "user_api_unique_key": f"apikey:v1:services:aigc:image2video:video-synthesis:{MODEL}",
    }
    if task.started is not None:
        row["start_time"] = round(task.started * 1000)
    if task.state in ENDED and task.ended is not None:
        row["end_time"] = round(task.ended * 1000)
    return row


def _window(request: Request, now: float) -> tuple[float, float]:
    """Read the window of a list, in seconds since 1970: a day at most, and the last day by default."""
    begins, ends = (request.query_params.get(name, "") for name in ("start_time", "end_time"))
    end = _moment(ends) + 1 if ends else now
    begin = _moment(begins) if begins else end - _DAY
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
