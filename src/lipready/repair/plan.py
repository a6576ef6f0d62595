"""Facts and findings in, plan out: pure, without touching a file."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from lipready.errors import FixError, UsageError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts, Role
from lipready.facts.finding import Finding, Subject
from lipready.facts.job import JobFacts
from lipready.facts.people import Match
from lipready.facts.plan import FilePlan, Kept, PictureEdit, Plan, Step
from lipready.facts.report import Report
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.limit import Profile
from lipready.repair.audio.command import audio_commands
from lipready.repair.audio.recipe import AudioCase, audio_extension, audio_length, audio_recipe
from lipready.repair.audio.steps import audio_steps
from lipready.repair.choices import Choices, Wanted
from lipready.repair.image import ImageCase, picture_edit, picture_steps
from lipready.repair.recipe import Encode, aim
from lipready.repair.run.receipt import NAME as RECEIPT_NAME
from lipready.repair.video.command import encode_commands, remux_commands
from lipready.repair.video.crop import target_person
from lipready.repair.video.recipe import VideoCase, output_length, video_recipe
from lipready.repair.video.steps import video_steps

SHEET_NAME = "people.jpg"
"""The contact sheet that shows who is who."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_LONGEST = 120
_LONGEST_EXTENSION = 12
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def output_names(wanted: Sequence[tuple[Role, str, str | None]], taken: Iterable[str] = ()) -> dict[Role, str]:
    """Return the names of the outputs, given (role, path of the source, extension without dot, None: its own) for each.

    The name is the source's own without its extension, made safe for every file system; where two outputs would share
    a name, or one of the names that are `taken`, the later one gets its role as a suffix. The same sources always give
    the same names.
    """
    names: dict[Role, str] = {}
    used = {name.casefold() for name in taken}
    for role, source, extension in wanted:
        stem, own = _parts(source)
        stem, ending = stem or role, own if extension is None else f".{extension}"
        while f"{stem}{ending}".casefold() in used:
            stem = f"{stem}-{role}"
        names[role] = f"{stem}{ending}"
        used.add(names[role].casefold())
    return names


def _parts(source: str) -> tuple[str, str]:
    """Return the stem and the extension, with its dot, of a name that every file system takes."""
    base = _UNSAFE.sub("_", unicodedata.normalize("NFC", re.split(r"[/\\]", source)[-1])).rstrip(" .")
    # Surrogates stand for bytes that are no UTF-8; half the file systems refuse them.
    base = base.encode("utf-8", "replace").decode().replace("?", "_")
    stem, _, extension = base.rpartition(".")
    stem, ending = (stem, f".{extension}") if stem and len(extension) <= _LONGEST_EXTENSION else (base, "")
    stem = stem.strip(" .").lstrip("-")
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    while len(stem.encode()) > _LONGEST:
        stem = stem[:-1]
    return stem, ending


REFERENCE_NAME = "reference.jpg"
TAKE_REFERENCE = "take-reference"
SEVERAL_PEOPLE = "P302"

_SUBJECTS: tuple[Subject, ...] = ("video", "audio", "reference", "job")
_UNUSABLE = frozenset({"F001", "F002"})
_TRUE_EXTENSIONS = {"jpeg": "jpg"}
Commands = tuple[tuple[str, ...], ...]
Way = Callable[[str], Kept]
"""Returns how a file that is already fine gets into the output folder."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's plan before its output has a name; `extension` None keeps that of the source."""

    extension: str | None
    steps: tuple[Step, ...]
    commands: Callable[[str], Commands] | None = None
    length: Fraction | None = None
    picture: PictureEdit | None = None
    kept: Kept | None = None


