"""The paid request: sent once, whatever happens to it or to us."""

import re
import time

import pytest

from lipready.errors import AnswerError, NoAnswerError, NotSentError, OutcomeUnknownError, RefusedError, UsageError
from lipready.providers.journal import rate_limiter as gate
from lipready.providers.service import Submission
from lipready.providers.submission.posting import post, recover
from lipready.providers.submission.sending import take_up
from lipready.providers.transport.retry import PAID_ATTEMPTS

SUBMISSION = Submission(model="videoretalk", video_url="https://x.example/v.mp4", audio_url="https://x.example/a.wav")
LOST = NoAnswerError("the connection broke off")
DAY = 24 * 3600.0


@pytest.fixture
def posted(play, provider, account, journal, entry_of):
    """Submit a job to a provider that answers as told: `posted(style, steps…)` gives what was played, and the entry."""

    def run(style="dashscope", entry=None, **steps):
        at = account(style)
        entry = entry or entry_of(at)
        played = play(post(at, journal, entry, SUBMISSION), provider(**steps))
        return played, journal.find(entry.id)

    return run


@pytest.fixture
def taken(said):
    """Answer that a task was made."""
    return lambda name="t-1": said(200, output={"task_id": name, "task_status": "PENDING"}, request_id="r-1")


def steps(played):
    return [request.method for request in played.sent]


def test_an_accepted_job_is_written_down_before_and_after(posted, taken, journal):
    seen = []

    def answer(_):
        seen.extend(journal.entries())
        return taken()

    played, entry = posted(submits=[answer])
    assert [each.stage for each in seen] == ["posting"]
    assert seen[0].posted is not None
    assert (entry.stage, entry.task_id, entry.said, entry.request_id) == ("submitted", "t-1", "PENDING", "r-1")
    assert played.value == entry
    assert len(played.sent) == 1


@pytest.mark.parametrize("error", [LOST, AnswerError("no JSON"), "500"])
def test_a_lost_answer_is_looked_up_and_never_sent_again(posted, provider, said, error):
    rows = provider()
    error = said(500, code="InternalError", message="x") if error == "500" else error
    played, entry = posted(submits=[error], lists=[lambda _: rows.rows(rows.row("ours"), rows.row("old", -100))])
    assert steps(played) == ["POST", "GET"]
    assert (entry.stage, entry.task_id, entry.candidate) == ("posting", None, "ours")


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, 0.0])
def test_the_clock_of_the_provider_may_be_wrong(posted, provider, ahead):
    rows = provider(ahead=ahead)
    others = [rows.row("before", -60.0), rows.row("by-our-clock", -ahead or -30.0)]
    played, entry = posted(submits=[LOST], lists=[lambda _: rows.rows(rows.row("ours"), *others)], ahead=ahead)
    assert played.error is None
    assert (entry.task_id, entry.candidate) == (None, "ours")


def test_of_two_tasks_that_may_be_ours_none_is_taken(posted, provider, account, journal, play):
    rows = provider()
    played, entry = posted(submits=[LOST], lists=[lambda _: rows.rows(rows.row("one"), rows.row("two"))])
    assert isinstance(played.error, OutcomeUnknownError)
    assert "(one, two)" in str(played.error)
    assert f"`lipready.resume('{entry.id}', task='TASK')`" in str(played.error)
    assert (entry.stage, entry.task_id) == ("posting", None)
    assert steps(played) == ["POST", "GET"]

    journal.claim(entry.id, "two")  # as --task does
    settled = play(take_up(account("dashscope"), journal, journal.find(entry.id)))
    assert (settled.value.stage, settled.value.task_id, settled.sent) == ("submitted", "two", [])


def test_the_task_of_another_job_is_not_taken(posted, provider, account, entry_of, taken):
    rows = provider()
    entry_of(account("dashscope"), stage="submitted", task_id="known")
    played, entry = posted(submits=[LOST, taken("new")], lists=[lambda _: rows.rows(rows.row("known"))])
    assert isinstance(played.error, OutcomeUnknownError)
    assert (entry.stage, entry.task_id) == ("posting", None)
    assert steps(played) == ["POST", *["GET"] * 15]
    assert sum(pause for pause in played.pauses if pause in {1.0, 2.0, 3.0, 4.0, 5.0}) == 60.0


