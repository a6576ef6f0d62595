"""One limit of one provider, with its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Literal

from lipready.errors import ConfigurationError
from lipready.facts.cost import Cost
from lipready.facts.file import Role
from lipready.facts.people import Front
from lipready.profiles.catalogue import SEVERAL_PEOPLE, UPLOAD_RULE

Strength = Literal["required", "recommended", "inferred"]


@dataclass(frozen=True, slots=True)
class Range:
    """An interval of exact numbers; None is open. `inclusive` says whether the bounds themselves are accepted.

    >>> from fractions import Fraction
    >>> Fraction(30000, 1001) in lipready.Range(Fraction(15), Fraction(60))
    True
    """

    minimum: Fraction | None = None
    maximum: Fraction | None = None
    inclusive: bool = True

    def __contains__(self, value: Fraction | int) -> bool:
        """Decide exactly, without floats."""
        if self.minimum is not None and (value < self.minimum or (value == self.minimum and not self.inclusive)):
            return False
        return self.maximum is None or value < self.maximum or (value == self.maximum and self.inclusive)

    def within(self, other: "Range") -> bool:
        """Return whether every number of this range lies in the other one.

        >>> from fractions import Fraction
        >>> lipready.Range(Fraction(24), Fraction(30)).within(lipready.Range(Fraction(15), Fraction(60)))
        True
        """
        sides = ((self.minimum, other.minimum, 1), (self.maximum, other.maximum, -1))
        on_the_bound = other.inclusive or not self.inclusive
        return all(
            limit is None or (mine is not None and (mine * sign > limit * sign or (mine == limit and on_the_bound)))
            for mine, limit, sign in sides
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a provider asks for a second of the result video, in `currency` ("CNY"), and where that was read."""

    per_second: Fraction
    currency: str
    source: str
    url: str
    read: date


