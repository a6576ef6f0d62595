"""Which file is the video, which the audio track, which the reference image."""

import os
import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from lipready.errors import UsageError
from lipready.facts.address import file_name, is_address, shown
from lipready.gate.discovery.kinds import Kind, kind_by_content, kind_by_extension
from lipready.job import Job, RequestOptions
from lipready.probe import missing
from lipready.repair.run.folder import SUFFIX

_FLAGS: dict[Kind, str] = {"video": "--video", "audio": "--audio", "image": "--ref"}
_NOUNS: dict[Kind, str] = {"video": "videos", "audio": "audio tracks", "image": "images"}
MARK = b"lipready contact sheet"
"""The JPEG comment of a contact sheet."""

_MOST_SHOWN = 10
_HEAD_BYTES = 4096
_RECEIPT = re.compile(rb'\s*\{\s*"schema":\s*"lipready\.receipt/')
_REPORT = re.compile(
    rb'\s*\{\s*"schema":\s*"lipready\.|### lipready: |<\?xml [^>]*>\s*<testsuites name="lipready"'
    rb'|\{"\$schema": "[^"]*", "version": "[^"]*", "runs": \[\{"tool": \{"driver": \{"name": "lipready"'
)
"""How JSON, Markdown, JUnit and SARIF begin where lipready writes them."""


def assign(
    files: Sequence[str],
    *,
    video: str | None = None,
    audio: str | None = None,
    reference: str | None = None,
    options: RequestOptions | None = None,
    gate: bool = False,
    say: Callable[[str], None] | None = None,
) -> Job:
    """Build a job from files in any order and from files whose role is named.

    Of the former, those that lipready has written beside a job are passed over, and `say` hears of them in one line, so
    that all of an output folder (`ready/*`) may be handed in. An address is told by the name at its end, and not asked.
    With `gate` it is said that `lipready gate` checks folders and many files. Raises UsageError where two files have
    one role, where a role cannot be told, for what is not there, and for a folder, a device or a pipe.
    """
    named: dict[Kind, str | None] = {"video": video, "audio": audio, "image": reference}
    roles: dict[Kind, str] = {kind: path for kind, path in named.items() if path is not None}
    passed = {path: what for path in files if (what := _own(path)) is not None}
    for receipt in [path for path, what in passed.items() if what == "the receipt"]:
        passed |= dict.fromkeys(_left_over(Path(receipt), files), "from an earlier run")
    if passed and say is not None:
        say(f"Passed over: {', '.join(f'{path} ({what})' for path, what in passed.items())}.")
    files = [path for path in files if path not in passed]
    for path in (*roles.values(), *files):
        if gate and os.path.isdir(path):  # noqa: PTH112 - raises for no name, other than Path.is_dir
            raise UsageError(f"{path}: is a folder, not a file of a job; {_by_gate((*files, path))}.")
        if not is_address(path):
            missing.require_file(path)
    for path in files:
        address = is_address(path)
        kind = kind_by_extension(file_name(path)) if address else kind_by_content(path) or kind_by_extension(path)
        if kind is None:
            where = "its name does not say" if address else "neither its content nor its name says"
            free = " or ".join(f"{flag} FILE" for kind, flag in _FLAGS.items() if kind not in roles)
            free = free or "less: the job has a video, an audio track and a reference image already"
            raise UsageError(f"{shown(path)}: {where} what it is; say {free}.")
        if kind in roles:
            raise UsageError(_clash(kind, shown(roles[kind]), path, roles, files if gate else ()))
        roles[kind] = path
    return Job.of(roles.get("video"), roles.get("audio"), roles.get("image"), options)


def require_file(path: str) -> None:
    """Raise UsageError for what cannot be a media file on this machine."""
    if is_address(path):
        raise UsageError(f"{shown(path)}: is an address; download it first, since only local files are read here.")
    missing.require_file(path)


def _own(path: str) -> str | None:
    """Return what a file is that lipready has written for people, or for itself; it is told by its content."""
    if is_address(path) or not os.path.isfile(path):  # noqa: PTH113 - raises for no name; a pipe must not be opened
        return None
    if SUFFIX in os.path.basename(path):  # noqa: PTH119 - raises for no name
        return "unfinished"
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return None
    if _RECEIPT.match(head):
        return "the receipt"
    if _REPORT.match(head):
        return "a report"
    return "a contact sheet" if MARK in head and is_sheet(Path(path)) else None


def is_sheet(path: Path) -> bool:
    """Return whether a file is a contact sheet that lipready drew: a JPEG comment says so."""
    from PIL import Image

    try:
        with Image.open(path, formats=("JPEG",)) as picture:
            return picture.info.get("comment") == MARK
    except (OSError, ValueError, SyntaxError):
        return False


def _left_over(receipt: Path, files: Sequence[str]) -> list[str]:
    """Return the files beside a receipt that an earlier run has made, and that its job has no use for."""
    from lipready.repair.run.receipt import left_over, read_receipt, sha256_of

    with suppress(UsageError):
        known = left_over(read_receipt(receipt.parent))
        names = {name for name, _ in known}
        near = [path for path in files if not is_address(path) and Path(path).parent == receipt.parent]
        return [path for path in near if Path(path).name in names and (Path(path).name, sha256_of(path)) in known]
    return []


def _clash(kind: Kind, first: str, second: str, roles: dict[Kind, str], files: Sequence[str]) -> str:
    both = f"{first} and {shown(second)} are both {_NOUNS[kind]}, and a job has one"
    advice = [_by_gate(files)] if len(set(files)) > 1 and not any(map(is_address, files)) else []
    if kind == "video" and "audio" not in roles:
        advice.append("to use the sound of one, say --audio FILE")
    return f"{'; '.join([both, *advice])}."


def _by_gate(paths: Sequence[str]) -> str:
    """Return how several files, or all of a folder, are checked; where there are very many, their folders are named."""
    paths = [path for path in dict.fromkeys(paths) if not is_address(path)]
    if len(paths) > _MOST_SHOWN:
        paths = sorted({path if os.path.isdir(path) else os.path.dirname(path) or "." for path in paths})  # noqa: PTH112, PTH120
    command = shlex.join(("lipready", "gate", *paths))
    return f"`{command}` checks {'them all' if len(paths) > 1 else 'every file in it'}"
