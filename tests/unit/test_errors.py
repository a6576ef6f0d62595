"""What exceptions carry, for programs: data beside the sentence, over a pickle, and no options of the command line."""

import ast
import io
import pickle
import re
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

import lipready
from lipready import Choices, Input, PreflightError, Settings, errors
from lipready.errors import (
    ComponentError,
    ConfigurationError,
    FixError,
    LipreadyError,
    NothingCheckedError,
    OutcomeUnknownError,
    ProbeError,
    RefusedError,
    TaskFailedError,
    UsageError,
    concerning,
)
from lipready.prepare import parse_trim
from lipready.providers.submission.sending import job_lock
from lipready.reports.page import with_options
from lipready.sandbox.faults.fault import Fault
from lipready.task import Task

PACKAGE = Path(lipready.__file__).parent
PUBLIC = {name: getattr(lipready, name) for name in lipready.__all__}
KINDS = [
    each for each in {**PUBLIC, **vars(errors)}.values() if isinstance(each, type) and issubclass(each, LipreadyError)
]
SPECIAL = {
    ProbeError: lambda: ProbeError("is empty", transient=True),
    RefusedError: lambda: RefusedError(
        "No.", code="A", meaning="B", status=400, retry="once", rules=("V101",), after=2.0
    ),
    TaskFailedError: lambda: TaskFailedError("It failed.", task_id="t", code="A", meaning="B", rules=("V101",)),
}


class Texts(io.BytesIO):
    """A file object that gives text."""

    def read(self, _size=-1):
        return "text"


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


QUICK = Settings(quick=True)


def wrong(call, kind, *, of, **arguments):
    """Describe a call that raises: `of` names the file of the folder that the error is about."""
    return pytest.param(call, kind, of, arguments, id=f"{call.__name__}-{of}-{'-'.join(arguments)}")


@pytest.fixture(scope="module")
def folder(made, good_job, tmp_path_factory):
    """Make a folder of good and of broken things."""
    folder = tmp_path_factory.mktemp("things")
    for name, source in {"clip.mp4": good_job[0], "speech.wav": good_job[1], "two.mp4": made("two_people.mp4")}.items():
        (folder / name).symlink_to(source)
    texts = {
        "text.mp4": "nothing of the kind",
        "broken.toml": "= nonsense",
        "broken.json": "{}",
        "other.json": '{"schema": "lipready.baseline/1", "provider": "evolink", "entries": []}',
        "jobs/lipready.jobs.toml": "[[jobs]]\nvideo = 3\n",
        "assets/a.mp4": "text",
        "assets/lipready.toml": "quick = true\n",
        "result.mp4": "mine",
        "patterns/.lipreadyignore": "a" * (2 << 20),
        "patterns/a.mp4": "text",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("call", "kind", "of", "arguments"),
    [
        wrong(lipready.check, UsageError, of="none.mp4", video="none.mp4"),
        wrong(lipready.check, UsageError, of="speech.wav", audio="speech.wav", settings=Settings(audio_track=9)),
        wrong(lipready.check, UsageError, of="text.mp4", video=lambda at: Input(Texts(), str(at / "text.mp4"))),
        wrong(lipready.check, ConfigurationError, of="broken.toml", video="clip.mp4", provider="broken.toml"),
        wrong(lipready.people, UsageError, of="none.mp4", video="none.mp4"),
        wrong(lipready.people, NothingCheckedError, of="text.mp4", video="text.mp4"),
        wrong(lipready.people, NothingCheckedError, of="speech.wav", video="speech.wav"),
        wrong(lipready.reference, UsageError, of="a.png", video="clip.mp4", out="a.png"),
        wrong(lipready.reference, UsageError, of="two.mp4", video="two.mp4", out="a.jpg"),
        wrong(lipready.reference, FixError, of="speech.wav", video="speech.wav", out="a.jpg"),
        wrong(lipready.prepare, UsageError, of="result.mp4/receipt.json", audio="speech.wav", out="result.mp4",
              settings=QUICK),
        wrong(lipready.prepare, UsageError, of="clip.mp4", video="clip.mp4", out="o", settings=QUICK,
              choices=Choices(trim=parse_trim("90:95"))),
        wrong(lipready.prepare, UsageError, of="two.mp4", video="two.mp4", out="o", person=9),
        wrong(lipready.prepare, FixError, of="clip.mp4", video="clip.mp4", out="o", choices=Choices(trim="best"),
              settings=QUICK),
        wrong(lipready.prepare, FixError, of="speech.wav", audio="speech.wav", out="o",
              choices=Choices(trim_silence=True), settings=QUICK),
        wrong(lipready.gate, UsageError, of="gone", paths="gone"),
        wrong(lipready.gate, NothingCheckedError, of=None, paths="empty"),
        wrong(lipready.gate, ConfigurationError, of="jobs/lipready.jobs.toml", paths="jobs"),
        wrong(lipready.gate, ConfigurationError, of="broken.toml", paths="assets", configuration="broken.toml"),
        wrong(lipready.gate, ConfigurationError, of="broken.json", paths="assets", baseline="broken.json"),
        wrong(lipready.gate, ConfigurationError, of="other.json", paths="assets", baseline="other.json"),
        wrong(lipready.gate, ConfigurationError, of="patterns/.lipreadyignore", paths="patterns"),
        wrong(lipready.gate, ConfigurationError, of="text.mp4", paths="assets", baseline="text.mp4",
              update_baseline=True),
        wrong(lipready.Profile.load, ConfigurationError, of="broken.toml", name_or_path="broken.toml"),
    ],
)  # fmt: skip
def test_the_file_is_named(folder, call, kind, of, arguments):
    (folder / "empty").mkdir(exist_ok=True)
    paths = {name: str(folder / each) if isinstance(each, str) and each != "best" else each(folder) if callable(each)
             else each for name, each in arguments.items()}  # fmt: skip
    with pytest.raises(kind) as raised:
        call(**paths)
    assert raised.value.path == (None if of is None else str(folder / of))
    twin = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - our own
    assert data_of(twin) == data_of(copy(raised.value)) == data_of(raised.value)


