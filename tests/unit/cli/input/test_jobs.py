import json

import pytest

from lipready.cli.input.jobs import read_jobs
from lipready.errors import ConfigurationError, UsageError
from lipready.job import Job, RequestOptions


@pytest.fixture
def write(tmp_path):
    for name in ("a.mp4", "a.wav", "b.mp4", "b.wav", "ok.mp4"):
        (tmp_path / name).touch()

    def writer(text, name="jobs.jsonl"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return writer


def test_lines_become_jobs_with_paths_beside_the_list(write, tmp_path):
    face = tmp_path / "faces" / "b.png"
    face.parent.mkdir()
    face.touch()
    path = write(f'{{"video": "a.mp4", "audio": "a.wav"}}\n\n{{"video": "b.mp4", "reference": "{face}"}}\n')

    assert read_jobs(path, RequestOptions()) == [
        Job(str(tmp_path / "a.mp4"), str(tmp_path / "a.wav")),
        Job(str(tmp_path / "b.mp4"), None, str(face)),
    ]


def test_addresses_stay_as_they_are(write, tmp_path):
    url = "https://example.com//a.mp4?Signature=s3cret"
    path = write(json.dumps({"video": url, "audio": "a.wav"}))

    assert read_jobs(path, RequestOptions()) == [Job(url, str(tmp_path / "a.wav"))]


def test_a_job_replaces_the_options_of_the_command_line(write):
    lines = [{"video": "a.mp4"}, {"video": "b.mp4", "face_threshold": 180, "video_extension": False}]
    path = write("\n".join(map(json.dumps, lines)))

    first, second = read_jobs(
        path, RequestOptions(video_extension=True, face_threshold=130, callback_url="https://x.y")
    )

    assert first.options == RequestOptions(video_extension=True, face_threshold=130, callback_url="https://x.y")
    assert second.options == RequestOptions(video_extension=False, face_threshold=180, callback_url="https://x.y")


def test_toml_lists_jobs(write, tmp_path):
    path = write('[[jobs]]\nvideo = "a.mp4"\nface_threshold = 150\n[[jobs]]\naudio = "b.wav"\n', "jobs.toml")

    first, second = read_jobs(path, RequestOptions())

    assert first == Job(str(tmp_path / "a.mp4"), options=RequestOptions(face_threshold=150))
    assert second.audio == str(tmp_path / "b.wav")


def test_an_empty_list_is_no_error_here(write):
    assert read_jobs(write("\n\n"), RequestOptions()) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "a job is an object"),
        ('{"vido": "a.mp4"}', "did you mean 'video'?"),
        ('{"zzz": "a.mp4"}', "known keys are name, video"),
        ('{"video": 3}', "video is not text"),
        ('{"video": "a.mp4", "face_threshold": true}', "face_threshold is not a whole number"),
        ('{"video": "a.mp4", "video_extension": 1}', "video_extension is not true or false"),
        ("{}", "names no file"),
        ('{"video": null}', "names no file"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(write, line, said):
    path = write('{"video": "ok.mp4"}\n' + line)

    with pytest.raises(ConfigurationError) as caught:
        read_jobs(path, RequestOptions())

    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["jobs = 3", "x = 1", "[[jobs]\n"])
def test_wrong_toml_is_said(write, text):
    with pytest.raises(ConfigurationError):
        read_jobs(write(text, "jobs.toml"), RequestOptions())


def test_a_list_that_cannot_be_read_is_a_usage_error(tmp_path, write):
    write("")
    with pytest.raises(UsageError, match=r"job\.jsonl: there is no such file; did you mean .*jobs\.jsonl\?"):
        read_jobs(tmp_path / "job.jsonl", RequestOptions())
    with pytest.raises(UsageError, match="is a folder"):
        read_jobs(write('{"video": "."}'), RequestOptions())


def test_a_file_that_is_not_there_is_said_with_its_place_before_anything_is_checked(tmp_path, write):
    path = write('{"video": "a.mp4"}\n{"video": "ok.mp5", "audio": "a.wav"}')

    with pytest.raises(UsageError) as caught:
        read_jobs(path, RequestOptions())

    said = f"{path}, line 2: {tmp_path}/ok.mp5: there is no such file; did you mean {tmp_path}/ok.mp4?"
    assert str(caught.value) == said
