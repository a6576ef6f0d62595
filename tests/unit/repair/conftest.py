"""Small real media, and what the repairs start from: the report on it, without a look at the people."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest

from lipready.facts.job import JobFacts, RequestFacts
from lipready.probe.source import examine
from lipready.profiles.loader import load_profile
from lipready.repair.choices import Choices
from lipready.repair.plan import plan_job
from lipready.repair.run.ffmpeg import find_ffmpeg
from lipready.repair.run.folder import Partial
from lipready.repair.run.outputs import execute
from lipready.reports.report import Report
from lipready.rules.judge import judge

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def run_ffmpeg(options, output):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *options, str(output)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return output


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[..., Path]:
    """Make what needs no file of a test once for all of them: `made_once(options, name)`."""
    made = {}

    def once(options, name):
        if (options, name) not in made:
            made[options, name] = run_ffmpeg(options, tmp_path_factory.mktemp("made") / name)
        return made[options, name]

    return once


@pytest.fixture
def make(tmp_path, made_once):
    """Run ffmpeg: `make(*arguments, name)` gives the path of the output inside tmp_path, which is the test's own."""

    def run(*arguments):
        *options, name = map(str, arguments)
        output = tmp_path / name
        if any(str(tmp_path) in option for option in options):
            return run_ffmpeg(options, output)
        return Path(shutil.copy(made_once(tuple(options), output.name), output))

    return run


@pytest.fixture
def clip(make):
    """Make a test pattern: `clip(name, size=, rate=, seconds=, options=)`."""

    def build(name, *, size="640x640", rate="25", seconds="2.4", codec=X264, options=(), before=(), sound=False):
        tone = ("-f", "lavfi", "-i", f"sine=duration={seconds}") if sound else ()
        source = f"testsrc2=size={size}:rate={rate}:duration={seconds}"
        return make(*before, "-f", "lavfi", "-i", source, *tone, *codec, *options, name)

    return build


def report_on(profile, people=None, **paths):
    facts = {role: examine(str(path), role, quick=False) for role, path in paths.items()}
    facts = {role: replace(file, people=people) if people else file for role, file in facts.items()}
    request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
    job = JobFacts(**({"video": None, "audio": None, "reference": None} | facts), request=request)
    findings, unchecked = judge(job, profile)
    return Report(provider=profile.name, facts=job, findings=findings, unchecked=unchecked)


@pytest.fixture(scope="session")
def profile():
    return load_profile("dashscope")


@pytest.fixture
def reported(profile):
    """Report on real files: `reported(video=path, audio=path, …)`."""
    return lambda **paths: report_on(profile, **paths)


@pytest.fixture
def repaired(tmp_path, profile):
    """Plan and run the repair of one file, and report on the output: `repaired(role, path, choices)`."""

    def run(role, path, choices=None, *, people=None, profile=profile):
        before = report_on(profile, **{role: path}, people=people)
        (plan,) = plan_job(before, profile, choices or Choices(), str(tmp_path / "out")).files
        assert not plan.already_fine, "there was nothing to repair"
        (tmp_path / "out").mkdir(exist_ok=True)
        partial = Partial.beside(tmp_path / "out" / plan.output)
        execute(plan, partial, find_ffmpeg().path, lambda _share: None)
        partial.finish()
        partial.discard()
        return Repaired(plan, before, report_on(profile, **{role: partial.final}), role)

    return run


class Repaired:
    def __init__(self, plan, before, after, role):
        self.plan, self.before, self.after = plan, before, after
        self.file = getattr(after.facts, role)
        self.media = self.file.media

    @property
    def path(self):
        return Path(self.file.path)

    def rules(self, letters="FVAI"):
        return {f.rule for f in self.after.findings if f.rule[0] in letters and f.severity != "info"}

    def steps(self):
        return [step.name for step in self.plan.steps]
