"""What earlier runs have measured of the files of this one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from lipready.facts.file import FileFacts
from lipready.gate.cache.cache import FactsCache, Wanted, depth_of
from lipready.gate.cache.content import Content, Contents
from lipready.gate.workers.file_task import FileTask


class Store:
    """Gives facts back by content, and keeps new ones; without a cache it knows nothing."""

    def __init__(self, root: Path, cache: FactsCache | None) -> None:
        self._cache = cache
        self._contents = Contents(root, cache)
        self._content: dict[str, Content] = {}

    def found(self, tasks: Iterable[FileTask]) -> frozenset[FileTask]:
        """Say of which tasks the facts are known."""
        if self._cache is None:
            return frozenset()
        tasks = tuple(tasks)
        self._content |= self._contents.of({task.path for task in tasks})
        wanted = {task: each for task in tasks if (each := self._wanted(task)) is not None}
        known = self._cache.has_many(wanted.values())
        return frozenset(task for task, each in wanted.items() if each in known)

    def load(self, tasks: Iterable[FileTask]) -> Mapping[FileTask, FileFacts]:
        """Give the facts of some tasks; those whose entry is damaged are left out."""
        if self._cache is None:
            return {}
        wanted = {task: each for task in tasks if (each := self._wanted(task)) is not None}
        facts = self._cache.get_many(wanted.values())
        # Of a pointer the facts are those of the file that it stands for, which is not here all the same.
        return {
            task: facts[each] if (lfs := self._content[task.path].pointer) is None else replace(facts[each], lfs=lfs)
            for task, each in wanted.items()
            if each in facts
        }

    def keep(self, task: FileTask, facts: FileFacts) -> None:
        """Keep what was measured, unless the file has changed meanwhile."""
        wanted = self._wanted(task)
        if self._cache is None or wanted is None:
            return
        if self._contents.unchanged(task.path, self._content[task.path]):
            self._cache.put(wanted.content, wanted.depth, facts)

    def _wanted(self, task: FileTask) -> Wanted | None:
        content = self._content.get(task.path)
        if content is None:
            return None
        return Wanted(content.key, task.role, depth_of(task.role, task.settings, describe=task.describe), task.path)
