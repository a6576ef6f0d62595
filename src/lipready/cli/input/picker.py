"""Who of several people speaks, answered by a click: a page on this machine that is there for one answer."""

import base64
import io
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import PurePath
from queue import Empty, SimpleQueue
from secrets import compare_digest, token_urlsafe
from typing import TYPE_CHECKING

from lipready.cli.output.contact import Row, rows_of
from lipready.cli.output.session import Session
from lipready.errors import ProbeError
from lipready.facts.file import FileFacts
from lipready.facts.people import Front, PeopleFacts, appearances, background, headcount
from lipready.facts.quantity import seconds, stretch
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.reports.page import plain
from lipready.reports.people import face_size, place_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

SIDE = 320
"""Pixels of the best picture of each person."""

_QUALITY = 85
_TEXT_BROWSERS = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})
_TICK = 0.2
"""Seconds after which Ctrl-C is seen, where the system does not wake whoever waits."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows of one person: pictures as data addresses, and when the face is seen, in per cent."""

    number: int
    best: str | None
    moments: tuple[tuple[str, str], ...]
    spans: tuple[tuple[float, float], ...]
    when: str
    words: str
    remark: str


def pick(video: FileFacts, front: Front | None, session: Session) -> tuple[bool, int | None]:
    """Open a page in the browser, and return whether there was one, and the number that was chosen on it.

    The number is None where "none of them" was chosen. Without a browser, or without the libraries of the extra, there
    is no page, and the reason is said.
    """
    reason = _missing()
    if reason is not None:
        session.complain(f"The page cannot be shown: {reason}.")
        return False, None
    answers: SimpleQueue[int | None] = SimpleQueue()
    try:
        html = page_of(video, front)
    except ProbeError as error:
        session.complain(f"The page cannot be shown: {video.path} {error}.")
        return False, None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        token = token_urlsafe(24)
        app = _application(html, numbers_of(video), origin, token, answers.put)
        stop = _serve(app, listener)
        try:
            url = f"{origin}/{token}/"
            session.complain(f"Choose who speaks in the browser: {url} (Ctrl-C to stop)")
            with suppress(webbrowser.Error):
                if webbrowser.open(url):
                    return True, _waited_for(answers)
            session.complain("The page cannot be shown: no browser could be opened.")
            return False, None
        finally:
            stop()


def _missing() -> str | None:
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} cannot be imported (pip install 'lipready[sandbox]')"
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return "there is no browser here"
    # A browser that lives in the terminal would take it away from whoever is asked.
    text = type(browser) is webbrowser.GenericBrowser and browser.name in _TEXT_BROWSERS
    return "there is only a text browser here" if text else None


def _waited_for(answers: "SimpleQueue[int | None]") -> int | None:
    while True:
        with suppress(Empty):
            return answers.get(timeout=_TICK)


def numbers_of(video: FileFacts) -> tuple[int, ...]:
    """Return the numbers that may be chosen."""
    return tuple(person.id for person in video.people.people) if isinstance(video.people, PeopleFacts) else ()


def page_of(video: FileFacts, front: Front | None) -> Callable[..., str]:
    """Return what writes the page: with `nonce`, and with the number that was `chosen` once one was.

    Raises ProbeError where no picture of anybody can be decoded.
    """
    from jinja2 import Environment, StrictUndefined

    people, media = video.people, video.media
    if not isinstance(people, PeopleFacts) or not isinstance(media, VideoFacts):
        raise ProbeError("shows nobody who could be chosen")
    behind = {person.id for person in background(people, media.height, front)}
    last = max(person.last for person in people.people)
    length = last if isinstance(media.duration, Unmeasured) else max(last, media.duration.believed)
    cards = [_card(row, people, media, length) for row in rows_of(video.at, media, people, SIDE)]
    cards.sort(key=lambda card: card.number in behind)
    source = (files("lipready.cli.input") / "picker.html").read_text("utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    shown: dict[str, object] = {
        "name": plain(PurePath(video.path).name),
        "people": headcount(people, len(behind)),
        "length": seconds(length),
        "cards": cards,
        "behind": behind,
        "more": len(people.people) - len(cards),
    }
    return partial(template.from_string(source).render, **shown)


def _card(row: Row, people: PeopleFacts, video: VideoFacts, length: Fraction) -> Card:
    person = row.person
    seen = appearances(person, people, length)
    scale = 100 / max(float(length), 1e-6)
    return Card(
        number=person.id,
        best=None if row.best is None else _address(row.best),
        moments=tuple((_address(moment.image), f"{float(moment.time):.1f} s") for moment in row.moments),
        spans=tuple((float(first) * scale, max(0.5, float(last - first) * scale)) for first, last in seen),
        when=stretch(seen[0][0], seen[-1][1], length),
        words=" · ".join(filter(None, (place_of(person, video), face_size(person, video)))),
        remark="the mouth moves with the sound" if people.speaks == person.id else "",
    )


def _address(picture: "NDArray[np.uint8]") -> str:
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(picture).save(written, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"


def _application(
    page: Callable[..., str], numbers: tuple[int, ...], origin: str, token: str, answer: Callable[[int | None], None]
) -> "Starlette":
    """Serve the page to whoever knows the token, and take one answer from the page itself."""
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.responses import HTMLResponse, PlainTextResponse
    from starlette.routing import Route

    answers: dict[str, int | None] = {**{str(number): number for number in numbers}, "none": None}

    def headers(nonce: str) -> dict[str, str]:
        policy = (
            f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Connection": "close",
            # The form's Origin is checked, and nothing else is to learn the token.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }

    def known(request: "Request") -> bool:
        # Another site's page may make its name lead here; the browser then names that host.
        given = str(request.path_params["token"]).encode()
        return request.headers.get("host") == origin.removeprefix("http://") and compare_digest(given, token.encode())

    def show(chosen: object) -> "Response":
        nonce = token_urlsafe(16)
        return HTMLResponse(page(nonce=nonce, chosen=chosen), headers=headers(nonce))

    async def look(request: "Request") -> "Response":
        return show(None) if known(request) else PlainTextResponse("Not found.", 404)

    async def choose(request: "Request") -> "Response":
        person = str(request.path_params["person"])
        if not known(request) or request.headers.get("origin") != origin or person not in answers:
            return PlainTextResponse("Not found.", 404)
        response = show(person)
        response.background = BackgroundTask(answer, answers[person])
        return response

    return Starlette(routes=[Route("/{token}/", look), Route("/{token}/{person}", choose, methods=["POST"])])


def _serve(app: "Starlette", listener: socket.socket) -> Callable[[], None]:
    """Serve in a thread of its own, and return what ends it."""
    import uvicorn

    config = uvicorn.Config(
        app,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="lipready-picker", daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join()

    return stop
