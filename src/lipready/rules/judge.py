"""Facts and a profile in, findings out."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from lipready.errors import UsageError
from lipready.facts.file import FileFacts
from lipready.facts.finding import SEVERITIES, Finding, Subject, Unchecked
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit, Profile
from lipready.rules.registry import RULES, select
from lipready.rules.rule import Rule, RuleSubject
from lipready.rules.wording import one_line

_ROLES: tuple[Subject, ...] = ("video", "audio", "reference", "result", "job")
# What says that a file cannot be read, and so is about files of which nothing else is known.
_READABILITY = ("F001", "F002", "O801")


def judge(
    facts: JobFacts,
    profile: Profile,
    *,
    only: Iterable[str] = (),
    ignore: Iterable[str] = (),
    quick: bool = False,
    rules: tuple[Rule, ...] = (),
) -> tuple[tuple[Finding, ...], tuple[Unchecked, ...]]:
    """Run the rules of a profile over the facts of a job.

    `rules` are the caller's own, whatever the profile. `only` and `ignore` hold rule ids, beginnings of ids ("V1") or
    names; what is ignored stays ignored. With `quick` the rules that need decoded pixels or samples are not run.
    Findings come in the order of role (video, audio, reference, job), severity and rule; so do the rules that gave no
    verdict, each with the reason. A rule is not mentioned where the job has no file that it is about, or the profile
    has no limit for it.

    Raises UsageError for a selector that means no rule, and for own rules that share an id or a name.
    """
    every = _all(rules)
    chosen, left_out = _selection(tuple(only), rules) or every, _selection(tuple(ignore), rules)
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    for subject, role, view in _views(facts):
        unusable = _unusable(view, role)
        for rule in (*_BY_SUBJECT.get(subject, ()), *(rule for rule in rules if rule.subject == subject)):
            limit = rule.limit_at(profile)
            if limit is None or not _applies(rule, facts):
                continue
            if rule.id in left_out or rule.id not in chosen:
                reason = "left out with `Settings.ignore`" if rule.id in left_out else "not chosen with `Settings.only`"
                unchecked.append(_unchecked(rule.id, role, reason))
            elif quick and rule.needs != "headers":
                unchecked.append(_unchecked(rule.id, role, "not run with `Settings.quick`"))
            else:
                for outcome in _run(rule, limit, role, view, unusable):
                    if isinstance(outcome, Finding):
                        findings.append(outcome)
                    else:
                        unchecked.append(outcome)
    return tuple(sorted(findings, key=_order)), tuple(sorted(unchecked, key=lambda u: (_ROLES.index(u.role), u.rule)))


@lru_cache(maxsize=256)
def _all(own: tuple[Rule, ...]) -> frozenset[str]:
    """Return the ids of all rules. Raises UsageError where two of the caller's own share an id or a name."""
    words = [word for rule in (*RULES, *own) for word in (rule.id, rule.name)]
    if twice := next((word for word in words if words.count(word) > 1), None):
        raise UsageError(f"Two rules are called {twice!r}: give the rule of your own another id or name.")
    return frozenset(rule.id for rule in (*RULES, *own))


_BY_SUBJECT = {
    subject: tuple(rule for rule in RULES if rule.subject == subject) for subject in {rule.subject for rule in RULES}
}


@lru_cache(maxsize=256)
def _selection(selectors: tuple[str, ...], own: tuple[Rule, ...]) -> frozenset[str]:
    return frozenset(id_ for selector in selectors for id_ in select(selector, own))


@lru_cache(maxsize=1024)
def _unchecked(rule: str, role: Subject, reason: str) -> Unchecked:
    """Return the same object for every job: a run over thousands of files keeps many of them."""
    return Unchecked(rule, role, reason)


def _views(facts: JobFacts) -> Iterator[tuple[RuleSubject, Subject, JobFacts]]:
    """Yield what rules are run on, by their subject: the job, each file alone, and each file within the job.

    Where there is a result, it alone is judged: what went in was judged before it was sent.
    """
    if facts.result is not None:
        yield "result", "result", facts
        return
    yield "job", "job", facts
    for file in facts.files():
        video, audio, reference = (
            each if each is file else None for each in (facts.video, facts.audio, facts.reference)
        )
        alone = JobFacts(video=video, audio=audio, reference=reference, request=facts.request)
        yield "file", file.role, alone
        if file.address is not None:
            yield "address", file.role, alone
        yield file.role, file.role, facts


def _applies(rule: Rule, facts: JobFacts) -> bool:
    """Return whether there is what a rule about the job needs: what is heard is held against the video."""
    return rule.subject != "job" or rule.needs != "samples" or None not in (facts.video, facts.audio)


def _run(
    rule: Rule, limit: Limit, role: Subject, view: JobFacts, unusable: FileFacts | None
) -> Iterator[Finding | Unchecked]:
    required = limit.strength == "required"
    if unusable is not None and rule.id not in _READABILITY and rule.subject != "address":
        yield Unchecked(rule.id, role, one_line(f"the file {unusable.problem}"), required)
        return
    reasons: list[str] = []
    for outcome in rule.judge(view, limit):
        if isinstance(outcome, Unmeasured):
            reason = one_line(outcome.reason)
            if reason not in reasons:
                reasons.append(reason)
                yield Unchecked(rule.id, role, reason, required and not outcome.skipped)
        else:
            yield replace(outcome, rule=rule.id, name=rule.name, help=rule.help)


def _unusable(view: JobFacts, role: Subject) -> FileFacts | None:
    """Return the file of a role where nothing of it can be judged; of a Git LFS pointer name and size still can."""
    file = view.file(role)
    return file if file is not None and file.problem is not None and file.lfs is None else None


def _order(finding: Finding) -> tuple[int, int, str]:
    return _ROLES.index(finding.role), SEVERITIES.index(finding.severity), finding.rule
