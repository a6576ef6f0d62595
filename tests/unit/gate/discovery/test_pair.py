import random

import pytest

from lipready.config.unit import Unit
from lipready.errors import ConfigurationError
from lipready.gate.discovery.manifest import read_manifests
from lipready.gate.discovery.pair import pair
from lipready.job import Job, RequestOptions

EXTENDED = RequestOptions(video_extension=True)


def units(root, *paths, listed=()):
    return pair(root, paths, listed).units


@pytest.fixture
def manifest(tmp_path):
    def write(text):
        (tmp_path / "lipready.jobs.toml").write_text(text)
        return read_manifests(tmp_path, ["lipready.jobs.toml"])

    return write


def test_files_of_one_stem_are_a_job(tmp_path):
    paths = ["x/anna.mp4", "x/anna.wav", "x/anna.ref.jpg", "x/anna.jpg", "y/anna.wav", "x/Anna.mp3", "x/ben.mov"]

    paired = pair(tmp_path, paths, options=EXTENDED)

    assert paired.units == (
        Unit(name="x/Anna.mp3", job=Job(audio="x/Anna.mp3")),
        Unit(name="x/anna.jpg", job=Job(reference="x/anna.jpg")),
        Unit(name="x/anna.mp4", job=Job("x/anna.mp4", "x/anna.wav", "x/anna.ref.jpg", EXTENDED)),
        Unit(name="x/ben.mov", job=Job("x/ben.mov")),
        Unit(name="y/anna.wav", job=Job(audio="y/anna.wav")),
    )
    assert paired.notices == ()


def test_a_video_is_paired_with_what_there_is(tmp_path):
    assert units(tmp_path, "a.mp4", "a.wav")[0].job == Job("a.mp4", "a.wav")
    assert units(tmp_path, "a.mp4", "a.REF.PNG")[0].job == Job("a.mp4", None, "a.REF.PNG")
    assert [unit.name for unit in units(tmp_path, "a.wav", "a.ref.webp")] == ["a.ref.webp", "a.wav"]
    assert [unit.name for unit in units(tmp_path, "a.b.mp4", "a.wav", ".ref.png", ".mp4")] == [
        ".ref.png",
        "a.b.mp4",
        "a.wav",
    ]


@pytest.mark.parametrize(
    ("twice", "other", "noun"),
    [
        (("a.mov", "a.mp4"), "a.wav", "videos"),
        (("a.mp3", "a.wav"), "a.mp4", "audio tracks"),
        (("a.ref.jpg", "a.ref.png"), "a.mp4", "reference images"),
    ],
)
def test_what_is_ambiguous_is_checked_file_by_file_and_said(tmp_path, twice, other, noun):
    paired = pair(tmp_path, [*twice, other])

    assert [unit.name for unit in paired.units] == sorted([*twice, other])
    assert all(len(unit.files()) == 1 for unit in paired.units)
    [notice] = paired.notices
    assert notice.text.startswith(f"a: {twice[0]} and {twice[1]} are 2 {noun} of one name")


def test_files_without_a_partner_are_not_ambiguous(tmp_path):
    assert pair(tmp_path, ["a.mp4", "a.mov", "b.wav", "b.mp3", "c.png", "c.jpg"]).notices == ()


def test_jobs_of_a_manifest_come_first(tmp_path, manifest):
    listed = manifest('[[jobs]]\nname = "intro"\nvideo = "a.mp4"\naudio = "b.wav"\n[[jobs]]\nvideo = "a.mp4"\n')

    assert units(tmp_path, "a.mp4", "a.wav", "b.wav", "b.mp4", listed=listed) == (
        Unit(name="a.mp4", job=Job("a.mp4")),
        Unit(name="a.wav", job=Job(audio="a.wav")),
        Unit(name="b.mp4", job=Job("b.mp4")),
        Unit(name="intro", job=Job("a.mp4", "b.wav")),
    )


def test_what_a_manifest_names_through_a_link_is_used(tmp_path, manifest):
    (tmp_path / "real.mp4").write_bytes(b"x")
    (tmp_path / "link.mp4").symlink_to("real.mp4")

    assert units(tmp_path, "real.mp4", listed=manifest('[[jobs]]\nvideo = "link.mp4"')) == (
        Unit(name="link.mp4", job=Job("link.mp4")),
    )


def test_jobs_without_a_name_have_one_each(tmp_path, manifest):
    listed = manifest(
        '[[jobs]]\nvideo = "a.mp4"\naudio = "1.wav"\n[[jobs]]\nvideo = "a.mp4"\naudio = "2.wav"\n'
        '[[jobs]]\nvideo = "a.mp4"\naudio = "2.wav"\nvideo_extension = true\n'
        '[[jobs]]\nvideo = "b.mp4"\naudio = "2.wav"\n'
    )

    names = [unit.name for unit in units(tmp_path, listed=listed)]

    assert names == ["a.mp4 + 1.wav", "a.mp4 + 2.wav", "a.mp4 + 2.wav (2)", "b.mp4"]


def test_a_name_that_is_the_path_of_something_else_is_refused(tmp_path, manifest):
    listed = manifest('[[jobs]]\nname = "b.mp4"\nvideo = "a.mp4"')

    with pytest.raises(ConfigurationError, match=r"the name 'b\.mp4' is that of another file"):
        pair(tmp_path, ["a.mp4", "b.mp4"], listed)


def test_the_order_of_discovery_does_not_matter(tmp_path):
    paths = [
        f"{folder}/{stem}{end}" for folder in "ab" for stem in "xyz" for end in (".mp4", ".wav", ".mp3", ".ref.png")
    ]
    expected = pair(tmp_path, paths)

    for seed in range(10):
        shuffled = random.Random(seed).sample(paths, len(paths))  # noqa: S311 - an order, no secret
        assert pair(tmp_path, shuffled) == expected


def test_a_named_file_is_told_by_its_content_where_its_name_says_nothing(tmp_path, good_job):
    video, audio, reference = good_job
    for name, source in {"v.bin": video, "a": audio, "r.dat": reference}.items():
        (tmp_path / name).symlink_to(source)
    (tmp_path / "LICENSE").write_text("no media\n")

    paired = pair(tmp_path, ["LICENSE", "a", "r.dat", "v.bin"])

    assert [unit.files() for unit in paired.units] == [
        (("audio", "a"),),
        (("reference", "r.dat"),),
        (("video", "v.bin"),),
    ]
    assert [notice.text for notice in paired.notices] == [
        "LICENSE: neither its content nor its name says what it is; not checked."
    ]
