"""Which host of DashScope is asked, for which workspace, and what is said where a key is not known there."""

import json
from dataclasses import replace

import pytest

from lipready.errors import ConfigurationError, RefusedError
from lipready.providers.account import account_at
from lipready.providers.dashscope import requests as dashscope
from lipready.providers.dashscope.region import region_of
from lipready.providers.dashscope.upload import policy_request
from lipready.providers.journal.entry import JournalEntry, from_text, to_text
from lipready.providers.service import Submission
from lipready.providers.transport.wire import HttpResponse

KEY = "sk-canary-0123456789abcdef"
SERVICE = dashscope.SERVICE
JOB = Submission(model="videoretalk", video_url="https://host/1.mp4", audio_url="https://host/1.wav")


@pytest.fixture
def at(surroundings, monkeypatch):
    """Find the account with these variables: `at(address=…, region=…, workspace=…)`."""
    del surroundings

    def find(address=None, region=None, workspace=None):
        given = {
            "DASHSCOPE_HTTP_BASE_URL": address,
            "DASHSCOPE_API_REGION": region,
            "DASHSCOPE_WORKSPACE_ID": workspace,
        }
        for name, value in given.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        return account_at("dashscope", api_key=KEY)

    return find


@pytest.mark.parametrize("region", [None, "", "cn-beijing", " cn-beijing "])
def test_beijing_is_asked_at_its_usual_host_with_or_without_a_workspace(at, region):
    assert at(region=region).endpoints.api == "https://dashscope.aliyuncs.com/api/v1"
    endpoints = at(region=region, workspace="llm-x_1").endpoints
    assert (endpoints.api, endpoints.workspace) == ("https://dashscope.aliyuncs.com/api/v1", "llm-x_1")


@pytest.mark.parametrize("region", ["ap-southeast-1", "us-east-1", "mars", "x?.evil", "CN-BEIJING"])
def test_another_region_is_refused_before_anything_is_sent(at, region):
    with pytest.raises(ConfigurationError, match=r"DASHSCOPE_API_REGION.*cn-beijing.*only.*DASHSCOPE_HTTP_BASE_URL"):
        at(region=region)


def test_an_address_by_hand_goes_before_the_region_and_is_warned_of_where_it_is_of_another(at):
    account = at(address="https://dashscope-intl.aliyuncs.com/api/v1", region="ap-southeast-1")
    assert account.endpoints.api == "https://dashscope-intl.aliyuncs.com/api/v1"
    assert "ap-southeast-1" in account.warning
    assert "cn-beijing only" in account.warning
    for address in ("https://dashscope.aliyuncs.com/api/v1", "https://gateway.example/api/v1"):
        assert at(address=address).warning is None


def test_a_host_of_the_workspace_own(at):
    given = "https://{workspace_id}.cn-beijing.maas.aliyuncs.com/api/v1"
    account = at(address=given, workspace="ws-1")
    assert account.endpoints.api == "https://ws-1.cn-beijing.maas.aliyuncs.com/api/v1"
    assert account.warning is None
    assert account.origins == (account.endpoints.api,)


def test_an_address_that_lacks_its_workspace(at):
    with pytest.raises(ConfigurationError, match="DASHSCOPE_WORKSPACE_ID"):
        at(address="https://{workspace_id}.cn-beijing.maas.aliyuncs.com/api/v1")


@pytest.mark.parametrize(
    "workspace", ["a.evil", "a/b", "a@b", "a b", "-a", "_a", "a" * 65, "ä", "a\nX-Evil: 1", "a:1", "a?", "a#", KEY]
)
def test_a_workspace_of_odd_characters_is_refused_and_not_repeated(at, workspace):
    with pytest.raises(ConfigurationError, match="DASHSCOPE_WORKSPACE_ID") as caught:
        at(workspace=workspace)
    assert workspace not in str(caught.value)


def test_every_request_names_the_workspace(at):
    endpoints = at(workspace="ws-1").endpoints
    requests = (
        SERVICE.submit(endpoints, JOB, ""),
        SERVICE.query(endpoints, "t-1"),
        SERVICE.list_tasks(endpoints, 1),
        SERVICE.cancel(endpoints, "t-1"),
        policy_request(endpoints, "videoretalk"),
    )
    assert [request.headers.get("X-DashScope-WorkSpace") for request in requests] == ["ws-1"] * 5
    bare = replace(endpoints, workspace=None)
    assert "X-DashScope-WorkSpace" not in SERVICE.submit(bare, JOB, "").headers


@pytest.mark.parametrize(
    ("api", "region"),
    [
        ("https://dashscope.aliyuncs.com/api/v1", "cn-beijing"),
        ("https://DASHSCOPE-US.aliyuncs.com/api/v1", "us-east-1"),
        ("https://cn-hongkong.dashscope.aliyuncs.com/api/v1", "cn-hongkong"),
        ("https://ws-1.eu-central-1.maas.aliyuncs.com/api/v1", "eu-central-1"),
        ("https://ws-1.eu-central-1.maas.aliyuncs.com.evil.example/api/v1", None),
        ("https://dashscope.example/api/v1", None),
        ("http://127.0.0.1:8000/api/v1", None),
    ],
)
def test_the_region_that_an_address_belongs_to(api, region):
    assert region_of(api) == region


def refused(play, at, status, code, **place):
    def answer(_request):
        return HttpResponse(status, {}, json.dumps({"code": code, "message": "no", "request_id": "r-1"}).encode())

    from lipready.providers.submission.queries import ask_once

    account = at(**place)
    error = play(ask_once(account, SERVICE.query(account.endpoints, "t-1"), SERVICE.read_task), answer).error
    assert isinstance(error, RefusedError)
    assert KEY not in str(error)
    return error


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "InvalidApiKey"), (403, "Model.AccessDenied"), (404, "ModelNotFound"), (400, "model_not_found")],
)
def test_a_refused_key_or_model_says_which_region_was_asked(play, at, status, code):
    error = refused(play, at, status, code)
    assert "The region cn-beijing was asked (dashscope.aliyuncs.com): the key may be of another region." in str(error)
    assert (error.status, error.request_id) == (status, "r-1")
    within = refused(play, at, status, code, workspace="ws-1")
    assert "(dashscope.aliyuncs.com, workspace ws-1): the key may be of another region or workspace." in str(within)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "InvalidParameter"), (403, "AllocationQuota.FreeTierOnly"), (429, "Throttling")]
)
def test_other_refusals_say_nothing_of_the_region(play, at, status, code):
    assert "region" not in str(refused(play, at, status, code))


def test_a_host_that_is_of_no_region_is_not_given_one(play, at):
    assert "was asked" not in str(refused(play, at, 401, "InvalidApiKey", address="https://gateway.example/api/v1"))


def test_the_journal_keeps_the_workspace_and_takes_no_odd_one():
    entry = JournalEntry(id="0123456789ab", created=1.0, provider="dashscope", service="dashscope", api="https://a/v1")
    kept = replace(entry, workspace="ws-1")
    assert from_text(to_text(kept)) == kept
    with pytest.raises(ValueError, match="workspace") as caught:
        replace(entry, workspace=KEY)
    assert KEY not in str(caught.value)
