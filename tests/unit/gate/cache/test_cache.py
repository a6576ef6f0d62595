"""Facts that outlive a run."""

import json
import os
from dataclasses import replace

import pytest

from lipready.check import Settings
from lipready.facts.codec import to_plain
from lipready.facts.file import LfsPointer
from lipready.facts.unmeasured import Unmeasured
from lipready.gate.cache import cache as cache_module
from lipready.gate.cache import file as cache_file
from lipready.gate.cache.cache import FactsCache, FactsWanted, cache_folder, depth_of
from lipready.gate.workers.file_task import FileTask
from lipready.probe.source import examine
from lipready.rules.examples import addressed, file, people, person, unread

KEY = f"sha256:{'a' * 64}"


def undescribed(*, transient):
    return replace(person(1, 0), descriptor=Unmeasured("why", transient=transient))


@pytest.fixture
def cache(tmp_path):
    return FactsCache(tmp_path / "cache")


def test_facts_come_back_under_the_name_that_the_file_has_now(cache):
    facts = replace(file("video"), path="old/clip.MOV", extension="mov")
    assert cache.put(KEY, "full", facts)
    wanted = FactsWanted(KEY, "video", "full", "new/./clip.mp4")
    assert cache.get_many([wanted]) == {wanted: replace(facts, path="new/./clip.mp4", extension="mp4")}
    assert cache.troubles == ()


@pytest.mark.parametrize(
    "other",
    [
        FactsWanted(f"sha256:{'b' * 64}", "video", "full", "x"),
        FactsWanted(KEY, "audio", "full", "x"),
        FactsWanted(KEY, "video", "quick", "x"),
        FactsWanted(KEY, "video", "described", "x"),
    ],
)
def test_facts_stand_for_nothing_else(cache, other):
    cache.put(KEY, "full", file("video"))
    assert cache.get_many([other]) == {}


def test_another_version_of_the_probe_finds_nothing(cache, monkeypatch):
    cache.put(KEY, "full", file("video"))
    monkeypatch.setattr(cache_module, "probe_version", lambda: "another")
    assert cache.get_many([FactsWanted(KEY, "video", "full", "x")]) == {}


def test_what_is_there_can_be_told_without_reading_it(cache):
    there, other = FactsWanted(KEY, "video", "full", "x"), FactsWanted(KEY, "video", "quick", "x")
    assert cache.has_many([there]) == frozenset()
    cache.put(KEY, "full", file("video"))
    assert cache.has_many([there, other, replace(there, path="y")]) == {there, replace(there, path="y")}
    assert cache.info().hits == 0


def test_two_files_of_one_content_are_both_known(cache):
    cache.put(KEY, "full", file("audio"))
    found = cache.get_many([FactsWanted(KEY, "audio", "full", "a.wav"), FactsWanted(KEY, "audio", "full", "b.mp3")])
    assert [(each.path, each.extension) for each in found.values()] == [("a.wav", "wav"), ("b.mp3", "mp3")]


def test_a_broken_file_is_known_to_be_broken(cache):
    assert cache.put(KEY, "full", unread("video", "is not media that can be recognised"))


def test_an_empty_file_is_known_to_be_empty(cache, tmp_path):
    (tmp_path / "a.mp4").touch()
    assert cache.put(KEY, "full", examine(str(tmp_path / "a.mp4"), "video", quick=False))


def test_a_file_that_is_not_there_or_may_not_be_opened_is_looked_at_again(cache, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("none", "pipe", ".", "a\0b", "pipe/x"):
        assert not cache.put(KEY, "full", examine(f"{tmp_path}/{name}", "video", quick=False))


@pytest.mark.parametrize(
    "facts",
    [
        addressed().video,
        replace(file("video"), path="https://example.com/a.mp4"),
        unread("video", None, LfsPointer("a" * 64, 100)),
        unread("video", "in words that nobody has foreseen", transient=True),
        FileTask(root="/", path="clip.mp4", role="video").failed("made the decoder crash"),
        replace(file("audio"), speech=Unmeasured("why", transient=True)),
        replace(file("audio"), media=replace(file("audio").media, truncated=Unmeasured("why", transient=True))),
        replace(file("video"), people=replace(people(0), people=(undescribed(transient=True),))),
    ],
)
def test_what_belongs_to_the_hour_or_the_machine_is_not_kept(cache, facts):
    assert not cache.put(KEY, "full", facts)
    assert cache.get_many([FactsWanted(KEY, facts.role, "full", "x")]) == {}


def test_words_about_time_and_memory_do_not_keep_the_facts_of_a_content_away(cache):
    assert cache.put(KEY, "full", unread("video", "ends in the worker's memory: time-out, permission, lipready[heif]"))


@pytest.mark.parametrize(
    "text",
    ["[]", "{", "NaN", "[NaN]", "[" * 100_000, "1" * 5000, '"x"', json.dumps(to_plain(file("audio")))],
)
def test_a_body_that_is_no_facts_counts_for_nothing(cache, text):
    wanted = FactsWanted(KEY, "video", "full", "x")
    for body in (text.encode(), b"?", b""):
        cache._file.write({cache_module._facts_key(wanted): body})
        assert cache.get_many([wanted]) == {}
    assert cache.troubles == ()


def test_a_small_body_that_unpacks_to_a_huge_one_is_not_unpacked_whole(cache, monkeypatch):
    monkeypatch.setattr(cache_file, "_LARGEST_UNPACKED", 100)
    wanted = FactsWanted(KEY, "video", "full", "x")
    cache.put(KEY, "full", replace(file("video"), people=people(*range(0, 600, 20))))
    assert cache.get_many([wanted]) == {}


def test_hits_and_misses_are_counted_for_all_runs(cache, tmp_path):
    cache.put(KEY, "full", file("video"))
    for _ in range(2):
        run = FactsCache(tmp_path / "cache")
        run.get_many([FactsWanted(KEY, "video", "full", "x"), FactsWanted(KEY, "video", "quick", "x")])
    info = cache.info()
    assert (info.facts, info.hits, info.misses) == (1, 2, 2)
    assert info.bytes > 0


def test_notes_are_kept_by_kind(cache):
    cache.remember("blob", {"x": b"1", "\udce4": b"2"})
    cache.remember("place", {"x": b"3"})
    assert cache.recall("blob", ["x", "\udce4", "y"]) == {"x": b"1", "\udce4": b"2"}
    assert cache.recall("place", ["y"]) == {}
    assert (cache.info().blobs, cache.info().places) == (2, 1)


def test_a_cleared_cache_is_empty_and_goes_on(cache):
    cache.put(KEY, "full", file("video"))
    cache.clear()
    cache.clear()
    assert cache.info().facts == cache.info().bytes == 0
    assert cache.put(KEY, "full", file("video"))
    assert cache.info().facts == 1


def test_reading_leaves_no_file_behind_where_there_was_none(cache, tmp_path):
    assert cache.get_many([]) == {}
    assert cache.recall("blob", ["x"]) == {}
    assert not (tmp_path / "cache").exists()


def test_the_folder_is_the_one_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path
    assert FactsCache().info().path.startswith(str(tmp_path))


def test_depths():
    quick, full, every = Settings(quick=True), Settings(), Settings(every_frame=True)
    assert depth_of("video", quick, describe=True) == "quick"
    assert depth_of("video", full, describe=False) == "full"
    assert depth_of("video", full, describe=True) == "described"
    assert depth_of("video", every, describe=True) == "every_frame+described"
    assert depth_of("reference", every, describe=True) == "described"
    assert depth_of("audio", every, describe=True) == "full"
