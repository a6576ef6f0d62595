"""Questions that cost nothing, and how often they are asked."""

import json

import pytest

from lipready.errors import AnswerError, JournalError, NoAnswerError, NotSentError, RefusedError
from lipready.providers.submission.queries import ask, ask_once, pause_after, repeated, take_turn, with_credits
from lipready.providers.transport.retry import READ_ATTEMPTS
from lipready.providers.transport.wire import HttpRequest, HttpResponse

QUESTION = HttpRequest(method="GET", url="https://dashscope.example/api/v1/tasks/t")


@pytest.fixture
def asked(play, provider, account):
    def run(*answers, read=lambda answer: answer.status):
        return play(ask(account("dashscope"), QUESTION, read), provider(queries=list(answers)))

    return run


def refuses(retry, after=None):
    return RefusedError("no", retry=retry, after=after)


@pytest.mark.parametrize(
    "error", [NoAnswerError("a"), NotSentError("b"), AnswerError("c"), refuses("again"), refuses("ask")]
)
def test_a_question_is_repeated_a_few_times(asked, said, error):
    assert asked(error, said()).value == 200
    played = asked(error)
    assert played.error is error
    assert len(played.sent) == READ_ATTEMPTS
    assert played.order[-1] == "GET"


@pytest.mark.parametrize(("retry", "times"), [("no", 1), ("account", 1), ("once", 2)])
def test_what_does_not_help_is_not_done(asked, retry, times):
    assert len(asked(refuses(retry)).sent) == times


def test_an_answer_that_cannot_be_read_is_as_good_as_none(asked, said):
    def read(answer):
        if answer.status != 201:
            raise AnswerError("unreadable")
        return "read"

    assert asked(said(200), said(201), read=read).value == "read"


def test_what_is_no_trouble_of_the_provider_passes(asked):
    error = JournalError("disk")
    played = asked(error)
    assert played.error is error
    assert len(played.sent) == 1


def test_pauses_grow_and_obey(asked, said):
    assert all(0.375 * 2**n <= pause_after(NoAnswerError(""), n + 1) <= 0.5 * 2**n for n in range(5))
    assert pause_after(refuses("again", 30.0), 1) >= 30.0
    assert pause_after(refuses("again", 1e9), 1) <= 121
    assert pause_after(None, 1) <= 0.5
    assert any(20.0 <= pause <= 21.0 for pause in asked(refuses("again", 20.0), said()).pauses)


def test_turns_are_taken_one_after_the_other(play):
    pauses = [play(take_turn("read x", 10.0)).pauses for _ in range(3)]
    assert pauses[0] == []
    assert 9.0 < pauses[1][0] <= 10.0
    assert 19.0 < pauses[2][0] <= 20.0
    assert play(take_turn("read y", 10.0)).pauses == []
    assert play(take_turn("read x", 0.0)).pauses == []


def test_each_attempt_takes_its_turn(play, provider, account, said):
    at = account("dashscope")
    played = [play(ask_once(at, QUESTION, lambda _: 1), provider(queries=[said()])) for _ in range(2)]
    assert [each.value for each in played] == [1, 1]
    assert played[0].order == ["GET"]
    assert len(played[1].order) == 2


def test_attempts_begin_anew(play):
    counted = []

    def attempt():
        counted.append(1)
        if len(counted) < 3:
            raise NoAnswerError("x")
        return len(counted)
        yield

    assert play(repeated(attempt)).value == 3


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (
            {"user": {"remaining_credits": 2.5}, "token": {"unlimited_credits": True}},
            "The account has 2.5 credits left.",
        ),
        (
            {"token": {"remaining_credits": 0}},
            "This key may spend 0 more: its limit is raised in the provider's console.",
        ),
    ],
)
def test_a_job_that_cannot_be_paid_says_what_is_left(play, provider, account, left, told):
    error = RefusedError("no money", status=402, retry="account", code="insufficient_quota")
    answer = HttpResponse(200, {}, json.dumps({"success": True, "data": left}).encode())
    found = play(with_credits(account("evolink"), error), provider(credits=[answer])).value
    assert str(found) == f"no money {told}"
    assert (found.status, found.code, found.retry) == (402, "insufficient_quota", "account")


def test_where_credits_are_not_told_the_refusal_stays_as_it_is(play, provider, account, said):
    error, other = RefusedError("no money", status=402), RefusedError("no", status=400)
    lost = provider(credits=[said(500)])
    assert play(with_credits(account("evolink"), error), lost).value is error
    for at, given in (("evolink", other), ("dashscope", error), ("evolink", NoAnswerError("x"))):
        played = play(with_credits(account(at), given), lost)
        assert (played.value, played.sent) == (given, [])
