"""Job in, prepared job out: check, plan, run, check again, and keep the receipt."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from lipready.cancel import Cancel, async_twin, cancellable
from lipready.check import (
    Progress,
    Settings,
    check_job,
    forget_places,
    require_inputs,
    settings_with,
    stage,
)
from lipready.errors import FixError, UsageError, concerning
from lipready.faces.people import people_in_image
from lipready.faces.reference.cutting import ReferenceFrame
from lipready.faces.reference.gates import bounds_of
from lipready.faces.reference.reference import find_reference
from lipready.facts.address import is_address, shown
from lipready.facts.file import FileFacts, Role
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.plan import FilePlan, Plan, Step
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.job import Input, Job, RequestOptions, Source
from lipready.probe.containers.signature import extension_of
from lipready.probe.source import examine
from lipready.probe.spool import at_hand, require_spooled
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.repair.choices import Choices, TrimSpan, parse_span, parse_trim
from lipready.repair.image import write_frame
from lipready.repair.plan import TAKE_REFERENCE, plan_job, speaker_open
from lipready.repair.recipe import most_bytes
from lipready.repair.run import outputs
from lipready.repair.run.ffmpeg import find_ffmpeg
from lipready.repair.run.folder import Partial, way_into
from lipready.repair.run.receipt import Made, read_receipt, require_free, whole_or_taken_back, write_receipt
from lipready.reports.report import Report
from lipready.rules.judge import judge
from lipready.rules.rule import Rule

__all__ = ["Choices", "Prepared", "TrimSpan", "parse_span", "parse_trim", "prepare", "prepare_async"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What `prepare` made of a job.

    `job` names the files to submit: those in the output folder, and the inputs themselves where they stay where they
    are or could not be repaired. `before` and `report` are the reports on the inputs and on `job`; after a dry run they
    are the same. `plan` is what was to be done (`plan.set_aside`: the reference image that was given and is not used),
    `steps` what was done now, without what an earlier run had left done: `already_prepared` says that this was all of
    it.

    >>> prepared = lipready.prepare("raw.mkv", "speech.wav", "person.jpg", out="prepared")
    >>> prepared.before.verdict, prepared.report.verdict, prepared.ready
    ('fail', 'pass', True)
    >>> [step.level for step in prepared.steps], prepared.reference
    (['lossless'], 'prepared/person.jpg')
    """

    job: Job
    before: Report
    report: Report
    plan: Plan
    steps: tuple[Step, ...]
    already_prepared: bool = False
    dry_run: bool = False

    @property
    def reference(self) -> str | None:
        """The path of the reference picture that belongs to the job, None where it has none or it is no file."""
        return self.job.places().get("reference")

    @property
    def speaker_open(self) -> bool:
        """Whether nothing was done, since several people are seen and nothing says who of them speaks.

        >>> lipready.prepare("two.mp4", "speech.wav", out="two").speaker_open
        True
        """
        return speaker_open(self.plan.undecided)

    @property
    def ready(self) -> bool:
        """Whether the prepared job has no error left."""
        return not self.dry_run and not self.speaker_open and self.report.verdict != "fail"


