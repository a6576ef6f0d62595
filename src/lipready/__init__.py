"""Check, repair and submit the inputs of hosted lip-sync models, and download the results.

>>> import lipready
>>> report = lipready.check(video="clip.mp4", audio="speech.wav")
>>> report.verdict
'pass'

Every public name is imported on first use, so that `import lipready` costs next to nothing. The examples in the
docstrings go on from this import; what they submit to the provider "sandbox" costs nothing and needs no key.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lipready.batch import check_many, check_many_async
    from lipready.cancel import Cancel
    from lipready.check import Settings, check, check_async
    from lipready.errors import (
        AnswerError,
        CancelledError,
        ComponentError,
        ConfigurationError,
        CostError,
        DeadlineError,
        DownloadError,
        FixError,
        JournalError,
        LipreadyError,
        NoAnswerError,
        NothingCheckedError,
        NotSentError,
        OutcomeUnknownError,
        ProbeError,
        ProviderError,
        RefusedError,
        TaskFailedError,
        UsageError,
    )
    from lipready.facts.cost import Cost
    from lipready.facts.file import Role
    from lipready.facts.finding import Finding, Fix, FixLevel, Severity, Subject, Where
    from lipready.facts.job import JobFacts
    from lipready.facts.pictures import Pictures
    from lipready.facts.task import TaskStatus
    from lipready.facts.unmeasured import Unmeasured
    from lipready.gate.gating import GateResult, gate, gate_async
    from lipready.job import Input, Job, RequestOptions, Source
    from lipready.join import join, join_async
    from lipready.people import People, Reference, people, people_async, reference, reference_async
    from lipready.prepare import Prepared, prepare, prepare_async
    from lipready.profiles.limit import Limit, Profile, Range
    from lipready.repair.choices import Choices, TrimSpan
    from lipready.reports.report import Report, Verdict
    from lipready.rules.rule import Rule, rule
    from lipready.rules.subjects import finding
    from lipready.split import Split, SplitPart, split, split_async
    from lipready.submit import PreflightError, Sending, submit, submit_async
    from lipready.task import (
        Task,
        forget,
        get_task,
        get_task_async,
        receive_callback,
        receive_callback_async,
        resume,
        resume_async,
    )
    from lipready.verify import verify, verify_async

__version__ = "0.1.0.dev0"
"""The version, as PEP 440 writes them.

>>> lipready.__version__.split(".")[0].isdigit()
True
"""

__all__ = [
    "AnswerError",
    "Cancel",
    "CancelledError",
    "Choices",
    "ComponentError",
    "ConfigurationError",
    "Cost",
    "CostError",
    "DeadlineError",
    "DownloadError",
    "Finding",
    "Fix",
    "FixError",
    "FixLevel",
    "GateResult",
    "Input",
    "Job",
    "JobFacts",
    "JournalError",
    "Limit",
    "LipreadyError",
    "NoAnswerError",
    "NotSentError",
    "NothingCheckedError",
    "OutcomeUnknownError",
    "People",
    "Pictures",
    "PreflightError",
    "Prepared",
    "ProbeError",
    "Profile",
    "ProviderError",
    "Range",
    "Reference",
    "RefusedError",
    "Report",
    "RequestOptions",
    "Role",
    "Rule",
    "Sending",
    "Settings",
    "Severity",
    "Source",
    "Split",
    "SplitPart",
    "Subject",
    "Task",
    "TaskFailedError",
    "TaskStatus",
    "TrimSpan",
    "Unmeasured",
    "UsageError",
    "Verdict",
    "Where",
    "__version__",
    "check",
    "check_async",
    "check_many",
    "check_many_async",
    "finding",
    "forget",
    "gate",
    "gate_async",
    "get_task",
    "get_task_async",
    "join",
    "join_async",
    "people",
    "people_async",
    "prepare",
    "prepare_async",
    "receive_callback",
    "receive_callback_async",
    "reference",
    "reference_async",
    "resume",
    "resume_async",
    "rule",
    "split",
    "split_async",
    "submit",
    "submit_async",
    "verify",
    "verify_async",
]

_HOMES = {
    "lipready.batch": ("check_many", "check_many_async"),
    "lipready.cancel": ("Cancel",),
    "lipready.check": ("Settings", "check", "check_async"),
    "lipready.errors": (
        "AnswerError",
        "CancelledError",
        "ComponentError",
        "ConfigurationError",
        "CostError",
        "DeadlineError",
        "DownloadError",
        "FixError",
        "JournalError",
        "LipreadyError",
        "NoAnswerError",
        "NothingCheckedError",
        "NotSentError",
        "OutcomeUnknownError",
        "ProbeError",
        "ProviderError",
        "RefusedError",
        "TaskFailedError",
        "UsageError",
    ),
    "lipready.facts.cost": ("Cost",),
    "lipready.facts.file": ("Role",),
    "lipready.facts.finding": ("Finding", "Fix", "FixLevel", "Severity", "Subject", "Where"),
    "lipready.facts.job": ("JobFacts",),
    "lipready.facts.pictures": ("Pictures",),
    "lipready.reports.report": ("Report", "Verdict"),
    "lipready.facts.task": ("TaskStatus",),
    "lipready.facts.unmeasured": ("Unmeasured",),
    "lipready.profiles.limit": ("Limit", "Profile", "Range"),
    "lipready.rules.rule": ("Rule", "rule"),
    "lipready.rules.subjects": ("finding",),
    "lipready.repair.choices": ("Choices", "TrimSpan"),
    "lipready.job": ("Input", "Job", "RequestOptions", "Source"),
    "lipready.gate.gating": ("GateResult", "gate", "gate_async"),
    "lipready.people": ("People", "Reference", "people", "people_async", "reference", "reference_async"),
    "lipready.prepare": ("Prepared", "prepare", "prepare_async"),
    "lipready.split": ("Split", "SplitPart", "split", "split_async"),
    "lipready.join": ("join", "join_async"),
    "lipready.submit": ("PreflightError", "Sending", "submit", "submit_async"),
    "lipready.task": (
        "Task",
        "forget",
        "get_task",
        "get_task_async",
        "receive_callback",
        "receive_callback_async",
        "resume",
        "resume_async",
    ),
    "lipready.verify": ("verify", "verify_async"),
}
_VERBS = frozenset({"check", "gate", "join", "people", "prepare", "split", "submit", "verify"})


class _Package(ModuleType):
    """The package, where a verb is always the function, even after the module of the same name was imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in _VERBS and isinstance(value, ModuleType):
            value = getattr(value, name, None)
            if value is None:  # of the rooms of the gate the function is none; it is imported on first use
                return
        super().__setattr__(name, value)


def _import_name(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'lipready' has no attribute {name!r}")


if not TYPE_CHECKING:  # to which every name would be there otherwise, also a misspelt one
    __getattr__ = _import_name


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


sys.modules[__name__].__class__ = _Package
