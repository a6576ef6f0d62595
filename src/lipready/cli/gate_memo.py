"""A run of the gate that nothing has changed since is not run again: what it said is said again."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lipready.cli.session import Session
from lipready.gate.place import cache_folder
from lipready.gate.root import top_of
from lipready.gate.run_key import RunKey, run_key

if TYPE_CHECKING:
    from lipready.cli.gate_run import Request
    from lipready.gate.memo import Memo
    from lipready.gate.outlook import Look, Outlook
    from lipready.gate.unit import Unit

NO_TIMES = os.name == "nt"
"""On Windows the time of a change can be set back like any other."""


class Begun(NamedTuple):  # dataclasses take a tenth of a replay to import
    """A run that has begun: where, with which arguments, by what it is known again, and when, in nanoseconds."""

    root: str
    folder: str
    arguments: tuple[str, ...]
    key: RunKey
    at: int


def replayed(arguments: Sequence[str]) -> int | None:
    """Say again what such a run has said, before anything that reads arguments is imported; None where it must run."""
    memo = valid_memo(None if NO_TIMES else begin(arguments))
    if memo is None or memo.reports:
        return None
    session = Session()
    return session.close(say_again(memo, session))


def valid_memo(begun: Begun | None) -> "Memo | None":
    """Find the memo of a run, if everything looks as it did."""
    if begun is None:
        return None
    from lipready.gate.memo import read_memo

    memo = read_memo(os.fspath(cache_folder()), begun.key.name)
    return memo if memo is not None and memo.holds() else None


class Recording:
    """What a run says, and how everything looked before it."""

    def __init__(self, begun: Begun, request: "Request", session: Session, outlook: "Outlook", before: "Look") -> None:
        self.begun, self.request, self.session = begun, request, session
        self.outlook, self.before = outlook, before
        self.said: list[tuple[str, str]] = []
        self.size = 0

    def hear(self, stream: str, text: str) -> None:
        """Note what is written, as long as it is not too much to be kept."""
        from lipready.gate.memo import LARGEST

        self.size += len(text)
        if self.size > LARGEST:
            self.said.clear()
        else:
            self.said.append((stream, text))

    def keep(self, status: int, units: "Iterable[Unit]", later: Mapping[str, str]) -> None:
        """Keep it all, unless something has changed meanwhile or might have done so unseen.

        `later` is what the next run would say in the place of a text of this one, since it would measure nothing.
        """
        from lipready.gate.memo import LARGEST, Memo, write_memo

        self.session.listener = None
        begun, root, known = self.begun, os.fspath(self.request.tree.root), set(self.outlook.files)
        everything = all(f"{root}/{path}" in known for unit in units for _, path in unit.files())
        addresses = any(unit.job.options.callback_url is not None for unit in units)
        if self.size > LARGEST or self.session.abandoned or addresses or not everything:
            return
        reports = _written(self.request.shared.reports)
        now = run_key(begun.root, begun.arguments)
        if reports is None or now != begun.key or self.outlook.look() != self.before:
            return
        memo = Memo(
            begun=begun.at // 1_000_000_000,
            status=status,
            verbose=self.session.verbose,
            quiet=self.session.quiet,
            said=_joined([(stream, later.get(text, text)) for stream, text in self.said]),
            reports=reports,
            outlook=self.outlook,
            looks=self.before.digest,
        )
        write_memo(os.fspath(cache_folder()), begun.key.name, memo)


def record(
    begun: Begun | None, request: "Request", configurations: Sequence[Path], session: Session
) -> Recording | None:
    """Begin to note a run, before it reads anything; None where what it says is no longer true tomorrow."""
    from lipready.gate.memo import RACY
    from lipready.gate.outlook import UnsureError, outlook_of
    from lipready.profiles.loader import profile_files

    changes = request.fix or request.update_baseline or not request.cached
    if begun is None or changes or request.executor != "local" or os.environ.get("GITHUB_STEP_SUMMARY"):
        return None
    written = [cache_folder(), *(path for _form, path in request.shared.reports)]
    root, folder, typed, _ = request.tree
    # What is written into the tree changes it.
    if any(_is_inside(path, root) for path in written):
        return None
    read = [*configurations, *profile_files(request.shared.provider), *([request.baseline] if request.baseline else [])]
    try:
        asked = [os.path.join(begun.folder, path) for path in typed]  # noqa: PTH118 - as they were given
        outlook = outlook_of(os.fspath(root), os.fspath(folder), asked, map(os.fspath, read))
    except UnsureError:
        return None
    before = outlook.look()
    if max(before.newest, begun.key.newest) > begun.at - RACY:
        return None
    recording = Recording(begun, request, session, outlook, before)
    session.listener = recording.hear
    return recording


def begin(arguments: Sequence[str]) -> Begun | None:
    """Note where and when a run begins; None where the folder is gone."""
    at = time.time_ns()
    with suppress(OSError):
        folder = Path.cwd()
        root = os.fspath(top_of(folder))
        return Begun(root, os.fspath(folder), tuple(arguments), run_key(root, arguments), at)
    return None


def say_again(memo: "Memo", session: Session) -> int:
    """Write what the run has written, and give its exit status."""
    import sys

    session.verbose, session.quiet = memo.verbose, memo.quiet
    for stream, text in memo.said:
        (session.write if stream == "out" else session.complain)(text)
    if memo.reports:
        from lipready.cli.report_files import save

        for path, text in memo.reports:
            save(Path(path), text)
    if memo.verbose or (sys.stderr.isatty() and not memo.quiet):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(memo.begun))
        session.complain(
            f"Note: nothing has changed since the run of {when}, so this is what it said; --no-cache runs it anew."
        )
    return memo.status


def _is_inside(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _written(reports: Sequence[tuple[str, Path]]) -> tuple[tuple[str, str], ...] | None:
    """Read what was written to files; None where one is no file, or no longer a text."""
    try:
        if not all(path.is_file() for _form, path in reports):
            return None
        return tuple((os.path.abspath(path), path.read_bytes().decode()) for _form, path in reports)  # noqa: PTH100
    except (OSError, ValueError):
        return None


def _joined(said: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Join what went to stdout in one go; line breaks of notices stay as they are."""
    joined: list[tuple[str, list[str]]] = []
    for stream, text in said:
        if stream == "out" and joined and joined[-1][0] == "out":
            joined[-1][1].append(text)
        else:
            joined.append((stream, [text]))
    return tuple((stream, "".join(texts)) for stream, texts in joined)
