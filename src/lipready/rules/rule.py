"""What a rule is."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import wraps
from importlib import import_module
from pickle import PicklingError
from typing import Literal, TypeVarTuple

from lipready.errors import UsageError
from lipready.facts.finding import Finding, Subject
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Limit, Profile, Strength
from lipready.rules.examples import job

Needs = Literal["headers", "pixels", "samples"]
RuleSubject = Subject | Literal["file", "address"]
Verdicts = Iterator[Finding | Unmeasured]
Judge = Callable[[JobFacts, Limit], Verdicts]
Examples = Callable[[], tuple[JobFacts, ...]]
T = TypeVarTuple("T")
ADDRESS = re.compile("https?://[!-~]{1,2000}")
"""What a page about a rule may have for an address: nothing that a terminal or a browser would obey."""
_OF: dict[str, RuleSubject] = {
    "F": "file",
    "V": "video",
    "P": "video",
    "A": "audio",
    "I": "reference",
    "R": "job",
    "O": "result",
}


def page_of(id_: str) -> str | None:
    """Return the address of the page about a rule; None for one that is not of the catalogue."""
    return f"https://lipready.github.io/lipready/rules/{id_}/" if id_ in CATALOGUE else None


@dataclass(frozen=True, slots=True)
class Own:
    """What the catalogue and the profiles say of the other rules: the name, and the strength where a profile has none.

    By the strength "required" what the rule finds is an error, by the others a warning. `help` is the address of a page
    about the rule, None where there is none.
    """

    name: str
    strength: Strength
    help: str | None = None

    def limit(self, id_: str) -> Limit:
        """Return what stands for the limit that no profile has."""
        return Limit(id_, self.strength, source="a rule of the caller's own", read=date.min)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the registry.

    `judge` is a pure function: it yields a Finding for each thing that is wrong, an Unmeasured where the facts that it
    needs are missing, and nothing where all is well. Its docstring is the documentation that `lipready explain`
    prints. `needs` says what must have been read: "headers" (also "samples" counted without decoding), "pixels"
    (decoded frames: not run by --quick), "samples" (decoded audio: not run by --quick). `valid` and `invalid` make job
    facts that pass and that break the rule at the DashScope profile; tests are generated from them. They are made when
    asked for: making all of them takes longer than a quick check.

    A rule with the subject "file" is run once for each file of the job, and sees that file alone; one with the subject
    "address" once for each that was given as an address, whether or not its content could be read.

    A rule that is not of the registry, but the caller's, has its `own` name and strength. `lipready.rule` makes one.

    >>> @lipready.rule("X903", name="no-image")
    ... def without_image(facts, limit):
    ...     if facts.reference is None:
    ...         yield lipready.finding(limit, None, "There is no image.", measured="none", allowed="one")
    >>> without_image.id, without_image.name, without_image.subject, without_image.help
    ('X903', 'no-image', 'job', None)
    """

    id: str
    subject: RuleSubject
    needs: Needs
    judge: Judge
    valid: Examples
    invalid: Examples
    own: Own | None = None

    @property
    def name(self) -> str:
        """The name by which people call it."""
        return self.own.name if self.own else CATALOGUE[self.id].name

    def limit_at(self, profile: Profile) -> Limit | None:
        """Return the limit at a provider; None where the rule does not apply there, as it does if it is the caller's.

        >>> lipready.rule("X904", name="a-name")(print).limit_at(lipready.Profile.load("dashscope")).strength
        'recommended'
        """
        limit = profile.limits.get(self.id)
        return self.own.limit(self.id) if limit is None and self.own is not None else limit

    @property
    def help(self) -> str | None:
        """The address of the page about the rule; None for one of the caller's own that names none."""
        return self.own.help if self.own else page_of(self.id)

    def __reduce__(self) -> tuple[Callable[[str, str], object], tuple[str, str]]:
        """Pickle as the place of the function, which the rule has taken. Raises PicklingError where it has none."""
        place = self.judge.__module__, self.judge.__qualname__
        try:
            found = _rule_at(*place)
        except (ImportError, AttributeError):
            found = None
        if found is not self:
            raise PicklingError(f"The rule {self.id} cannot be pickled: it is not what {'.'.join(place)} names.")
        return _rule_at, place


def _rule_at(module: str, name: str) -> object:
    return getattr(import_module(module), name)


def rule(
    id_: str,
    *,
    invalid: Examples = tuple,
    valid: Examples = tuple,
    subject: RuleSubject | None = None,
    needs: Needs = "headers",
    name: str | None = None,
    strength: Strength = "recommended",
    help: str | None = None,  # noqa: A002 - as findings and JSON call it
) -> Callable[[Judge], Rule]:
    """Return what turns a function of (job facts, limit) into the rule of an id; its letter says the subject of most.

    The function yields a `Finding` for each thing that is wrong (`finding` makes one), an `Unmeasured` where the facts
    that it needs are missing. `valid` adds to a whole job that is fine, which every rule accepts.

    A rule of the caller's own has a `name` ("video-logo") and an id of one letter and three digits that no other rule
    has ("X901"); without `subject` it is run once for the job. It is handed in by `rules=`. `strength` "required" makes
    what it finds an error, and "recommended" or "inferred" a warning, unless the profile has a limit for it. `help` is
    the http(s) address of a page about the rule, which its findings carry.

    Raises UsageError for an id, a name or an address that an own rule cannot have.

    >>> @lipready.rule("X901", name="video-square", subject="video")
    ... def square(facts, limit):
    ...     size = facts.video.media.width, facts.video.media.height
    ...     if size[0] != size[1]:
    ...         yield lipready.finding(limit, facts.video, "It is not square.", measured=str(size), allowed="1 : 1")
    >>> lipready.check("two.mp4", rules=[square]).by_rule["X901"][0].measured
    '(1138, 640)'
    """
    own = None
    if name is not None:
        if id_ in CATALOGUE or not re.fullmatch("[A-Z][0-9]{3}", id_):
            raise UsageError(
                f"A rule of your own cannot have the id {id_!r}: take a capital letter and three digits that no rule "
                "of lipready has, such as X901."
            )
        if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
            raise UsageError(
                f"A rule of your own cannot have the name {name!r}: small letters and digits, with dashes."
            )
        if help is not None and not ADDRESS.fullmatch(help):
            raise UsageError(f"The page of a rule of your own cannot be at {help!r}: give an http(s) address.")
        own = Own(name, strength, help)
    elif id_ not in CATALOGUE:
        raise UsageError(f"The rule {id_!r} is not one of lipready's: give it a name, as in rule({id_!r}, name=…).")
    about_what = subject or ("job" if own else _OF[id_[0]])
    return lambda judge: Rule(id_, about_what, needs, judge, lambda: (job(), *valid()), invalid, own)


def about(
    find: Callable[[JobFacts], tuple[*T] | Unmeasured | None],
) -> Callable[[Callable[[*T, Limit], Verdicts]], Judge]:
    """Turn a function of (what is found, limit) into one that judges a job; None where nothing is to be judged."""

    def decorate(judge: Callable[[*T, Limit], Verdicts]) -> Judge:
        @wraps(judge)
        def judge_job(facts: JobFacts, limit: Limit) -> Verdicts:
            found = find(facts)
            if isinstance(found, Unmeasured):
                yield found
            elif found is not None:
                yield from judge(*found, limit)

        return judge_job

    return decorate
