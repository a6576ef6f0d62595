"""Job in, prepared job out: check, plan, run, check again, and keep the receipt."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.check import Progress, Settings, check_job, require_inputs, stage
from lipready.errors import FixError, UsageError
from lipready.faces.people import people_in_image
from lipready.faces.reference.cutting import ReferenceFrame
from lipready.faces.reference.gates import bounds_of
from lipready.faces.reference.reference import find_reference
from lipready.facts.address import is_address, shown
from lipready.facts.file import FileFacts, Role
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.plan import FilePlan, Plan, Step
from lipready.facts.report import Report
from lipready.facts.video import VideoFacts
from lipready.job import Job, RequestOptions
from lipready.probe.source import examine
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.repair.choices import Choices, TrimSpan, parse_span, parse_trim
from lipready.repair.image import write_frame
from lipready.repair.recipe import most_bytes
from lipready.rules.judge import judge

if TYPE_CHECKING:
    from lipready.repair.run.folder import Partial
    from lipready.repair.run.outputs import Earlier
    from lipready.repair.run.receipt import Made

IMAGE_RULES = ("I",)


def take_reference(file: FileFacts, person: int | None, profile: Profile, output: Path) -> ReferenceFrame:
    """Write the best frame of one person as JPEG to `output`, such that no image rule finds fault with it.

    `file` is a video whose people are measured. Every candidate is written and judged as it was written, so that what
    passes is the file itself; the next best follows where one does not.

    Raises FixError where the video cannot be looked at, where it shows nobody or several people and none is named, or
    where no frame is good enough.
    """
    if file.problem is not None or not isinstance(file.media, VideoFacts):
        raise FixError(f"{file.path} {file.problem or 'is no video'}; no reference image can be taken from it.")
    if not isinstance(file.people, PeopleFacts):
        raise FixError(f"{file.path}: {file.people.reason}; no reference image can be taken from it.")
    most = most_bytes(profile, "I602")

    def objection(frame: ReferenceFrame) -> str | None:
        write_frame(frame.image, None if most is None else int(most), output)
        return _objection(output, profile)

    return find_reference(file.path, file.media, file.people, person, bounds=bounds_of(profile), judge=objection)


def _objection(picture: Path, profile: Profile) -> str | None:
    """Return what the image rules find in a picture; None where that is nothing."""
    facts = examine(str(picture), "reference", quick=False)
    if facts.problem is None:
        facts = _with_people(facts, picture)
    request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
    job = JobFacts(video=None, audio=None, reference=facts, request=request)
    findings, _ = judge(job, profile, only=IMAGE_RULES)
    found = [f"{f.rule} {f.name}: {f.measured}" for f in findings if f.severity != "info"]
    return "; ".join(found) or None


def _with_people(facts: FileFacts, picture: Path) -> FileFacts:
    from dataclasses import replace

    return replace(facts, people=people_in_image(str(picture)))


__all__ = ["Choices", "Prepared", "TrimSpan", "parse_span", "parse_trim", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What `prepare` made of a job.

    `job` names the files to submit: those in the output folder, and the inputs themselves where they stay where they
    are or could not be repaired. `before` and `report` are the reports on the inputs and on `job`; after a dry run they
    are the same. `plan` is what was to be done (`plan.set_aside`: the reference image that was given and is not used),
    `steps` what was done now, without what an earlier run had left done: `already_prepared` says that this was all of
    it.
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
        """The path of the reference picture that belongs to the job, None where it has none."""
        return self.job.reference

    @property
    def speaker_open(self) -> bool:
        """Whether nothing was done, since several people are seen and nothing says who of them speaks."""
        from lipready.repair.plan import speaker_open

        return speaker_open(self.plan.undecided)

    @property
    def ready(self) -> bool:
        """Whether the prepared job has no error left."""
        return not self.dry_run and not self.speaker_open and self.report.verdict != "fail"


def prepare(
    video: str | PathLike[str] | None = None,
    audio: str | PathLike[str] | None = None,
    reference: str | PathLike[str] | None = None,
    *,
    out: str | PathLike[str],
    provider: str = "dashscope",
    options: RequestOptions | None = None,
    settings: Settings | None = None,
    choices: Choices | None = None,
    person: int | None = None,
    for_upload: bool = True,
    copy: bool = True,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Prepared:
    """Check the files of one job, repair them into the folder `out`, and check the outputs.

    `provider` is the name of a profile, or the path of a profile file. `choices` holds the editorial repairs that are
    wanted; `person` is short for `Choices(person=…)`. Where several people are seen and there is no reference image,
    nothing is repaired until it says who speaks (`Prepared.speaker_open`); nobody is asked. A person goes before a
    reference image that is given as well: the image is set aside, and one of that person is taken from the video.

    Files are made to fit the provider's own upload as well as the model; without `for_upload` they fit the model alone,
    since they will lie at addresses of the caller's own.

    A file that is already fine stands in `out` too, as a hard link or else a copy, so that the folder holds the whole
    job; without `copy` it stays where it is. With `dry_run` nothing is written. `progress` is called with the stage and
    the file ("repairing clip.mp4") and the share of it that is done (0..1). The inputs are never changed. An output
    appears under its name when it is whole; a second run of the same plan on the same inputs finds it and runs nothing.

    Of several audio tracks the one that `settings.audio_track` names is written, else the one that speaks.

    Raises UsageError for a wrong call, for an input that is not there or may not be read, or where a file that lipready
    did not write stands in the way; FixError where a repair fails; ConfigurationError for an unknown or broken profile;
    ComponentError where ffmpeg or the face models are missing.
    """
    job, profile = Job.of(video, audio, reference, options), load_profile(provider)
    profile = profile if for_upload else profile.without_upload()
    require_files(job)
    require_inputs(job)
    settings = settings or Settings()
    settings = settings if progress is None else replace(settings, progress=progress)
    choices = choices or Choices()
    choices = choices if person is None else replace(choices, person=person)

    # Described from the start: a reference image that is made below is compared with the same facts.
    before = check_job(job, profile, settings, describe=True)
    return repair_job(job, before, profile, settings, choices, out=Path(out), copy=copy, dry_run=dry_run)


def require_files(job: Job) -> None:
    """Raise UsageError for a job in which something is an address: only files are repaired."""
    for source in (job.video, job.audio, job.reference):
        if source is not None and is_address(source):
            raise UsageError(f"{shown(source)}: is an address, and only files are repaired: download it first.")


def repair_job(
    job: Job,
    before: Report,
    profile: "Profile",
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
    from lipready.repair.plan import plan_job
    from lipready.repair.run.folder import way_into

    before = _look_for_damage(before) if choices.salvage else before
    way = (lambda source: way_into(out, source)) if copy else None
    plan = plan_job(before, profile, choices, fspath(out), way)
    as_it_is = Prepared(job=job, before=before, report=before, plan=plan, steps=(), dry_run=dry_run)
    if dry_run or not plan.files:
        return as_it_is
    if planned is not None:
        planned(as_it_is)

    def encoding() -> Plan:
        return plan_job(before, profile, choices, fspath(out), way, copying=False)

    return _Workshop(job, profile, settings, choices, out, before, plan, encoding).run()


def _look_for_damage(before: Report) -> Report:
    """Decode the video and the audio track whole, where that was not done, to know what of them is damaged."""
    from lipready.probe.salvage import salvage

    def looked_at(file: FileFacts | None) -> FileFacts | None:
        done = file is None or file.salvage is not None or file.problem is not None
        return file if file is None or done else replace(file, salvage=salvage(file))

    facts = before.facts
    return replace(before, facts=replace(facts, video=looked_at(facts.video), audio=looked_at(facts.audio)))


@dataclass(frozen=True, slots=True)
class _Workshop:
    """One run: what was found, what is to be done, and where.

    `encoding` makes the plan in whose place a video is encoded again, where copying its packets does not repair it.
    """

    job: Job
    profile: "Profile"
    settings: Settings
    choices: Choices
    out: Path
    before: Report
    plan: Plan
    encoding: Callable[[], Plan]

    def run(self) -> Prepared:
        from lipready import __version__
        from lipready.repair.run.outputs import Earlier, make
        from lipready.repair.run.receipt import read_receipt, require_free, whole_or_taken_back, write_receipt

        tools, binary = self._tools()
        earlier = Earlier(self.out, read_receipt(self.out), tools)
        found = {each.role: known for each in self.plan.files if (known := self._find(earlier, each)) is not None}
        missing = tuple(each for each in self.plan.files if each.role not in found)
        require_free(self.out, missing, self._sources())
        job = self._prepared_job()
        with whole_or_taken_back(self.out, missing):
            new = make(missing, self.out, tools, lambda plan, partial: self._write(plan, partial, binary))
            # What was written holds the chosen audio track alone.
            settings = replace(self.settings, audio_track=None)
            made = (*found.values(), *new)
            done = {each.plan.role: each.plan for each in made}
            after = check_job(job, self.profile, settings, known=self._known(job, tuple(done.values())))
            plan = replace(self.plan, files=tuple(done[each.role] for each in self.plan.files))
            write_receipt(self.out, made, plan=plan, tools=tools, before=self.before, after=after, version=__version__)
        return Prepared(
            job=job,
            before=self.before,
            report=after,
            plan=plan,
            steps=tuple(step for each in missing for step in done[each.role].steps),
            already_prepared=bool(found) and all(each.stays for each in missing),
        )

    def _tools(self) -> tuple[dict[str, str], str | None]:
        """Name the tools that the plan needs, with their versions, and find ffmpeg."""
        tools, binary = {}, None
        if any(each.commands for each in self.plan.files):
            from lipready.repair.run.ffmpeg import find_ffmpeg

            ffmpeg = find_ffmpeg()
            tools["ffmpeg"], binary = ffmpeg.version(), ffmpeg.path
        if any(each.role == "reference" and not each.already_fine for each in self.plan.files):
            import PIL

            tools["pillow"] = PIL.__version__
        return tools, binary

    def _sources(self) -> tuple[str, ...]:
        given = (self.job.video, self.job.audio, self.job.reference)
        return tuple(path for path in given if path is not None and path != self.plan.set_aside)

    def _find(self, earlier: "Earlier", plan: FilePlan) -> "Made | None":
        """Find what an earlier run made by a plan, or by the one that took its place."""
        found = earlier.find(plan)
        return earlier.find(self._encoded(plan)) if found is None and _copies(plan) else found

    def _encoded(self, plan: FilePlan) -> FilePlan:
        return next(each for each in self.encoding().files if each.role == plan.role)

    def _write(self, plan: FilePlan, partial: "Partial", binary: str | None) -> FilePlan:
        from lipready.repair.plan import TAKE_REFERENCE
        from lipready.repair.run.outputs import execute

        tell = stage("repairing", plan.source, self.settings.progress) or (lambda _share: None)
        tell(0.0)
        if any(step.name == TAKE_REFERENCE for step in plan.steps):
            self._take_reference(partial)
        else:
            execute(plan, partial, binary, tell)
            if _copies(plan) and self._still_found(plan, partial):
                plan = self._encoded(plan)
                execute(plan, partial, binary, tell)
        tell(1.0)
        return plan

    def _still_found(self, plan: FilePlan, partial: "Partial") -> bool:
        """Return whether a copy still shows what it was made to repair, or something that the original did not."""
        settings = Settings(only=("V",), ignore=self.settings.ignore, quick=True)
        copy = check_job(Job(video=fspath(partial.path)), self.profile, settings)
        planned = {rule for step in plan.steps for rule in step.rules}
        before = {f.rule for f in self.before.findings if f.role == "video" and f.severity != "info"} - planned
        return any(f.rule not in before and f.severity != "info" for f in copy.findings)

    def _take_reference(self, partial: "Partial") -> None:
        """Write the best frame of the chosen person."""
        file = self.before.facts.video
        if file is None:
            raise FixError("There is no video to take the reference picture from.")
        take_reference(file, self.choices.person, self.profile, partial.path)

    def _prepared_job(self) -> Job:
        from lipready.repair.run.outputs import output_path

        paths = {each.role: output_path(self.out, each) for each in self.plan.files}
        return replace(
            self.job,
            video=paths.get("video", self.job.video),
            audio=paths.get("audio", self.job.audio),
            reference=paths.get("reference", self.job.reference),
        )

    def _known(self, job: Job, done: tuple[FilePlan, ...]) -> dict[Role, FileFacts]:
        """Carry over what need not be measured again: untouched files, and the pictures of copied streams.

        A file without a plan could not be used, or waits for a decision: it is as it was. After a stream copy the
        headers are read anew, but the frames are the same frames, packet for packet, and so show the same people.
        """
        outputs = {each.role: each for each in done if not each.already_fine}
        paths: dict[Role, str | None] = {"video": job.video, "audio": job.audio, "reference": job.reference}
        known: dict[Role, FileFacts] = {
            f.role: replace(f, path=paths[f.role] or f.path) for f in self.before.facts.files() if f.role not in outputs
        }
        copied = outputs.get("video")
        seen = self.before.facts.video
        if copied is not None and seen is not None and all(step.level == "lossless" for step in copied.steps):
            facts = _same_frames(job.video, seen, self.settings)
            if facts is not None:
                known["video"] = facts
        return known


def _copies(plan: FilePlan) -> bool:
    """Return whether the packets of a video are copied."""
    return plan.role == "video" and bool(plan.commands) and all(step.level == "lossless" for step in plan.steps)


def _same_frames(path: str | None, seen: FileFacts, settings: Settings) -> FileFacts | None:
    """Read the headers of a copy, and take who and what its frames show from the original's facts."""
    from lipready.probe.source import examine

    facts = examine(path or "", "video", quick=settings.quick)
    if not isinstance(facts.media, VideoFacts) or not isinstance(seen.media, VideoFacts):
        return None
    same = (facts.media.codec, facts.media.frames) == (seen.media.codec, seen.media.frames)
    if not same:
        return None
    return replace(facts, media=replace(facts.media, stillness=seen.media.stillness), people=seen.people)
