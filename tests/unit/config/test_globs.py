"""What a pattern means."""

from pathlib import Path

import pytest

from lipready.config.patterns import Glob


def matches(pattern, path, folder="/repo"):
    return Glob.of(pattern, Path(folder)).matches(path if path.startswith("/") else f"/repo/{path}")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("assets/old/*.mp4", "assets/old/a.mp4", True),
        ("assets/old/*.mp4", "assets/old/deep/a.mp4", False),
        ("assets/old/*.mp4", "assets/old/.hidden.mp4", True),
        ("*.mp4", "a.mp4", True),
        ("*.mp4", "assets/a.mp4", False),
        ("**/*.mp4", "a.mp4", True),
        ("**/*.mp4", "x/y/z/a.mp4", True),
        ("assets/**", "assets/a.mp4", True),
        ("assets/**", "assets/x/y/a.mp4", True),
        ("assets/**", "assets", False),
        ("assets/**", "assets2/a.mp4", False),
        ("assets/", "assets/x/a.mp4", True),
        ("assets", "assets/a.mp4", False),
        ("assets/**/b/*.wav", "assets/b/a.wav", True),
        ("assets/**/b/*.wav", "assets/x/b/y/b/a.wav", True),
        ("assets/**/b/*.wav", "assets/x/a.wav", False),
        ("**/a/**/b", "x/a/a/y/b", True),
        ("clip?.mp4", "clip1.mp4", True),
        ("clip?.mp4", "clip12.mp4", False),
        ("clip[12].mp4", "clip2.mp4", True),
        ("clip[!12].mp4", "clip2.mp4", False),
        ("a?b", "a/b", False),
        ("a[/]b", "a/b", False),
        ("a[!x]b", "a/b", False),
        ("a[+-9]b", "a/b", False),
        ("take[1.mp4", "take[1.mp4", True),
        ("[[]1].mp4", "[1].mp4", True),
        ("#*!.mp4", "#1!.mp4", True),
        ("!a.mp4", "!a.mp4", True),
        ("a.mp4", "a.mp4\n", False),
        ("**/*", "a/b", True),
        ("**/*/**", "a", False),
        ("**/*a*b/**/c*d/**/e*", "x/ab/aab/cdd/c/cd/y/ee", True),
        ("./a.mp4", "a.mp4", True),
        ("a.mp4", "aXmp4", False),
        ("Intro/*.mp4", "intro/a.mp4", False),
        ("*.mp4", "a.MP4", False),
        ("über/*.mp4", "über/日本.mp4", True),
        ("**/a\n.mp4", "a\n.mp4", True),
        ("**", "a\nb", True),
    ],
)
def test_a_pattern_means_what_the_documentation_says(pattern, path, expected):
    assert matches(pattern, path) is expected


def test_nothing_outside_of_its_folder_matches():
    assert not matches("**", "/elsewhere/a.mp4")
    assert not matches("**", "/repository/a.mp4")
    assert not matches("**/*.mp4", "a.mp4", folder="/repo/deep")
    assert matches("**/*.mp4", "deep/a.mp4", folder="/repo/deep")
    assert matches("repo/**", "/repo/a.mp4", folder="/")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("/assets/*.mp4", "downward"),
        ("../a.mp4", "downward"),
        ("a/../b", "downward"),
        ("a\\b", "backslash"),
        ("a//b", "two slashes"),
        ("a**/b", "whole folders"),
        ("./", "names nothing"),
        ("a" * 1001, "longer"),
        ("[z-a].mp4", "no character"),
    ],
)
def test_a_pattern_that_can_match_nothing_is_refused(pattern, said):
    with pytest.raises(ValueError, match=said):
        Glob.of(pattern, Path("/repo"))


def test_no_pattern_takes_long():
    # Tried every way, this would not end in this century.
    assert not matches("/".join(["**", "*a*a*a*a*a*a*a*a*b"] * 20), "/".join(["a" * 200] * 60))


def test_links_in_the_folder_are_resolved(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    glob = Glob.of("*.mp4", tmp_path / "link")

    assert glob.matches((tmp_path / "real" / "a.mp4").resolve().as_posix())


@pytest.mark.parametrize(("pattern", "literal"), [("a/b.mp4", True), ("a/", False), ("*.mp4", False), ("a[1]", False)])
def test_a_literal_pattern_names_one_file(pattern, literal):
    assert Glob.of(pattern, Path("/repo")).literal is literal
