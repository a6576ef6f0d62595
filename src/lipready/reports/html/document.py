"""The page itself: one file that asks for nothing else, in which what comes from a checked file is text and no more."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any

from lipready.facts.quantity import counted, plural
from lipready.reports.html.content import Album, PageEntry
from lipready.reports.html.drawing import clock_of
from lipready.reports.html.job_page import job_content
from lipready.reports.html.run_page import run_content
from lipready.reports.page import plain
from lipready.reports.values import plain_text

if TYPE_CHECKING:
    from jinja2 import Environment

Plain = Mapping[str, Any]
_FOLDER = Path(__file__).parent / "templates"
MARKS = {"error": "✗", "warning": "▲", "info": "ℹ", "fail": "✗", "warn": "▲", "pass": "✓"}


def page_of(entries: Sequence[PageEntry], *, run: bool = False, notes: Sequence[tuple[str, str]] = ()) -> str:
    """Write one job as a page; several, or with `run` also one, as a table of jobs in the order of their paths.

    `notes` are what is said on top of a run: of what, and what.
    """
    album = Album()
    if run or len(entries) != 1:
        return _rendered("run.html", album, {**run_content(entries, album), "notes": notes})
    return _rendered("job.html", album, {**job_content(entries[0], album), "data": embedded(entries[0].report)})


def embedded(content: Plain) -> str:
    """Write JSON that may stand in a script element: no character of it ends one, or begins a comment."""
    text = json.dumps(content, allow_nan=False)  # ASCII alone, so without line separators too
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _rendered(template: str, album: Album, content: Plain) -> str:
    from markupsafe import Markup

    style, script = _text("page.css"), _text("page.js")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    return page.render(
        policy=policy,
        style=Markup(style),  # noqa: S704 - ours, as it is in the package
        script=Markup(script),  # noqa: S704
        album=album,
        **{**content, "data": Markup(content.get("data", ""))},  # noqa: S704 - see `embedded`
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals.update(marks=MARKS, counted=counted, plural=plural)
    environment.filters["command"] = join
    environment.filters["clock"] = clock_of
    return environment


def _shown(value: Any) -> Any:
    """Escape controls, overrides of the reading direction and halves of characters; what is ours stays as it is."""
    return plain(plain_text(value)) if type(value) is str else value
