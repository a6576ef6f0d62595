"""Repairs that touch no sample: into a folder beside the sources, or in a work tree that git can bring back."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lipready.check import Settings, check_job
from lipready.config.unit import UnitVerdict
from lipready.errors import FixError, UsageError, concerning
from lipready.facts.file import FileFacts
from lipready.facts.plan import FilePlan
from lipready.gate.discovery.root import FIXED, FIXING, top_of
from lipready.gate.git import run_git
from lipready.job import Job
from lipready.profiles.limit import Profile
from lipready.repair.choices import Choices
from lipready.repair.plan import plan_job
from lipready.repair.run.ffmpeg import find_ffmpeg
from lipready.repair.run.folder import Partial, make_folder
from lipready.repair.run.outputs import execute
from lipready.reports.report import Report


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to one file: paths relative to the root; `rules` are those that it answers."""

    source: str
    output: str
    rules: tuple[str, ...]


def fix_units(verdicts: Iterable[UnitVerdict], root: Path, profile: Profile, *, write: bool) -> Iterator[Change]:
    """Repair every file whose repair is lossless, and yield each change.

    Outputs stand under `lipready-fixed` in the root, in the folders of their sources; with `write` in the place of
    their sources, which git has to know as they are. An output takes its place only where its own check finds less.

    Raises FixError where a repair fails, UsageError where a source is not safe in git or an output's name is taken.
    """
    for verdict in verdicts:
        for file in verdict.report.facts.files():
            with concerning(path=file.path):
                changes = list(_fix_file(file, verdict.report, root, profile, write=write))
            yield from changes


def _fix_file(file: FileFacts, report: Report, root: Path, profile: Profile, *, write: bool) -> Iterator[Change]:
    """Plan for one file alone, and only what is lossless."""
    about = (finding for finding in report.findings if finding.role == file.role)
    wanted = tuple(finding for finding in about if finding.fix is not None and finding.fix.level == "lossless")
    if not wanted:
        return
    source = root / file.path
    if write:
        _require_safe(root, file.path)
    target = source.parent if write else root / FIXED / Path(file.path).parent
    with tempfile.TemporaryDirectory(prefix=FIXING, dir=root) as folder:
        absolute = replace(file, path=os.fspath(source))
        nothing = replace(report.facts, video=None, audio=None, reference=None, match=None)
        this: dict[str, Any] = {file.role: absolute}
        alone = replace(report, facts=replace(nothing, **this), findings=wanted)
        for plan in plan_job(alone, profile, Choices(), folder).files:
            if plan.already_fine or any(step.level != "lossless" for step in plan.steps):
                continue
            made = _make(plan, Path(folder))
            _require_better(made, file, report, profile)
            final = _put(made, source, target / plan.output, write=write)
            rules = tuple(dict.fromkeys(rule for step in plan.steps for rule in step.rules))
            yield Change(file.path, final.relative_to(root).as_posix(), rules)


def _make(plan: FilePlan, folder: Path) -> Path:
    binary = find_ffmpeg().path if plan.commands else None
    partial = Partial.beside(folder / plan.output)
    try:
        execute(plan, partial, binary, lambda _share: None)
        partial.finish()
    finally:
        partial.discard()
    return folder / plan.output


def _require_better(made: Path, file: FileFacts, report: Report, profile: Profile) -> None:
    """Raise FixError where the repaired file breaks a rule that its source did not break."""
    after = check_job(Job.of(**{file.role: made}, options=None), profile, Settings(quick=True))
    before = {finding.rule for finding in report.findings if finding.role == file.role}
    new = [finding.rule for finding in after.findings if finding.severity == "error" and finding.rule not in before]
    if new:
        raise FixError(f"{file.path}: its repair would break {', '.join(new)}, so it was left as it is.")


def _put(made: Path, source: Path, final: Path, *, write: bool) -> Path:
    import filecmp

    make_folder(final.parent)
    renamed = final != source
    taken = os.path.lexists(final) and (renamed or not write)
    if taken and not (final.is_file() and filecmp.cmp(made, final, shallow=False)):
        raise UsageError(f"{final} is in the way of a repaired file: move it away.")
    try:
        shutil.copymode(source, made)
        made.replace(final)
        if write and renamed:
            source.unlink()
    except OSError as error:
        raise FixError(f"{final} cannot be written: {error.strerror or error}.") from error
    return final


def _require_safe(root: Path, path: str) -> None:
    """Write only over what git can bring back: a file as it is in the index, whatever its name looks like."""
    # A hook names the index of its commit, which counts in its own repository and in no other.
    own = top_of(Path.cwd()) == root.resolve()
    arguments = (("ls-files", "--error-unmatch"), ("diff", "--name-only", "-z"))
    tracked, changes = (run_git(root, "--literal-pathspecs", *each, "--", path, of_hook=own) for each in arguments)
    if tracked.returncode != 0 or changes.returncode != 0 or changes.stdout:
        raise UsageError(
            f"{path}: is not in git as it is now, so nothing could bring it back: `git add` it first, or leave out "
            f"`gate(write=True)` (the repaired file then goes to {FIXED}/)."
        )
