"""The verdict on a task's inputs: what lipready itself finds by the documented limits."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from os import fspath
from pathlib import Path

from lipready.check import Settings, check_job
from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.report import Report
from lipready.job import Job, RequestOptions
from lipready.profiles.loader import load_profile
from lipready.sandbox.tasks.failure import SimulatedFailureError, too_large
from lipready.sandbox.tasks.fetch import Inputs
from lipready.sandbox.tasks.task import SandboxTask

NO_FACE = "P301"
_NOT_MATCHED = "未找到匹配人脸"


@dataclass(frozen=True, slots=True)
class Prints:
    """What two equal jobs have in common: the sha256 of each file, with the extension by which its format is judged."""

    video: tuple[str, str]
    audio: tuple[str, str]
    reference: tuple[str, str] | None


def fingerprints(inputs: Inputs) -> Prints:
    """Read the inputs, and say what they are known by."""
    reference = None if inputs.reference is None else _print(inputs.reference)
    return Prints(_print(inputs.video), _print(inputs.audio), reference)


def examine(inputs: Inputs, task: SandboxTask, tell: Callable[[str, float], None]) -> Report:
    """Check the inputs of a task with the profile of its provider; `tell` may end this by an exception."""
    # The callback was looked at when the task was submitted: what a sandbox allows there, a rule does not.
    options = RequestOptions(task.asked.extension, task.asked.threshold)
    job = Job.of(inputs.video, inputs.audio, inputs.reference, options)
    return check_job(job, load_profile(task.style), Settings(progress=tell))


def pass_on(report: Report, task: SandboxTask) -> JobFacts:
    """Return the facts of a job that the provider would take. Raises SimulatedFailureError for any other."""
    for finding in report.findings:
        if finding.severity == "error":
            failure = _failure_of(finding, task)
            if failure is not None:
                raise failure
    return report.facts


def _failure_of(finding: Finding, task: SandboxTask) -> SimulatedFailureError | None:
    """Return what the provider would answer: the code that the finding prevents."""
    if finding.remote == "InvalidFile.Size" and finding.role != "job":
        return too_large(finding.role)
    if finding.remote == "InvalidFile.FaceNotMatch":
        # Spelt as DashScope's page for this model has it. EvoLink's page quotes a message, and no code.
        return SimulatedFailureError("InvalidFile.FaceNotMach", _NOT_MATCHED if task.style == "evolink" else "")
    if finding.remote is not None:
        return SimulatedFailureError(finding.remote)
    # DashScope keeps the picture of a clip without a face, and bills it; EvoLink says that it fails, but not how.
    return SimulatedFailureError("InvalidFile.NoHuman") if finding.rule == NO_FACE and task.style == "evolink" else None


def _print(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), fspath(path.suffix)
