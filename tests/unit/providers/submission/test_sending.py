"""From files to a task, and where a later process takes a job up."""

import time
from dataclasses import replace

import pytest

from lipready.errors import OutcomeUnknownError, RefusedError, UsageError
from lipready.providers.journal.entry import Upload
from lipready.providers.submission.sending import has_secret, take_up, without_secret

HOUR = 3600.0


@pytest.fixture
def files(tmp_path):
    paths = {"video": tmp_path / "v.mp4", "audio": tmp_path / "a.wav"}
    for path in paths.values():
        path.write_bytes(b"12345")
    return paths


def kept(role, path, expires=48 * HOUR):
    found = path.stat()
    url = f"https://files.evolink.example/{role}"
    now = time.time()
    return Upload(role=role, url=url, expires=now + expires, size=found.st_size, mtime_ns=found.st_mtime_ns)


@pytest.fixture
def taken_up(play, provider, account, journal, entry_of):
    """Take up a job of EvoLink's: `taken_up(files, steps…, fields…)` gives what was played, and the entry."""

    def run(files, submits=(), lists=(), uploads=None, **fields):
        at = account("evolink")
        stored = tuple(kept(role, path) for role, path in files.items()) if uploads is None else uploads
        paths = {role: str(path) for role, path in files.items()}
        entry = entry_of(at, uploads=stored, **{"stage": "intended", "posted": time.time() - 1000, **paths, **fields})
        played = play(take_up(at, journal, entry), provider(submits=[*submits], lists=[*lists]))
        return played, journal.find(entry.id)

    return run


@pytest.fixture
def accepted(said):
    return said(200, id="task-unified-1", status="pending")


@pytest.fixture
def none(said):
    return said(200, data=[], page=1, page_size=50, total=0)


def test_what_is_stored_already_is_not_stored_again(taken_up, files, accepted):
    played, entry = taken_up(files, submits=[accepted])
    assert [request.url.rpartition("/")[2] for request in played.sent] == ["generations"]
    assert played.sent[0].json["video_url"] == "https://files.evolink.example/video"
    assert (entry.stage, entry.task_id) == ("submitted", "task-unified-1")


def test_a_request_whose_end_nobody_saw_is_looked_up_and_not_made_again(taken_up, files, accepted, none):
    played, entry = taken_up(files, submits=[accepted], lists=[none], stage="posting")
    assert isinstance(played.error, OutcomeUnknownError)
    assert [request.method for request in played.sent] == ["GET"]
    assert entry.stage == "posting"


def test_what_was_never_sent_is_submitted_only_where_that_is_wanted(play, provider, account, journal, entry_of):
    at = account("evolink")
    entry = entry_of(at)
    played = play(take_up(at, journal, entry, submit=False), provider())
    assert isinstance(played.error, UsageError)
    assert f"`lipready.resume('{entry.id}')` submits it" in str(played.error)
    assert (played.sent, journal.find(entry.id).stage) == ([], "intended")


@pytest.mark.parametrize("status", [401, 413, 503])
def test_a_failure_before_the_paid_request_closes_the_job(taken_up, files, said, status):
    played, entry = taken_up(files, submits=[said(status, code=status, msg="no")], uploads=())
    assert isinstance(played.error, RefusedError)
    assert (entry.stage, entry.message) == ("refused", str(played.error))
    assert all("/files" in request.url for request in played.sent)


def test_a_file_that_is_gone_closes_the_job(taken_up, files):
    files["video"].unlink()
    played, entry = taken_up(files, uploads=())
    assert isinstance(played.error, UsageError)
    assert (entry.stage, entry.message) == ("refused", str(played.error))


def test_where_a_file_is_gone_the_task_is_looked_for_all_the_same(taken_up, files, said):
    uploads = tuple(kept(role, path) for role, path in files.items())
    files["video"].unlink()
    mine = said(
        200, data=[{"id": "task-unified-7", "created_at": int(time.time() - 995)}], page=1, page_size=50, total=1
    )
    played, entry = taken_up(files, lists=[mine], uploads=uploads, stage="posting")
    assert played.error is None
    assert (entry.stage, entry.task_id, entry.candidate) == ("posting", None, "task-unified-7")
    assert [request.method for request in played.sent] == ["GET"]


def test_an_address_that_was_cut_down_is_not_sent(taken_up, files):
    played, entry = taken_up(files, complete=False)
    assert isinstance(played.error, UsageError)
    assert "nothing was paid" in str(played.error)
    assert (played.sent, entry.stage) == ([], "refused")


@pytest.mark.parametrize("stage", ["submitted", "posting"])
def test_a_job_with_a_task_has_one(taken_up, files, stage):
    played, entry = taken_up(files, stage=stage, task_id="task-unified-3")
    assert (played.value, played.sent) == (entry, [])


def test_a_refused_job_is_not_sent_again(taken_up, files):
    played, _ = taken_up(files, stage="refused", message="InvalidFile.FPS")
    assert isinstance(played.error, UsageError)
    assert "InvalidFile.FPS" in str(played.error)


def test_a_job_without_audio_is_none(taken_up, files):
    played, _ = taken_up({"video": files["video"]})
    assert isinstance(played.error, UsageError)
    assert played.sent == []


@pytest.mark.parametrize("change", ["changed", "expiring"])
def test_a_copy_that_is_old_is_not_used(taken_up, files, said, accepted, change):
    uploads = [kept(role, path) for role, path in files.items()]
    if change == "changed":
        files["video"].write_bytes(b"123456")
    else:
        uploads[0] = replace(uploads[0], expires=time.time() + HOUR / 2)
    fresh = {"file_url": "https://files.evolink.example/new", "file_size": 6}
    stored = said(200, success=True, code=200, msg="ok", data=fresh)
    played, entry = taken_up(files, submits=[stored, accepted], uploads=tuple(uploads))
    assert played.error is None
    assert played.sent[-1].json["video_url"] == fresh["file_url"]
    assert {each.role: each.url for each in entry.uploads}["video"] == fresh["file_url"]


def test_an_open_outcome_stays_one(taken_up, files, said):
    mine = [{"id": f"task-unified-{n}", "created_at": int(time.time() - 995)} for n in range(2)]
    two = said(200, data=mine, page=1, page_size=50, total=2)
    played, entry = taken_up(files, lists=[two], stage="posting", complete=False)
    assert isinstance(played.error, OutcomeUnknownError)
    assert entry.stage == "posting"


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("https://me:pw@h.example/a?b=c#d", "https://h.example/a"),
        ("oss://folder/name", "oss://folder/name"),
        ("clip?.mp4", "clip?.mp4"),
        ("https://h.example/a%20b", "https://h.example/a%20b"),
    ],
)
def test_what_may_be_written_down_of_an_address(given, plain):
    assert without_secret(given) == plain
    assert has_secret(given) == (given != plain)
