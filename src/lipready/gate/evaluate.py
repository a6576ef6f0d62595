"""Units in, verdicts out: what is known is not measured again, and the order never depends on who is faster."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from os import fspath
from pathlib import Path
from typing import Any

from lipready.check import Settings, check_job
from lipready.config.policy import Policy, apply_policy
from lipready.config.unit import Notice, Unit, UnitVerdict
from lipready.facts.file import FileFacts, Role
from lipready.facts.people import PeopleFacts
from lipready.facts.pictures import FilePictures, Pictures
from lipready.gate.baseline.baseline import apply_baseline
from lipready.gate.baseline.file import Baseline
from lipready.gate.cache.cache import FactsCache, FactsWanted, depth_of
from lipready.gate.cache.content import Content, Contents
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import run_tasks
from lipready.profiles.limit import Profile


class Store:
    """Gives facts back by content, and keeps new ones; without a cache it knows nothing."""

    def __init__(self, root: Path, cache: FactsCache | None) -> None:
        self._cache = cache
        self._contents = None if cache is None else Contents(root, cache)
        self._content: dict[str, Content] = {}

    def found(self, tasks: Iterable[FileTask]) -> frozenset[FileTask]:
        """Return of which tasks the facts are known."""
        if self._cache is None or self._contents is None:
            return frozenset()
        tasks = tuple(tasks)
        self._content |= self._contents.of({task.path for task in tasks})
        wanted = self._wanted(tasks)
        known = self._cache.has_many(wanted.values())
        return frozenset(task for task, each in wanted.items() if each in known)

    def load(self, tasks: Iterable[FileTask]) -> Mapping[FileTask, FileFacts]:
        """Return the facts of some tasks; those whose entry is damaged are left out."""
        if self._cache is None:
            return {}
        wanted = self._wanted(tasks)
        facts = self._cache.get_many(wanted.values())
        # Of a pointer the facts are those of the file that it stands for, which is not here all the same.
        return {
            task: facts[each] if (lfs := self._content[task.path].pointer) is None else replace(facts[each], lfs=lfs)
            for task, each in wanted.items()
            if each in facts
        }

    def keep(self, task: FileTask, facts: FileFacts) -> None:
        """Keep what was measured, unless the file has changed meanwhile."""
        for wanted in self._wanted((task,)).values():
            if self._cache and self._contents and self._contents.unchanged(task.path, self._content[task.path]):
                self._cache.put(wanted.content, wanted.depth, replace(facts, seconds=None))

    def _wanted(self, tasks: Iterable[FileTask]) -> dict[FileTask, FactsWanted]:
        return {
            task: FactsWanted(
                content.key, task.role, depth_of(task.role, task.settings, describe=task.describe), task.path
            )
            for task in tasks
            if (content := self._content.get(task.path)) is not None
        }


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    """What is waived in one run; `today` decides which ignores have expired."""

    policy: Policy
    baseline: Baseline | None
    profile: Profile
    today: date

    def one(self, verdict: UnitVerdict) -> UnitVerdict:
        """Return one unit without what does not count."""
        (sifted,), _ = self.all((verdict,))
        return sifted

    def all(self, verdicts: Sequence[UnitVerdict]) -> tuple[tuple[UnitVerdict, ...], tuple[Notice, ...]]:
        """Return all units without what does not count, and what of the policy and the baseline is out of date."""
        sifted, notices = apply_policy(verdicts, self.policy, self.today)
        if self.baseline is None:
            return sifted, notices
        sifted, more = apply_baseline(sifted, self.baseline, self.profile, whole=self.policy.whole)
        return sifted, (*notices, *more)


def without_looks(verdict: UnitVerdict) -> UnitVerdict:
    """Return a verdict without the looks at faces where nothing was found: thousands have to fit into memory."""
    report = verdict.report
    if report.findings:
        return verdict
    slim: dict[str, Any] = {}
    for file in report.facts.files():
        if isinstance(file.people, PeopleFacts):
            people = tuple(replace(person, looks=()) for person in file.people.people)
            slim[file.role] = replace(file, people=replace(file.people, people=people, samples=()))
    return replace(verdict, report=replace(report, facts=replace(report.facts, **slim)))


_AT_ONCE = 200
"""Units whose facts are read together: the facts of ten thousand would not fit into the memory of a small runner."""

RulesFor = Callable[[Unit], tuple[tuple[str, ...], tuple[str, ...]]]
"""Which rules run for a unit: `only` and `ignore`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How units are examined.

    `root` is the folder that their paths are relative to; `store` gives back what earlier runs have measured, and keeps
    what is measured now; `executor` None: `workers` processes of this machine. `told` hears of each file as soon as it
    is known. With `pictured` small pictures are kept of what is measured now.
    """

    root: Path
    profile: Profile
    settings: Settings
    rules_for: RulesFor
    store: Store
    executor: Executor | None = None
    workers: int | None = None
    told: Callable[[str], None] = field(default=lambda _path: None)
    pictured: bool = False
    kept: dict[FileTask, FilePictures] = field(default_factory=dict)


def examine_units(units: Sequence[Unit], survey: Survey) -> Generator[UnitVerdict, None, None]:
    """Yield the verdict on each unit, in their order, as soon as all before it are known."""
    tasks = {unit: _tasks_of(unit, survey) for unit in units}
    users = Counter(task for each in tasks.values() for task in each)
    found = survey.store.found(users)
    for task in found:
        survey.told(task.path)
    missing = (task for task in users if task not in found)
    known: dict[FileTask, FileFacts] = {}
    with closing(_measured(missing, survey)) as measured:
        for start in range(0, len(units), _AT_ONCE):
            portion = units[start : start + _AT_ONCE]
            wanted = {task for unit in portion for task in tasks[unit] if task in found and task not in known}
            known |= survey.store.load(wanted)
            # What turns out to be damaged in the store is measured after all.
            known |= _measured((task for task in wanted if task not in known), survey)
            for unit in portion:
                while not known.keys() >= set(tasks[unit]):
                    done, facts = next(measured)
                    known[done] = facts
                yield _judged(unit, {task: known[task] for task in tasks[unit]}, survey, found)
                users.subtract(tasks[unit])
                for task in tasks[unit]:
                    if not users[task]:
                        known.pop(task, None)
                        survey.kept.pop(task, None)


def _tasks_of(unit: Unit, survey: Survey) -> tuple[FileTask, ...]:
    """Return what has to be measured; people are described only where they are compared with another file's."""
    compared = unit.job.video is not None and unit.job.reference is not None
    return tuple(
        FileTask(
            root=fspath(survey.root),
            path=path,
            role=role,
            quick=survey.settings.quick,
            every_frame=survey.settings.every_frame,
            describe=compared and role != "audio" and not survey.settings.quick,
            pictured=survey.pictured and not survey.settings.quick,
        )
        for role, path in unit.files()
    )


def _measured(tasks: Iterator[FileTask], survey: Survey) -> Generator[tuple[FileTask, FileFacts], None, None]:
    pictured = survey.kept.__setitem__ if survey.pictured else None
    with closing(run_tasks(tasks, survey.executor, workers=survey.workers, pictured=pictured)) as results:
        for task, facts in results:
            survey.store.keep(task, facts)
            survey.told(task.path)
            yield task, facts


def _judged(unit: Unit, facts: Mapping[FileTask, FileFacts], survey: Survey, found: frozenset[FileTask]) -> UnitVerdict:
    by_role: dict[Role, FileFacts] = {task.role: each for task, each in facts.items()}
    only, ignore = survey.rules_for(unit)
    settings = replace(survey.settings, only=only, ignore=ignore)
    report = check_job(unit.job, survey.profile, settings, known=by_role)
    kept = {task.role: survey.kept[task] for task in facts if task in survey.kept} if report.findings else {}
    pictures = Pictures(small=True, files=kept) if kept else None
    return UnitVerdict(unit=unit, report=report, remembered=all(task in found for task in facts), pictures=pictures)