def test_the_job_and_its_task_are_named(shared_sandbox, at_sandbox, good_job, account, entry_of):
    """Whatever is wrong about a job of the journal: no request is needed to say so."""
    at_sandbox(shared_sandbox)
    here = account("dashscope")
    task = lipready.submit(
        lipready.Job.of(*good_job[:2]), provider="evolink", settings=Settings(quick=True, only=("V",))
    )
    unsent, over, locked = entry_of(here, stage="intended"), entry_of(here, stage="refused"), entry_of(here)
    old = entry_of(here, stage="posting", posted=1.0)
    candidate = entry_of(here, stage="posting", candidate="t-candidate")
    gone = entry_of(replace(here, provider="sandbox"), stage="submitted", task_id="t-gone")
    table = [
        (lipready.get_task, UsageError, unsent, {}),
        (lipready.resume, UsageError, unsent, {}),
        (lipready.resume, UsageError, over, {}),
        (lipready.resume, UsageError, locked, {}),
        (lipready.forget, UsageError, locked, {}),
        (lipready.resume, OutcomeUnknownError, old, {}),
        (lipready.get_task, UsageError, gone, {}),
        (lipready.resume, UsageError, gone, {}),
        (lipready.resume, UsageError, task.entry, {"task": "another"}),
        (lambda _id: task.cancel(), UsageError, task.entry, {}),
        (lambda _id: Task.of(here, candidate).cancel(), UsageError, candidate, {}),
    ]
    with job_lock(locked) as lock:
        lock.acquire(wait=False)
        for call, kind, entry, arguments in table:
            with pytest.raises(kind) as raised:
                call(entry.id, **arguments)
            error = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - our own
            named = (error.job_id, error.task_id) if call is not lipready.resume else (error.job_id, entry.task_id)
            assert named == (entry.id, entry.task_id or entry.candidate), (str(error), entry)
            assert data_of(error) == data_of(raised.value)
            assert error.path is None


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
