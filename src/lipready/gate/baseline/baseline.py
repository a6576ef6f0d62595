"""What was found once is accepted as it was or better, and nothing new is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from lipready.config.policy import paths_of
from lipready.config.unit import Notice, UnitVerdict, Waived
from lipready.errors import ConfigurationError
from lipready.facts.finding import Finding, Severity, Subject
from lipready.facts.quantity import counted, number
from lipready.facts.unmeasured import is_transient
from lipready.gate.baseline.file import LONGEST_TEXT, Accepted, Baseline, Key, Kind
from lipready.profiles.limit import Profile
from lipready.rules.wording import one_line

_MOST_NAMED = 20


def apply_baseline(
    verdicts: Sequence[UnitVerdict], baseline: Baseline, profile: Profile, *, whole: bool = True
) -> tuple[tuple[UnitVerdict, ...], tuple[Notice, ...]]:
    """Take what the baseline accepts out of the reports, into `waived`; say what is worse now, and what is stale.

    An entry is stale where its rule ran and found nothing, and, if the `whole` repository was looked at, where its
    file or job is not there any more. Raises ConfigurationError for the baseline of another provider.
    """
    refuse_other_provider(baseline, profile)
    entries = {entry.key: entry for entry in baseline.entries}
    judged, worse = [], []
    for verdict in verdicts:
        waived: list[Waived] = []
        for found, findings in _found(verdict):
            entry = entries.get(found.key)
            if entry is not None and _accepts(entry, found):
                reason = f"the baseline accepts {_said(entry)}"
                waived.extend(Waived(finding, "baseline", reason) for finding in findings)
            elif entry is not None:
                worse.append(f"The baseline accepts {_said(entry)} for {_named(entry)}, and it is {_said(found)} now.")
        judged.append(verdict.without(waived))
    stale = [
        f"The baseline's entry for {_named(entry)} is stale: nothing is found any more. "
        "`gate(update_baseline=True)` drops it."
        for entry in _stale(verdicts, baseline, whole=whole)
    ]
    return tuple(judged), tuple(map(Notice, (*_shortened(worse), *_shortened(stale))))


def updated_baseline(
    verdicts: Sequence[UnitVerdict], profile: Profile, previous: Baseline | None = None, *, whole: bool = True
) -> Baseline:
    """Return a baseline that accepts what is found now, and nothing else.

    Of the previous one stays what this run says nothing about: files that were not looked at where it was not the
    `whole` repository, and rules that did not run. Nothing is accepted of an `unmeasured` file. Raises
    ConfigurationError where the previous one is of another provider.
    """
    entries: dict[Key, Accepted] = {}
    lost = unmeasured(verdicts)
    for verdict in verdicts:
        for found, _ in _found(verdict):
            if found.of in lost:
                continue
            known = entries.get(found.key)
            entries[found.key] = found if known is None else _worst(known, found)
    if previous is not None:
        refuse_other_provider(previous, profile)
        stale = {entry.key for entry in _stale(verdicts, previous, whole=whole)}
        entries = {**{entry.key: entry for entry in previous.entries if entry.key not in stale}, **entries}
    return Baseline.of(profile.name, entries.values())


def unmeasured(verdicts: Iterable[UnitVerdict]) -> frozenset[str]:
    """Return the files of which something could not be measured for want of time, memory or the like."""
    lost: set[str] = set()
    for verdict in verdicts:
        roles = {file.role for file in verdict.report.facts.files() if is_transient(file)}
        lost.update(path for role, path in verdict.unit.files() if role in roles)
    return frozenset(lost)


def refuse_other_provider(baseline: Baseline, profile: Profile) -> None:
    """Raise ConfigurationError where a baseline was written for another provider."""
    if baseline.provider != profile.name:
        raise ConfigurationError(
            f"The baseline belongs to the provider {one_line(baseline.provider)}, and this run is for {profile.name}: "
            "name another file with `gate(baseline=…)`."
        )


def _found(verdict: UnitVerdict) -> Iterator[tuple[Accepted, tuple[Finding, ...]]]:
    """Yield what was found of each rule on each file and on the job, also what the baseline has waived already."""
    again = (waived.finding for waived in verdict.waived if waived.by == "baseline")
    groups: dict[Key, list[Finding]] = {}
    for finding in chain(verdict.report.findings, again):
        if finding.severity != "info":
            groups.setdefault(_key(verdict, finding), []).append(finding)
    for (kind, of, rule), findings in groups.items():
        readings = findings[0].readings
        texts = () if readings else sorted((each.measured or each.name)[:LONGEST_TEXT] for each in findings)
        severity: Severity = "error" if any(finding.severity == "error" for finding in findings) else "warning"
        found = Accepted(kind=kind, of=of, rule=rule, severity=severity, readings=readings, texts=tuple(texts))
        yield found, tuple(findings)


def _key(verdict: UnitVerdict, finding: Finding) -> Key:
    paths = () if finding.role == "job" else paths_of(verdict.unit, finding.role)
    return ("file", paths[0], finding.rule) if paths else ("job", verdict.unit.name, finding.rule)


def _accepts(entry: Accepted, found: Accepted) -> bool:
    if found.severity == "error" and entry.severity != "error":
        return False
    if found.readings:
        return all(any(reading.meets(accepted) for accepted in entry.readings) for reading in found.readings)
    return Counter(found.texts) <= Counter(entry.texts)


def _worst(one: Accepted, other: Accepted) -> Accepted:
    """Join what two units found on the same file, so that both are accepted."""
    every = (*one.readings, *other.readings)
    alike = {r: [known for known in every if (known.name, known.better) == (r.name, r.better)] for r in every}
    readings = {r for r, others in alike.items() if all(known.meets(r) for known in others)}
    return replace(
        one,
        severity="error" if "error" in (one.severity, other.severity) else "warning",
        readings=tuple(sorted(readings)),
        texts=() if readings else tuple(sorted((Counter(one.texts) | Counter(other.texts)).elements())),
    )


def _stale(verdicts: Iterable[UnitVerdict], baseline: Baseline, *, whole: bool) -> Iterator[Accepted]:
    silent: dict[tuple[Kind, str], set[str]] = {}  # the rules that did not run on each file, and on the job itself
    met: set[Key] = set()
    for verdict in verdicts:
        met.update(found.key for found, _ in _found(verdict))
        places: dict[Subject, tuple[Kind, str]] = {"job": ("job", verdict.unit.name)}
        for role, place in (places | {role: ("file", path) for role, path in verdict.unit.files()}).items():
            rules = {entry.rule for entry in verdict.report.unchecked if entry.role == role}
            silent.setdefault(place, set()).update(rules)
    for entry in baseline.entries:
        unjudged = silent.get((entry.kind, entry.of))
        gone = whole if unjudged is None else entry.rule not in unjudged
        if gone and entry.key not in met:
            yield entry


def _named(entry: Accepted) -> str:
    return f"{entry.rule} of {one_line(entry.of)}"


def _said(entry: Accepted) -> str:
    """Write what an entry accepts: "length ≤ 121.3"."""
    sides: Mapping[str, str] = {"smaller": "≤", "larger": "≥"}
    numbers = [f"{one_line(r.name)} {sides[r.better]} {number(r.number, digits=3)}" for r in entry.readings]
    return ", ".join(numbers or [one_line(text) for text in entry.texts])


def _shortened(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_NAMED
    rest = [f"The baseline has {counted(more, 'more entry')} like that."] if more > 0 else []
    return [*lines[:_MOST_NAMED], *rest]
