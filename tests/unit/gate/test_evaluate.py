"""Units in, verdicts out."""

from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import pytest

from lipready.check import Settings
from lipready.config.unit import Unit
from lipready.gate import evaluate as survey_module
from lipready.gate.cache.cache import FactsCache
from lipready.gate.evaluate import Store, Survey, examine_units
from lipready.gate.workers import run
from lipready.job import Job
from lipready.profiles.loader import load_profile
from lipready.rules.examples import file

DASHSCOPE = load_profile("dashscope")
EXTENSIONS = {"video": "mp4", "audio": "wav", "reference": "jpg"}


class Backwards(Executor):
    """Gives made-up facts, the ones asked for last first, as soon as `count` were asked for."""

    def __init__(self, count=1):
        self.count, self.tasks, self._open = count, [], []

    def submit(self, _fn, /, task):
        future = Future()
        self.tasks.append(task)
        self._open.append((future, task))
        if len(self._open) >= self.count:
            for waiting, each in reversed(self._open):
                waiting.set_result(replace(file(each.role), path=each.path))
            self._open = []
        return future


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def survey_of(root, tmp_path):
    def make(executor, *, cached=False, quick=False, rules_for=lambda _unit: ((), ()), store=None, **fields):
        return Survey(
            root=root,
            profile=DASHSCOPE,
            settings=Settings(quick=quick),
            rules_for=rules_for,
            store=store or Store(root, FactsCache(tmp_path / "cache") if cached else None),
            executor=executor,
            **fields,
        )

    return make


def unit_of(root, *paths):
    roles = {".mp4": "video", ".wav": "audio", ".jpg": "reference"}
    for path in paths:
        (root / path).write_text(path)
    return Unit(name=paths[0], job=Job(**{roles[Path(path).suffix]: path for path in paths}))


def test_verdicts_come_in_the_order_of_units_whoever_is_faster(root, survey_of):
    units = [unit_of(root, f"{number}.mp4") for number in range(5)]
    executor = Backwards(5)
    verdicts = list(examine_units(units, survey_of(executor)))
    assert [verdict.unit for verdict in verdicts] == units
    assert [verdict.report.facts.video.path for verdict in verdicts] == [unit.name for unit in units]
    assert not any(verdict.remembered for verdict in verdicts)


def test_a_file_of_several_units_is_measured_once(root, survey_of):
    units = [unit_of(root, f"{number}.mp4", "voice.wav") for number in range(3)]
    executor, told = Backwards(), []
    verdicts = list(examine_units(units, survey_of(executor, told=told.append)))
    assert sorted(task.path for task in executor.tasks) == ["0.mp4", "1.mp4", "2.mp4", "voice.wav"]
    assert sorted(told) == ["0.mp4", "1.mp4", "2.mp4", "voice.wav"]
    assert {verdict.report.facts.audio.path for verdict in verdicts} == {"voice.wav"}


@pytest.mark.parametrize(
    ("paths", "quick", "described"),
    [
        (("a.mp4", "a.wav", "a.jpg"), False, {"a.mp4", "a.jpg"}),
        (("a.mp4", "a.wav", "a.jpg"), True, set()),
        (("a.mp4", "a.wav"), False, set()),
        (("a.jpg",), False, set()),
    ],
)
def test_people_are_described_only_where_they_are_compared(root, survey_of, paths, quick, described):
    executor = Backwards()
    list(examine_units([unit_of(root, *paths)], survey_of(executor, quick=quick)))
    assert {task.path for task in executor.tasks if task.describe} == described
    assert all(task.quick is quick for task in executor.tasks)


def test_what_is_known_is_not_measured_again(root, survey_of):
    units = [unit_of(root, "a.mp4", "a.wav"), unit_of(root, "b.mp4")]
    first = list(examine_units(units, survey_of(Backwards(), cached=True)))
    executor, told = Backwards(), []
    again = list(examine_units(units, survey_of(executor, cached=True, told=told.append)))
    assert executor.tasks == []
    assert sorted(told) == ["a.mp4", "a.wav", "b.mp4"]
    assert [verdict.report for verdict in again] == [verdict.report for verdict in first]
    assert all(verdict.remembered for verdict in again)

    (root / "a.wav").write_text("changed")
    changed = list(examine_units(units, survey_of(executor, cached=True)))
    assert [task.path for task in executor.tasks] == ["a.wav"]
    assert [verdict.remembered for verdict in changed] == [False, True]


class Forgetful(Store):
    """Says that it knows everything, and has lost it."""

    def found(self, tasks):
        return frozenset(tasks)

    def load(self, tasks):
        del tasks
        return {}


def test_what_turns_out_to_be_damaged_is_measured_after_all(root, survey_of):
    units = [unit_of(root, "a.mp4", "a.wav"), unit_of(root, "b.mp4")]
    executor = Backwards()
    verdicts = list(examine_units(units, survey_of(executor, store=Forgetful(root, None))))
    assert [verdict.unit for verdict in verdicts] == units
    assert sorted(task.path for task in executor.tasks) == ["a.mp4", "a.wav", "b.mp4"]


def test_units_are_read_in_portions(root, survey_of, monkeypatch):
    monkeypatch.setattr(survey_module, "_AT_ONCE", 3)
    units = [unit_of(root, f"{number:02}.mp4", f"{number % 2}.wav") for number in range(10)]
    whole = [verdict.report for verdict in examine_units(units, survey_of(Backwards()))]
    list(examine_units(units[::2], survey_of(Backwards(), cached=True)))
    executor = Backwards()
    verdicts = list(examine_units(units, survey_of(executor, cached=True)))
    assert [verdict.report for verdict in verdicts] == whole
    assert sorted(task.path for task in executor.tasks) == ["01.mp4", "03.mp4", "05.mp4", "07.mp4", "09.mp4", "1.wav"]


def test_each_unit_has_its_own_rules(root, survey_of):
    units = [unit_of(root, "a.mp4"), unit_of(root, "b.mp4")]

    def rules_for(unit):
        return ((), ("V104",)) if unit.name == "a.mp4" else (("V103",), ())

    verdicts = list(examine_units(units, survey_of(Backwards(), rules_for=rules_for)))
    silent = [{entry.rule for entry in verdict.report.unchecked} for verdict in verdicts]
    assert ["V104" in each for each in silent] == [True, True]
    assert ["V103" in each for each in silent] == [False, False]
    assert ["V102" in each for each in silent] == [False, True]


def test_nothing_more_is_handed_out_once_nobody_looks(root, survey_of, monkeypatch):
    monkeypatch.setattr(run, "WINDOW", 2)
    units = [unit_of(root, f"{number}.mp4") for number in range(9)]
    executor = Backwards()
    verdicts = examine_units(units, survey_of(executor))
    assert next(verdicts).unit == units[0]
    verdicts.close()
    assert len(executor.tasks) < len(units)
