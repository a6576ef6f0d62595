"""What a file holds, by name."""

import os
import subprocess
import time
from dataclasses import replace
from hashlib import sha256

import pytest

from lipready.gate.cache import content as content_module
from lipready.gate.cache.cache import FactsCache
from lipready.gate.cache.content import Contents, unmodified_blobs

BYTES = {"a.mp4": b"\0film" * 500, "folder/b c.wav": b"\1sound\r\n" * 300, "ü.png": b"\2picture\n" * 40}
MEDIA = b"media" * 1000


def key(content):
    return f"sha256:{sha256(content).hexdigest()}"


def pointer_to(content):
    oid = sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()


def write(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def git(folder, *arguments):
    names = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "core.hooksPath=/dev/null",
    ]
    subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True)


def commit(root, *more):
    git(root, *more, "add", "-A")
    git(root, *more, "commit", "-q", "-m", "x")


@pytest.fixture(autouse=True)
def _own_git(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(tmp_path):
    return FactsCache(tmp_path / "cache")


@pytest.fixture
def repository(root):
    git(root, "init", "-q")
    write(root, BYTES)
    commit(root)
    return root


@pytest.fixture
def later(monkeypatch):
    """Let all that the test writes have been written long ago."""
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 3600 * 10**9)


def keys_of(contents, paths=BYTES):
    return {path: each.key for path, each in contents.of(paths).items()}


RIGHT = {path: key(content) for path, content in BYTES.items()}


