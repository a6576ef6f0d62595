"""EvoLink's side of the sandbox, under /v1."""

import asyncio
import ipaddress
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

import av
from starlette.requests import Request
from starlette.responses import Response

from lipready.probe.remote import examine_callback
from lipready.sandbox.api.answers import (
    RequestRefusedError,
    account_of,
    asked_of,
    evolink_answer,
    has_texts,
    json_body,
    media_type,
    page_of,
    refusing,
    text_of,
)
from lipready.sandbox.faults.injection import BESIDE
from lipready.sandbox.tasks.task import ENDED, MODEL, Asked, Replay, SandboxTask
from lipready.sandbox.world import SandboxAccount, World

PREFIX = "task-unified-"

CREDITS_A_SECOND = Fraction(4, 5)
"""DashScope's 0.08 CNY at 10 credits for one; EvoLink's own price is not documented."""

CREDITS_A_YUAN, CREDITS_A_DOLLAR = 10, 68
BALANCE = 10_000
"""Credits that an account has at first."""

_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")
_LONGEST_CALLBACK = 2048
_PAGE_SIZE = 20
_LARGEST_BATCH = 50
_LONGEST = Fraction(120)
"""Seconds that an input is taken to last where that is not known: what the model takes at most."""

_ESTIMATED_SECONDS = 90
_URLS = ("video_url", "audio_url", "ref_image_url", "callback_url")


class EvoLink:
    """Answers as EvoLink's pages and its own client say."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def submit(self, request: Request) -> Response:
        """Take a paid request; the same Idempotency-Key with the same body gives the same task."""
        body = await json_body(request)
        account = self._account(request)
        key = _idempotency_key(request)
        _require_json(request)
        asked = _asked(body)
        if asked.callback:
            await asyncio.to_thread(_allow_callback, asked.callback, local=self._world.options.local_callbacks)
        estimated = await asyncio.to_thread(_estimated, self._world, asked)
        asked = replace(asked, estimated=estimated, fails="fail" in request.scope[BESIDE])
        # From here to the end nothing is awaited, so that two requests of one key cannot both be the first.
        if "ignore-key" in request.scope[BESIDE]:
            key = ""
        before = account.replays.get(key) if key else None
        if before is not None and before.body != body:
            message = "Idempotency-Key was already used for a different request body"
            raise RequestRefusedError(409, "idempotency_conflict", message)
        if before is not None:
            return evolink_answer(before.answer, headers={"idempotency-replayed": "true"})
        answer = described(self._world.submit("evolink", account, asked), self._world.url)
        if key:
            account.replays[key] = Replay(body or {}, answer)
        return evolink_answer(answer)

    async def query(self, request: Request) -> Response:
        """Return the state of a task."""
        account, name = self._account(request), request.path_params["id"]
        if not name.startswith(PREFIX):
            raise RequestRefusedError(400, "invalid_task_id", f"task_id must start with '{PREFIX}'", "task_id")
        task = self._world.task_of("evolink", account, "", name)
        if task is None or "unknown" in request.scope[BESIDE]:
            raise RequestRefusedError(404, "invalid_task_id", "Task not found", "task_id")
        return evolink_answer(described(task, self._world.url))

    async def batch(self, request: Request) -> Response:
        """Return the states of several tasks; those that are not known are left out."""
        body = await json_body(request)
        account = self._account(request)
        _require_json(request)
        names = _task_ids(body)
        known = () if "unknown" in request.scope[BESIDE] else names
        tasks = [self._world.task_of("evolink", account, "", name) for name in known]
        return evolink_answer({"data": [described(task, self._world.url) for task in tasks if task is not None]})

    async def credits(self, request: Request) -> Response:
        """Return what is left of the account, and what this key has spent of it."""
        tasks = self._world.tasks_of("evolink", self._account(request), "")
        spent = sum((_used(task) for task in tasks), Fraction(0))
        own = sum((_used(task) for task in tasks if not task.foreign), Fraction(0))
        left = _rounded(BALANCE - spent)
        token = {"remaining_credits": left, "unlimited_credits": True, "used_credits": _rounded(own)}
        user = {"remaining_credits": left, "used_credits": _rounded(spent)}
        return evolink_answer({"data": {"token": token, "user": user}, "message": "", "success": True})

    async def list_tasks(self, request: Request) -> Response:
        """List the account's tasks, the newest first."""
        account = self._account(request)
        with refusing("invalid_request_error"):
            page = page_of(request, "page", "page_size", _PAGE_SIZE)
        query = request.query_params
        rows = [
            _row(task)
            for task in self._world.listed("evolink", account, "", request.scope[BESIDE])
            if query.get("status") in {None, "", task.status, *(("processing",) if task.status == "pending" else ())}
            and query.get("model") in {None, "", MODEL}
            and query.get("type") in {None, "", "video"}
        ]
        totals = {"total": len(rows), "page": page.number, "page_size": page.size}
        return evolink_answer({"data": page.of(rows), **totals})

    def _account(self, request: Request) -> SandboxAccount:
        return account_of(self._world, request, "evolink")


