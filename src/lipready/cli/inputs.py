"""Which file is the video, which the audio track, which the reference image."""

import stat
from collections.abc import Sequence
from pathlib import Path

from lipready.errors import UsageError
from lipready.facts.address import file_name, is_address, shown
from lipready.gate.kinds import Kind, kind_by_content, kind_by_extension
from lipready.job import Job, RequestOptions

_FLAGS: dict[Kind, str] = {"video": "--video", "audio": "--audio", "image": "--ref"}
_NOUNS: dict[Kind, str] = {"video": "videos", "audio": "audio tracks", "image": "images"}


def assign(
    files: Sequence[str],
    *,
    video: str | None = None,
    audio: str | None = None,
    reference: str | None = None,
    options: RequestOptions | None = None,
) -> Job:
    """Build a job from files in any order and from files whose role is named.

    An address is told by the name at its end, and not asked. Raises UsageError where two files have one role, where a
    role cannot be told, and for a folder, a device or a pipe.
    """
    roles: dict[Kind, str] = {}
    named: dict[Kind, str | None] = {"video": video, "audio": audio, "image": reference}
    for role, given in named.items():
        if given is not None:
            require_input(given)
            roles[role] = given
    for path in files:
        require_input(path)
        kind = _kind_of(path)
        if kind is None:
            where = "its name does not say" if is_address(path) else "neither its content nor its name says"
            raise UsageError(f"{shown(path)}: {where} what it is; say {_flags(roles)}.")
        if kind in roles:
            raise UsageError(_clash(kind, shown(roles[kind]), shown(path), roles))
        roles[kind] = path
    return Job.of(roles.get("video"), roles.get("audio"), roles.get("image"), options)


def require_input(path: str) -> None:
    """Refuse what can be neither a media file nor an address."""
    if not is_address(path):
        require_file(path)


def require_file(path: str) -> None:
    """Refuse what cannot be a media file by its nature; a missing file is left to the check, which reports it."""
    if is_address(path):
        raise UsageError(f"{shown(path)}: is an address; download it first, since only local files are read here.")
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path}: is a folder, not a media file.")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path}: is a pipe, a socket or a device, not a media file.")


def _kind_of(path: str) -> Kind | None:
    if is_address(path):
        return kind_by_extension(file_name(path))
    return kind_by_content(path) or kind_by_extension(path)


def _flags(roles: dict[Kind, str]) -> str:
    free = [f"{flag} FILE" for kind, flag in _FLAGS.items() if kind not in roles]
    return " or ".join(free) if free else "less: the job has a video, an audio track and a reference image already"


def _clash(kind: Kind, first: str, second: str, roles: dict[Kind, str]) -> str:
    both = f"{first} and {second} are both {_NOUNS[kind]}, and a job has one"
    if kind == "video" and "audio" not in roles:
        return f"{both}; to use the sound of one, say --audio FILE."
    return f"{both}."
