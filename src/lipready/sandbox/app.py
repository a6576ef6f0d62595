"""The ASGI application: all routes of both providers, and those of the sandbox itself."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lipready.errors import UsageError
from lipready.sandbox.api.answers import RequestRefusedError, error_of, json_body
from lipready.sandbox.api.dashscope import DashScope
from lipready.sandbox.api.evolink import EvoLink
from lipready.sandbox.api.evolink_files import EvoLinkFiles
from lipready.sandbox.api.oss import Oss
from lipready.sandbox.faults.fault import Fault, responder_of
from lipready.sandbox.world import World

_FARTHEST = 366 * 24 * 3600
"""Seconds by which the clock is set ahead at once at most."""


def build(world: World) -> Starlette:
    """Build the ASGI application."""
    alibaba, evolink, files, oss, controls = (
        DashScope(world),
        EvoLink(world),
        EvoLinkFiles(world),
        Oss(world),
        _Controls(world),
    )
    synthesis = "/api/v1/services/aigc/image2video/video-synthesis"
    table = [
        ("GET", "/api/v1/uploads", alibaba.policy),
        ("POST", "/upload", oss.upload),
        ("POST", synthesis, alibaba.submit),
        ("GET", "/api/v1/tasks", alibaba.list_tasks),
        ("GET", "/api/v1/tasks/{id}", alibaba.query),
        ("POST", "/api/v1/tasks/{id}/cancel", alibaba.cancel),
        ("POST", "/v1/videos/generations", evolink.submit),
        ("GET", "/v1/tasks", evolink.list_tasks),
        ("GET", "/v1/tasks/{id}", evolink.query),
        ("POST", "/v1/tasks/batch", evolink.batch),
        ("GET", "/v1/credits", evolink.credits),
        ("POST", "/api/v1/files/upload/stream", files.stream),
        ("POST", "/api/v1/files/upload/base64", files.base64),
        ("POST", "/api/v1/files/upload/url", files.url),
        ("GET", "/api/v1/files/list", files.list_files),
        ("GET", "/api/v1/files/quota", files.quota),
        ("GET", "/api/v1/files/download/{id}", oss.stored),
        ("DELETE", "/api/v1/files/{id}", files.delete),
        ("GET", "/files/{id}/{name}", oss.stored),
        ("GET", "/results/{name}", oss.result),
        ("GET", "/sandbox/ledger", controls.ledger),
        ("POST", "/sandbox/faults", controls.faults),
        ("POST", "/sandbox/clock", controls.clock),
    ]
    routes = [
        Route(path + slash, endpoint, methods=[method]) for method, path, endpoint in table for slash in ("", "/")
    ]
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys((404, 405, RequestRefusedError), _refuse))
    # Both spellings are listed: a redirect would lose the body of a POST.
    app.router.redirect_slashes = False
    return app


class _Controls:
    """The routes of the sandbox itself: its counts, its faults, its clock."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def ledger(self, _request: Request) -> Response:
        """Show what was counted: GET /sandbox/ledger."""
        return JSONResponse(self._world.ledger().to_dict())

    async def faults(self, request: Request) -> Response:
        """Add faults: POST /sandbox/faults {"faults": ["submit:500*2"]}."""
        content = await json_body(request)
        wanted = content.get("faults") if content is not None else None
        if not isinstance(wanted, list) or not all(isinstance(text, str) for text in wanted):
            return JSONResponse({"error": 'The body is {"faults": ["STEP:KIND[=VALUE][*COUNT]", …]}.'}, 400)
        try:
            faults = [Fault.parse(text) for text in wanted]
        except UsageError as error:
            return JSONResponse({"error": str(error)}, 400)
        for fault in faults:
            self._world.faults.add(fault)
        return JSONResponse({"added": len(faults)})

    async def clock(self, request: Request) -> Response:
        """Set the clock ahead: POST /sandbox/clock {"advance": 45}."""
        content = await json_body(request)
        seconds = content.get("advance") if content is not None else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _FARTHEST:
            return JSONResponse({"error": f'The body is {{"advance": SECONDS}}, from 0 to {_FARTHEST}.'}, 400)
        self._world.clock.advanced += seconds
        return JSONResponse({"now": self._world.clock.now()})


async def _refuse(request: Request, error: Exception) -> Response:
    """Refuse in the envelope of whoever was asked; also for a route that does not exist."""
    responder = responder_of(request.method, request.scope["path"])
    if not isinstance(error, RequestRefusedError):
        code = "not_found" if responder == "evolink" else "NotFound"
        error = RequestRefusedError(getattr(error, "status_code", 404), code, "Not Found")
    return error_of(responder, error)
