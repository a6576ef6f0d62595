import os

import pytest

from lipready.errors import ConfigurationError
from lipready.gate.discovery.manifest import read_manifests
from lipready.job import Job, RequestOptions

MANIFEST = "lipready.jobs.toml"


@pytest.fixture
def read(tmp_path):
    def reader(text, folder=".", defaults=None):
        path = os.path.normpath(f"{folder}/{MANIFEST}")
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        return read_manifests(tmp_path, [path], defaults)

    return reader


def test_paths_are_relative_to_the_manifest_and_come_relative_to_the_root(read, tmp_path):
    [job] = read(
        f'[[jobs]]\nname = "Intro 1"\nvideo = "v.mp4"\naudio = "../sound/a.wav"\nreference = "{tmp_path}/r.png"\n'
        "face_threshold = 150\n",
        folder="clips",
        defaults=RequestOptions(video_extension=True),
    )

    assert job.name == "Intro 1"
    assert job.job == Job(
        "clips/v.mp4", "sound/a.wav", "r.png", RequestOptions(video_extension=True, face_threshold=150)
    )


def test_files_that_cannot_be_there_are_left_to_the_check(read, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"")
    names = ["a.mp4/x.wav", "x" * 300, "none/x.wav"]

    jobs = read("".join(f'[[jobs]]\naudio = "{name}"\n' for name in names))

    assert [job.job.audio for job in jobs] == names


@pytest.mark.parametrize("path", ["../../out.mp4", "/etc/passwd", "leak.mp4", "leak/x.mp4", "/", "../clips/../../x"])
def test_paths_that_leave_the_root_are_refused(read, tmp_path, path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/leak.mp4").symlink_to("/etc/hostname")
    (tmp_path / "clips/leak").symlink_to("/etc")

    with pytest.raises(ConfigurationError) as caught:
        read(f'[[jobs]]\naudio = "{path}"', folder="clips")

    assert str(caught.value).startswith(f"clips/{MANIFEST}, job 1: audio, '{path}', leads out of {tmp_path}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[jobs]]\nvidoe = "a"', "job 1: the key 'vidoe' is unknown; did you mean 'video'?"),
        ('[[job]]\nvideo = "a"', "holds something other than [[jobs]]: the key 'job' is unknown; did you mean 'jobs'?"),
        ('[jobs]\nvideo = "a"', "jobs is not a list"),
        ('jobs = ["a.mp4"]', "job 1: a job is an object"),
        ('[[jobs]]\nname = "x"', "job 1: names no file"),
        ("[[jobs]]\nvideo = 1", "video is not text"),
        ('[[jobs]]\nvideo = ""', "video is no path"),
        ('[[jobs]]\nvideo = "a\\u0000.mp4"', "video is no path"),
        ('[[jobs]]\nvideo = "."', "is a folder"),
        ('[[jobs]]\nvideo = "https://example.com/a.mp4"', "video is an address"),
        ('[[jobs]]\nname = "a\\nb"\nvideo = "a"', "printable characters"),
        ('[[jobs]]\nname = ""\nvideo = "a"', "printable characters"),
        ('[[jobs]]\nname = "n"\nvideo = "a"\n[[jobs]]\nname = "n"\nvideo = "b"', "job 2: the name 'n' is taken by"),
        ("x = " + "[" * 100_000, "is not TOML"),
        ("x = " + "1" * 10_000, "is not TOML"),
        ("[[jobs", "is not TOML"),
        ("# " + "x" * (4 << 20), "is larger than 4 MB"),
    ],
)
def test_what_is_wrong_is_said(read, text, said):
    with pytest.raises(ConfigurationError) as caught:
        read(text)

    assert said in str(caught.value)
    assert str(caught.value).startswith(MANIFEST)


def test_a_name_is_taken_across_manifests(read, tmp_path):
    read('[[jobs]]\nname = "n"\nvideo = "a"', folder="a")
    read('[[jobs]]\nname = "n"\nvideo = "a"', folder="b")

    with pytest.raises(
        ConfigurationError, match=f"^b/{MANIFEST}, job 1: the name 'n' is taken by a/{MANIFEST}, job 1;"
    ):
        read_manifests(tmp_path, [f"b/{MANIFEST}", f"a/{MANIFEST}"])


def test_a_manifest_that_is_no_file_is_refused(tmp_path):
    (tmp_path / "out").symlink_to("/etc/hostname")
    (tmp_path / "bytes").write_bytes(b"\xff")
    os.mkfifo(tmp_path / "pipe")

    for name, said in {
        "out": "leads out",
        "pipe": "is no file",
        "none": "cannot be read",
        "bytes": "cannot be",
    }.items():
        with pytest.raises(ConfigurationError, match=said):
            read_manifests(tmp_path, [name])
