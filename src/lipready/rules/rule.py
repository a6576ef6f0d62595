"""What a rule is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from lipready.facts.finding import Finding, Subject
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit

Needs = Literal["headers", "pixels", "samples"]
Judge = Callable[[JobFacts, Limit], Iterable[Finding | Unmeasured]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the registry.

    `judge` is a pure function: it yields a Finding for each thing that is wrong, an Unmeasured where the facts that it
    needs are missing, and nothing where all is well. Its docstring is the documentation that `lipready explain`
    prints. `needs` says what must have been read: "headers" (also "samples" counted without decoding), "pixels"
    (decoded frames: not run by --quick), "samples" (decoded audio: not run by --quick). `valid` and `invalid` are job
    facts that pass and that break the rule at the DashScope profile; tests are generated from them.
    """

    id: str
    name: str
    subject: Subject
    needs: Needs
    judge: Judge
    valid: tuple[JobFacts, ...]
    invalid: tuple[JobFacts, ...]
