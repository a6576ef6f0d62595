"""Room in EvoLink's storage: asked for before an upload, made of what is ours alone, and given back."""

import json
import logging
import time
from dataclasses import dataclass, replace
from typing import Any

import pytest

from lipready.errors import NoAnswerError, RefusedError, UsageError
from lipready.providers.evolink.files import make_room, remove_uploads
from lipready.providers.journal.entry import Upload
from lipready.providers.submission.sending import SubmissionInputs, submit_anew, take_up
from lipready.providers.submission.upload import UploadSource, upload
from lipready.providers.transport.wire import HttpResponse

HOUR = 3600.0
FILES = "https://files.evolink.example/api/v1/files"


def kept(name, expires=HOUR, role="video"):
    address = f"https://files.evolink.example/{name}"
    return Upload(role=role, url=address, expires=time.time() + expires, size=1, mtime_ns=1, file_id=name)


def said(status, /, **body):
    return HttpResponse(status, {}, json.dumps(body).encode())


def quota(left):
    return said(200, success=True, data={"remain_files": left, "max_files": 100})


DELETED = said(200, success=True, code=200, msg="deleted", data=None)


@dataclass
class Scene:
    """EvoLink, nowhere, with a journal of its jobs."""

    play: Any
    provider: Any
    account: Any
    journal: Any
    entry_of: Any

    @property
    def at(self):
        return self.account("evolink")

    def entry(self, *uploads, **fields):
        return self.entry_of(self.at, **{"stage": "downloaded", "uploads": uploads, **fields})

    def room(self, needed, *quotas, deletes=()):
        answers = self.provider(quota=[*quotas], deletes=[*deletes])
        return self.play(make_room(self.at, self.journal, needed), answers)

    def upload(self, source, *answers):
        return self.play(upload(self.at, "videoretalk", source), self.provider(submits=[*answers]))


@pytest.fixture
def evolink(play, provider, account, journal, entry_of):
    return Scene(play, provider, account, journal, entry_of)


def asked(played):
    return [(request.method, request.url.removeprefix(FILES)) for request in played.sent]


def test_where_there_is_room_nothing_is_deleted(evolink):
    evolink.entry(kept("old"))
    played = evolink.room(2, quota(2))
    assert (played.error, asked(played)) == (None, [("GET", "/quota")])


@pytest.mark.parametrize("stage", ["downloaded", "failed", "canceled", "refused"])
def test_files_of_finished_jobs_make_room_the_oldest_first_and_no_more_than_needed(evolink, stage):
    new = evolink.entry(kept("new-1"), kept("new-2", role="audio"), stage=stage)
    past = time.time() - HOUR
    old = evolink.entry(kept("old-1"), kept("old-2", role="audio"), stage=stage, created=past)
    played = evolink.room(2, quota(0), deletes=[DELETED])
    assert played.error is None
    assert asked(played)[1:] == [("DELETE", "/old-1"), ("DELETE", "/old-2")]
    assert evolink.journal.find(old.id).uploads == ()
    assert evolink.journal.find(new.id).uploads == new.uploads


@pytest.mark.parametrize("stage", ["intended", "posting", "submitted", "succeeded", "unknown", "forgotten"])
def test_what_a_task_may_still_need_is_never_deleted(evolink, stage):
    evolink.entry(kept("needed"), stage=stage)
    played = evolink.room(1, quota(0), deletes=[DELETED])
    assert isinstance(played.error, UsageError)
    assert asked(played) == [("GET", "/quota")]
    assert "room for no more files" in str(played.error)
    assert "`Sending(bucket=…)`" in str(played.error)


def test_nothing_else_is_deleted(evolink):
    evolink.entry(kept("expired", expires=-1), kept("other", role="audio"))
    evolink.entry(kept("elsewhere"), files="https://other.example")
    evolink.entry_of(evolink.account("dashscope"), stage="downloaded", uploads=(kept("dashscope"),))
    played = evolink.room(2, quota(0), deletes=[DELETED])
    assert isinstance(played.error, UsageError)
    assert asked(played) == [("GET", "/quota"), ("DELETE", "/other")]


@pytest.mark.parametrize("status", [401, 404, 500])
def test_what_was_not_deleted_makes_no_room_and_stays_written_down(evolink, caplog, status):
    entry = evolink.entry(kept("theirs"))
    with caplog.at_level(logging.WARNING, "lipready"):
        played = evolink.room(1, quota(0), deletes=[said(status, code=status, msg="no")])
    assert isinstance(played.error, UsageError)
    assert evolink.journal.find(entry.id).uploads == entry.uploads
    assert "theirs" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"success": True, "data": {"remain_files": "many"}}),
        (200, {"success": True, "data": {}}),
        (200, {"success": False, "code": 500, "msg": "?"}),
        (404, {"code": 404, "msg": "not here"}),
        (500, {}),
    ],
)
def test_a_quota_that_is_not_learnt_keeps_no_upload_back(evolink, answer):
    status, body = answer
    assert evolink.room(3, said(status, **body)).error is None
    assert evolink.room(3, NoAnswerError("x")).error is None


