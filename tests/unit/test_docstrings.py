"""Every public name has a docstring with an example, and every example is run: on real files, at real sandboxes."""

import ast
import doctest
import importlib
import inspect
import io
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from secrets import token_hex

import imageio_ffmpeg
import pytest

import lipready
from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.serve import SandboxOptions, serving

FAULTS = {"NoAnswerError": ("poll:reset-after*",), "OutcomeUnknownError": ("submit:lost", "list:quota")}
"""What goes wrong at the provider while the example of a name runs."""

ALONE = {*FAULTS, "CostError", "JournalError", "NotSentError", "ProviderError", "RefusedError"}
"""Examples in which a job is not simply sent: the example of another name must not have sent it before."""

check_module = importlib.import_module("lipready.check")  # whose name is that of the verb
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-an")


def described_in(module, name):
    """Return the text that stands behind the assignment of a name: what is no function or class has no docstring."""
    body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    for statement, following in pairwise(body):
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        if any(isinstance(each, ast.Name) and each.id == name for each in targets):
            return inspect.cleandoc(following.value.value)
    raise AssertionError(f"{module} assigns no {name}")


def members_of(kind):
    """Yield name and docstring of the public methods and properties of a class of lipready."""
    for base in kind.__mro__:
        if base.__module__.startswith("lipready"):
            for name, member in vars(base).items():
                function = getattr(member, "fget", None) or getattr(member, "__func__", member)
                if not name.startswith("_") and inspect.isfunction(function):
                    yield f"{kind.__name__}.{name}", inspect.getdoc(function)


def documented():
    """Return the docstrings of the package, of each public name and of each public method and property."""
    homes = {name: home for home, names in lipready._HOMES.items() for name in names}
    found = {"lipready": inspect.getdoc(lipready)}
    for name in lipready.__all__:
        value = getattr(lipready, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            found[name] = inspect.getdoc(value)
        else:
            found[name] = described_in(homes.get(name, "lipready"), name)
        if inspect.isclass(value):
            found |= members_of(value)
    return found


DOCSTRINGS = documented()
PARSED = {
    name: doctest.DocTestParser().get_doctest(text or "", {"lipready": lipready}, name, None, 0)
    for name, text in DOCSTRINGS.items()
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, made):
    """Give the folder in which the examples are at home: small cuts of the fixtures, by the names that a user has."""
    folder = tmp_path_factory.mktemp("examples")

    def cut(source, target, seconds, *arguments):
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(source), "-t", str(seconds)]
        subprocess.run([*command, *arguments, str(folder / target)], check=True, timeout=120)

    cut(made("anna.mp4"), "clip.mp4", 2.2, "-vf", "crop=640:640,fps=15", *X264)
    cut(made("two_people.mp4"), "two.mp4", 0.4, "-vf", "scale=1138:640,fps=15", *X264)
    cut(made("anna.wav"), "speech.wav", 2.2)
    cut(made("anna.wav"), "hello.wav", 2.1)
    cut(folder / "clip.mp4", "intro.mp4", 0.4, "-c", "copy")
    cut(folder / "clip.mp4", "raw.mkv", 2.2, "-c", "copy")
    shutil.copy(made("anna.jpg"), folder / "person.jpg")
    (folder / "broken.mp4").write_bytes((folder / "clip.mp4").read_bytes()[:3000])
    (folder / "assets").mkdir()
    shutil.copy(folder / "clip.mp4", folder / "assets" / "anna.mp4")
    shutil.copy(folder / "speech.wav", folder / "assets" / "anna.wav")
    return folder


@pytest.fixture(scope="module")
def measured_once():
    """Measure a file as ever, but once for all examples: what is in it does not change."""
    known, measure = {}, check_module.measure_file

    def measure_file(path, role, settings, *arguments, describe=False):
        file, wanted = Path(path), (settings.quick, settings.every_frame, settings.audio_track)
        state = (file.stat().st_mtime_ns, file.stat().st_size) if file.exists() else None
        key = (file.absolute(), path, state, role, wanted, arguments, describe)
        if key not in known:
            known[key] = measure(path, role, settings, *arguments, describe=describe)
        return known[key]

    return measure_file


@pytest.fixture(scope="module")
def waiting_sandbox():
    """Serve a sandbox in which tasks wait for their turn for longer than any test."""
    with serving(SandboxOptions(pace=4000)) as running:
        yield running


@pytest.fixture
def provider(request, folder, waiting_sandbox, measured_once, monkeypatch):
    """Let both providers be a sandbox, for `provider(NAME)`; what the examples change of it is taken back."""
    from lipready.providers.transport import retry

    def point(name):
        running = waiting_sandbox
        if name in FAULTS:
            context = serving(SandboxOptions(pace=4000))
            running = context.__enter__()
            request.addfinalizer(lambda: context.__exit__(None, None, None))
            for fault in FAULTS[name]:
                running.inject(Fault.parse(fault))
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", running.endpoints("dashscope").api)
        monkeypatch.setenv("EVOLINK_BASE_URL", running.endpoints("evolink").api)
        monkeypatch.setenv("EVOLINK_FILES_BASE_URL", running.endpoints("evolink").files)
        own = name if name in ALONE else "shared"
        monkeypatch.setenv("LIPREADY_STATE_DIR", str(folder / f".state-{own}"))
        for key in ("DASHSCOPE_API_KEY", "EVOLINK_API_KEY"):
            monkeypatch.setenv(key, f"sk-{own}-{token_hex(8) if name in ALONE else 'of-the-examples'}")

    monkeypatch.setattr(check_module, "measure_file", measured_once)
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(folder / ".cache"))
    monkeypatch.setattr(retry, "LONGEST_PAUSE", 0.01)  # as often as ever, and not as long
    monkeypatch.chdir(folder)
    return point


@pytest.mark.parametrize("name", [name for name, test in PARSED.items() if test.examples])
def test_the_example_does_what_it_says(name, provider):
    provider(name)
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    failed, tried = runner.run(PARSED[name], out=said.write)[:2]
    assert not failed, said.getvalue()
    assert tried == len(PARSED[name].examples)


@pytest.mark.parametrize("name", ["lipready", *lipready.__all__])
def test_every_public_name_has_an_example_that_is_not_skipped(name):
    examples = PARSED[name].examples
    assert examples
    assert not any(doctest.SKIP in example.options for example in examples)
    assert any("lipready" in example.source for example in examples)
    assert any(example.want or example.exc_msg for example in examples)


def test_every_public_method_and_property_is_described_and_used_in_an_example():
    members = {name for name in DOCSTRINGS if "." in name}
    assert [name for name in members if not DOCSTRINGS[name]] == []
    code = "".join(example.source for test in PARSED.values() for example in test.examples)
    used = {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    assert {name for name in members if name.partition(".")[2] not in used} == set()


def test_the_docstrings_of_functions_say_what_is_done():
    verbs = [name for name in lipready.__all__ if inspect.isfunction(getattr(lipready, name))]
    assert {DOCSTRINGS[name].split()[0] for name in verbs} <= {"Close", "Parse", "Return", "Write"}
