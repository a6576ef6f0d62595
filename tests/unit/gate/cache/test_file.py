"""A file of sqlite that many share, and that may be anything."""

import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from lipready.gate.cache import file as cache_file
from lipready.gate.cache.file import NAME, CacheFile

PLENTY = 1 << 30


@pytest.fixture
def place(tmp_path):
    return tmp_path / NAME


@pytest.fixture
def kept(tmp_path):
    return CacheFile(tmp_path, PLENTY)


def _as_garbage(place):
    place.write_bytes(b"this is no database" * 1000)


def _as_foreign(place):
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("CREATE TABLE other (x)")


def _with_trigger(place):
    CacheFile(place.parent, PLENTY).write({b"x": b"1"})
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END")


def _cut_off(place):
    CacheFile(place.parent, PLENTY).write({str(i).encode(): b"x" * 500 for i in range(500)})
    os.truncate(place, place.stat().st_size // 2 // 4096 * 4096)


def _as_pipe(place):
    os.mkfifo(place)


def _as_link(place):
    target = place.with_name("precious")
    target.write_text("precious")
    place.symlink_to(target)


@pytest.mark.parametrize("spoil", [_as_garbage, _as_foreign, _with_trigger, _cut_off, _as_pipe, _as_link])
def test_what_is_no_cache_of_ours_is_begun_anew_and_said(kept, place, spoil):
    spoil(place)
    kept.write({b"a": b"1"})
    if spoil is _cut_off:
        kept.read([str(i).encode() for i in range(500)])
        kept.write({b"a": b"1"})
    assert kept.read([b"a", b"x"]) == {b"a": b"1"}
    (trouble,) = kept.troubles
    assert "begun anew" in trouble
    assert not place.with_name("precious").exists() or place.with_name("precious").read_text() == "precious"


def test_a_body_that_changed_on_the_disk_is_not_given(kept, place):
    kept.write({b"a": b"1", b"b": b"2"})
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute(
            "UPDATE entries SET body = (SELECT body FROM entries WHERE key = ?) WHERE key = ?", (b"b", b"a")
        )
        connection.execute("INSERT INTO entries VALUES ('text', 'text', 'text')")
    assert kept.read([b"a", b"b"]) == {b"b": b"2"}


def test_a_folder_in_its_place_ends_in_words(kept, place):
    place.mkdir()
    kept.write({b"a": b"1"})
    assert kept.read([b"a"]) == {}
    (trouble,) = kept.troubles
    assert "is not used" in trouble


def test_a_folder_that_cannot_be_made_ends_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    kept = CacheFile(tmp_path / "file" / "folder", PLENTY)
    kept.write({b"a": b"1"})
    kept.write({b"a": b"1"})
    assert kept.read([b"a"]) == {}
    assert len(kept.troubles) == 1


def test_where_another_keeps_it_locked_the_run_goes_on(kept, place, monkeypatch):
    kept.write({b"a": b"1"})
    monkeypatch.setattr(cache_file, "PATIENCE", 0.01)
    with closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert kept.read([b"a"]) == {}
    (trouble,) = kept.troubles
    assert "locked" in trouble


def test_it_stays_within_its_bound_and_lets_go_of_what_was_not_used(tmp_path, monkeypatch):
    kept, now = CacheFile(tmp_path, 200_000), time.time()
    for day in range(100):
        monkeypatch.setattr(time, "time", lambda day=day: now + day * 2 * 24 * 3600)
        kept.write({b"%d" % day: os.urandom(5000)})
        assert kept.read([b"0"])
    assert kept.size() <= 200_000 + 8192
    assert kept.read([b"99"])
    assert not kept.read([b"1"])


def test_what_is_too_large_is_not_kept(tmp_path):
    kept = CacheFile(tmp_path, 10_000)
    kept.write({b"a": b"x" * 9000})
    assert kept.read([b"a"]) == {}


def test_threads_share_it(kept):
    def work(number):
        kept.write({b"%d-%d" % (number, i): b"%d" % i for i in range(20)})
        kept.tally({"hits": 1})
        return len(kept.read(b"%d-%d" % (number, i) for i in range(20)))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(24))) == [20] * 24
    assert (kept.tallies(), kept.troubles) == ({"hits": 24}, [])


def test_processes_share_it_also_when_it_is_damaged(tmp_path, place):
    _as_garbage(place)
    code = (
        "import sys; from pathlib import Path; from lipready.gate.cache.file import CacheFile\n"
        "kept = CacheFile(Path(sys.argv[1]), 1 << 30)\n"
        "for i in range(30): kept.write({f'{sys.argv[2]}-{i}'.encode(): b'x' * 3000})\n"
        "print(len(kept.read(f'{sys.argv[2]}-{i}'.encode() for i in range(30))), len(kept.troubles))"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    answers = [run.communicate()[0].split() for run in runs]
    assert [found for found, _troubles in answers] == ["30"] * 4
    assert [troubles for _found, troubles in answers].count("1") == 1
