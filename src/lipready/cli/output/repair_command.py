"""The `lipready prepare` that repairs what a check has found, as a line to paste into a shell."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

import click

from lipready.cli.input.options import Shared, named_configuration
from lipready.facts.address import is_address
from lipready.facts.file import Role
from lipready.facts.finding import Fix, Subject
from lipready.job import Job
from lipready.profiles.catalogue import LENGTH_RULES
from lipready.reports.page import Page, plain
from lipready.reports.report import Report

_FLAGS: dict[Role, str] = {"video": "--video", "audio": "--audio", "reference": "--ref"}
# What a person decides, by the repair of a finding; for the audio track some have an option of their own.
_DECISIONS = {
    "choose-person": "--person N",
    "crop": "--crop",
    "denoise": "--denoise",
    "extend": "--extend",
    "pad": "--extend",
    "salvage": "--salvage",
    "trim": "--trim best",
    "trim-silence": "--trim-silence",
}
_OF_AUDIO = {"trim": "--trim-audio best"}


@dataclass(frozen=True, slots=True)
class CheckedJob:
    """A job with the report on it; of the roles in `named` the user has said which file has them.

    `number` counts the jobs of a list from 1; None where there is no list.
    """

    job: Job
    report: Report
    named: frozenset[Role]
    number: int | None = None
    audio_track: int | None = None


def repair_lines(checked: CheckedJob, shared: Shared, page: Page) -> list[str]:
    """Return the command and what may be added to it; nothing where nothing is to be repaired, or no command can.

    `prepare` fetches no addresses, and what a terminal would obey in the name of a file cannot be pasted.
    """
    fixes = [(f.role, f.fix) for f in checked.report.findings if f.fix is not None and f.severity != "info"]
    decisions = dict.fromkeys(_decision(role, fix) for role, fix in fixes if fix.level == "editorial")
    decisions.pop(None, None)  # to be decided by somebody who looks at the file
    places = checked.job.places()
    repairable = decisions or any(fix.level != "editorial" for _, fix in fixes)
    if not repairable or any(map(is_address, places.values())):
        return []
    words = ["lipready", "prepare", *_files(checked, places), "-o", _free_folder(checked.number)]
    command = shlex.join(chain(words, _options(checked, shared)))
    if plain(command) != command:
        return []
    # Which is about both files: nothing of what is too long is lost then.
    long = any(f.rule in LENGTH_RULES and f.fix is not None and f.fix.name == "trim" for f in checked.report.findings)
    cut = ", or --split" if long and {"video", "audio"} <= places.keys() else ""
    decided = (
        page.wrap(f"add what you decide: {', '.join(filter(None, decisions))}{cut}", indent="  ") if decisions else []
    )
    return [f"  {page.paint(command, 'strong')}", *decided]


def _files(checked: CheckedJob, places: dict[Role, str]) -> Iterator[str]:
    """Yield the files, with the options of those whose role was named."""
    for role, path in places.items():
        if role in checked.named:
            yield _FLAGS[role]
        yield os.path.join(".", path) if path.startswith("-") else path  # noqa: PTH118 - or it would be an option


def _options(checked: CheckedJob, shared: Shared) -> Iterator[str]:
    """Yield the options of the check that hold for the repair as well, but for those that stand in a configuration."""
    context, options = click.get_current_context(), checked.job.options
    said = {
        "--provider": shared.provider,
        "--only": ",".join(shared.only),
        "--ignore": ",".join(shared.ignore),
        "--every-frame": shared.every_frame,
    }
    given = click.core.ParameterSource.COMMANDLINE
    chosen = {
        flag: value
        for flag, value in said.items()
        if context.get_parameter_source(flag.removeprefix("--").replace("-", "_")) is given
    }
    chosen |= {
        "--config": named_configuration(context),
        "--audio-track": checked.audio_track,
        "--face-threshold": options.face_threshold,
        "--video-extension": options.video_extension,
        "--callback-url": options.callback_url,
    }
    for flag, value in chosen.items():
        if value is True:
            yield flag
        elif value not in (None, False, ""):
            yield from (flag, str(value))


def _decision(role: Subject, fix: Fix) -> str | None:
    return (_OF_AUDIO if role == "audio" else {}).get(fix.name) or _DECISIONS.get(fix.name)


def _free_folder(number: int | None) -> str:
    """Return a folder that is not there yet, so that no job comes to lie among the files of another."""
    first = "ready" if number is None else f"ready-{number}"
    return next(name for name in chain([first], (f"{first}-{n}" for n in count(2))) if not os.path.lexists(name))