def cost_at(price: Price | None, length: Fraction | None) -> Cost:
    """Return what a result video of so many seconds costs."""
    if price is None:
        return Cost(seconds=length, per_second=None)
    return Cost(seconds=length, per_second=price.per_second, currency=price.currency)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a profile says about one rule.

    Outside `accept` (or not in `choices`) every reading of the documentation is broken: an error where `strength` is
    "required", a warning where it is "recommended" or "inferred". Inside `accept` but outside `safe` (or not in
    `safe_choices`) the readings differ: a warning. `aim` is where fixers go: inside the strictest reading, with a
    margin; for choices `aim_choice`. `bands` holds further numbers that the rule reads by name,
    `price` what a second of the result costs, for a rule that speaks of it. `remote` is the provider's own error code
    that the rule prevents, `source` the page where the limit was read (at `url`), and
    `read` when.

    >>> limit = lipready.Profile.load("dashscope").limits["V104"]
    >>> limit.strength, limit.unit, limit.remote
    ('required', 'fps', 'InvalidFile.FPS')
    >>> 12 in limit.accept
    False
    """

    rule: str
    strength: Strength
    source: str
    read: date
    unit: str = ""
    remote: str | None = None
    note: str = ""
    accept: Range | None = None
    safe: Range | None = None
    aim: Range | None = None
    choices: tuple[str, ...] = ()
    safe_choices: tuple[str, ...] = ()
    aim_choice: str | None = None
    bands: dict[str, Fraction] = field(default_factory=dict)
    url: str = ""
    price: Price | None = None

    def disagreement(self) -> tuple[str, str] | None:
        """Return which key contradicts another, and how: a safe range outside accept, an aim that no reading accepts.

        None where there is none.

        >>> from dataclasses import replace
        >>> from fractions import Fraction
        >>> limit = lipready.Profile.load("dashscope").limits["V104"]
        >>> replace(limit, aim=lipready.Range(Fraction(12), Fraction(12))).disagreement()
        ('aim', 'it reaches outside of accept.')
        """
        outer, outer_key = self.accept, "accept"
        for key, inner in (("safe", self.safe), ("aim", self.aim)):
            if inner is not None:
                if outer is not None and not inner.within(outer):
                    return key, f"it reaches outside of {outer_key}."
                outer, outer_key = inner, key
        allowed = self.safe_choices or self.choices
        if not set(self.safe_choices) <= set(self.choices):
            return "safe_choices", "it names a choice that is not among choices."
        if self.aim_choice is not None and self.aim_choice not in allowed:
            return "aim_choice", f"{self.aim_choice!r} is not among {', '.join(allowed)}."
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTimes:
    """How patiently a provider is asked what became of a task.

    A paid request whose answer was lost is looked for in the provider's list for `lookup_seconds`, since lists lag
    behind. A task that the provider does not know is given up when it was not known `unknown_sightings` times in a
    row, over `unknown_seconds` or more.
    """

    lookup_seconds: Fraction
    unknown_seconds: Fraction
    unknown_sightings: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What one provider accepts. A rule without an entry does not apply to that provider.

    `base` is the shipped profile that this one is, or extends: it says where jobs are sent. None where there is none.
    `price` is None where the provider publishes none.

    >>> profile = lipready.Profile.load("dashscope")
    >>> profile.limits["V104"].accept.maximum, profile.front is None
    (Fraction(60, 1), False)
    """

    name: str
    title: str
    model: str
    limits: dict[str, Limit]
    path: str
    task: TaskTimes
    base: str | None = None
    price: Price | None = None

    @property
    def front(self) -> Front | None:
        """Which faces the provider could pick (the bands of P302); None where the profile does not say."""
        limit = self.limits.get(SEVERAL_PEOPLE)
        bands = {} if limit is None else limit.bands
        return Front(bands["least_share"], bands["yaw"]) if {"least_share", "yaw"} <= bands.keys() else None

    @property
    def largest(self) -> Mapping[Role, int]:
        """How many bytes the provider takes of a file at most, by its role; without what it does not say.

        >>> lipready.Profile.load("dashscope").largest["video"] == 300 * 2**20
        True
        """
        rules: Mapping[Role, str] = {"video": "V106", "audio": "A403", "reference": "I602"}
        limits = {role: self.limits.get(rule) for role, rule in rules.items()}
        return {
            role: int(limit.accept.maximum)
            for role, limit in limits.items()
            if limit is not None and limit.accept is not None and limit.accept.maximum is not None
        }

    @classmethod
    def load(cls, name_or_path: str) -> "Profile":
        """Return a shipped profile by its name ("dashscope"), or the one in a profile file (TOML) by its path.

        It is the caller's own: what is changed in it changes no other. To check many files by a profile file, load it
        once and hand it over as `profile=`.

        Raises ConfigurationError, with the file and the key, for whatever is unknown, missing or wrong.

        >>> lipready.Profile.load("evolink").title
        'EvoLink'
        """
        from lipready.profiles.loader import load_profile

        shared = load_profile(name_or_path)
        own = {rule: replace(limit, bands=dict(limit.bands)) for rule, limit in shared.limits.items()}
        return replace(shared, limits=own)

    def replace(self, *, limits: Mapping[str, Limit | None], name: str | None = None) -> "Profile":
        """Return the profile with other limits, by rule id; the rest stay. None takes the rule away.

        A limit is changed with `dataclasses.replace(profile.limits["V105"], …)`.

        Raises ConfigurationError for a limit that stands under the id of another rule, or whose ranges contradict.

        >>> profile = lipready.Profile.load("dashscope").replace(limits={"A501": None}, name="ours")
        >>> lipready.check("clip.mp4", profile=profile).provider
        'ours'
        """
        for rule, limit in limits.items():
            if limit is not None and limit.rule != rule:
                raise ConfigurationError(f"The profile {self.name} was given the limit of {limit.rule} for {rule}.")
            found = None if limit is None else limit.disagreement()
            if found is not None:
                raise ConfigurationError(f"The profile {self.name}, limit of {rule}, {found[0]}: {found[1]}")
        merged = {rule: limit for rule, limit in {**self.limits, **limits}.items() if limit is not None}
        return replace(self, limits=merged, name=name or self.name)

    def without_upload(self) -> "Profile":
        """Return the profile for files that are not uploaded to the provider, but lie at addresses of the user's.

        >>> profile = lipready.Profile.load("evolink")
        >>> set(profile.limits) - set(profile.without_upload().limits)
        {'F004'}
        """
        return replace(self, limits={rule: limit for rule, limit in self.limits.items() if rule != UPLOAD_RULE})
