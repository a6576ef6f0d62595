"""Units in, verdicts out: what is known is not measured again, and the order never depends on who is faster."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from os import fspath
from pathlib import Path

from lipready.check import Settings, check_job
from lipready.config.unit import Unit, UnitVerdict
from lipready.facts.file import FileFacts, Role
from lipready.gate.cache.store import Store
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import run_tasks
from lipready.profiles.limit import Profile

_AT_ONCE = 200
"""Units whose facts are read together: the facts of ten thousand would not fit into the memory of a small runner."""

RulesFor = Callable[[Unit], tuple[tuple[str, ...], tuple[str, ...]]]
"""Which rules run for a unit: `only` and `ignore`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How units are examined.

    `root` is the folder that their paths are relative to; `store` gives back what earlier runs have measured, and keeps
    what is measured now; `executor` None: `workers` processes of this machine. `told` hears of each file as soon as it
    is known.
    """

    root: Path
    profile: Profile
    settings: Settings
    rules_for: RulesFor
    store: Store
    executor: Executor | None = None
    workers: int | None = None
    told: Callable[[str], None] = field(default=lambda _path: None)


def examine_units(units: Sequence[Unit], survey: Survey) -> Generator[UnitVerdict, None, None]:
    """Give the verdict on each unit, in their order, as soon as all before it are known."""
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
            known |= _loaded((task for unit in portion for task in tasks[unit] if task in found), known, survey)
            for unit in portion:
                while not known.keys() >= set(tasks[unit]):
                    done, facts = next(measured)
                    known[done] = facts
                yield _judged(unit, {task: known[task] for task in tasks[unit]}, survey, found)
                users.subtract(tasks[unit])
                for task in tasks[unit]:
                    if not users[task]:
                        known.pop(task, None)


def _loaded(
    tasks: Iterable[FileTask], known: Mapping[FileTask, FileFacts], survey: Survey
) -> dict[FileTask, FileFacts]:
    """Read facts from the store; what turns out to be damaged there is measured after all."""
    wanted = tuple(dict.fromkeys(task for task in tasks if task not in known))
    facts = dict(survey.store.load(wanted))
    facts.update(_measured((task for task in wanted if task not in facts), survey))
    return facts


def _tasks_of(unit: Unit, survey: Survey) -> tuple[FileTask, ...]:
    """Name what has to be measured; people are described only where they are compared with those of another file."""
    compared = unit.job.video is not None and unit.job.reference is not None
    return tuple(
        FileTask(
            root=fspath(survey.root),
            path=path,
            role=role,
            quick=survey.settings.quick,
            every_frame=survey.settings.every_frame,
            describe=compared and role != "audio" and not survey.settings.quick,
        )
        for role, path in unit.files()
    )


def _measured(tasks: Iterator[FileTask], survey: Survey) -> Generator[tuple[FileTask, FileFacts], None, None]:
    with closing(run_tasks(tasks, survey.executor, workers=survey.workers)) as results:
        for task, facts in results:
            survey.store.keep(task, facts)
            survey.told(task.path)
            yield task, facts


def _judged(unit: Unit, facts: Mapping[FileTask, FileFacts], survey: Survey, found: frozenset[FileTask]) -> UnitVerdict:
    by_role: dict[Role, FileFacts] = {task.role: each for task, each in facts.items()}
    only, ignore = survey.rules_for(unit)
    settings = replace(survey.settings, only=only, ignore=ignore)
    report = check_job(unit.job, survey.profile, settings, known=by_role)
    return UnitVerdict(unit=unit, report=report, remembered=all(task in found for task in facts))