def plan_job(
    report: Report, profile: Profile, choices: Choices, out: str, way: Way | None = None, *, copying: bool = True
) -> Plan:
    """Plan the smallest change that makes the findings of a report go away.

    `out` is the path of the output folder; without `way` files that are already fine stay where they are; without
    `copying` a video is encoded again where copying its packets would do. A file that
    cannot be used, or that keeps an error until the user decides, is in no plan; while it is open who of several people
    speaks, none is. A person who is chosen goes before a reference image that is given. Raises FixError or UsageError
    where what the user chose cannot be done.
    """
    facts = report.facts
    _require_files(facts, choices)
    chosen = _chosen(report, choices)
    # An image that is set aside needs nothing.
    subjects = [role for role in _SUBJECTS if chosen is None or role != "reference"]
    wanted = {role: Wanted.of(report.findings, role) for role in subjects}
    given = {role: _decided(role, choices) for role in subjects}
    sound = _audio_case(report, profile, choices)
    recipe = None if sound is None else audio_recipe(sound)
    spoken = None if sound is None else audio_length(sound, recipe)
    silence = recipe is not None and recipe.part is not None and choices.trim_audio is None
    if silence and spoken is not None and spoken in aim(profile, "A402"):
        # The silence that is cut off is enough: nobody has to decide where else to cut.
        given["audio"].add("trim")
    undecided = tuple(gap for role, want in wanted.items() for gap in want.undecided(given[role]))
    if speaker_open(undecided):
        return Plan((), undecided)
    drafts: list[tuple[FileFacts, Draft]] = []
    for file in (facts.video, facts.audio, facts.reference if chosen is None else None):
        if file is None or not _usable(file, report, choices) or wanted[file.role].blocked(given[file.role]):
            continue
        want, media = wanted[file.role], file.media
        draft = _draft_rename(file, want)
        if isinstance(media, VideoFacts):
            case = VideoCase(
                file=file,
                wanted=want,
                profile=profile,
                choices=choices,
                video=_decodable(media, file, choices),
                audio_length=spoken,
                person=_followed(facts, choices),
                copying=copying,
            )
            draft = _draft_video(case) or draft
        elif isinstance(media, ImageFacts):
            image = ImageCase(file=file, wanted=want, profile=profile, choices=choices, image=media)
            draft = _draft_picture(image) or draft
        elif sound is not None and recipe is not None:
            draft = Draft(audio_extension(recipe), audio_steps(sound, recipe), partial(audio_commands, recipe), spoken)
        drafts.append((file, draft or Draft(None, (), kept="stay" if way is None else way(file.path))))
    plans = _named(drafts, out, taken=chosen is not None)
    if chosen is None or all(plan.role != "video" for plan in plans):
        return Plan(plans, undecided)
    aside = facts.reference
    taken = _reference_plan(*chosen, () if aside is None else report.findings)
    return Plan((*plans, taken), undecided, None if aside is None else aside.path)


def _require_files(facts: JobFacts, choices: Choices) -> None:
    """Raise UsageError where a decision is about a file that the job does not have."""
    missing = (
        (choices.trim, facts.video, "--trim is about the video, and the job has none."),
        (choices.crop, facts.video, "--crop is about the picture of the video, and the job has none."),
        (choices.trim_audio, facts.audio, "--trim-audio is about the audio track, and the job has none."),
        (choices.trim_silence, facts.audio, "--trim-silence is about the audio track, and the job has none."),
        (choices.denoise, facts.audio, "--denoise is about the audio track, and the job has none."),
    )
    for choice, file, message in missing:
        if choice and file is None:
            raise UsageError(message)
    if choices.person is not None and facts.video is None:
        raise UsageError("A person is chosen, and the job has no video to find anybody in.")


def _decided(role: Subject, choices: Choices) -> set[str]:
    """Return the names of the editorial repairs that the user has decided on."""
    given = {
        "trim": choices.trim_audio if role == "audio" else choices.trim,
        "extend": choices.extend,
        "pad": choices.extend,
        "crop": choices.crop,
        "trim-silence": choices.trim_silence,
        "denoise": choices.denoise,
        "salvage": choices.salvage,
        "choose-person": choices.person is not None,
    }
    return {name for name, asked in given.items() if asked}


def _usable(file: FileFacts, report: Report, choices: Choices) -> bool:
    """Return whether there is media that can be repaired at all: not missing, broken, or a Git LFS pointer.

    Where the user asks for what can be salvaged, what decodes of a broken file is enough.
    """
    broken = any(f.rule in _UNUSABLE and f.role == file.role and f.severity == "error" for f in report.findings)
    broken = broken and not (choices.salvage and file.salvage is not None)
    nothing = isinstance(file.media, Unmeasured) or isinstance(file.format, Unmeasured)
    return not (broken or nothing or file.problem is not None or file.lfs is not None)


