"""What `lipready prepare` shows: what was wrong, the plan in words, the outputs, and the verdict after it."""

import json
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lipready.cli.output.parts import parts_as_json, parts_lines
from lipready.cli.output.session import CLEAN, FOUND, Session
from lipready.facts.file import ROLES
from lipready.facts.plan import Kept
from lipready.facts.quantity import counted
from lipready.prepare import Prepared
from lipready.profiles.catalogue import SEVERAL_PEOPLE
from lipready.reports.full import ROLE_WIDTH, brief_report, finding_lines, verdict_line
from lipready.reports.page import Page, joined, plain
from lipready.reports.people import introductions
from lipready.reports.values import plain_text
from lipready.split import SplitPart

SCHEMA = "lipready.prepared/1"
_KEPT: dict[Kept, str] = {"link": "linked", "copy": "copied", "stay": "stays where it is"}


def as_json(prepared: Prepared, sheet: Path | None, parts: Sequence[SplitPart] = ()) -> str:
    """Write `as_record` as one line, with the parts where the job was cut."""
    cut = {"parts": parts_as_json(parts)} if parts else {}
    return json.dumps({**as_record(prepared, sheet), **cut}, allow_nan=False) + "\n"


def as_record(prepared: Prepared, sheet: Path | None) -> dict[str, Any]:
    """Return the job to submit, the plan, what is undecided, and the reports before and after.

    `sheet` is where the contact sheet is, None where none was drawn.
    """
    names, plan = prepared.job.names(), prepared.plan
    files = [
        {
            "role": file.role,
            "source": _text(file.source),
            "output": _text(file.output),
            "already_fine": file.already_fine,
            "kept": file.kept,
            "steps": [{"name": s.name, "level": s.level, "text": s.text, "rules": list(s.rules)} for s in file.steps],
            "commands": [list(map(_text, command)) for command in file.commands],
        }
        for file in plan.files
    ]
    return {
        "schema": SCHEMA,
        "ready": prepared.ready,
        "dry_run": prepared.dry_run,
        "already_prepared": prepared.already_prepared,
        "job": {role: _text(names.get(role)) for role in ROLES},
        "plan": files,
        "sheet": None if sheet is None else _text(os.fspath(sheet)),
        "set_aside": _text(plan.set_aside),
        "undecided": [{"rule": rule, "flag": flag, "text": text} for rule, flag, text in plan.undecided],
        "before": prepared.before.to_dict(),
        "report": prepared.report.to_dict(),
    }


def _text(text: str | None) -> str | None:
    return None if text is None else plain_text(text)


def unanswered(prepared: Prepared, fail_on: str) -> int:
    """Return the exit status of a dry run: FOUND where a finding at or above `fail_on` is in no plan."""
    failing = {"error"} if fail_on == "error" else {"error", "warning"}
    answered: set[tuple[str, str]] = {
        (file.role, rule) for file in prepared.plan.files for step in file.steps for rule in step.rules
    }
    # What is wrong with the job as a whole is repaired in one of its files.
    answered |= {("job", rule) for _, rule in answered}
    left = [f for f in prepared.before.findings if f.severity in failing and (f.role, f.rule) not in answered]
    return FOUND if left else CLEAN


def plan_writer(form: str, session: Session) -> Callable[[Prepared], None] | None:
    """Return what writes, before any of it is done, what was found and what is going to be done about it, for people.

    None where the format is one for programs, which get it all at the end.
    """

    def write(planned: Prepared) -> None:
        page = session.page()
        lines = joined(_found_and_planned(planned, page))
        if lines:
            session.write(page.finish([*lines, ""]))

    return write if form == "full" else None


def as_text(prepared: Prepared, out: Path, page: Page, sheet: Path | None, parts: Sequence[SplitPart] = ()) -> str:
    """Write for people what came of it, and the plan where nothing of it was carried out, so that it is not there yet.

    `sheet` is where the contact sheet is, `parts` what the job was cut into.
    """
    if prepared.speaker_open:
        before = [] if page.brief else [*brief_report("before", prepared.before, page), ""]
        return page.finish([*before, *_who(prepared, sheet, page)])
    carried_out = bool(prepared.plan.files) and not prepared.dry_run
    first = [] if carried_out else _found_and_planned(prepared, page)
    last = [[] if prepared.dry_run else _outputs(prepared, out, page), _after(prepared, page)]
    last += [parts_lines(parts, out.parent, page)] if parts else []
    return page.finish(joined([*first, *last]))