def test_uploads_of_a_job_that_is_over_are_removed_and_a_failure_is_only_logged(evolink, caplog):
    entry = evolink.entry(kept("one"), kept("two", role="audio"))
    answers = evolink.provider(deletes=[NoAnswerError("gone"), DELETED])
    played = evolink.play(remove_uploads(evolink.at, evolink.journal, entry), answers)
    assert played.value == 1
    assert [each.file_id for each in evolink.journal.find(entry.id).uploads] == ["one"]
    assert "gone" in caplog.text
    assert "sk-of-a-test" not in caplog.text


@pytest.fixture
def files(tmp_path):
    paths = {"video": tmp_path / "v.mp4", "audio": tmp_path / "a.wav"}
    for path in paths.values():
        path.write_bytes(b"12345")
    return paths


def test_a_job_without_room_is_closed_before_anything_is_sent(evolink, files):
    entry = evolink.entry(stage="intended", **{role: str(path) for role, path in files.items()})
    played = evolink.play(take_up(evolink.at, evolink.journal, entry), evolink.provider(quota=[quota(1)]))
    assert "needs 2" in str(played.error)
    assert asked(played) == [("GET", "/quota")]
    assert evolink.journal.find(entry.id).stage == "refused"


def stored(name):
    return said(200, success=True, data={"file_url": f"https://files.evolink.example/{name}", "file_id": name})


@pytest.mark.parametrize("status", [405, 411, 415, 501])
def test_where_no_form_is_let_through_the_file_goes_as_base64(evolink, files, status):
    source = UploadSource.of("video", str(files["video"]))
    played = evolink.upload(source, said(status), stored("f-1"))
    assert played.error is None
    assert (played.value.url, played.value.file_id) == ("https://files.evolink.example/f-1", "f-1")
    assert asked(played) == [("POST", "/upload/stream"), ("POST", "/upload/base64")]
    assert played.sent[1].json["base64_data"] == "data:video/mp4;base64,MTIzNDU="
    assert played.sent[1].json["file_name"].endswith(".mp4")


def test_other_refusals_of_a_form_stay(evolink, files):
    source = UploadSource.of("video", str(files["video"]))
    played = evolink.upload(source, said(400, code=400, msg="no"))
    assert isinstance(played.error, RefusedError)
    assert asked(played) == [("POST", "/upload/stream")]


def test_a_file_that_changes_or_is_large_does_not_go_as_base64(evolink, files):
    source = UploadSource.of("video", str(files["video"]))
    files["video"].write_bytes(b"123456")
    played = evolink.upload(source, said(415))
    assert "changed while it was being uploaded" in str(played.error)
    large = UploadSource(role="video", path=str(files["video"]), size=17 << 20, mtime_ns=0)
    played = evolink.upload(large, said(415))
    assert asked(played) == [("POST", "/upload/stream")]


def test_what_is_at_an_address_is_copied_first_where_that_is_wanted_and_once(evolink):
    video, audio = "https://slow.example/v.mp4?sig=1", "https://slow.example/a.wav"
    entry = replace(evolink.entry(), id="0123456789ab", stage="intended")
    inputs = SubmissionInputs(files=(), addresses={"video": video, "audio": audio}, copies=True)
    answers = evolink.provider(submits=[stored("v-1"), stored("a-1"), said(400, code=400, msg="no")])
    played = evolink.play(submit_anew(evolink.at, evolink.journal, entry, inputs), answers)
    sent = [request.json for request in played.sent if request.method == "POST"]
    assert [each["file_url"] for each in sent[:2]] == [video, audio]
    assert sent[0]["file_name"].endswith(".mp4")
    assert "sig" not in sent[0]["file_name"]
    assert sent[2]["video_url"] == "https://files.evolink.example/v-1"
    assert sent[2]["audio_url"] == "https://files.evolink.example/a-1"
    uploads = evolink.journal.find(entry.id).uploads
    assert [(each.role, each.file_id, each.size) for each in uploads] == [("video", "v-1", 0), ("audio", "a-1", 0)]


def test_a_job_that_is_taken_up_uses_what_was_copied(evolink):
    places = {"video": "https://slow.example/v.mp4", "audio": "https://slow.example/a.wav"}
    uploads = tuple(replace(kept(role, 9 * HOUR, role), size=0, mtime_ns=0) for role in places)
    entry = evolink.entry(*uploads, stage="intended", copied=True, **places)
    accepted = said(200, id="task-unified-1", status="pending")
    played = evolink.play(take_up(evolink.at, evolink.journal, entry), evolink.provider(submits=[accepted]))
    assert [request.url.rpartition("/")[2] for request in played.sent] == ["generations"]
    assert played.sent[0].json["video_url"] == "https://files.evolink.example/video"
