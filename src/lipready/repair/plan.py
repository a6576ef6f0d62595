"""Facts and findings in, plan out: pure, without touching a file."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from lipready.errors import FixError, UsageError, concerning
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts, Role
from lipready.facts.finding import Finding, Subject
from lipready.facts.job import JobFacts
from lipready.facts.people import Match
from lipready.facts.plan import FilePlan, Kept, Plan, Step
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.job import is_placeholder
from lipready.profiles.catalogue import SEVERAL_PEOPLE
from lipready.profiles.limit import Profile
from lipready.repair.audio.command import audio_commands
from lipready.repair.audio.recipe import AudioCase, audio_length, audio_recipe
from lipready.repair.audio.steps import audio_steps
from lipready.repair.choices import Choices, Wanted
from lipready.repair.image import ImageCase, picture_edit, picture_steps
from lipready.repair.recipe import Encode, aim
from lipready.repair.run.receipt import NAME as RECEIPT_NAME
from lipready.repair.video.command import encode_commands, remux_commands
from lipready.repair.video.crop import target_person
from lipready.repair.video.recipe import VideoCase, output_length, video_recipe
from lipready.repair.video.steps import video_steps
from lipready.reports.report import Report

SHEET_NAME = "people.jpg"
"""The contact sheet that shows who is who."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_LONGEST = 120
_LONGEST_EXTENSION = 12
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def output_name(role: Role, source: str, extension: str | None, used: set[str]) -> str:
    """Return the name of an output, and add it, casefolded, to the names that are `used`.

    The name is that of the source, a path, without its extension, made safe for every file system, and `extension`
    (without dot; None: its own). Where it is used already, the role becomes a suffix. The same sources in the same
    order always give the same names.
    """
    stem, own = _parts(source)
    stem, ending = stem or role, own if extension is None else f".{extension}"
    while f"{stem}{ending}".casefold() in used:
        stem = f"{stem}-{role}"
    used.add(f"{stem}{ending}".casefold())
    return f"{stem}{ending}"


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

_SUBJECTS: tuple[Subject, ...] = ("video", "audio", "reference", "job")
_UNUSABLE = frozenset({"F001", "F002"})
_TRUE_EXTENSIONS = {"jpeg": "jpg"}
Way = Callable[[str], Kept]
"""Returns how a file that is already fine gets into the output folder."""
Place = Callable[[str | None], Path]
"""Returns where the output of a file gets, by its extension; None is that of the source."""


def plan_job(
    report: Report, profile: Profile, choices: Choices, out: str, way: Way | None = None, *, copying: bool = True
) -> Plan:
    """Plan the smallest change that makes the findings of a report go away.

    `out` is the path of the output folder; without `way` files that are already fine stay where they are; without
    `copying` a video is encoded again where copying its packets would do. A file that cannot be used, or that keeps an
    error until the user decides, is in no plan; while it is open who of several people speaks, none is. A person who is
    chosen goes before a reference image that is given. Raises FixError or UsageError where what the user chose cannot
    be done.
    """
    facts = report.facts
    _require_files(facts, choices)
    chosen = _chosen(report, choices)
    # An image that is set aside needs nothing.
    subjects = [role for role in _SUBJECTS if chosen is None or role != "reference"]
    wanted = {role: Wanted.of(report.findings, role) for role in subjects}
    given = {role: _decided(role, choices) for role in subjects}
    sound = _audio_case(report, profile, choices)
    with concerning(path=None if sound is None else sound.file.path):
        recipe = None if sound is None else audio_recipe(sound)
        spoken = None if sound is None else audio_length(sound, recipe)
    silence = recipe is not None and recipe.part is not None and choices.trim_audio is None
    if silence and spoken is not None and spoken in aim(profile, "A402"):
        # The silence that is cut off is enough: nobody has to decide where else to cut.
        given["audio"].add("trim")
    undecided = tuple(gap for role, want in wanted.items() for gap in want.undecided(given[role]))
    if speaker_open(undecided):
        return Plan((), undecided)
    used = {RECEIPT_NAME, SHEET_NAME, *([] if chosen is None else [REFERENCE_NAME])}
    plans: list[FilePlan] = []
    for file in (facts.video, facts.audio, facts.reference if chosen is None else None):
        if file is None or not _usable(file, report, choices) or wanted[file.role].blocked(given[file.role]):
            continue
        want, media, place = wanted[file.role], file.media, partial(_place, file, out, used)
        planned = None
        if isinstance(media, VideoFacts):
            person = _followed(facts, choices)
            case = VideoCase(file, want, profile, choices, media, spoken, person, copying)
            with concerning(path=file.path):
                planned = _plan_video(case, place)
        elif isinstance(media, ImageFacts):
            planned = _plan_picture(ImageCase(file, want, profile, choices, media), place)
        elif sound is not None and recipe is not None:
            path = place(recipe.extension)
            commands = audio_commands(recipe, str(path))
            planned = FilePlan("audio", file.path, path.name, audio_steps(sound, recipe), commands, length=spoken)
        plans.append(replace(planned or _plan_unchanged(file, want, place, way), place=file.place))
    if chosen is None or all(plan.role != "video" for plan in plans):
        return Plan(tuple(plans), undecided)
    aside = facts.reference
    taken = _plan_reference(*chosen, () if aside is None else report.findings)
    return Plan((*plans, taken), undecided, None if aside is None else aside.path)


