"""What is remembered, and when it is not."""

import os
from dataclasses import replace

import pytest

from lipready.gate.cache.cache import FactsCache
from lipready.gate.evaluate import Store
from lipready.gate.workers.file_task import FileTask
from lipready.rules.examples import file


@pytest.fixture
def cache(tmp_path):
    return FactsCache(tmp_path / "cache")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def task_of(root, path="a.wav", content=b"sound", **fields):
    (root / path).write_bytes(content)
    return FileTask(root=str(root), path=path, role="audio", **fields)


def facts_of(task):
    return replace(file("audio"), path=task.path, extension="wav")


def kept(root, cache, task):
    store = Store(root, cache)
    assert store.found([task]) == frozenset()
    store.keep(task, facts_of(task))


def test_without_a_cache_nothing_is_known(root):
    store, task = Store(root, None), task_of(root)
    store.keep(task, facts_of(task))
    assert store.found([task]) == frozenset()
    assert store.load([task]) == {}


def test_the_same_content_is_known_under_any_name_in_any_folder(root, cache, tmp_path):
    kept(root, cache, task_of(root))
    other = tmp_path / "other"
    other.mkdir()
    task, store = task_of(other, "b.wav"), Store(other, cache)
    assert store.found([task]) == {task}
    assert store.load([task]) == {task: replace(facts_of(task), path="b.wav")}


@pytest.mark.parametrize("change", [{"content": b"other"}, {"quick": True}])
def test_other_contents_and_depths_are_not_known(root, cache, change):
    kept(root, cache, task_of(root))
    task, store = task_of(root, **change), Store(root, cache)
    assert store.found([task]) == frozenset()
    assert store.load([task]) == {}


def test_what_has_changed_while_it_was_measured_is_not_kept(root, cache):
    store, task = Store(root, cache), task_of(root)
    store.found([task])
    (root / "a.wav").write_bytes(b"changed meanwhile")
    store.keep(task, facts_of(task))
    assert Store(root, cache).found([task]) == frozenset()
    task_of(root)
    assert Store(root, cache).found([task]) == frozenset()


def test_a_file_that_nobody_asked_for_or_that_is_gone_is_not_kept(root, cache):
    store, task = Store(root, cache), task_of(root)
    store.keep(task, facts_of(task))
    assert Store(root, cache).found([task]) == frozenset()
    store = Store(root, cache)
    store.found([task])
    (root / "a.wav").unlink()
    store.keep(task, facts_of(task))
    assert cache.info().facts == 0
    assert Store(root, cache).found([task]) == frozenset()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_not_opened(root, cache):
    os.mkfifo(root / "pipe.wav")
    (root / "folder.wav").mkdir()
    tasks = [FileTask(root=str(root), path=f"{name}.wav", role="audio") for name in ("pipe", "folder", "absent")]
    assert Store(root, cache).found(tasks) == frozenset()