def described(task: SandboxTask, url: str) -> dict[str, Any]:
    """Return a task as the query and the callback do."""
    video, running = task.video, task.state not in ENDED
    reserved = _rounded(task.asked.estimated * CREDITS_A_SECOND)
    usage: dict[str, Any] = {"billing_rule": "per_second", "credits_reserved": reserved, "user_group": "default"}
    info = {
        "can_cancel": False,
        "estimated_time": _ESTIMATED_SECONDS if running else 0,
        "video_duration": int(video.seconds if video else task.asked.estimated),
    }
    said: dict[str, Any] = {
        "created": int(task.created),
        "id": task.id,
        "model": MODEL,
        "object": "video.generation.task",
        "progress": task.progress,
        "status": task.status,
        "task_info": info,
        "type": "video",
        "usage": usage,
    }
    if task.state == "SUCCEEDED" and video is not None:
        said["results"] = [f"{url}/results/{task.result}"]
        used = _used(task)
        cost = {"usd": _rounded(used / CREDITS_A_DOLLAR), "cny": _rounded(used / CREDITS_A_YUAN)}
        usage |= {"credits_used": _rounded(used), "cost": {"credits": _rounded(used), **cost}}
    if task.state == "FAILED":
        said["error"] = {"code": task.code, "message": task.message}
    return said


def _row(task: SandboxTask) -> dict[str, Any]:
    return {
        "id": task.id,
        "model": MODEL,
        "type": "video",
        "status": task.status,
        "progress": task.progress,
        "created_at": int(task.created),
        "has_results": task.state == "SUCCEEDED",
        "result_count": int(task.state == "SUCCEEDED"),
        "has_error": task.state == "FAILED",
        "credits_used": _rounded(_used(task)),
    }


def _used(task: SandboxTask) -> Fraction:
    """Return the credits that a task has cost: none before it has succeeded."""
    return Fraction(task.video.seconds) * CREDITS_A_SECOND if task.video and task.state == "SUCCEEDED" else Fraction(0)


def _rounded(amount: Fraction) -> float:
    return float(round(amount, 4))


def _estimated(world: World, asked: Asked) -> Fraction:
    """Return the estimated length of a result, by the files that were uploaded here: no other is read yet."""
    audio = _length(world, asked.audio_url)
    return audio if asked.extension else min(audio, _length(world, asked.video_url))


def _length(world: World, url: str) -> Fraction:
    stored = world.file_at(url)
    if stored is None:
        return _LONGEST
    try:
        with av.open(stored.path) as container:
            return _LONGEST if container.duration is None else Fraction(container.duration, av.time_base)
    except (av.FFmpegError, OSError, ValueError):
        return _LONGEST


def _require_json(request: Request) -> None:
    if media_type(request) != "application/json":
        raise RequestRefusedError(400, "invalid_request_error", "Content-Type must be application/json")


def _task_ids(body: dict[str, Any] | None) -> list[str]:
    """Read which tasks are asked for. Raises RequestRefusedError."""
    names = body.get("task_ids") if body is not None else None
    if not isinstance(names, list) or not names or len(names) > _LARGEST_BATCH:
        raise RequestRefusedError(
            400, "invalid_request_error", f"task_ids must be a list of 1 to {_LARGEST_BATCH}", "task_ids"
        )
    if not all(isinstance(name, str) and name.startswith(PREFIX) for name in names):
        raise RequestRefusedError(400, "invalid_task_id", f"task_id must start with '{PREFIX}'", "task_ids")
    return list(dict.fromkeys(names))


def _idempotency_key(request: Request) -> str:
    key: str = request.headers.get("idempotency-key", "")
    if key and not _KEY.fullmatch(key):
        message = "Idempotency-Key must be 16 to 96 characters of A-Z, a-z, 0-9, '.', '_' and '-'"
        raise RequestRefusedError(400, "invalid_request_error", message)
    return key


def _asked(body: dict[str, Any] | None) -> Asked:
    """Read a submission. Raises RequestRefusedError."""
    if body is None:
        raise RequestRefusedError(400, "invalid_request_error", "The request body must be a JSON object")
    if not text_of(body.get("model")):
        raise RequestRefusedError(400, "missing_required_params", "Missing required parameter: model", "model")
    if body["model"] != MODEL:
        message = f"Token does not have access to model: {str(body['model'])[:100]}"
        raise RequestRefusedError(403, "model_access_denied", message)
    if not text_of(body.get("video_url")) or not text_of(body.get("audio_url")):
        raise RequestRefusedError(400, "missing_required_params", "Missing required parameter: video_url or audio_url")
    for name in _URLS:
        if not has_texts(body, (name,)) or not _is_uri(text_of(body.get(name))):
            raise RequestRefusedError(400, "invalid_parameters", f"{name} must be a URL", name)
    if not isinstance(body.get("video_extension", False), bool):
        raise RequestRefusedError(400, "invalid_parameters", "video_extension must be a boolean", "video_extension")
    with refusing("invalid_parameters", param="query_face_threshold"):
        return replace(asked_of(body, body), callback=text_of(body.get("callback_url")))


def _is_uri(text: str) -> bool:
    """Return whether a text is an address, of whatever scheme, or no text at all."""
    try:
        return not text or bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _allow_callback(url: str, *, local: bool) -> None:
    """Refuse a callback that EvoLink would not send; `local` lets this machine be called, by plain http too."""
    callback = examine_callback(url, resolve=True)
    addresses = callback.addresses if isinstance(callback.addresses, tuple) else ()
    found = [ipaddress.ip_address(address) for address in addresses]
    loopback = local and bool(found) and all(address.is_loopback for address in found)
    if len(url) > _LONGEST_CALLBACK:
        problem = f"callback_url must not be longer than {_LONGEST_CALLBACK} characters"
    elif not callback.host or callback.scheme not in (("http", "https") if loopback else ("https",)):
        problem = "callback_url must use HTTPS"
    elif not loopback and any(not address.is_global for address in found):
        problem = "callback_url must not point to a private address"
    else:
        return
    raise RequestRefusedError(400, "invalid_request_error", problem, "callback_url")
