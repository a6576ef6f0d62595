"""The price of a job, before and after it is submitted."""

from decimal import Decimal
from fractions import Fraction
from math import ceil, isfinite

from lipready.errors import CostError
from lipready.facts.cost import Cost
from lipready.facts.quantity import exactly, money, seconds
from lipready.providers.journal.entry import JournalEntry


def cost_of(entry: JournalEntry) -> Cost:
    """Return what a job of the journal costs: what was billed, else what was expected, at the price of that time."""
    length = entry.expected_seconds if entry.seconds is None else entry.seconds
    return Cost(
        seconds=None if length is None or not isfinite(length) else Fraction(str(length)),
        per_second=None
        if entry.price_per_second is None or is_free(entry.provider)
        else Fraction(entry.price_per_second),
        currency=entry.currency or "",
    )


def described(cost: Cost, provider: str) -> str:
    """Write what is expected: "5 s of result video at 0.08 CNY a second: 0.40 CNY"."""
    length = "a result video of unknown length" if cost.seconds is None else f"{seconds(cost.seconds)} of result video"
    if cost.per_second is None:
        return f"{length}; {provider} publishes no price for a second"
    rate = f"{length} at {exactly(cost.per_second)} {cost.currency} a second"
    return rate if cost.amount is None else f"{rate}: {written(cost.amount, cost.currency)}"


def written(amount: Fraction, currency: str) -> str:
    """Write an amount of money, rounded up to the cent: "0.40 CNY"; "about 0.58 CNY" where it is not a whole number."""
    cents = Fraction(ceil(amount * 100), 100)
    return f"{'' if cents == amount else 'about '}{money(cents)} {currency}"


def is_free(provider: str) -> bool:
    """Return whether nothing is paid at a provider, as the user named it: at the sandbox."""
    return provider.partition(":")[0] == "sandbox"


def require_affordable(cost: Cost, most: Decimal | None, provider: str) -> None:
    """Raise CostError where a job costs more than `most`, in the currency of the price, or nobody knows how much."""
    if most is None:
        return
    if cost.per_second is None:
        raise CostError(
            f"Nothing was sent: {provider} publishes no price, so that no limit of the cost can be kept. Leave it out, "
            "or state the price in a profile of your own ([price] with per_second, currency and source)."
        )
    limit = Fraction(most)
    if cost.amount is None:
        raise CostError(
            "Nothing was sent: what the job costs is not known, since the length of a file is not, and "
            f"{exactly(limit)} {cost.currency} is the most that was allowed."
        )
    if cost.amount > limit:
        raise CostError(
            f"Nothing was sent: the job would cost {exactly(cost.amount)} {cost.currency} "
            f"({exactly(cost.per_second)} a second), and {exactly(limit)} {cost.currency} is the most that was allowed."
        )
