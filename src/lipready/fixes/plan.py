"""Facts and findings in, plan out: pure, without touching a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from lipready.errors import FixError, UsageError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, Role
from lipready.facts.finding import Subject
from lipready.facts.image import ImageFacts
from lipready.facts.job import JobFacts
from lipready.facts.people import Match
from lipready.facts.plan import FilePlan, PictureEdit, Plan, Step
from lipready.facts.report import Report
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.fixes.audio import AudioCase, audio_commands, audio_extension, audio_length, audio_recipe, audio_steps
from lipready.fixes.choices import Choices
from lipready.fixes.image import ImageCase, picture_edit, picture_steps
from lipready.fixes.names import output_names
from lipready.fixes.recipe import Encode
from lipready.fixes.span import target_person
from lipready.fixes.video import VideoCase, output_length, video_recipe
from lipready.fixes.video_command import encode_commands, remux_commands
from lipready.fixes.video_steps import video_steps
from lipready.fixes.wanted import Wanted, usable
from lipready.profiles.limit import Profile

REFERENCE_NAME = "reference.jpg"
TAKE_REFERENCE = "take-reference"
SEVERAL_PEOPLE = "P302"

_SUBJECTS: tuple[Subject, ...] = ("video", "audio", "reference", "job")
_FLAGS: dict[str, dict[str, str]] = {
    "video": {"trim": "--trim START:END", "extend": "--extend", "choose-person": "--person N", "crop": "--crop"},
    "audio": {"trim": "--trim-audio START:END", "pad": "--extend"},
    "reference": {"choose-person": "--person N", "crop-image": ""},
    "job": {"extend": "--extend", "choose-person": "--person N"},
}
_TRUE_EXTENSIONS = {"jpeg": "jpg"}
Commands = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's plan before its output has a name."""

    extension: str
    steps: tuple[Step, ...]
    commands: Callable[[str], Commands] | None = None
    picture: PictureEdit | None = None
    length: Fraction | None = None


def plan_job(report: Report, profile: Profile, choices: Choices, out: str) -> Plan:
    """Plan the smallest change that makes the findings of a report go away.

    `out` is the path of the output folder. A file that cannot be used, or that keeps an error until the user decides,
    is in no plan; while it is open who of several people speaks, none is. Raises FixError or UsageError where what the
    user chose cannot be done.
    """
    _check_choices(report.facts, choices)
    wanted = {role: Wanted.of(report.findings, role) for role in _SUBJECTS}
    given = {role: _given(role, report.facts, choices) for role in wanted}
    undecided = tuple(gap for role, want in wanted.items() for gap in want.undecided(_FLAGS[role], given[role]))
    if speaker_open(undecided):
        return Plan((), undecided)
    drafts: list[tuple[FileFacts, Draft | None]] = []
    spoken: Fraction | None = None
    for file in (report.facts.audio, report.facts.video, report.facts.reference):
        if file is None or not usable(file, report.findings):
            continue
        if isinstance(file.media, AudioFacts):
            case = AudioCase(file, file.media, wanted["audio"], profile, choices)
            spoken = audio_length(case, audio_recipe(case))
        if not wanted[file.role].blocked(given[file.role]):
            want = wanted[file.role]
            if isinstance(file.media, VideoFacts):
                person = _followed(report.facts, choices)
                draft = _draft_video(VideoCase(file, file.media, want, profile, choices, spoken, person))
            else:
                draft = _draft_still_or_sound(file, want, profile, choices)
            drafts.append((file, draft or _draft_rename(file, want)))
    return Plan(_named(drafts, report.facts, choices, out), undecided)


def speaker_open(undecided: Iterable[tuple[str, str, str]]) -> bool:
    """Whether several people are seen, and nobody has said who of them speaks: then nothing is worth repairing yet."""
    return any(rule == SEVERAL_PEOPLE for rule, _, _ in undecided)


def _followed(facts: JobFacts, choices: Choices) -> int | None:
    """Tell whom --trim best and --crop follow: the chosen person, else whom the reference image shows."""
    if choices.person is not None:
        return choices.person
    match = facts.match
    return match.person if isinstance(match, Match) and match.alike == "same" else None


