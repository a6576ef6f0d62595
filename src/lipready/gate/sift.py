"""What counts of what was found: the policy and the baseline, unit by unit and over all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from lipready.config.policy import Policy, apply_policy
from lipready.config.unit import Notice, UnitVerdict
from lipready.facts.file import FileFacts
from lipready.facts.people import PeopleFacts
from lipready.gate.baseline.baseline import apply_baseline
from lipready.gate.baseline.file import Baseline
from lipready.profiles.limit import Profile


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is waived in one run; `today` decides which ignores have expired."""

    policy: Policy
    baseline: Baseline | None
    profile: Profile
    today: date

    def one(self, verdict: UnitVerdict) -> UnitVerdict:
        """Take out of one unit what does not count."""
        (sifted,), _ = self.all((verdict,))
        return sifted

    def all(self, verdicts: Sequence[UnitVerdict]) -> tuple[tuple[UnitVerdict, ...], tuple[Notice, ...]]:
        """Take out of all units what does not count, and say what of the policy and the baseline is out of date."""
        sifted, notices = apply_policy(verdicts, self.policy, self.today)
        if self.baseline is None:
            return sifted, notices
        sifted, more = apply_baseline(sifted, self.baseline, self.profile, whole=self.policy.whole)
        return sifted, (*notices, *more)


def without_looks(verdict: UnitVerdict) -> UnitVerdict:
    """Let go of every look at every face where nothing was found: thousands of reports have to fit into memory."""
    report = verdict.report
    if report.findings:
        return verdict
    facts = replace(report.facts, video=_slim(report.facts.video), reference=_slim(report.facts.reference))
    return replace(verdict, report=replace(report, facts=facts))


def _slim(file: FileFacts | None) -> FileFacts | None:
    if file is None or not isinstance(file.people, PeopleFacts):
        return file
    people = tuple(replace(person, looks=()) for person in file.people.people)
    return replace(file, people=replace(file.people, people=people, samples=()))
