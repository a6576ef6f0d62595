"""For people: each file with its facts and what is wrong with it, what was not checked, and the verdict."""

from lipready.facts.finding import Finding, Subject
from lipready.facts.quantity import counted, plural
from lipready.facts.report import Report
from lipready.facts.speech import SpeechFacts
from lipready.reports.count import totals
from lipready.reports.details import details
from lipready.reports.page import Page, Tone, plain
from lipready.reports.speech import speech_lines
from lipready.reports.summary import summarize

MARKS: dict[str, str] = {"error": "✗", "warning": "▲", "info": "ℹ"}
_VERDICTS: dict[str, tuple[str, Tone]] = {"pass": ("✓", "good"), "warn": ("▲", "warning"), "fail": ("✗", "error")}
_LABEL = 10


def render(report: Report, page: Page) -> str:
    """Write the whole report."""
    sections = [_file_section(report, file.role, page) for file in report.facts.files()]
    verdict = [verdict_line(report, page), *_outlook(report, page)]
    sections += [_job_section(report, page), _unchecked_section(report, page), verdict]
    lines: list[str] = []
    for section in filter(None, sections):
        lines += [*([""] if lines else []), *section]
    return page.finish(lines)


def verdict_line(report: Report, page: Page) -> str:
    """`✗ fail for dashscope: 2 errors, 1 warning`."""
    mark, tone = _VERDICTS[report.verdict]
    return f"{page.paint(f'{mark} {report.verdict}', tone)} for {plain(report.provider)}: {totals(report)}"


def _outlook(report: Report, page: Page) -> list[str]:
    """Say how much of it `prepare` can repair."""
    levels = [finding.fix.level for finding in report.findings if finding.fix is not None]
    decisions = levels.count("editorial")
    repairs = len(levels) - decisions
    if page.brief or not levels:
        return []
    parts = [f"`lipready prepare` repairs {repairs} of {len(report.findings)}"] if repairs else []
    parts += [f"{counted(decisions, 'repair')} {plural(decisions, 'needs')} a decision"] if decisions else []
    return page.wrap(f"{', and '.join(parts)}.")


def finding_lines(finding: Finding, page: Page) -> list[str]:
    """One finding: what, why, and what to do."""
    tone = finding.severity
    head = f"  {page.paint(f'{MARKS[tone]} {finding.rule}', tone)} {page.paint(plain(finding.name), 'strong')}"
    lines = [head, *page.wrap(_without_advice(finding), indent="    ")]
    for label, text in _details(finding, page):
        lines += _labelled(label, text, page)
    return lines


def _details(finding: Finding, page: Page) -> list[tuple[str, str]]:
    fix = finding.fix
    pairs = [
        ("measured", finding.measured),
        ("limit", finding.limit),
        ("source", finding.source if page.verbose else ""),
        ("prevents", finding.remote or ""),
        ("fix", f"{fix.text} ({fix.level})" if fix else ""),
    ]
    return [(label, text) for label, text in pairs if text]


def _without_advice(finding: Finding) -> str:
    """Leave out the sentence that the line of the fix says again."""
    advice = finding.fix.text if finding.fix else ""
    return finding.message.removesuffix(advice).rstrip() or finding.message


def _labelled(label: str, text: str, page: Page) -> list[str]:
    margin = " " * (4 + _LABEL)
    first, *rest = page.wrap(text, indent=margin) or [margin]
    return [f"    {page.paint(label.ljust(_LABEL), 'dim')}{first[len(margin) :]}", *rest]


def _file_section(report: Report, role: Subject, page: Page) -> list[str]:
    file = next(f for f in report.facts.files() if f.role == role)
    findings = [f for f in report.findings if f.role == role]
    if page.brief and not findings:
        return []
    title = page.paint(plain(file.path), "strong") + page.paint(f"  {role}", "dim")
    lines = [title, *(page.wrap(summarize(file), indent="  ") if not page.brief else [])]
    if not page.brief and isinstance(file.speech, SpeechFacts):
        lines += speech_lines(file.speech, page)
    if page.verbose:
        lines += [line for detail in details(file) for line in page.wrap(detail, indent="  ", hanging="    ")]
    lines += [line for finding in findings for line in ["", *finding_lines(finding, page)]]
    if not findings and not any(entry.role == role for entry in report.unchecked):
        lines.append(f"  {page.paint('✓', 'good')} nothing found")
    return lines


def _job_section(report: Report, page: Page) -> list[str]:
    findings = [f for f in report.findings if f.role == "job"]
    if not findings:
        return []
    return [page.paint("the job", "strong"), *(line for f in findings for line in ["", *finding_lines(f, page)])]


def _unchecked_section(report: Report, page: Page) -> list[str]:
    """Write what did not run, by reason: many rules share one."""
    if page.brief or not report.unchecked:
        return []
    reasons: dict[str, dict[str, None]] = {}
    for entry in report.unchecked:
        # The letter of a rule says what it is about; F rules are about any file.
        rule = f"{entry.rule} ({entry.role})" if entry.rule.startswith("F") else entry.rule
        reasons.setdefault(entry.reason, {})[rule] = None
    rules = counted(len({entry.rule for entry in report.unchecked}), "rule")
    lines = [page.paint("not checked", "strong") + page.paint(f"  {rules}", "dim")]
    for reason, ids in reasons.items():
        lines += page.wrap(f"{', '.join(ids)}: {reason}", indent="  ", hanging="    ")
    return lines