def test_a_task_that_appears_late_is_found(posted, provider):
    rows = provider()
    played, entry = posted(submits=[LOST], lists=[rows.rows(), rows.rows(), lambda _: rows.rows(rows.row("late"))])
    assert (entry.task_id, entry.candidate) == (None, "late")
    assert steps(played) == ["POST", "GET", "GET", "GET"]


def test_where_nobody_can_be_asked_it_stays_open(posted, said):
    played, entry = posted(submits=[LOST], lists=[said(401, code="InvalidApiKey", message="no")])
    assert isinstance(played.error, OutcomeUnknownError)
    assert re.search(r"is not known \(.*\)\. It may have been paid, so it was not sent again", str(played.error))
    assert entry.stage == "posting"
    assert steps(played) == ["POST", "GET"]


def test_after_a_day_the_list_says_nothing(play, provider, account, journal, entry_of):
    at = account("dashscope")
    entry = entry_of(at, stage="posting", posted=time.time() - DAY)
    played = play(recover(at, journal, entry), provider())
    assert isinstance(played.error, OutcomeUnknownError)
    assert played.sent == []
    assert journal.find(entry.id).stage == "posting"


def test_a_refusal_stays_one(posted, said, play, account, journal):
    played, entry = posted(submits=[said(400, code="InvalidFile.FPS", message="no", request_id="r")])
    assert isinstance(played.error, RefusedError)
    assert (entry.stage, entry.code, len(played.sent)) == ("refused", "InvalidFile.FPS", 1)
    again = play(take_up(account("dashscope"), journal, entry))
    assert isinstance(again.error, UsageError)
    assert again.sent == []


def test_an_empty_account_is_not_asked_again(posted, said):
    played, entry = posted(submits=[said(429, {"retry-after": "1"}, code="Throttling.AllocationQuota", message="")])
    assert isinstance(played.error, RefusedError)
    assert (entry.stage, len(played.sent), played.pauses) == ("refused", 1, [])


def test_once_more_means_twice(posted, said):
    played, entry = posted(submits=[said(400, code="InvalidURL.Timeout", message="slow")])
    assert isinstance(played.error, RefusedError)
    assert (len(played.sent), entry.stage, entry.code) == (2, "refused", "InvalidURL.Timeout")


def test_a_busy_provider_is_asked_again_after_its_own_pause(posted, said, taken, account):
    busy = said(429, {"retry-after": "7"}, code="Throttling.RateQuota", message="")
    played, entry = posted(submits=[busy, taken()])
    assert (entry.stage, len(played.sent)) == ("submitted", 2)
    assert 7.0 <= played.pauses[0] <= 7.0 + 0.5 / 4
    # Every other process is held back as long; the slot that was taken since counts as well.
    assert gate.reserve(f"submit {account('dashscope').name}", 1.0) > 5.0


@pytest.mark.parametrize("failure", [NotSentError("nobody there"), "429"], ids=["not sent", "busy"])
def test_there_is_an_end_and_no_pause_after_it(posted, said, failure):
    error = said(429, code="Throttling", message="") if failure == "429" else failure
    played, entry = posted(submits=[error])
    assert isinstance(played.error, (NotSentError, RefusedError))
    assert (len(played.sent), entry.stage) == (PAID_ATTEMPTS, "refused")
    assert entry.message == str(played.error)
    assert played.order[-1] == "POST"


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(1)])
def test_whoever_is_stopped_amid_the_request_finds_it_in_the_journal(posted, stop):
    played, entry = posted(submits=[stop])
    assert played.error is stop
    assert entry.stage == "posting"


