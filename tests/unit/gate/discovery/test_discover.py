import os
import subprocess
from pathlib import Path

import pytest

from lipready.errors import ConfigurationError, NothingCheckedError, UsageError
from lipready.gate.discovery.discover import discover, settle
from lipready.gate.discovery.root import Listing, list_work_tree
from lipready.gate.discovery.selection import IgnoreRules


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def fill(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"\0" + name.encode())


@pytest.fixture(params=["git", "no git"])
def tree(request, tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    if request.param == "git":
        git(root, "init", "-q")
    return root


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    git(root, "init", "-q")
    return root


def texts(found):
    return [notice.text for notice in found.notices]


def test_media_is_told_by_its_extension_wherever_it_lies(tree):
    fill(tree, "b.MP4", "a/x.wav", "a/.hidden/y.png", "a/notes.txt", "README.md", "a/noextension")

    assert discover(tree).paths == ("a/.hidden/y.png", "a/x.wav", "b.MP4")


def test_what_a_killed_repair_has_left_is_no_asset(tree):
    fill(tree, "a.mp4", ".lipready-fix-x1_y2/a.mp4", "a.mp4.0badcafe.lipready.partial")

    assert discover(tree).paths == ("a.mp4",)


def test_ignore_files_are_respected(tree):
    fill(
        tree, "a.mp4", "old/b.mp4", "old/deep/c.mp4", "tmp/d.mp4", "keep/e.tmp.mp4", "keep/f.mp4", "node_modules/g.png"
    )
    (tree / ".gitignore").write_text("# comment\nnode_modules/\n*.tmp.mp4\n")
    (tree / ".lipreadyignore").write_text("old/**\n/tmp\n")
    (tree / "keep/.lipreadyignore").write_text("*\n!f.mp4\n")

    assert discover(tree).paths == ("a.mp4", "keep/f.mp4")


def test_a_walk_leaves_out_what_git_would(tmp_path):
    names = ("a.mp4", "b/a.mp4", "b/c.wav", "b/d/e.png", "b/d/f.wav", "x/y/z.mp4", "x/z.mp4", "q.tmp.wav", "s p.mp4")
    patterns = ("/a.mp4\nb/d/\n!b/d/e.png\n", "*\n!*/\n!*.mp4\n", "x/*/z.mp4\n**/f.wav\nq*\n", "[ab]*\ns\\ p.mp4\n")
    for number, pattern in enumerate(patterns):
        root = tmp_path / str(number)
        fill(root, *names)
        (root / ".gitignore").write_text(pattern)
        walked = discover(root).paths
        git(root, "init", "-q")

        # A file whose folder is left out can be taken in again, other than for Git.
        assert set(walked) - {"b/d/e.png"} == set(discover(root).paths) - {"b/d/e.png"}


def test_git_lists_tracked_and_untracked_files_but_none_that_is_gone(repository):
    fill(repository, "tracked.mp4", "gone.mp4", "folder.mp4", "ignored.mp4", "forced.mp4")
    (repository / ".gitignore").write_text("ignored.mp4\nforced.mp4\n")
    git(repository, "add", "-f", "tracked.mp4", "gone.mp4", "folder.mp4", "forced.mp4")
    (repository / "gone.mp4").unlink()
    (repository / "folder.mp4").unlink()
    fill(repository, "folder.mp4/inside.txt", "new.mp4")

    assert discover(repository).paths == ("forced.mp4", "new.mp4", "tracked.mp4")


def test_the_root_may_be_a_folder_of_the_repository(repository):
    fill(repository, "a.mp4", "assets/b.mp4", "assets/tmp/c.mp4")
    (repository / ".gitignore").write_text("tmp/\n")

    assert discover(repository / "assets").paths == ("b.mp4",)


def test_folders_files_and_globs_can_be_mixed(tree):
    fill(tree, "a/1.mp4", "a/b/2.mp4", "a/b/3.wav", "c/4.mp4", "c/d/5.png", "e/6.mp4", "odd[1].bin", "f/7.mp4")
    patterns = ["a/**/*.mp4", "c/", "odd[1].bin", str(tree / "f"), "c/d/../4.mp4", "e/*.wav"]

    found = discover(tree, patterns)

    assert found.paths == ("a/1.mp4", "a/b/2.mp4", "c/4.mp4", "c/d/5.png", "f/7.mp4", "odd[1].bin")
    assert texts(found) == ["e/*.wav: matches no file that is checked."]
    assert discover(tree, ["*/b"]).paths == ("a/b/2.mp4", "a/b/3.wav")
    assert discover(tree, ["?/[14].mp4"]).paths == ("a/1.mp4", "c/4.mp4")


def test_a_named_file_is_taken_whatever_ignores_it(tree):
    fill(tree, "a.mp4", "b.bin")
    (tree / ".gitignore").write_text("*\n")
    (tree / ".lipreadyignore").write_text("*\n")

    assert discover(tree, ["a.mp4", "b.bin"]).paths == ("a.mp4", "b.bin")


@pytest.mark.parametrize("pattern", ["none.mp4", "../out.mp4", "/etc/passwd", "a/../../out.mp4", "..", "x\0.mp4"])
def test_what_is_not_there_or_outside_is_a_usage_error(tree, pattern):
    fill(tree, "a/1.mp4")
    fill(tree.parent, "out.mp4")

    with pytest.raises(UsageError, match=r"there is no such file|lies outside|is no path"):
        discover(tree, [pattern])


def test_nothing_found_is_said(tree):
    fill(tree, "README.md")

    with pytest.raises(NothingCheckedError, match="no video, audio track or image"):
        discover(tree)
    with pytest.raises(NothingCheckedError, match=r"^x/\*\*: "):
        discover(tree, ["x/**"])


def test_links_count_once_and_never_lead_out(tree):
    fill(tree, "real.mp4", "store/blob", "dir/in.mp4")
    fill(tree.parent, "secret.mp4", "secrets/s.mp4")
    for name, target in {
        "same.mp4": "real.mp4",
        "alias1.mp4": "store/blob",
        "alias2.mp4": "store/blob",
        "loop.mp4": "loop.mp4",
        "broken.mp4": "nowhere",
        "out.mp4": "../secret.mp4",
        "abs.mp4": str(tree.parent / "secret.mp4"),
        "folder.mp4": "dir",
        "linked": "dir",
        "up": "..",
        "dir/self": ".",
        "outside": "../secrets",
        "long.mp4": "x" * 300,
    }.items():
        (tree / name).symlink_to(target)

    found = discover(tree)

    assert found.paths == ("alias1.mp4", "broken.mp4", "dir/in.mp4", "long.mp4", "loop.mp4", "real.mp4")
    assert texts(found) == [
        f"{n}.mp4: is a link that leads out of the tree; it is not followed." for n in ("abs", "out")
    ]
    assert discover(tree, ["linked"]).paths == discover(tree, ["linked/in.mp4"]).paths == ("dir/in.mp4",)
    for outside in ("outside", "outside/s.mp4"):
        with pytest.raises(UsageError, match="lies outside"):
            discover(tree, [outside])
    with pytest.raises(NothingCheckedError):
        discover(tree, ["out.mp4"])


def test_a_tracked_folder_that_became_a_link_is_not_entered(repository):
    fill(repository, "dir/a.mp4", "b.mp4")
    git(repository, "add", ".")
    (repository / "dir").rename(repository.parent / "elsewhere")
    (repository / "dir").symlink_to("../elsewhere")

    assert discover(repository).paths == ("b.mp4",)


def test_names_that_are_not_utf8_survive(tree):
    name = os.fsdecode(b"caf\xe9 \n\t\xff.mp4")
    (tree / name).write_bytes(b"\0")
    if (tree / ".git").exists():
        git(tree, "add", ".")

    assert discover(tree).paths == (name,)


def test_typescript_is_no_transport_stream(tree):
    fill(tree, "a.mp4")
    (tree / "index.ts").write_text("Good();")
    (tree / "types.d.mts").write_text("export {};\n")
    (tree / "empty.ts").write_text("")
    (tree / "clip.ts").write_bytes(b"G\x40\x11\x10\0" + bytes(183))
    (tree / "lfs.ts").write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 1234\n", encoding="ascii"
    )

    assert discover(tree).paths == ("a.mp4", "clip.ts", "lfs.ts")


