"""What a job costs at a provider."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a job costs: so many seconds of result video at a price each, in `currency`.

    `seconds` is None where the length is not known, `per_second` where no price is. Nothing is known of free quotas.

    >>> price = lipready.check("clip.mp4", "speech.wav").price
    >>> float(price.per_second), price.currency, price.amount == price.seconds * price.per_second
    (0.08, 'CNY', True)
    >>> (price + price).seconds == 2 * price.seconds
    True
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