def _require_files(facts: JobFacts, choices: Choices) -> None:
    """Raise UsageError where a decision is about a file that the job does not have."""
    missing = (
        (choices.trim, facts.video, "`Choices.trim` is about the video, and the job has none."),
        (choices.crop, facts.video, "`Choices.crop` is about the picture of the video, and the job has none."),
        (choices.trim_audio, facts.audio, "`Choices.trim_audio` is about the audio track, and the job has none."),
        (choices.trim_silence, facts.audio, "`Choices.trim_silence` is about the audio track, and the job has none."),
        (choices.denoise, facts.audio, "`Choices.denoise` is about the audio track, and the job has none."),
        (choices.person is not None, facts.video, "A person is chosen, and the job has no video to find anybody in."),
    )
    for choice, file, message in missing:
        if choice and file is None:
            raise UsageError(message)


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
    wanted = Wanted(Wanted.of(report.findings, "audio").findings + about_job)
    return AudioCase(file, wanted, profile, choices, file.media)


def _place(file: FileFacts, out: str, used: set[str], extension: str | None) -> Path:
    if file.extension is None:
        true = _TRUE_EXTENSIONS.get(str(file.format), str(file.format))
        name = file.role if is_placeholder(file.path) else file.path
        return Path(out) / output_name(file.role, f"{name}.{true}", extension, used)
    return Path(out) / output_name(file.role, file.path, extension, used)


def _plan_video(case: VideoCase, place: Place) -> FilePlan | None:
    recipe = video_recipe(case)
    if recipe is None:
        return None
    path = place("mp4")
    write = partial(encode_commands, recipe) if isinstance(recipe, Encode) else partial(remux_commands, recipe)
    steps, length = video_steps(case, recipe), output_length(case, recipe)
    return FilePlan("video", case.file.path, path.name, steps, write(str(path)), length=length)


def _plan_picture(case: ImageCase, place: Place) -> FilePlan | None:
    edit = picture_edit(case)
    if edit is None:
        return None
    path = place("png" if edit.format == "PNG" else "jpg")
    return FilePlan("reference", case.file.path, path.name, picture_steps(case, edit), picture=edit)


def _plan_unchanged(file: FileFacts, wanted: Wanted, place: Place, way: Way | None) -> FilePlan:
    """Plan a file of which nothing changes, but for its extension where that is wrong."""
    if wanted.has("rename"):
        extension = _TRUE_EXTENSIONS.get(str(file.format), str(file.format))
        step = wanted.step("lossless", f"Write it unchanged under the extension .{extension}.", "rename")
        return FilePlan(file.role, file.path, place(extension).name, (step,))
    kept: Kept = "copy" if file.place is not None else "stay" if way is None else way(file.path)
    name = file.path if kept == "stay" else place(None).name
    return FilePlan(file.role, file.path, name, (), kept=kept)


def _plan_reference(video: FileFacts, person: int, findings: Iterable[Finding]) -> FilePlan:
    """Plan the image of a person; it answers whatever is found in one that is set aside for it."""
    if isinstance(video.people, Unmeasured):
        raise FixError(f"Person {person} cannot be found in {video.path}: {video.people.reason}.", path=video.path)
    target_person(video.people, person, video.path)
    text = f"Take the best frame of person {person} from the video."
    rules = tuple(dict.fromkeys(f.rule for f in findings if f.role == "reference")) or (SEVERAL_PEOPLE,)
    step = Step(TAKE_REFERENCE, "editorial", text, rules)
    return FilePlan("reference", video.path, REFERENCE_NAME, (step,), place=video.place)