def _found_and_planned(prepared: Prepared, page: Page) -> list[list[str]]:
    # Commands are never wrapped, so that they can be copied.
    commands = [f"  {plain(shlex.join(command))}" for file in prepared.plan.files for command in file.commands]
    return [
        [] if page.brief else brief_report("before", prepared.before, page),
        [] if page.brief else _plan(prepared, page),
        set_aside_lines(prepared, page),
        [page.paint("commands", "strong"), *commands] if commands and prepared.dry_run else [],
        _undecided(prepared, page),
    ]


def _who(prepared: Prepared, sheet: Path | None, page: Page) -> list[str]:
    """Say that nothing was done, who there is, and how to choose."""
    lines = [page.paint("for you to decide", "strong")]
    for rule, flag, _ in prepared.plan.undecided:
        if rule == SEVERAL_PEOPLE:
            text = f"{rule}: several people are seen, and nothing says who speaks. Say {flag}, or hand in a picture."
            lines += page.wrap(text, indent="  ", hanging="    ")
    video = prepared.before.facts.video
    for text in introductions(video, prepared.before.front).values() if video is not None else ():
        lines += page.wrap(text, indent="    ", hanging="      ")
    if sheet is not None:
        lines += page.wrap(f"{sheet} shows who is who.", indent="  ", hanging="    ")
    last = "Dry run: nothing was written." if prepared.dry_run else "Nothing was repaired: it is not known who speaks."
    return [*lines, "", f"  {page.paint(last, 'strong')}"]


def _plan(prepared: Prepared, page: Page) -> list[str]:
    lines = [page.paint("plan", "strong")]
    for file in prepared.plan.files:
        if file.kept is not None:
            failing = any(f.role == file.role and f.severity == "error" for f in prepared.before.findings)
            fine = "nothing in it to repair" if failing else "already fine"
            lines.append(f"  {file.role:{ROLE_WIDTH}}{fine}; {_KEPT[file.kept]}")
            continue
        lines.append(f"  {file.role:{ROLE_WIDTH}}{plain(Path(file.source).name)} → {plain(file.output)}")
        for step in file.steps:
            rules = f" [{', '.join(step.rules)}]" if step.rules else ""
            lines += page.wrap(f"· {step.text} ({step.level}){rules}", indent="    ", hanging="      ")
    planned = {file.role for file in prepared.plan.files}
    for facts in prepared.before.facts.files():
        if facts.role not in planned and facts.path != prepared.plan.set_aside:
            lines.append(f"  {facts.role:{ROLE_WIDTH}}left as it is; see below")
    return lines


def set_aside_lines(prepared: Prepared, page: Page) -> list[str]:
    """Return which picture is not used, since a person was chosen as well."""
    if prepared.plan.set_aside is None:
        return []
    said = "is set aside: with --person the reference image is taken from the video."
    return page.wrap(f"{prepared.plan.set_aside} {said}")


def _undecided(prepared: Prepared, page: Page) -> list[str]:
    if not prepared.plan.undecided:
        return []
    lines = [page.paint("for you to decide", "strong")]
    for rule, flag, text in prepared.plan.undecided:
        say = "" if all(each in text for each in flag.split(" or ")) else f" Say {flag}."
        lines += page.wrap(f"{rule}: {text}{say}", indent="  ", hanging="    ")
    return lines


def _outputs(prepared: Prepared, out: Path, page: Page) -> list[str]:
    made = [file for file in prepared.plan.files if not file.stays]
    if not made:
        return []
    found = "  already there, from an earlier run" if prepared.already_prepared else ""
    job, receipt = prepared.job, out / "receipt.json"
    paths: dict[str, str | None] = {role: job.names().get(role) for role in ROLES}
    paths["receipt"] = os.fspath(receipt) if receipt.is_file() else None
    lines = [f"  {label:{ROLE_WIDTH}}{plain(path)}" for label, path in paths.items() if path is not None]
    return [page.paint("outputs", "strong") + page.paint(found, "dim"), *lines]


def _after(prepared: Prepared, page: Page) -> list[str]:
    if prepared.dry_run:
        return [page.paint("Dry run: nothing was written.", "dim")]
    report = prepared.report
    lines = [page.paint("after", "strong")]
    for number, finding in enumerate(report.findings):
        lines += [*([""] if number else []), *finding_lines(finding, page)]
    skipped = len({entry.rule for entry in report.unchecked})
    ready = f"ready, as far as was checked: {counted(skipped, 'rule')} did not run" if skipped else "ready to submit"
    last = ready if prepared.ready else "not ready: what is left stands above"
    gap = [""] if report.findings else []
    return [*lines, *gap, f"  {verdict_line(report, page)}", f"  {page.paint(last, 'strong')}"]
