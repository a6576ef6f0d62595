from pathlib import Path

import pytest

from lipready.errors import UsageError
from lipready.gate.discovery.root import top_of, tree_of


def test_the_top_of_a_work_tree_is_found_from_any_folder_in_it(tmp_path):
    inner = tmp_path / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert top_of(inner) == top_of(tmp_path / "repository") == (tmp_path / "repository").resolve()


def test_a_linked_work_tree_and_a_submodule_have_a_file_there(tmp_path):
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "module" / "a"
    inner.mkdir(parents=True)
    (tmp_path / "module" / ".git").write_text("gitdir: ../.git/modules/module\n")
    assert top_of(inner) == (tmp_path / "module").resolve()


def test_links_to_a_folder_are_followed(tmp_path):
    (tmp_path / "repository" / "a").mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "repository" / "a")
    assert top_of(tmp_path / "link") == (tmp_path / "repository").resolve()


@pytest.fixture
def places(tmp_path):
    """Give a folder that is no work tree, with two repositories (one has another inside) and plain folders in it."""
    for name in ("one/a/b", "one/inner/c", "two/a", "plain/sub", "plain/other"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("one", "one/inner", "two"):
        (tmp_path / name / ".git").mkdir()
    (tmp_path / "two" / "a" / "x.mp4").touch()
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("here", "paths", "root", "folder"),
    [
        # In the work tree of the current folder everything is as it is for the current folder.
        ("one/a", [], "one", "one/a"),
        ("one/a", ["b", "../inner"], "one", "one/a"),
        ("one/a", ["typo", "*.mp4"], "one", "one/a"),
        ("one/a", [".."], "one", "one/a"),
        ("one/inner/c", ["."], "one/inner", "one/inner/c"),
        # Another tree is checked as if the run had begun there.
        ("one/a", ["../../two/a"], "two", "two/a"),
        ("one/a", ["../../two/a/x.mp4"], "two", "two/a"),
        ("one/a", ["../../two/a/x.mp4", "../../two"], "two", "two"),
        ("one/a", ["../../two/**/*.mp4"], "two", "two"),
        ("one/a", ["../../two/typo/x.mp4"], "two", "two"),
        ("one/a", ["../../plain/sub"], "plain/sub", "plain/sub"),
        ("one/a", ["../../plain/sub", "../../plain"], "plain", "plain"),
        ("one/inner/c", ["../.."], "one", "one"),
        ("one", [".."], ".", "."),
        # Where the current folder is in no work tree, what lies below it belongs to it, but for a work tree.
        (".", ["plain/sub", "plain/other"], ".", "."),
        (".", ["one/a"], "one", "one/a"),
        ("plain", ["../two"], "two", "two"),
    ],
)
def test_the_tree_is_the_one_that_is_named(places, here, paths, root, folder):
    for given in (paths, [str(places / here / path) for path in paths]):
        tree = tree_of(places / here, given)
        assert (tree.root, tree.folder) == (places / root, places / folder)
        assert all(place.startswith(str(tree.root)) for place in tree.asked)
        assert tree.typed == tuple(given or ["."])


@pytest.mark.parametrize(
    ("here", "paths"),
    [("one", ["a", "../two"]), ("plain", ["../one", "../two"]), ("one", ["../plain/sub", "../plain/other"])],
)
def test_paths_in_two_trees_are_refused(places, here, paths):
    with pytest.raises(UsageError, match=r"lie in two trees .* say `lipready\.gate\(…\)` for each\.$"):
        tree_of(places / here, paths)


def test_a_link_on_the_way_to_another_tree_is_followed_and_one_out_of_this_tree_is_not(places):
    (places / "alias").symlink_to("two/a")
    (places / "one" / "out").symlink_to(places / "two")

    assert tree_of(places / "one", ["../alias/x.mp4"])[:2] == (places / "two", places / "two" / "a")
    assert tree_of(places / "one", ["../alias/x.mp4"]).asked == (str(places / "two" / "a" / "x.mp4"),)
    assert tree_of(places / "one", ["out"]) == (
        places / "one", places / "one", ("out",), (str(places / "one" / "out"),)
    )  # fmt: skip


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "d/" * 3000, "/" + "x" * 5000])
def test_names_that_no_system_knows_have_a_tree_all_the_same(places, name):
    assert tree_of(places / "one", [name]).root in (places / "one", Path("/"))