def _chosen(report: Report, choices: Choices) -> tuple[FileFacts, int] | None:
    """Return the chosen person, and the video that their reference image is taken from, whatever image is given."""
    video = report.facts.video
    if choices.person is None or video is None or not _usable(video, report, choices):
        return None
    return video, choices.person


def speaker_open(undecided: Iterable[tuple[str, str, str]]) -> bool:
    """Return whether several people are seen, and nothing says who of them speaks: then nothing is repaired yet."""
    return any(rule == SEVERAL_PEOPLE for rule, _, _ in undecided)


def _followed(facts: JobFacts, choices: Choices) -> int | None:
    """Return whom --trim best and --crop follow: the chosen person, else whom the reference image shows."""
    if choices.person is not None:
        return choices.person
    match = facts.match
    return match.person if isinstance(match, Match) and match.alike == "same" else None


def _audio_case(report: Report, profile: Profile, choices: Choices) -> AudioCase | None:
    """Return what the repair of the audio track depends on; a finding on the job may ask for it as well."""
    file = report.facts.audio
    if file is None or not isinstance(file.media, AudioFacts) or not _usable(file, report, choices):
        return None
    about_job = Wanted.of(report.findings, "job").only("trim-silence")
    wanted = Wanted((*Wanted.of(report.findings, "audio").findings, *about_job))
    return AudioCase(file=file, wanted=wanted, profile=profile, choices=choices, audio=file.media)


def _decodable(video: VideoFacts, file: FileFacts, choices: Choices) -> VideoFacts:
    """Return the facts of what is salvaged: it lasts as long as it decodes."""
    if not choices.salvage or file.salvage is None or isinstance(video.duration, Unmeasured):
        return video
    return replace(video, duration=replace(video.duration, believed=min(video.duration.believed, file.salvage.kept)))


def _draft_video(case: VideoCase) -> Draft | None:
    recipe = video_recipe(case)
    if recipe is None:
        return None
    commands = partial(encode_commands, recipe) if isinstance(recipe, Encode) else partial(remux_commands, recipe)
    return Draft("mp4", video_steps(case, recipe), commands, output_length(case, recipe))


def _draft_picture(case: ImageCase) -> Draft | None:
    edit = picture_edit(case)
    if edit is None:
        return None
    return Draft("png" if edit.format == "PNG" else "jpg", picture_steps(case, edit), picture=edit)


def _draft_rename(file: FileFacts, wanted: Wanted) -> Draft | None:
    if not wanted.has("rename") or not isinstance(file.format, str):
        return None
    extension = _TRUE_EXTENSIONS.get(file.format, file.format)
    text = f"Write it unchanged under the extension .{extension}."
    return Draft(extension, (wanted.step("lossless", text, "rename"),))


def _named(drafts: list[tuple[FileFacts, Draft]], out: str, *, taken: bool) -> tuple[FilePlan, ...]:
    """Return the plans with the names of their outputs; with `taken` an image from the video is to come there too."""
    wanted = [(file.role, file.path, draft.extension) for file, draft in drafts if draft.kept != "stay"]
    names = output_names(wanted, (RECEIPT_NAME, SHEET_NAME, *([REFERENCE_NAME] if taken else [])))
    plans = []
    for file, draft in drafts:
        name = names.get(file.role, file.path)
        commands = draft.commands(str(Path(out) / name)) if draft.commands else ()
        made = (draft.steps, commands, draft.picture, draft.length, draft.kept)
        plans.append(FilePlan(file.role, file.path, name, *made))
    return tuple(plans)


def _reference_plan(video: FileFacts, person: int, findings: Iterable[Finding]) -> FilePlan:
    """Plan the image of a person; it answers whatever is found in one that is set aside for it."""
    if isinstance(video.people, Unmeasured):
        raise FixError(f"Person {person} cannot be found in {video.path}: {video.people.reason}.")
    target_person(video.people, person, video.path)
    text = f"Take the best frame of person {person} from the video."
    rules = tuple(dict.fromkeys(f.rule for f in findings if f.role == "reference")) or (SEVERAL_PEOPLE,)
    return FilePlan("reference", video.path, REFERENCE_NAME, (Step(TAKE_REFERENCE, "editorial", text, rules),))