def prepare(
    video: Source | None = None,
    audio: Source | None = None,
    reference: Source | None = None,
    *,
    out: str | PathLike[str],
    provider: str = "dashscope",
    profile: Profile | None = None,
    options: RequestOptions | None = None,
    settings: Settings | None = None,
    choices: Choices | None = None,
    person: int | None = None,
    for_upload: bool = True,
    copy: bool = True,
    dry_run: bool = False,
    progress: Progress | None = None,
    rules: Sequence[Rule] = (),
    cancel: Cancel | None = None,
) -> Prepared:
    """Write the files of one job, repaired, into the folder `out`, and return the reports on before and after.

    The inputs, `provider`, `profile` and `rules` are as for `check`, but that addresses are not repaired. Outputs are
    called after the name of their input, and after its role where it has none. `choices` holds the editorial repairs
    that are wanted; `person` is short for `Choices(person=…)`. Where several people are seen and there is no reference
    image, nothing is repaired until it says who speaks (`Prepared.speaker_open`); nobody is asked. A person goes before
    a reference image that is given as well: the image is set aside, and one of that person is taken from the video.

    Files are made to fit the provider's own upload as well as the model; without `for_upload` they fit the model alone,
    since they will lie at addresses of the caller's own.

    A file that is already fine stands in `out` too, as a hard link or else a copy, so that the folder holds the whole
    job; without `copy` it stays where it is, unless it has come as bytes, as a file object, or under a name. With
    `dry_run` nothing is written. `progress` is called with the stage and the file ("repairing clip.mp4") and the share
    of it that is done (0..1). The inputs are never changed. An output appears under its name when it is whole; a second
    run of the same plan on the same inputs finds it and runs nothing.

    Of several audio tracks the one that `settings.audio_track` names is written, else the one that speaks.

    Raises UsageError for a wrong call, for an input that is not there or may not be read, for bytes and file objects
    that are larger than the provider takes, or where a file that lipready did not write stands in the way; FixError
    where a repair fails; ConfigurationError for an unknown or broken profile; ComponentError where ffmpeg or the face
    models are missing; CancelledError where `cancel` ends it: then `out` holds nothing of this run.

    >>> prepared = lipready.prepare("raw.mkv", "speech.wav", out="ready")
    >>> prepared.job.video, prepared.report.verdict
    ('ready/raw.mp4', 'pass')
    """
    job, profile = Job.of(video, audio, reference, options), profile or load_profile(provider)
    profile = profile if for_upload else profile.without_upload()
    require_files(job)
    require_inputs(job)
    settings = settings_with(settings, rules, progress)
    choices = choices or Choices()
    choices = choices if person is None else replace(choices, person=person)

    with cancellable(cancel), at_hand(job, profile.largest) as (local, unread):
        require_spooled(unread)
        # Described from the start: a reference image that is made below is compared with the same facts.
        before = check_job(local, profile, settings, describe=True)
        done = repair_job(local, before, profile, settings, choices, out=Path(out), copy=copy, dry_run=dry_run)
    return without_places(done, job)


@async_twin(prepare)
def prepare_async() -> None:
    """Write what `prepare` writes, and return the same, on asyncio, with its arguments; raises what it raises.

    It runs in a thread, in which `progress` is called. Where asyncio cancels it, ffmpeg and the thread are ended and
    nothing half-written stays; see `check_async`.

    >>> import asyncio
    >>> asyncio.run(lipready.prepare_async("raw.mkv", out="ready-async")).ready
    True
    """


def without_places(prepared: Prepared, given: Job) -> Prepared:
    """Leave out where the inputs lay meanwhile; what is not in the output folder is as it was given."""
    inputs: dict[str, Any] = {role: getattr(given, role) for role, s in prepared.job.inputs() if isinstance(s, Input)}
    files = tuple(replace(each, place=None) for each in prepared.plan.files)
    return replace(
        prepared,
        job=replace(prepared.job, **inputs),
        before=forget_places(prepared.before),
        report=forget_places(prepared.report),
        plan=replace(prepared.plan, files=files),
    )


def require_files(job: Job) -> None:
    """Raise UsageError for a job in which something is an address: only files are repaired."""
    for place in job.places().values():
        if is_address(place):
            where = shown(place)
            raise UsageError(f"{where}: is an address, and only files are repaired: download it first.", path=where)


def repair_job(
    job: Job,
    before: Report,
    profile: Profile,
    settings: Settings,
    choices: Choices,
    *,
    out: Path,
    copy: bool = True,
    dry_run: bool = False,
    planned: Callable[[Prepared], None] | None = None,
) -> Prepared:
    """Do what `prepare` does with a job that is checked already, everybody in it described: `before` is the report.

    `planned` hears of the plan before the first of it is carried out, and of nothing where nothing is.
    """
    before = _look_for_damage(before) if choices.salvage else before
    way = functools.partial(way_into, out) if copy else None
    planning = functools.partial(plan_job, before, profile, choices, fspath(out), way)
    plan = planning()
    as_it_is = Prepared(job=job, before=before, report=before, plan=plan, steps=(), dry_run=dry_run)
    if dry_run or not plan.files:
        return as_it_is
    if planned is not None:
        planned(as_it_is)
    return _Run(job, profile, settings, choices, out, before, plan, planning).carry_out()