def test_submodules_and_checkouts_inside_are_listed(repository):
    inner = repository.parent / "inner"
    fill(inner, "i.mp4")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "x")
    fill(repository, "a.mp4", "sub2/x")
    for name in ("sub", "empty"):
        git(repository, "submodule", "add", "-q", str(inner), name)
    git(repository, "submodule", "deinit", "-q", "-f", "empty")
    git(repository, "clone", "-q", str(inner), "checkout")
    git(repository, "clone", "-q", str(inner), "ignored")
    (repository / ".gitignore").write_text("/ignored\n")
    fill(repository, "sub/new.mp4")

    found = discover(repository)

    assert found.paths == ("a.mp4", "checkout/i.mp4", "sub/i.mp4", "sub/new.mp4")
    assert texts(found) == ["empty: is a submodule that is not checked out; nothing in it is checked."]
    assert texts(discover(repository, ["sub"])) == []
    assert discover(repository, ["ignored"]).paths == ("ignored/i.mp4",)


def test_a_hook_of_another_repository_changes_nothing(repository, monkeypatch):
    fill(repository, "a.mp4")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent/index")
    listing = Listing()

    assert list_work_tree(repository, listing)
    assert listing.paths == {"a.mp4"}


def test_what_a_repository_wants_git_to_run_is_not_run(repository):
    fill(repository, "a.mp4")
    git(repository, "config", "core.fsmonitor", f"touch {repository.parent / 'ran'}; false")

    assert discover(repository).paths == ("a.mp4",)
    assert not (repository.parent / "ran").exists()


