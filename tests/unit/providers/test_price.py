"""What a job costs: exactly, on the bound of what is allowed, and before anything is sent."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from lipready.errors import CostError
from lipready.profiles.loader import load_profile
from lipready.providers.price import Cost, cost_of, described, require_affordable, written

FIVE = Cost(seconds=Fraction(5), per_second=Fraction(8, 100), currency="CNY")
WHO = "DashScope"


@pytest.fixture
def entry(account, entry_of):
    at = account("dashscope")
    return entry_of(at, expected_seconds=7.2, price_per_second="0.08", currency="CNY")


def test_the_price_of_the_profile_makes_the_cost(entry):
    cost = cost_of(entry)
    assert (cost.seconds, cost.amount) == (Fraction(36, 5), Fraction(72, 125))
    price = load_profile("dashscope").price
    assert price is not None
    assert cost.per_second == price.per_second


def test_what_was_billed_goes_before_what_was_foretold(entry):
    assert cost_of(replace(entry, seconds=7.5)).amount == Fraction(3, 5)


def test_a_fraction_is_a_price(entry):
    assert cost_of(replace(entry, expected_seconds=3.0, price_per_second="1/3")).amount == 1


@pytest.mark.parametrize("most", ["0.4", "0.40", "0.400000001", "1"])
def test_what_costs_as_much_as_is_allowed_is_sent(most):
    require_affordable(FIVE, Decimal(most), WHO)


def test_without_a_limit_anything_is_sent():
    require_affordable(Cost(seconds=None, per_second=None), None, WHO)


@pytest.mark.parametrize(
    ("cost", "most", "said"),
    [
        (FIVE, "0.39", "would cost 0.4 CNY (0.08 a second), and 0.39 CNY is the most"),
        (FIVE, "0.399999999", "would cost 0.4 CNY (0.08 a second), and 0.399999999 CNY is the most"),
        (replace(FIVE, seconds=Fraction(500001, 100000)), "0.4", "would cost 0.400001 CNY"),
        (FIVE, "0", "and 0 CNY is the most"),
        (replace(FIVE, seconds=None), "9", "what the job costs is not known"),
        (Cost(seconds=Fraction(5), per_second=None), "9", "DashScope publishes no price"),
    ],
)
def test_what_costs_more_or_is_not_known_is_not_sent(cost, most, said):
    with pytest.raises(CostError) as caught:
        require_affordable(cost, Decimal(most), WHO)
    assert said in str(caught.value)
    assert str(caught.value).startswith("Nothing was sent: ")


def test_costs_are_added_exactly():
    assert (FIVE + replace(FIVE, seconds=Fraction(1, 3))).amount == Fraction(32, 75)
    assert (FIVE + replace(FIVE, seconds=None)).amount is None
    with pytest.raises(ValueError, match="different prices"):
        _ = FIVE + replace(FIVE, currency="USD")


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (FIVE, "5 s of result video at 0.08 CNY a second: 0.40 CNY"),
        (replace(FIVE, seconds=Fraction(36, 5)), "7.2 s of result video at 0.08 CNY a second: about 0.58 CNY"),
        (replace(FIVE, seconds=None), "a result video of unknown length at 0.08 CNY a second"),
        (Cost(seconds=Fraction(5), per_second=None), "5 s of result video; DashScope publishes no price for a second"),
    ],
)
def test_what_is_said_of_it(cost, said):
    assert described(cost, WHO) == said


def test_less_than_half_a_cent_is_not_nothing():
    assert written(Fraction(1, 1000), "CNY") == "about 0.001 CNY"