def _look_for_damage(before: Report) -> Report:
    """Decode the video and the audio track whole, where that was not done, to know what of them is damaged."""
    from lipready.probe.salvage import salvage

    known = [file for file in (before.facts.video, before.facts.audio) if file is not None]
    open_ = [file for file in known if file.salvage is None and file.problem is None]
    looked_at: dict[str, Any] = {file.role: replace(file, salvage=salvage(file)) for file in open_}
    return replace(before, facts=replace(before.facts, **looked_at))


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: what was found, what is to be done, and where.

    `planning` makes the plan; without `copying` the one that takes its place where copying packets repairs nothing.
    """

    job: Job
    profile: Profile
    settings: Settings
    choices: Choices
    out: Path
    before: Report
    plan: Plan
    planning: Callable[..., Plan]

    def carry_out(self) -> Prepared:
        tools, binary = self._tools()
        receipt, files = read_receipt(self.out), self.plan.files

        def find(plan: FilePlan) -> Made | None:
            """Find what an earlier run made by a plan, or by the one that took its place."""
            found = outputs.find_earlier(plan, self.out, receipt, tools)
            if found is None and _copies(plan):
                return outputs.find_earlier(self._encoded(plan), self.out, receipt, tools)
            return found

        found = {each.role: known for each in files if (known := find(each)) is not None}
        missing = tuple(each for each in files if each.role not in found)
        aside = () if self.plan.set_aside is None else ("reference",)
        require_free(self.out, missing, [path for role, path in self.job.places().items() if role not in aside])
        paths: dict[str, Any] = {
            each.role: each.source if each.stays else str(self.out / each.output) for each in files
        }
        job = replace(self.job, **paths)
        with whole_or_taken_back(self.out, missing):
            new = outputs.make(missing, self.out, lambda plan, partial: self._write(plan, partial, binary))
            made = (*found.values(), *new)
            done = {each.plan.role: each.plan for each in made}
            # What was written holds the chosen audio track alone.
            settings = replace(self.settings, audio_track=None)
            after = check_job(job, self.profile, settings, known=self._known(job, done))
            plan = replace(self.plan, files=tuple(done[each.role] for each in files))
            write_receipt(self.out, made, plan=plan, tools=tools, before=self.before, after=after)
        return Prepared(
            job=job,
            before=self.before,
            report=after,
            plan=plan,
            steps=tuple(step for each in missing for step in done[each.role].steps),
            already_prepared=bool(found) and all(each.stays for each in missing),
        )

    def _tools(self) -> tuple[dict[str, str], str | None]:
        """Return the tools that the plan needs, with their versions, and the path of ffmpeg."""
        tools, binary = {}, None
        if any(each.commands for each in self.plan.files):
            ffmpeg = find_ffmpeg()
            tools["ffmpeg"], binary = ffmpeg.version(), ffmpeg.path
        if any(each.role == "reference" and not each.already_fine for each in self.plan.files):
            import PIL

            tools["pillow"] = PIL.__version__
        return tools, binary

    def _encoded(self, plan: FilePlan) -> FilePlan:
        return next(each for each in self.planning(copying=False).files if each.role == plan.role)

    def _write(self, plan: FilePlan, partial: Partial, binary: str | None) -> FilePlan:
        tell = stage("repairing", plan.source, self.settings.progress) or (lambda _share: None)
        tell(0.0)
        with concerning(path=plan.source):
            plan = self._made(plan, partial, binary, tell)
        tell(1.0)
        return plan

    def _made(self, plan: FilePlan, partial: Partial, binary: str | None, tell: Callable[[float], None]) -> FilePlan:
        video = self.before.facts.video
        if video is not None and any(step.name == TAKE_REFERENCE for step in plan.steps):
            take_reference(video, self.choices.person, self.profile, partial.path)
        else:
            outputs.execute(plan, partial, binary, tell)
            if _copies(plan) and self._still_found(plan, partial):
                plan = self._encoded(plan)
                outputs.execute(plan, partial, binary, tell)
        return plan

    def _still_found(self, plan: FilePlan, partial: Partial) -> bool:
        """Return whether a copy still shows what it was made to repair, or something that the original did not."""
        settings = Settings(only=("V",), ignore=self.settings.ignore, quick=True)
        copy = check_job(Job(video=fspath(partial.path)), self.profile, settings)
        planned = {rule for step in plan.steps for rule in step.rules}
        before = {f.rule for f in self.before.findings if f.role == "video" and f.severity != "info"} - planned
        return any(f.rule not in before and f.severity != "info" for f in copy.findings)

    def _known(self, job: Job, done: dict[Role, FilePlan]) -> dict[Role, FileFacts]:
        """Carry over what need not be measured again: untouched files, and the pictures of copied streams.

        A file without a plan could not be used, or waits for a decision: it is as it was. After a stream copy the
        headers are read anew, but the frames are the same frames, packet for packet, and so show the same people.
        """
        written = {role for role, plan in done.items() if not plan.already_fine}
        untouched = (file for file in self.before.facts.files() if file.role not in written)
        names, places = job.names(), job.places()
        known = {file.role: _moved(file, names.get(file.role), places.get(file.role)) for file in untouched}
        seen = self.before.facts.video
        if seen is None or "video" not in written or any(step.level != "lossless" for step in done["video"].steps):
            return known
        copied = examine(places["video"], "video", quick=self.settings.quick)
        old, new = seen.media, copied.media
        if not isinstance(old, VideoFacts) or not isinstance(new, VideoFacts):
            return known
        if (new.codec, new.frames) == (old.codec, old.frames):
            known["video"] = replace(copied, media=replace(new, stillness=old.stillness), people=seen.people)
        return known


def _moved(file: FileFacts, name: str | None, place: str | None) -> FileFacts:
    """Return the facts of a file that is called otherwise now, or lies elsewhere; without a name they stay."""
    if name is None:
        return file
    extension = file.extension if name == file.path else extension_of(name)
    return replace(file, path=name, extension=extension, place=None if place == name else place)


def _copies(plan: FilePlan) -> bool:
    """Return whether the packets of a video are copied."""
    return plan.role == "video" and bool(plan.commands) and all(step.level == "lossless" for step in plan.steps)


def take_reference(file: FileFacts, person: int | None, profile: Profile, output: Path) -> ReferenceFrame:
    """Write the best frame of one person as JPEG to `output`, such that no image rule finds fault with it.

    `file` is a video whose people are measured. Every candidate is written and judged as it was written, so that what
    passes is the file itself; the next best follows where one does not.

    Raises FixError where the video cannot be looked at, where it shows nobody or several people and none is named, or
    where no frame is good enough.
    """
    if file.problem is None and isinstance(file.media, Unmeasured):
        raise FixError(f"{file.path}: {file.media.reason}; no reference image can be taken from it.", path=file.path)
    if file.problem is not None or not isinstance(file.media, VideoFacts):
        raise FixError(
            f"{file.path} {file.problem or 'is no video'}; no reference image can be taken from it.", path=file.path
        )
    if not isinstance(file.people, PeopleFacts):
        raise FixError(f"{file.path}: {file.people.reason}; no reference image can be taken from it.", path=file.path)
    most = most_bytes(profile, "I602")

    def objection(frame: ReferenceFrame) -> str | None:
        """Return what the image rules find in a frame; None where that is nothing."""
        write_frame(frame.image, None if most is None else int(most), output)
        facts = examine(fspath(output), "reference", quick=False)
        if facts.problem is None:
            facts = replace(facts, people=people_in_image(fspath(output)))
        request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
        findings, _ = judge(JobFacts(video=None, audio=None, reference=facts, request=request), profile, only=("I",))
        return "; ".join(f"{f.rule} {f.name}: {f.measured}" for f in findings if f.severity != "info") or None

    bounds, front = bounds_of(profile), profile.front
    with concerning(path=file.path):
        return find_reference(file.at, file.media, file.people, person, bounds=bounds, front=front, judge=objection)
