"""What a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from lipready.facts.finding import Finding, Subject
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit

Needs = Literal["headers", "pixels", "samples"]
RuleSubject = Subject | Literal["file", "address"]
Verdicts = Iterator[Finding | Unmeasured]
Judge = Callable[[JobFacts, Limit], Verdicts]
Examples = Callable[[], tuple[JobFacts, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the registry.

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
    name: str
    subject: RuleSubject
    needs: Needs
    judge: Judge
    valid: Examples
    invalid: Examples
