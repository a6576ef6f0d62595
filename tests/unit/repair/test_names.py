import pytest

from lipready.repair.plan import output_name


def output_names(wanted, taken=()):
    used = {name.casefold() for name in taken}
    return {role: output_name(role, source, extension, used) for role, source, extension in wanted}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("in/clip.webm", "clip.mp4"),
        ("clip", "clip.mp4"),
        ("two.dots.mov", "two.dots.mp4"),
        (".hidden", "hidden.mp4"),
        ("-rf.webm", "rf.mp4"),
        ("a:b*c?.mkv", "a_b_c_.mp4"),
        ("line\nfeed.mkv", "line_feed.mp4"),
        ("con.mkv", "_con.mp4"),
        ("é.mkv", "é.mp4"),
        ("\udcff.mkv", "_.mp4"),
        ("  .mkv", "video.mp4"),
    ],
)
def test_names_are_the_sources_own_made_safe(source, name):
    assert output_names([("video", source, "mp4")]) == {"video": name}


@pytest.mark.parametrize(
    ("source", "name"),
    [("in/clip.MP4", "clip.MP4"), ("clip", "clip"), ("a:b.m:v", "a_b.m_v"), (".hidden", "hidden"), ("a.", "a")],
)
def test_a_file_that_is_passed_on_keeps_its_extension(source, name):
    assert output_names([("video", source, None)]) == {"video": name}


def test_names_that_are_taken_are_left_to_others():
    wanted = [("video", "a/x.mp4", None), ("audio", "b/x.mp4", None), ("reference", "people.jpg", None)]
    assert output_names(wanted, ["People.jpg"]) == {
        "video": "x.mp4",
        "audio": "x-audio.mp4",
        "reference": "people-reference.jpg",
    }


def test_long_names_are_cut_between_characters():
    (name,) = output_names([("video", "ü" * 300, "mp4")]).values()
    assert len(name.encode()) <= 124
    assert set(name.removesuffix(".mp4")) == {"ü"}


def test_two_outputs_never_share_a_name_whatever_the_case():
    wanted = [("video", "a/Talk.mov", "mp4"), ("audio", "b/talk.mp4", "mp4"), ("reference", "talk.png", "jpg")]
    assert output_names(wanted) == {"video": "Talk.mp4", "audio": "talk-audio.mp4", "reference": "talk.jpg"}