def _draft_still_or_sound(file: FileFacts, wanted: Wanted, profile: Profile, choices: Choices) -> Draft | None:
    if isinstance(file.media, AudioFacts):
        return _draft_audio(AudioCase(file, file.media, wanted, profile, choices))
    if isinstance(file.media, ImageFacts):
        return _draft_picture(ImageCase(file, file.media, wanted, profile))
    return None


def _draft_video(case: VideoCase) -> Draft | None:
    recipe = video_recipe(case)
    if recipe is None:
        return None
    steps = video_steps(case, recipe)
    length = output_length(case, recipe)
    if isinstance(recipe, Encode):
        return Draft("mp4", steps, lambda output: encode_commands(recipe, output), length=length)
    return Draft("mp4", steps, lambda output: remux_commands(recipe, output), length=length)


def _draft_audio(case: AudioCase) -> Draft | None:
    recipe = audio_recipe(case)
    if recipe is None:
        return None
    return Draft(
        audio_extension(recipe),
        audio_steps(case, recipe),
        lambda output: audio_commands(recipe, output),
        length=audio_length(case, recipe),
    )


def _draft_picture(case: ImageCase) -> Draft | None:
    edit = picture_edit(case)
    if edit is None:
        return None
    return Draft("png" if edit.format == "PNG" else "jpg", picture_steps(case, edit), picture=edit)


def _draft_rename(file: FileFacts, wanted: Wanted) -> Draft | None:
    if not wanted.has("rename") or not isinstance(file.format, str):
        return None
    extension = _TRUE_EXTENSIONS.get(file.format, file.format)
    return Draft(
        extension, (wanted.step("lossless", f"Write it unchanged under the extension .{extension}.", "rename"),)
    )


def _named(
    drafts: list[tuple[FileFacts, Draft | None]], facts: JobFacts, choices: Choices, out: str
) -> tuple[FilePlan, ...]:
    order: tuple[Role, ...] = ("video", "audio", "reference")
    drafts = sorted(drafts, key=lambda pair: order.index(pair[0].role))
    names = output_names([(file.role, file.path, draft.extension) for file, draft in drafts if draft is not None])
    plans = [_file_plan(file, draft, names, out) for file, draft in drafts]
    video = next((file for file, _ in drafts if file.role == "video"), None)
    if choices.person is not None and facts.reference is None and video is not None:
        plans.append(_reference_plan(video, choices.person))
    return tuple(plans)


def _file_plan(file: FileFacts, draft: Draft | None, names: dict[Role, str], out: str) -> FilePlan:
    if draft is None:
        return FilePlan(file.role, file.path, file.path, ())
    name = names[file.role]
    commands = draft.commands(str(Path(out) / name)) if draft.commands else ()
    return FilePlan(file.role, file.path, name, draft.steps, commands, draft.picture, draft.length)


def _reference_plan(video: FileFacts, person: int) -> FilePlan:
    if isinstance(video.people, Unmeasured):
        raise FixError(f"--person needs to see the people in {video.path}: {video.people.reason}.")
    target_person(video.people, person, video.path)
    text = f"Take the best frame of person {person} from the video."
    return FilePlan("reference", video.path, REFERENCE_NAME, (Step(TAKE_REFERENCE, "editorial", text, ("P302",)),))


def _given(role: str, facts: JobFacts, choices: Choices) -> frozenset[str]:
    """Name the editorial repairs that the user has decided on."""
    trim = choices.trim_audio if role == "audio" else choices.trim
    given = {"trim": trim is not None, "extend": choices.extend, "pad": choices.extend, "crop": choices.crop}
    given["choose-person"] = choices.person is not None and facts.reference is None
    return frozenset(name for name, decided in given.items() if decided)


def _check_choices(facts: JobFacts, choices: Choices) -> None:
    if choices.trim is not None and facts.video is None:
        raise UsageError("--trim is about the video, and the job has none.")
    if choices.crop and facts.video is None:
        raise UsageError("--crop is about the picture of the video, and the job has none.")
    if choices.trim_audio is not None and facts.audio is None:
        raise UsageError("--trim-audio is about the audio track, and the job has none.")
    if choices.person is not None and facts.video is None:
        raise UsageError("--person is about the people in the video, and the job has none.")