def test_without_git_and_with_an_empty_cache_the_bytes_are_read(root, cache):
    write(root, BYTES)
    contents = Contents(root, cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 3


@pytest.mark.usefixtures("later")
def test_what_looks_as_before_is_not_read_again(root, cache):
    write(root, BYTES)
    assert keys_of(Contents(root, cache)) == RIGHT
    contents = Contents(root, cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 0


@pytest.mark.usefixtures("later")
def test_the_same_size_and_time_with_other_bytes_is_seen(root, cache):
    write(root, {"a": b"one"})
    before = Contents(root, cache).of(["a"])["a"]
    os.utime(root / "a", ns=(before.stamp.modified, before.stamp.modified))
    write(root, {"a": b"two"})
    os.utime(root / "a", ns=(before.stamp.modified, before.stamp.modified))
    contents = Contents(root, cache)
    assert not contents.unchanged("a", before)
    assert contents.of(["a"])["a"].key == key(b"two")


def test_what_was_written_just_now_is_not_trusted_by_its_looks(root, cache):
    write(root, BYTES)
    Contents(root, cache).of(BYTES)
    assert cache.info().places == 0
    contents = Contents(root, cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 3


def test_a_fresh_clone_with_the_cache_of_another_reads_nothing(repository, cache, tmp_path):
    Contents(repository, cache).of(BYTES)
    git(tmp_path, "clone", "-q", str(repository), "clone")
    contents = Contents(tmp_path / "clone", cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 0


def test_what_was_read_before_it_was_committed_is_known_as_well(root, cache):
    write(root, BYTES)
    Contents(root, cache).of(BYTES)
    git(root, "init", "-q")
    commit(root)
    contents = Contents(root, cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 0


def test_a_repository_that_names_its_blobs_by_sha256(root, cache):
    git(root, "init", "-q", "--object-format=sha256")
    write(root, BYTES)
    commit(root)
    Contents(root, cache).of(BYTES)
    contents = Contents(root, cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 0


def test_only_what_was_modified_is_read(repository, cache):
    Contents(repository, cache).of(BYTES)
    write(repository, {"a.mp4": b"\3film" * 500, "new.wav": b"new"})
    contents = Contents(repository, cache)
    assert keys_of(contents, [*BYTES, "new.wav"]) == {**RIGHT, "a.mp4": key(b"\3film" * 500), "new.wav": key(b"new")}
    assert contents.hashed == 2


def test_a_folder_of_a_repository_may_be_the_root(repository, cache):
    Contents(repository, cache).of(BYTES)
    contents = Contents(repository / "folder", cache)
    assert keys_of(contents, ["b c.wav"]) == {"b c.wav": RIGHT["folder/b c.wav"]}
    assert contents.hashed == 0
    write(repository, {"folder/b c.wav": b"other"})
    assert keys_of(contents, ["b c.wav"]) == {"b c.wav": key(b"other")}


def test_inside_a_hook_of_another_repository(repository, cache, tmp_path, monkeypatch):
    Contents(repository, cache).of(BYTES)
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))
    contents = Contents(repository, cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 0


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_not_to_look_at_is_read(repository, cache, flag):
    Contents(repository, cache).of(BYTES)
    git(repository, "update-index", flag, "a.mp4")
    write(repository, {"a.mp4": b"\3film" * 500})
    assert keys_of(Contents(repository, cache), ["a.mp4"]) == {"a.mp4": key(b"\3film" * 500)}


def test_line_ends_that_git_changes_are_other_bytes(root, cache, tmp_path):
    git(root, "init", "-q")
    write(root, {"a.txt": b"one\ntwo\n"})
    commit(root)
    Contents(root, cache).of(["a.txt"])
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "-q", str(root), "clone")
    contents = Contents(tmp_path / "clone", cache)
    assert (tmp_path / "clone" / "a.txt").read_bytes() == b"one\r\ntwo\r\n"
    assert keys_of(contents, ["a.txt"]) == {"a.txt": key(b"one\r\ntwo\r\n")}


def test_a_filter_that_keeps_the_size_is_not_overlooked(root, cache):
    swap = ("-c", "filter.swap.clean=tr ab ba", "-c", "filter.swap.smudge=tr ab ba")
    write(root, {"plain": b"aaab", "a.swap": b"bbba", ".gitattributes": b"*.swap filter=swap\n"})
    git(root, "init", "-q")
    commit(root, *swap)
    contents = Contents(root, cache)
    assert keys_of(contents, ["plain", "a.swap"]) == {"plain": key(b"aaab"), "a.swap": key(b"bbba")}
    assert keys_of(contents, ["plain", "a.swap"]) == {"plain": key(b"aaab"), "a.swap": key(b"bbba")}
    assert set(unmodified_blobs(root, ["plain", "a.swap"])) == {"plain"}


def test_a_pointer_goes_by_the_name_of_its_media(root, cache):
    write(root, {"a.mp4": pointer_to(MEDIA), "same.mp4": MEDIA})
    found = Contents(root, cache).of(["a.mp4", "same.mp4"])
    assert found["a.mp4"].key == found["same.mp4"].key == key(MEDIA)
    assert (found["a.mp4"].pointer.bytes, found["same.mp4"].pointer) == (len(MEDIA), None)


def lfs_repository(root):
    """Make what git-lfs makes, with a filter that does as it does: the blob is a pointer, the file the media."""
    (root.parent / "pointer").write_bytes(pointer_to(MEDIA))
    clean = f"cat >/dev/null; cat '{root.parent / 'pointer'}'"
    git(root, "init", "-q")
    git(root, "config", "filter.lfs.clean", clean)
    write(root, {"a.mp4": MEDIA, ".gitattributes": b"*.mp4 filter=lfs diff=lfs merge=lfs -text\n"})
    commit(root)


@pytest.mark.usefixtures("later")
def test_media_that_git_lfs_has_fetched_are_read_once(root, cache):
    lfs_repository(root)
    for hashed in (1, 0):
        contents = Contents(root, cache)
        (content,) = contents.of(["a.mp4"]).values()
        assert (content.key, content.pointer, contents.hashed) == (key(MEDIA), None, hashed)
        (root / "a.mp4").touch()  # Known by its blob alone, as in another clone.
        git(root, "update-index", "--refresh")
    assert cache.info().blobs == 2


def test_media_that_git_lfs_has_put_there_just_now_are_read_again(root, cache):
    lfs_repository(root)
    for _ in range(2):
        contents = Contents(root, cache)
        contents.of(["a.mp4"])
        assert contents.hashed == 1


def test_a_clone_without_git_lfs_holds_pointers(root, cache, tmp_path):
    lfs_repository(root)
    git(tmp_path, "clone", "-q", str(root), "clone")
    for hashed in (1, 1):
        contents = Contents(tmp_path / "clone", cache)
        (content,) = contents.of(["a.mp4"]).values()
        assert (content.key, content.pointer.bytes, contents.hashed) == (key(MEDIA), len(MEDIA), hashed)


def test_a_pointer_that_stays_a_pointer_is_known_by_its_blob(root, cache):
    git(root, "init", "-q")
    write(root, {"a.mp4": pointer_to(MEDIA)})
    commit(root)
    first = Contents(root, cache).of(["a.mp4"])
    contents = Contents(root, cache)
    assert contents.of(["a.mp4"]) == first
    assert contents.hashed == 0


@pytest.mark.parametrize(
    "path",
    ["", "../outside", "folder/../../outside", "/etc/hostname", "https://example.com/a", "a\0b", "none", ".", "folder"],
)
def test_what_is_no_file_of_the_tree_has_no_name(root, tmp_path, cache, path):
    write(root, {"folder/a": b"1"})
    (tmp_path / "outside").write_bytes(b"secret")
    assert Contents(root, cache).of([path]) == {}


def test_an_empty_file_is_a_content_too(root, cache):
    write(root, {"a": b"", "b": b""})
    assert keys_of(Contents(root, cache), ["a", "b"]) == {"a": key(b""), "b": key(b"")}


def test_links_that_lead_out_and_pipes_have_no_name(root, tmp_path, cache):
    (tmp_path / "outside").write_bytes(b"secret")
    (root / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "pipe")
    write(root, {"inside": b"1"})
    (root / "good").symlink_to("inside")
    assert keys_of(Contents(root, cache), ["link", "pipe", "good"]) == {"good": key(b"1")}


def test_a_file_that_changes_while_git_looks_is_read(repository, cache, monkeypatch):
    Contents(repository, cache).of(BYTES)

    def slow(root, paths):
        found = unmodified_blobs(root, paths)
        write(repository, {"a.mp4": b"\3film" * 500})
        return found

    monkeypatch.setattr(content_module, "unmodified_blobs", slow)
    assert keys_of(Contents(repository, cache))["a.mp4"] == key(b"\3film" * 500)


@pytest.mark.usefixtures("later")
def test_what_a_cache_says_must_have_the_form_of_a_row(root, cache):
    write(root, {"a": b"1"})
    contents = Contents(root, cache)
    row = cache.recall("place", [contents._place("a")])
    contents.of(["a"])
    (row,) = cache.recall("place", [contents._place("a")]).values()
    for wrong in (b"", b"x", row + b"x", row.replace(b",", b";"), b"9" * 400, b"[" * 100_000, row[:-1] + b"x"):
        cache.remember("place", {contents._place("a"): wrong})
        assert keys_of(contents, ["a"]) == {"a": key(b"1")}


def test_a_broken_repository_is_read_like_any_folder(repository, cache):
    Contents(repository, cache).of(BYTES)
    (repository / ".git" / "index").write_bytes(b"nonsense")
    contents = Contents(repository, cache)
    assert keys_of(contents) == RIGHT
    assert contents.hashed == 3


def test_a_stamp_is_part_of_a_content(root, cache):
    write(root, {"a": b"1"})
    contents = Contents(root, cache)
    content = contents.of(["a"])["a"]
    assert contents.unchanged("a", content)
    assert not contents.unchanged("a", replace(content, stamp=replace(content.stamp, size=2)))
    assert not contents.unchanged("gone", content)
