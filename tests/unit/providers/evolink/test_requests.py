import pytest

from lipready.errors import UsageError
from lipready.profiles.loader import load_profile
from lipready.providers.evolink.files import file_upload
from lipready.providers.evolink.requests import SERVICE
from lipready.providers.service import Endpoints, Submission
from lipready.providers.transport.wire import UPLOAD_SECONDS

ENDPOINTS = Endpoints("https://api.evolink.ai/v1", "https://files-api.evolink.ai")
JOB = Submission(model="videoretalk", video_url="https://host/1.mp4", audio_url="https://host/1.wav")
KEY = "0123456789abcdef"


def test_a_submission_is_as_the_page_shows_it() -> None:
    request = SERVICE.submit(ENDPOINTS, JOB, KEY)
    assert (request.method, request.url) == ("POST", "https://api.evolink.ai/v1/videos/generations")
    assert request.headers == {"Idempotency-Key": KEY}
    assert request.json == {
        "model": "videoretalk",
        "video_url": "https://host/1.mp4",
        "audio_url": "https://host/1.wav",
        "video_extension": False,
    }
    assert request.seconds == 120


def test_options_are_sent_only_where_they_are_given() -> None:
    job = Submission(
        model="videoretalk",
        video_url="https://host/1.mp4",
        audio_url="https://host/1.wav",
        reference_url="https://host/1.jpg",
        video_extension=True,
        face_threshold=150,
        callback_url="https://host/hook",
    )
    assert SERVICE.submit(ENDPOINTS, job, KEY).json == {
        "model": "videoretalk",
        "video_url": "https://host/1.mp4",
        "audio_url": "https://host/1.wav",
        "ref_image_url": "https://host/1.jpg",
        "video_extension": True,
        "query_face_threshold": 150,
        "callback_url": "https://host/hook",
    }


@pytest.mark.parametrize("key", ["", "short", "x" * 97, "0123456789abcde\n", "0123456789abcdé!", f"{KEY}\r\nX: y"])
def test_a_key_that_the_provider_would_refuse(key: str) -> None:
    with pytest.raises(UsageError, match="16 to 96"):
        SERVICE.submit(ENDPOINTS, JOB, key)


def test_tasks_are_asked_for_and_listed_but_not_cancelled() -> None:
    asked = [SERVICE.query(ENDPOINTS, "task-unified-1-x"), SERVICE.list_tasks(ENDPOINTS, 3)]
    assert [(request.method, request.url) for request in asked] == [
        ("GET", "https://api.evolink.ai/v1/tasks/task-unified-1-x"),
        ("GET", "https://api.evolink.ai/v1/tasks?model=videoretalk&page=3&page_size=50"),
    ]
    assert SERVICE.cancel is None
    with pytest.raises(UsageError):
        SERVICE.query(ENDPOINTS, "../credits")


def test_a_file_is_sent_as_a_stream() -> None:
    request = file_upload(ENDPOINTS, "folder/clip.mp4", "0f3a.mp4", "video/mp4")
    assert request.url == "https://files-api.evolink.ai/api/v1/files/upload/stream"
    assert request.form is not None
    assert request.form.fields == (("file_name", "0f3a.mp4"),)
    assert (request.authorized, request.seconds) == (True, UPLOAD_SECONDS)


def test_the_service_is_called_as_its_profile_is() -> None:
    profile = load_profile(SERVICE.name)
    assert (profile.title, profile.model) == (SERVICE.title, "videoretalk")