def test_where_git_cannot_answer_folders_are_walked_and_that_is_said(repository, monkeypatch):
    fill(repository, "a.mp4", "b.mp4")
    (repository / ".gitignore").write_text("b.mp4\n")
    (repository / ".git/index").write_bytes(b"broken" * 100)
    found = discover(repository)
    monkeypatch.setenv("PATH", "/nonexistent")
    without = discover(repository)

    assert found.paths == without.paths == ("a.mp4",)
    assert [text.partition("(")[0] for text in (*texts(found), *texts(without))] == ["Git could not be asked "] * 2


def test_a_merge_conflict_is_one_file(repository):
    fill(repository, "a.mp4")
    git(repository, "add", ".")
    listed = subprocess.run(
        ["git", "ls-files", "-s"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout
    stages = "".join(listed.replace(" 0\t", f" {stage}\t") for stage in (1, 2, 3))
    git(repository, "rm", "-q", "--cached", "a.mp4")
    subprocess.run(["git", "update-index", "--index-info"], cwd=repository, check=True, input=stages.encode())

    assert discover(repository).paths == ("a.mp4",)


def test_patterns_of_many_stars_are_matched_without_going_back(tree):
    # Tried every way, some of these would not end in this century.
    wild = [
        "a*b*c*d*e*f",
        "**/a/**/b/**/c/**/d/**/e",
        "*a*a*a*a*a*a*a*a*a*a*a*b",
        "/".join(["**", "*a*a*a*a*a*a*b"] * 9),
    ]
    names = ("a.mp4", f"{'a' * 200}/{'abcde' * 40}/{'a/' * 100}c.mp4")
    fill(tree, *names, "axbcdef/b.mp4", "v/a/w/b/c/x/y/d/e/f.mp4", f"{'a' * 200}b/c.mp4")
    (tree / ".lipreadyignore").write_text("\n".join(wild))

    assert discover(tree).paths == names


@pytest.mark.parametrize(
    ("text", "said"),
    [("a\\", "is no pattern"), ("a" * 1001, "holds what is no pattern: 'a{60}' goes on for more than 1000 characters")],
)
def test_what_is_no_pattern_is_refused(tree, text, said):
    fill(tree, "a.mp4")
    (tree / ".lipreadyignore").write_text(text)

    with pytest.raises(ConfigurationError, match=said):
        discover(tree)


def test_huge_and_linked_ignore_files(tree):
    fill(tree, "a.mp4", "b/c.mp4")
    (tree / "everything").write_text("*\n")
    (tree / "b/.lipreadyignore").symlink_to("../everything")

    assert discover(tree).paths == ("a.mp4", "b/c.mp4")

    (tree / ".lipreadyignore").write_text("x\n" * 600_000)
    with pytest.raises(ConfigurationError, match="larger than 1 MB"):
        discover(tree)


def test_a_pipe_in_a_files_place_is_left_to_the_check(repository):
    fill(repository, "a.mp4")
    git(repository, "add", ".")
    (repository / "a.mp4").unlink()
    os.mkfifo(repository / "a.mp4")

    assert discover(repository).paths == ("a.mp4",)


def test_manifests_are_those_inside_and_those_above(tree):
    fill(tree, "a/b/1.mp4", "c/2.mp4")
    for folder in (".", "a", "a/b", "c"):
        (tree / folder / "lipready.jobs.toml").write_text("")

    assert discover(tree, ["a/b"]).manifests == tuple(f"{f}lipready.jobs.toml" for f in ("a/b/", "a/", ""))
    assert len(discover(tree).manifests) == 4
    assert discover(Path(tree), ["c/2.mp4"]).manifests == ("c/lipready.jobs.toml", "lipready.jobs.toml")


def test_paths_of_any_depth_are_judged(tmp_path):
    (tmp_path / ".lipreadyignore").write_text("b.mp4\n")
    deep = "d/" * 3000

    assert not IgnoreRules(tmp_path).ignores(f"{deep}a.mp4")
    assert IgnoreRules(tmp_path).ignores(f"{deep}b.mp4")
    assert settle(tmp_path, [f"{deep}a.mp4"]) == ((), ())


def test_names_that_no_system_knows_are_not_there(tree):
    fill(tree, "a.mp4")

    with pytest.raises(UsageError, match="there is no such file"):
        discover(tree, ["x" * 5000])
