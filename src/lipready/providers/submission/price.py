"""The price of a job, before and after it is submitted."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, isfinite

from lipready.errors import CostError
from lipready.facts.quantity import exactly, money, seconds
from lipready.profiles.limit import Price
from lipready.providers.journal.entry import JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The price of a job: so many seconds of result video at a price each, in `currency`.

    `seconds` is None where the length is not known, `per_second` where no price is. Nothing is known of free quotas.
    """

    seconds: Fraction | None
    per_second: Fraction | None
    currency: str = ""

    @property
    def amount(self) -> Fraction | None:
        """The amount of money, exactly; None where it is not known."""
        return None if self.seconds is None or self.per_second is None else self.seconds * self.per_second

    def __add__(self, other: "Cost") -> "Cost":
        """Return the cost of both. Raises ValueError where their prices differ."""
        if (self.per_second, self.currency) != (other.per_second, other.currency):
            raise ValueError("costs at different prices cannot be added")
        known = None if self.seconds is None or other.seconds is None else self.seconds + other.seconds
        return Cost(seconds=known, per_second=self.per_second, currency=self.currency)


def cost_at(price: Price | None, length: Fraction | None) -> Cost:
    """Return what a result video of so many seconds costs."""
    if price is None:
        return Cost(seconds=length, per_second=None)
    return Cost(seconds=length, per_second=price.per_second, currency=price.currency)


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
