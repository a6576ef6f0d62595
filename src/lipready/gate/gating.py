"""Check every asset of a tree: what the command does, and the verb for programs."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal

from lipready.batch import JobsDone
from lipready.cancel import Cancel, async_twin, cancellable
from lipready.check import Settings
from lipready.config.policy import FailOn, Policy, apply_policy, fails, rules_for
from lipready.config.selection import require_some_ran, rules_left
from lipready.config.settings import Configuration, nearest_configuration, read_configuration
from lipready.config.unit import Notice, Unit, UnitVerdict
from lipready.errors import NothingCheckedError, UsageError, concerning
from lipready.facts.quantity import counted
from lipready.gate.baseline.baseline import refuse_other_provider, unmeasured, updated_baseline
from lipready.gate.baseline.file import Baseline, read_baseline, write_baseline
from lipready.gate.cache.cache import FactsCache
from lipready.gate.discovery.pair import collect
from lipready.gate.discovery.root import Tree, tree_of
from lipready.gate.discovery.selection import require_paths
from lipready.gate.evaluate import Store, Survey, VerdictFilter, examine_units, without_looks
from lipready.gate.fix import Change, fix_units
from lipready.log import LOG
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.wording import one_line


def covers_whole(tree: Tree) -> bool:
    """Return whether a run is over all of its tree."""
    return any(os.path.realpath(path) == str(tree.root) for path in tree.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRun:
    """One run over units of a tree: how they are measured, and what does not count.

    With `pictured` small pictures are kept of what has to be measured.
    """

    root: Path
    units: Sequence[Unit]
    profile: Profile
    policy: Policy
    settings: Settings
    baseline: Baseline | None = None
    cache: FactsCache | None = None
    executor: Executor | None = None
    workers: int | None = None
    pictured: bool = False

    def filter(self) -> VerdictFilter:
        """Return what does not count today."""
        return VerdictFilter(self.policy, self.baseline, self.profile, datetime.now(UTC).astimezone().date())

    def verdicts(self, told: Callable[[str], None]) -> Iterator[UnitVerdict]:
        """Examine every unit, in their order; `told` hears of each file as soon as it is known."""
        survey = Survey(
            root=self.root,
            profile=self.profile,
            settings=self.settings,
            rules_for=lambda unit: rules_for(unit, self.policy),
            store=Store(self.root, self.cache),
            executor=self.executor,
            workers=self.workers,
            told=told,
            pictured=self.pictured,
        )
        return examine_units(self.units, survey)

    def files(self) -> int:
        """Return how many files there are."""
        return len({path for unit in self.units for _role, path in unit.files()})

    def passed(
        self,
        verdicts: Iterable[UnitVerdict],
        notices: Iterable[Notice],
        changes: Sequence[Change],
        *,
        accepted: bool,
    ) -> bool:
        """Return whether nothing fails and nothing was repaired, or the baseline has `accepted` it all."""
        failing = any(fails(verdict, self.policy) for verdict in verdicts) or any(each.failing for each in notices)
        return not changes and (accepted or not failing)

    def accept(self, verdicts: Sequence[UnitVerdict], path: Path) -> tuple[tuple[Notice, ...], bool]:
        """Write a baseline of what is found now; return what is to be said of it, and whether it accepts all of it.

        Raises ConfigurationError where the one before is of another provider, or it cannot be written.
        """
        today = self.filter().today
        judged, lost = apply_policy(verdicts, self.policy, today)[0], sorted(unmeasured(verdicts))
        accepted = updated_baseline(judged, self.profile, self.baseline, whole=self.policy.whole)
        with concerning(path=fspath(path)):
            write_baseline(path, accepted)
        said = [f"{path} accepts {counted(len(accepted.entries), 'finding')} now."]
        said += [
            f"{one_line(each)} was not measured, so the baseline accepts nothing of it: run again." for each in lost
        ]
        return tuple(map(Notice, said)), not lost


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate found: one verdict per unit, in the order of their names, and what is said of the configuration.

    `passed` says that no unit has anything at or above `fail_on` that is not waived, that no notice is failing, and
    that nothing was repaired; or that the baseline accepts all of it from now on. `changes` are the files that were
    repaired: paths relative to the top of the tree.

    >>> result = lipready.gate("assets")
    >>> result.passed, [report.verdict for report in result.reports]
    (True, ['pass'])
    """

    verdicts: tuple[UnitVerdict, ...]
    notices: tuple[Notice, ...]
    passed: bool
    changes: tuple[Change, ...] = ()

    @property
    def reports(self) -> tuple[Report, ...]:
        """The report of each unit, without what is waived; paths are relative to the top of the tree."""
        return tuple(verdict.report for verdict in self.verdicts)