def test_a_provider_that_answers_with_a_task_of_another_job_is_not_believed(posted, account, entry_of, taken):
    entry_of(account("dashscope"), stage="submitted", task_id="theirs")
    played, entry = posted(submits=[taken("theirs")])
    assert isinstance(played.error, OutcomeUnknownError)
    assert "is not known. It may have been paid, so it was not sent again" in str(played.error)
    assert (entry.stage, entry.task_id) == ("posting", None)


def test_whoever_is_stopped_in_the_pause_has_sent_nothing(posted, said, journal):
    seen = []
    busy = said(429, code="Throttling", message="")

    def answer(_):
        seen.append([each.stage for each in journal.entries()])
        return busy

    def stop(_):
        raise KeyboardInterrupt

    _, entry = posted(submits=[answer, stop])
    assert (seen, entry.stage) == ([["posting"]], "posting")


UNKNOWN = {
    "lost": LOST,
    "unreadable": AnswerError("no JSON"),
    "500": (500, {}),
    "500 with the code of a refusal": (500, {"code": "InvalidParameter", "message": "x"}),
    "502": (502, {}),
    "408": (408, {}),
    "409": (409, {"code": "idempotency_conflict", "message": "used"}),
    "200 with an error": (200, {"code": "InvalidParameter", "message": "x"}),
    "200 with too much": (200, {"code": "Throttling", "message": "x"}),
}


@pytest.mark.parametrize("style", ["dashscope", "evolink"])
@pytest.mark.parametrize(
    ("outcome", "asked"), [*((outcome, 404) for outcome in UNKNOWN), ("lost", 200), ("lost", 401), ("lost", 503)]
)
def test_what_is_not_certain_is_never_sent_again(posted, said, style, outcome, asked):
    error = UNKNOWN[outcome]
    if isinstance(error, tuple):
        status, body = error
        error = said(status, **(body if style == "dashscope" else {"error": body}))
    none = said(asked, data=[], page=1, page_no=1, page_size=50, total=0, total_page=0)
    played, entry = posted(style, submits=[error], lists=[none])
    assert isinstance(played.error, OutcomeUnknownError), played.error
    assert steps(played).count("POST") == 1
    assert steps(played).count("GET") >= 1
    assert (entry.stage, entry.task_id) == ("posting", None)
    assert f"`lipready.resume('{entry.id}')`" in str(played.error)


def test_a_later_look_that_finds_nothing_sends_nothing(play, provider, account, journal, entry_of):
    at = account("dashscope")
    entry = entry_of(at, stage="posting", posted=time.time() - 1000, expected_seconds=5.0)
    rows = provider()
    played = play(take_up(at, journal, entry), provider(lists=[rows.rows()]))
    assert isinstance(played.error, OutcomeUnknownError)
    assert "(5 s of video, 0.40 CNY)" in str(played.error)
    assert (journal.find(entry.id).stage, steps(played), played.pauses) == ("posting", ["GET"], [])


def test_a_lost_answer_of_evolink_is_looked_up(posted, said):
    mine = said(data=[{"id": "task-unified-2", "created_at": int(time.time())}], page=1, page_size=50, total=1)
    played, entry = posted("evolink", submits=[LOST], lists=[mine])
    assert steps(played) == ["POST", "GET"]
    assert played.sent[0].headers["Idempotency-Key"] == entry.idempotency_key
    assert (entry.stage, entry.task_id, entry.candidate) == ("posting", None, "task-unified-2")


def test_a_job_that_cannot_be_paid_is_closed_and_says_what_is_left(posted, said):
    poor = said(402, error={"code": "insufficient_quota", "message": "top up"})
    left = said(200, success=True, data={"user": {"remaining_credits": 1.5}, "token": {"unlimited_credits": True}})
    played, entry = posted("evolink", submits=[poor], credits=[left])
    assert "The account has 1.5 credits left." in str(played.error)
    assert (entry.stage, [request.method for request in played.sent]) == ("refused", ["POST", "GET"])
    lost, entry = posted("evolink", submits=[poor], credits=[NoAnswerError("x")])
    assert isinstance(lost.error, RefusedError)
    assert (entry.stage, lost.error.status) == ("refused", 402)
