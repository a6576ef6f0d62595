"""Facts and a profile in, findings out."""

from collections.abc import Iterable, Iterator

from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Subject, Unchecked
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit, Profile
from lipready.rules.registry import RULES, select
from lipready.rules.rule import Rule
from lipready.rules.wording import one_line

_ROLES: tuple[Subject, ...] = ("video", "audio", "reference", "job")
_SEVERITIES = ("error", "warning", "info")
# What says that a file cannot be read, and so is about files of which nothing else is known.
_READABILITY = ("F001", "F002")


def judge(
    facts: JobFacts,
    profile: Profile,
    *,
    only: Iterable[str] = (),
    ignore: Iterable[str] = (),
    quick: bool = False,
) -> tuple[tuple[Finding, ...], tuple[Unchecked, ...]]:
    """Run the rules of a profile over the facts of a job.

    `only` and `ignore` hold rule ids, beginnings of ids ("V1") or names; what is ignored stays ignored. With `quick`
    the rules that need decoded pixels or samples are not run. Findings come in the order of role (video, audio,
    reference, job), severity and rule; so do the rules that gave no verdict, each with the reason. A rule is not
    mentioned where the job has no file that it is about, or the profile has no limit for it.

    Raises UsageError for a selector that means no rule.
    """
    chosen, left_out = _selection(only), frozenset(id_ for selector in ignore for id_ in select(selector))
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    for rule in RULES:
        limit = profile.limits.get(rule.id)
        if limit is None:
            continue
        for role, view in _views(rule, facts):
            if rule.id in left_out or rule.id not in chosen:
                reason = "left out with --ignore" if rule.id in left_out else "not chosen with --only"
                unchecked.append(Unchecked(rule.id, role, reason))
            elif quick and rule.needs != "headers":
                unchecked.append(Unchecked(rule.id, role, "not run with --quick"))
            else:
                outcomes = tuple(_run(rule, limit, role, view))
                findings.extend(outcome for outcome in outcomes if isinstance(outcome, Finding))
                unchecked.extend(outcome for outcome in outcomes if isinstance(outcome, Unchecked))
    return tuple(sorted(findings, key=_order)), tuple(sorted(unchecked, key=lambda u: (_ROLES.index(u.role), u.rule)))


def _selection(only: Iterable[str]) -> frozenset[str]:
    selectors = tuple(only)
    if not selectors:
        return frozenset(rule.id for rule in RULES)
    return frozenset(id_ for selector in selectors for id_ in select(selector))


def _views(rule: Rule, facts: JobFacts) -> Iterator[tuple[Subject, JobFacts]]:
    """Yield what a rule is to be run on: the job, once for its subject, or once for each file."""
    if rule.subject == "job" and (rule.needs != "samples" or None not in (facts.video, facts.audio)):
        # What is heard is held against the video.
        yield "job", facts
    for file in facts.files():
        if rule.subject == "file" or (rule.subject == "address" and file.address is not None):
            video, audio, reference = (
                each if each is file else None for each in (facts.video, facts.audio, facts.reference)
            )
            yield file.role, JobFacts(video=video, audio=audio, reference=reference, request=facts.request)
        elif rule.subject == file.role:
            yield file.role, facts


def _run(rule: Rule, limit: Limit, role: Subject, view: JobFacts) -> Iterator[Finding | Unchecked]:
    required = limit.strength == "required"
    unusable = next((file for file in view.files() if file.role == role and _unusable(file)), None)
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
            yield outcome


def _unusable(file: FileFacts) -> bool:
    """Whether nothing of a file can be judged; of a Git LFS pointer the name and the size still can."""
    return file.problem is not None and file.lfs is None


def _order(finding: Finding) -> tuple[int, int, str]:
    return _ROLES.index(finding.role), _SEVERITIES.index(finding.severity), finding.rule
