"""The provider's list of tasks, and which of them is ours."""

import time
from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.errors import OutcomeUnknownError, ProviderError
from lipready.providers.submission.queries import look_up

HOUR = 3600.0


@pytest.fixture
def looked_up(play, account, journal, entry_of):
    """Look for the task of a request that went out so many seconds ago: `looked_up(provider, ago=…)`."""

    def run(provider, ago=1.0, patience=None, **fields):
        at = account("dashscope")
        if patience is not None:
            times = replace(at.profile.task, lookup_seconds=patience)
            at = replace(at, profile=replace(at.profile, task=times))
        entry = entry_of(at, stage="posting", posted=time.time() - ago, **fields)
        return play(look_up(at, journal, entry), provider)

    return run


def test_all_pages_are_read(looked_up, provider):
    p = provider()
    p.lists = [
        p.rows(p.row("old", -50), page=1, pages=3),
        p.rows(page=2, pages=3),
        p.rows(p.row("ours"), page=3, pages=3),
    ]
    p.lists[1] = p.rows(p.row("older", -60), page=2, pages=3)
    played = looked_up(p)
    assert played.value.id == "ours"
    assert [request.url.partition("page_no=")[2][0] for request in played.sent] == ["1", "2", "3"]


def test_a_list_without_an_end_has_one(looked_up, provider):
    p = provider()
    p.lists = [lambda _: p.rows(p.row("old", -50), page=1, pages=10**6)]
    assert len(looked_up(p, ago=1000).sent) == 20


def test_what_was_created_before_or_long_after_is_not_ours(looked_up, provider):
    p = provider()
    p.lists = [p.rows(p.row("before", -1010), p.row("after", -800), p.row("now"))]
    assert looked_up(p, ago=1000).value is None
    p.lists = [p.rows(p.row("before", -1010), p.row("ours", -995), p.row("after", -800))]
    assert looked_up(p, ago=1000).value.id == "ours"


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_an_hour_between_the_clocks(looked_up, provider, ahead):
    p = provider(ahead=ahead)
    p.lists = [lambda _: p.rows(p.row("ours", -0.5), p.row("by-our-clock", -ahead))]
    assert looked_up(p).value.id == "ours"


def test_a_task_without_a_date_may_be_ours(looked_up, provider):
    p = provider()
    dateless = {"task_id": "dateless", "model_name": "videoretalk"}
    p.lists = [p.rows(dateless)]
    assert looked_up(p).value.id == "dateless"
    p.lists = [lambda _: p.rows(dateless, p.row("dated"))]
    played = looked_up(p)
    assert isinstance(played.error, OutcomeUnknownError)
    assert "dateless" in str(played.error)
    assert "dated" in str(played.error)


def test_a_row_that_cannot_be_read_is_no_row_less(looked_up, provider):
    p = provider()
    p.lists = [p.rows(p.row("ours"), {"task_id": "../../x", "model_name": "videoretalk"})]
    assert isinstance(looked_up(p).error, ProviderError)


def test_the_list_is_asked_for_again_where_it_failed(looked_up, provider, said):
    p = provider()
    p.lists = [said(503, code="ServiceUnavailable", message=""), lambda _: p.rows(p.row("ours"))]
    assert looked_up(p).value.id == "ours"


def test_the_account_of_another_address_has_other_tasks(looked_up, provider, entry_of, account):
    entry_of(account("evolink"), stage="submitted", task_id="ours")
    p = provider()
    p.lists = [lambda _: p.rows(p.row("ours"))]
    assert looked_up(p).value.id == "ours"


def test_a_day_old_request_is_not_looked_for(looked_up, provider):
    played = looked_up(provider(), ago=24 * HOUR)
    assert isinstance(played.error, OutcomeUnknownError)
    assert "look at the provider's bill" in str(played.error)


def test_what_was_rejected_is_not_looked_at_again(looked_up, provider):
    p = provider()
    p.lists = [lambda _: p.rows(p.row("theirs")), lambda _: p.rows(p.row("theirs"), p.row("ours"))]
    assert looked_up(p, rejected=("theirs",)).value.id == "ours"


@pytest.mark.parametrize(("patience", "looks"), [("60", 15), ("7/2", 4)])
def test_the_list_is_asked_for_as_long_as_the_profile_says(looked_up, provider, patience, looks):
    p = provider()
    p.lists = [p.rows()]
    played = looked_up(p, patience=Fraction(patience))
    assert (played.value, len(played.sent)) == (None, looks)
