"""`lipready cache`."""

import json

import pytest

from lipready.cli.commands.cache import cache as command
from lipready.errors import UsageError
from lipready.gate.cache.cache import FactsCache, FactsWanted
from lipready.rules.examples import file


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path))
    cache = FactsCache()
    cache.put("sha256:a", "full", file("video"))
    cache.get_many([FactsWanted("sha256:a", "video", "full", "x"), FactsWanted("sha256:b", "video", "full", "x")])
    return cache


def run(*arguments):
    return command.main(list(arguments), standalone_mode=False)


def test_info_says_where_it_is_and_what_it_holds(cache, capsys):
    for arguments in ((), ("info",)):
        assert run(*arguments) in {0, None}
        shown = capsys.readouterr().out
        assert cache.info().path in shown.replace("\n", "").replace(" " * 10, "")
        assert "1 of 2 (50%)" in shown


def test_info_as_json(cache, capsys):
    assert run("info", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "path": cache.info().path, "bytes": cache.info().bytes, "limit": 512 << 20, "facts": 1, "blobs": 0, "places": 0,
        "hits": 1, "misses": 1,
    }  # fmt: skip


def test_clear_leaves_nothing_of_it_and_the_rest_alone(cache, tmp_path, capsys):
    (tmp_path / "models").mkdir()
    assert run("clear") == 0
    assert cache.info().facts == 0
    assert (tmp_path / "models").is_dir()
    assert run("info") == 0
    assert "nothing was asked for" in capsys.readouterr().out


def test_what_cannot_be_cleared_is_said(cache, tmp_path):
    cache.clear()
    (tmp_path / "facts-1.sqlite3").mkdir()
    with pytest.raises(UsageError, match="by hand"):
        run("clear")
