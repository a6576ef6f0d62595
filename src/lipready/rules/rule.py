"""What a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Literal, TypeVarTuple

from lipready.facts.finding import Finding, Subject
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Limit
from lipready.rules.examples import job

Needs = Literal["headers", "pixels", "samples"]
RuleSubject = Subject | Literal["file", "address"]
Verdicts = Iterator[Finding | Unmeasured]
Judge = Callable[[JobFacts, Limit], Verdicts]
Examples = Callable[[], tuple[JobFacts, ...]]
T = TypeVarTuple("T")
_OF: dict[str, RuleSubject] = {"F": "file", "V": "video", "P": "video", "A": "audio", "I": "reference", "R": "job"}


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
    """

    id: str
    subject: RuleSubject
    needs: Needs
    judge: Judge
    valid: Examples
    invalid: Examples

    @property
    def name(self) -> str:
        """The name by which people call it."""
        return CATALOGUE[self.id].name


def rule(
    id_: str,
    *,
    invalid: Examples,
    valid: Examples = tuple,
    subject: RuleSubject | None = None,
    needs: Needs = "headers",
) -> Callable[[Judge], Rule]:
    """Turn a function into the rule of an id; its letter says the subject of most.

    `valid` adds to a whole job that is fine, which every rule accepts.
    """
    return lambda judge: Rule(id_, subject or _OF[id_[0]], needs, judge, lambda: (job(), *valid()), invalid)


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
