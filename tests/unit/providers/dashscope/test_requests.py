import pytest

from lipready.errors import UsageError
from lipready.profiles.loader import load_profile
from lipready.providers.dashscope.requests import SERVICE
from lipready.providers.service import Endpoints, Submission

API = "https://dashscope.aliyuncs.com/api/v1"
ENDPOINTS = Endpoints(API, "")
JOB = Submission(model="videoretalk", video_url="https://host/1.mp4?sig", audio_url="https://host/1.wav")


def test_a_submission_is_as_the_page_shows_it() -> None:
    request = SERVICE.submit(ENDPOINTS, JOB, "")
    assert (request.method, request.url) == ("POST", f"{API}/services/aigc/image2video/video-synthesis/")
    assert request.headers == {"X-DashScope-Async": "enable"}
    assert request.json == {
        "model": "videoretalk",
        "input": {"video_url": "https://host/1.mp4?sig", "audio_url": "https://host/1.wav"},
        "parameters": {"video_extension": False},
    }
    assert request.authorized
    assert request.seconds == 120


def test_options_are_sent_only_where_they_are_given() -> None:
    job = Submission(
        model="videoretalk",
        video_url="https://host/1.mp4",
        audio_url="oss://folder/1.wav",
        reference_url="https://host/1.jpg",
        video_extension=True,
        face_threshold=150,
        callback_url="https://host/hook",
    )
    request = SERVICE.submit(ENDPOINTS, job, "key")
    assert request.headers == {"X-DashScope-Async": "enable", "X-DashScope-OssResourceResolve": "enable"}
    assert request.json == {
        "model": "videoretalk",
        "input": {
            "video_url": "https://host/1.mp4",
            "audio_url": "oss://folder/1.wav",
            "ref_image_url": "https://host/1.jpg",
        },
        "parameters": {"video_extension": True, "query_face_threshold": 150},
    }


def test_tasks_are_asked_for_listed_and_cancelled() -> None:
    assert SERVICE.cancel is not None
    asked = [SERVICE.query(ENDPOINTS, "a85-1"), SERVICE.list_tasks(ENDPOINTS, 2), SERVICE.cancel(ENDPOINTS, "a85-1")]
    assert [(request.method, request.url) for request in asked] == [
        ("GET", f"{API}/tasks/a85-1"),
        ("GET", f"{API}/tasks/?page_no=2&page_size=100&model_name=videoretalk"),
        ("POST", f"{API}/tasks/a85-1/cancel"),
    ]
    assert all(request.authorized for request in asked)


@pytest.mark.parametrize("task_id", ["..", "a/../../uploads", "a?b", "a\r\nHost: evil", ""])
def test_an_id_that_leads_elsewhere_is_refused(task_id: str) -> None:
    assert SERVICE.cancel is not None
    for ask in (SERVICE.query, SERVICE.cancel):
        with pytest.raises(UsageError, match="cannot be the id of a task"):
            ask(ENDPOINTS, task_id)


def test_nothing_of_a_request_shows_an_address() -> None:
    assert "sig" not in repr(JOB)


def test_the_service_is_called_as_its_profile_is() -> None:
    profile = load_profile(SERVICE.name)
    assert (profile.title, profile.model) == (SERVICE.title, "videoretalk")
    assert (SERVICE.submit_interval, SERVICE.read_interval, SERVICE.poll_seconds) == (1.02, 0.05, 15.0)
    assert SERVICE.longest_seconds == 10_800
