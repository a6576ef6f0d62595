"""What a job costs: exact, rounded up only where it is shown, and never guessed."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from lipready.errors import CostError
from lipready.facts.cost import Cost
from lipready.profiles.limit import Price, cost_at
from lipready.profiles.loader import load_profile
from lipready.providers.account import Account
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.submission.price import cost_of, described, require_affordable, written

PRICE = load_profile("dashscope").price


@pytest.mark.parametrize(
    ("length", "amount", "shown"),
    [
        ("5", "0.4", "0.40 CNY"),
        ("7.2", "0.576", "about 0.58 CNY"),
        ("7.126", "0.57008", "about 0.58 CNY"),
        ("0.001", "0.00008", "about 0.01 CNY"),
        ("120", "9.6", "9.60 CNY"),
        ("1001/30", "2002/750", "about 2.67 CNY"),
    ],
)
def test_an_amount_is_exact_and_shown_rounded_up(length: str, amount: str, shown: str) -> None:
    cost = cost_at(PRICE, Fraction(length))
    assert cost.amount == Fraction(amount)
    assert written(cost.amount, cost.currency) == shown


@pytest.mark.parametrize(
    ("price", "length", "said"),
    [
        (PRICE, Fraction(5), "5 s of result video at 0.08 CNY a second: 0.40 CNY"),
        (PRICE, Fraction("7.2"), "7.2 s of result video at 0.08 CNY a second: about 0.58 CNY"),
        (None, Fraction(5), "5 s of result video; X publishes no price for a second"),
        (PRICE, None, "a result video of unknown length at 0.08 CNY a second"),
        (None, None, "a result video of unknown length; X publishes no price for a second"),
    ],
)
def test_the_sentence_says_what_is_known(price: Price | None, length: Fraction | None, said: str) -> None:
    assert described(cost_at(price, length), "X") == said


def test_a_bound_is_kept_exactly() -> None:
    cost = cost_at(PRICE, Fraction("7.2"))
    require_affordable(cost, None, "X")
    require_affordable(cost, Decimal("0.576"), "X")
    with pytest.raises(CostError, match=r"would cost 0\.576 CNY .* 0\.5759999999 CNY is the most"):
        require_affordable(cost, Decimal("0.5759999999"), "X")
    with pytest.raises(CostError, match=r"0 CNY is the most"):
        require_affordable(cost, Decimal(0), "X")


@pytest.mark.parametrize(
    ("price", "length", "said"), [(PRICE, None, "length of a file is not"), (None, Fraction(5), "publishes no price")]
)
def test_no_bound_is_kept_where_the_cost_is_not_known(price: Price | None, length: Fraction | None, said: str) -> None:
    with pytest.raises(CostError, match=said):
        require_affordable(cost_at(price, length), Decimal(1000), "X")


@pytest.fixture
def entry(account: Callable[[str], Account], entry_of: Callable[..., JournalEntry]) -> JournalEntry:
    price: dict[str, Any] = {"price_per_second": "0.08", "currency": "CNY"}
    return entry_of(account("dashscope"), stage="submitted", expected_seconds=7.2, **price)


def test_a_job_costs_what_was_expected_until_it_is_billed(entry: JournalEntry) -> None:
    assert cost_of(entry).amount == Fraction("0.576")
    assert cost_of(replace(entry, seconds=10.0)).amount == Fraction("0.8")


def test_nothing_is_paid_at_the_sandbox(entry: JournalEntry) -> None:
    assert cost_of(replace(entry, provider="sandbox:dashscope")).amount is None


def test_numbers_of_a_journal_may_be_anything(entry: JournalEntry) -> None:
    for odd in (float("nan"), float("inf")):
        assert cost_of(replace(entry, expected_seconds=odd)).seconds is None
    assert cost_of(replace(entry, price_per_second="2/25")).amount == Fraction("0.576")
    for wrong in ("", "free", "0.08 CNY", "1e999999999", "1/0", "-1"):
        with pytest.raises(ValueError, match="price"):
            replace(entry, price_per_second=wrong)


def test_costs_add_up_at_one_price_only() -> None:
    first, second = cost_at(PRICE, Fraction("0.1")), cost_at(PRICE, Fraction("0.2"))
    assert (first + second).seconds == Fraction("0.3")
    assert (first + cost_at(PRICE, None)).amount is None
    with pytest.raises(ValueError, match="different prices"):
        _ = first + Cost(seconds=Fraction(1), per_second=None)