def gate(
    paths: str | PathLike[str] | Sequence[str | PathLike[str]] = (),
    *,
    provider: str | None = None,
    profile: Profile | None = None,
    configuration: str | PathLike[str] | None = None,
    only: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    fail_on: FailOn | None = None,
    quick: bool | None = None,
    every_frame: bool = False,
    baseline: str | PathLike[str] | None = None,
    update_baseline: bool = False,
    fix: bool = False,
    write: bool = False,
    cache: bool = True,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: JobsDone | None = None,
    cancel: Cancel | None = None,
) -> GateResult:
    """Return what is found in every asset below some paths: videos, audio tracks and images, as jobs where they are.

    `paths` are folders, files or globs of one tree; none at all is the current folder. The `configuration` is that
    file, else the nearest `lipready.toml` or `pyproject.toml` from the tree upward; what is None here is as it says
    (`provider`, `only`, `ignore`, `fail_on`, `quick`, `baseline`), and its ignores and tables by path hold. What was
    measured is remembered by content, unless `cache` is False. Files are measured by `workers` processes of this
    machine (None: as many as there are cores), or on an `executor`. `progress` hears how many files are done, and of
    how many. Looks at faces are kept only in reports that have findings: thousands of reports have to fit into memory.

    With `update_baseline` what is found now is accepted: written to the baseline. With `fix` what can be repaired
    without touching a sample is, into `lipready-fixed/` at the top of the tree, or with `write` in the place of the
    sources, which git has to know as they are.

    Raises UsageError for a path that is not there, for arguments that contradict each other, and for a source that git
    could not bring back, FixError where a repair fails, NothingCheckedError where there is nothing to check or no rule
    could run, ConfigurationError for a broken configuration, profile, manifest or baseline, ComponentError where
    something is missing that measuring needs, CancelledError where `cancel` ends it: the processes are ended at once.

    >>> result = lipready.gate("assets", only=("V", "A"), fail_on="warning")
    >>> [(verdict.unit.name, verdict.report.verdict) for verdict in result.verdicts]
    [('assets/anna.mp4', 'pass')]
    """
    if write and not fix:
        raise UsageError("write says where fix repairs: set fix as well.")
    with cancellable(cancel):
        listed = [paths] if isinstance(paths, str | PathLike) else paths
        tree = tree_of(Path.cwd(), [fspath(path) for path in listed])
        meant = _configuration(tree, configuration)
        given = {"provider": provider, "only": only, "ignore": ignore, "fail_on": fail_on, "quick": quick}
        asked = {"baseline": baseline, **given}
        wanted: dict[str, Any] = {
            name: meant.defaults.get(name) if value is None else value for name, value in asked.items()
        }
        profile = profile or load_profile(wanted["provider"] or "dashscope")
        chosen, left_out = tuple(wanted["only"] or ()), tuple(wanted["ignore"] or ())
        rules = rules_left(profile, chosen, left_out)
        if not rules:
            raise NothingCheckedError(f"The selection leaves no rule of the profile {profile.name}.")
        settings = Settings(quick=bool(wanted["quick"]), every_frame=every_frame)
        if settings.quick and settings.every_frame:
            raise UsageError("quick reads no frame and every_frame reads them all: set one of them.")
        file = None if wanted["baseline"] is None else Path(wanted["baseline"])
        if update_baseline and file is None:
            raise UsageError("update_baseline writes to a file: name it as baseline.")
        require_paths(tree)
        paired, kept = collect(tree.root, tree.asked), FactsCache() if cache else None
        policy = meant.policy(
            tree.root,
            only=chosen,
            ignore=left_out,
            fail_on=_level(wanted["fail_on"] or "error"),
            whole=covers_whole(tree),
        )
        run = GateRun(
            root=tree.root,
            units=paired.units,
            profile=profile,
            policy=policy,
            settings=settings,
            baseline=known_baseline(file, profile, updated=update_baseline),
            cache=kept,
            executor=executor,
            workers=workers,
        )
        LOG.info("checking %s in %s", counted(run.files(), "file"), tree.root)
        verdicts = [without_looks(verdict) for verdict in run.verdicts(_counter(progress, run.files()))]
        require_some_ran([verdict.report for verdict in verdicts], rules)
        sifted, notices = run.filter().all(verdicts)
        accepted = False
        if update_baseline and file is not None:
            said, accepted = run.accept(verdicts, file)
            notices = (*notices, *said)
        changes = tuple(fix_units(sifted, tree.root, profile, write=write)) if fix else ()
    troubles = tuple(Notice(trouble) for trouble in (kept.troubles if kept else ()))
    notices = (*paired.notices, *notices, *troubles)
    passed = run.passed(sifted, notices, changes, accepted=accepted)
    return GateResult(sifted, notices, passed, changes)


@async_twin(gate)
def gate_async() -> None:
    """Return what `gate` returns, on asyncio, with its arguments; raises what it raises.

    It runs in a thread, in which `progress` is called. Where asyncio cancels it, thread and processes are ended; see
    `check_async`.

    >>> import asyncio
    >>> asyncio.run(lipready.gate_async("assets")).passed
    True
    """


def known_baseline(path: Path | None, profile: Profile, *, updated: bool) -> Baseline | None:
    """Read a baseline; one that is to be written need not be there yet.

    Raises ConfigurationError for what is none, and for that of another provider.
    """
    if path is None or (updated and not os.path.lexists(path)):
        return None
    with concerning(path=fspath(path)):
        baseline = read_baseline(path)
        refuse_other_provider(baseline, profile)
    return baseline


def _configuration(tree: Tree, named: str | PathLike[str] | None) -> Configuration:
    place = nearest_configuration(tree.folder) if named is None else Path(named)
    return Configuration() if place is None else read_configuration(place)


def _level(name: str) -> Literal["error", "warning"]:
    if name == "error":
        return "error"
    if name == "warning":
        return "warning"
    raise UsageError(f'fail_on is "error" or "warning", and not {name!r}.')


def _counter(progress: JobsDone | None, total: int) -> Callable[[str], None]:
    """Return who counts the files that are done."""
    done: set[str] = set()

    def told(path: str) -> None:
        done.add(path)
        if progress is not None:
            progress(len(done), total)

    return told
