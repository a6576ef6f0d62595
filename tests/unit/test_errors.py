"""What exceptions carry, for programs: data beside the sentence, over a pickle, and no options of the command line."""

import ast
import pickle
import re
from copy import copy
from pathlib import Path

import pytest

import lipready
from lipready import errors
from lipready.errors import (
    ComponentError,
    LipreadyError,
    PreflightError,
    ProbeError,
    RefusedError,
    TaskFailedError,
    UsageError,
    concerning,
)
from lipready.reports.page import with_options
from lipready.sandbox.faults.fault import Fault

PACKAGE = Path(lipready.__file__).parent
KINDS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, LipreadyError)]
SPECIAL = {
    ProbeError: lambda: ProbeError("is empty", transient=True),
    RefusedError: lambda: RefusedError(
        "No.", code="A", meaning="B", status=400, retry="once", rules=("V101",), after=2.0
    ),
    TaskFailedError: lambda: TaskFailedError("It failed.", task_id="t", code="A", meaning="B", rules=("V101",)),
}


def data_of(error):
    return type(error), str(error), vars(error)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_exception_pickles_with_all_its_data(kind, good_job):
    if kind is PreflightError:
        settings = lipready.Settings(quick=True)
        error = PreflightError("Not sent.", lipready.check(good_job[0], settings=settings))
    else:
        error = SPECIAL.get(kind, lambda: kind("One sentence."))()
    for name in ("path", "code", "task_id", "job_id", "request_id"):
        assert getattr(error, name) in (None, "", "t", "A")
        setattr(error, name, f"{name} of it")
    for twin in (pickle.loads(pickle.dumps(error)), copy(error)):  # noqa: S301 - our own
        assert data_of(twin) == data_of(error)


def test_what_an_error_says_itself_is_not_written_over():
    with pytest.raises(UsageError) as raised, concerning(path="outer", job_id="7"):
        raise UsageError("No.", path="inner")
    assert (raised.value.path, raised.value.job_id) == ("inner", "7")
    with pytest.raises(ComponentError) as raised, concerning(path="clip.mp4"):
        raise ComponentError("There is no ffmpeg.")
    assert raised.value.path is None


def test_the_file_is_named(tmp_path, good_job):
    missing, picture = str(tmp_path / "none.mp4"), tmp_path / "a.png"
    with pytest.raises(UsageError) as raised:
        lipready.check(missing)
    assert raised.value.path == missing
    settings = lipready.Settings(quick=True, audio_track=9)
    with pytest.raises(UsageError, match=r"`Settings\.audio_track` 1, or") as raised:
        lipready.check(audio=good_job[1], settings=settings)
    assert raised.value.path == str(good_job[1])
    choices = lipready.Choices(trim="best")
    with pytest.raises(lipready.FixError, match="best") as raised:
        lipready.prepare(good_job[0], out=picture, choices=choices, settings=lipready.Settings(quick=True))
    assert raised.value.path == str(good_job[0])


def test_what_a_provider_says_is_data(faulty_sandbox, at_sandbox, good_job, journal):
    at_sandbox(faulty_sandbox)
    job, settings = lipready.Job.of(*good_job[:2]), lipready.Settings(quick=True, only=("V",))
    faulty_sandbox.inject(Fault("submit", "quota"))
    with pytest.raises(RefusedError) as raised:
        lipready.submit(job, settings=settings)
    (refused,) = journal.entries()
    assert (raised.value.job_id, bool(raised.value.code), bool(raised.value.request_id)) == (refused.id, True, True)

    task = lipready.submit(job, settings=settings)
    with pytest.raises(lipready.DeadlineError) as raised:
        task.wait(deadline=0, poll_interval=0.05)
    assert (raised.value.task_id, raised.value.job_id) == (task.id, task.entry.id)
    with pytest.raises(lipready.DownloadError, match="no result video yet") as raised:
        task.download("result.mp4")
    assert (raised.value.path, raised.value.task_id) == ("result.mp4", task.id)
    with pytest.raises(UsageError, match="has its task already"):
        lipready.resume(task.entry.id, task="another")
    lipready.forget(task.entry.id)
    assert journal.find(task.entry.id).stage == "forgotten"


@pytest.mark.parametrize(
    ("programs", "people"),
    [
        ("`Choices(trim=…)` or `Choices(trim='best')`", "--trim START:END or --trim best"),
        ("`Choices(extend=True)`, `Choices.trim_audio`", "--extend, --trim-audio"),
        ("not run with `Settings.quick`", "not run with --quick"),
        ("`Settings.audio_track` 1 or 2", "--audio-track 1 or 2"),
        ("`lipready.resume('3f', task='t-1')`", "`lipready tasks resume 3f --task t-1`"),
        ("`lipready.forget('3f')`", "`lipready tasks forget 3f`"),
        ("`lipready.submit(…, sending=Sending(again=True))`", "`lipready submit --again`"),
        (
            "`Profile.limits` lists them all, `gate(update_baseline=True)`",
            "`lipready rules` lists them all, --update-baseline",
        ),
        (r"in JSON `Choices(trim=\u2026)`", "in JSON --trim START:END"),
        ("`InvalidFile.Duration`, `Mine(x=1)`", "`InvalidFile.Duration`, `Mine(x=1)`"),
        ("`pip install pillow`, a`b(c.d)`", "`pip install pillow`, a`b(c.d)`"),
    ],
)
def test_the_command_line_writes_its_options(programs, people):
    assert with_options(programs) == people


def texts_of(module):
    """Yield the texts of a module that are no docstrings, with what stands in f-strings left out."""
    tree = ast.parse(module.read_text("utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_no_text_of_the_library_speaks_of_the_command_line():
    """Apart from arguments of git and pip, and from reports, which are rendered for people at a terminal."""
    own = ("cli/", "reports/")
    modules = [each for each in PACKAGE.rglob("*.py") if not each.relative_to(PACKAGE).as_posix().startswith(own)]
    option = re.compile(r"(?:.[\s(]|[(`])--[a-z]|lipready (?:check|prepare|submit|people|reference|tasks|gate) ")
    found = [(each.name, text) for each in modules for text in texts_of(each) if option.search(text)]
    assert [each for each in found if "pip install" not in each[1]] == []
