"""Long material: cut a job that is too long into jobs that are not."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from lipready.atomic import write_whole
from lipready.cancel import Cancel, async_twin, cancellable
from lipready.check import Progress, Settings, check_job, require_inputs, settings_with
from lipready.errors import FixError, UsageError, concerning
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.job import Job, RequestOptions, Source
from lipready.prepare import Prepared, repair_job, require_files, without_places
from lipready.probe.spool import at_hand, require_spooled
from lipready.profiles.catalogue import LENGTH_RULES, UPLOAD_RULE
from lipready.profiles.limit import Profile, Range
from lipready.profiles.loader import load_profile
from lipready.repair.choices import Choices, TrimSpan
from lipready.repair.cuts import cuts
from lipready.repair.recipe import aim
from lipready.repair.run.folder import make_folder, unwritable
from lipready.repair.run.receipt import sha256_of
from lipready.repair.video.shape import tidy
from lipready.reports.report import Report
from lipready.rules.rule import Rule

SCHEMA, NAME, WHOLE = "lipready.split/1", "split.json", "whole"
"""What the file of the parts begins with, its name, and the folder of the repaired whole beside it."""

_OF_PARTS = (*LENGTH_RULES, "V106", "A403", UPLOAD_RULE, "R705", "R706")
"""The rules about lengths and sizes, by which the parts are judged and not the whole."""
_LARGEST = 1 << 20

__all__ = ["Split", "SplitPart", "split", "split_async"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPart:
    """One part of a job that was cut: its own job, and from when to when it lies in the whole, in seconds.

    `report` is that of the job as it was written, None where it was read again. `result` is where its result video
    belongs for `join` to find it; the name changes with the files of the job.

    >>> part = lipready.split("clip.mp4", "speech.wav", out="short").parts[0]
    >>> part.number, part.start, part.job.video, part.report.verdict
    (1, Fraction(0, 1), 'short/part-1/clip.mp4', 'pass')
    """

    number: int
    job: Job
    start: Fraction
    end: Fraction
    result: Path
    report: Report | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What `split` made of a job: the `whole`, repaired, and its parts, in their order.

    There are no parts where the whole still has an error, or it is open who speaks.

    >>> split = lipready.split("clip.mp4", "speech.wav", out="fits")
    >>> split.whole.ready, len(split.parts), split.ready
    (True, 1, True)
    """

    whole: Prepared
    parts: tuple[SplitPart, ...]

    @property
    def ready(self) -> bool:
        """Whether there are parts, and none of them has an error."""
        reports = [part.report for part in self.parts if part.report is not None]
        return bool(reports) and all(report.verdict != "fail" for report in reports)


def split(
    video: Source,
    audio: Source,
    reference: Source | None = None,
    *,
    out: str | PathLike[str],
    provider: str = "dashscope",
    profile: Profile | None = None,
    options: RequestOptions | None = None,
    settings: Settings | None = None,
    choices: Choices | None = None,
    rules: Sequence[Rule] = (),
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Split:
    """Write a job as parts that a provider accepts, cut at pauses of the speech, and return them with their reports.

    The whole is repaired first, as by `prepare` with these `choices`, into the folder `out`/whole: all parts look and
    sound alike then. With `options.video_extension`, or `choices.extend`, a video that is shorter than the audio track
    plays forward and backward in turn. Then each part is written into `out`/part-1, `out`/part-2 …, cut between two
    frames and two samples, and checked. A job that is short enough is one part. What lies there from an earlier run of
    the same job is found, and not made again. The other arguments are as for `prepare`.

    Submit each part's job, and download each result to `SplitPart.result`; `join` makes one video of them.

    Raises UsageError and FixError as `prepare` does, FixError also where the lengths of the files or the pauses are not
    known, UsageError also for choices of what is kept, since the parts hold all that the result would; CancelledError
    where `cancel` ends it: what is whole by then stays.

    >>> split = lipready.split("clip.mp4", "speech.wav", out="parts")
    >>> for part in split.parts:
    ...     task = lipready.submit(part.job, provider="sandbox")
    ...     _ = task.wait().download(part.result)
    >>> lipready.join("parts", "joined.mp4").name
    'joined.mp4'
    """
    job, profile = Job.of(video, audio, reference, options), profile or load_profile(provider)
    require_files(job)
    require_inputs(job)
    settings = settings_with(settings, rules, progress)
    # How large the whole may be is nobody's limit.
    with cancellable(cancel), at_hand(job, {}) as (local, unread):
        require_spooled(unread)
        before = check_job(local, profile, settings, describe=True)
        found = split_job(local, before, profile, settings, choices or Choices(), out=Path(out))
    return replace(found, whole=without_places(found.whole, job))


@async_twin(split)
def split_async() -> None:
    """Return what `split` returns, on asyncio, with its arguments; raises what it raises.

    It runs in a thread, in which `progress` is called; see `prepare_async`.

    >>> import asyncio
    >>> len(asyncio.run(lipready.split_async("clip.mp4", "speech.wav", out="parts-async")).parts)
    1
    """


def split_job(
    job: Job,
    before: Report,
    profile: Profile,
    settings: Settings,
    choices: Choices,
    *,
    out: Path,
    planned: Callable[[Prepared], None] | None = None,
) -> Split:
    """Do what `split` does with a job that is checked already, everybody in it described: `before` is the report.

    `planned` hears of the plan for the whole before the first of it is carried out.
    """
    if job.video is None or job.audio is None:
        raise UsageError("A job that is cut into parts has a video and an audio track: name both.")
    if choices.trim is not None or choices.trim_audio is not None:
        raise UsageError("The parts of a job hold all of it: cut the files first, or leave `Choices.trim` out.")
    choices = replace(choices, extend=choices.extend or job.options.video_extension)
    job = replace(job, options=replace(job.options, video_extension=False))
    # The whole is repaired whatever its length and size.
    limits = {rule: limit for rule, limit in profile.limits.items() if rule not in _OF_PARTS}
    before = replace(before, findings=tuple(each for each in before.findings if each.rule not in _OF_PARTS))
    any_length = replace(profile, limits=limits)
    whole = repair_job(job, before, any_length, settings, choices, out=out / WHOLE, planned=planned)
    if whole.speaker_open or whole.report.verdict == "fail":
        return Split(whole=whole, parts=())
    begin, parts = Fraction(0), list[SplitPart]()
    for number, end in enumerate(_ends(whole.report, profile), start=1):
        done = _cut(whole, profile, settings, TrimSpan(begin, end), out / f"part-{number}")
        marks = "".join(sha256_of(place) for place in done.job.places().values())
        result = out / f"result-{number}-{sha256(marks.encode()).hexdigest()[:8]}.mp4"
        parts.append(SplitPart(number=number, job=done.job, start=begin, end=end, result=result, report=done.report))
        begin = end
    found = Split(whole=whole, parts=tuple(parts))
    _write(found, out)
    return found


def _ends(report: Report, profile: Profile) -> list[Fraction]:
    """Return when each part ends, in seconds; the last one with the whole. Raises FixError where that is not known."""
    video, audio, length = report.facts.video, report.facts.audio, report.facts.result_length
    if video is None or audio is None or length is None or not isinstance(video.media, VideoFacts):
        raise FixError("A job whose lengths are not known cannot be cut: check its files with `lipready.check`.")
    rate = video.media.frame_rate
    if isinstance(rate, Unmeasured):
        raise FixError(f"{video.path} cannot be cut between two frames: {rate.reason}.", path=video.path)
    frames, heard = tidy(rate.nominal), audio.speech
    with concerning(path=audio.path):
        places = cuts(length, frames, () if isinstance(heard, Unmeasured) else heard.speech, _lengths(profile))
    if places and isinstance(heard, Unmeasured):
        raise FixError(f"{audio.path} cannot be cut at pauses of the speech: {heard.reason}.", path=audio.path)
    return [frame / frames for frame in places] + [length]


def _lengths(profile: Profile) -> Range:
    """Return the lengths at which both files of a part are aimed."""
    ranges = [aim(profile, rule) for rule in LENGTH_RULES]
    least = [each.minimum for each in ranges if each.minimum is not None]
    most = [each.maximum for each in ranges if each.maximum is not None]
    return Range(max(least, default=None), min(most, default=None), all(each.inclusive for each in ranges))


def _cut(whole: Prepared, profile: Profile, settings: Settings, span: TrimSpan, out: Path) -> Prepared:
    """Write the files of one part, and check them."""
    # Nothing else is repaired: what was found in the whole is in each part of it.
    known = replace(whole.report, findings=())
    choices = Choices(trim=span, trim_audio=span)
    settings = replace(settings, pictures=None, audio_track=None)  # the whole has one track alone
    return repair_job(whole.job, known, profile, settings, choices, out=out)


def _write(found: Split, out: Path) -> None:
    """Write down what the parts are. Raises FixError where that cannot be written."""
    parts = [
        {
            "start": str(part.start),
            "end": str(part.end),
            "result": part.result.name,
            **{role: os.path.relpath(place, out) for role, place in part.job.places().items()},
        }
        for part in found.parts
    ]
    make_folder(out)
    try:
        write_whole(out / NAME, (json.dumps({"schema": SCHEMA, "parts": parts}, indent=1) + "\n").encode())
    except OSError as error:
        raise unwritable(out / NAME, error) from error


def read_parts(folder: Path) -> tuple[SplitPart, ...]:
    """Read what the parts of a job are, from the folder that `split` wrote. Raises UsageError where that is not one."""
    path = folder / NAME
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LARGEST))
        if content["schema"] != SCHEMA or not content["parts"]:
            raise ValueError(content["schema"])  # noqa: TRY301 - one sentence for all that is wrong
        parts = tuple(_read(number, each, folder) for number, each in enumerate(content["parts"], start=1))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror or error}): name the folder that `lipready.split` wrote.",
            path=fspath(path),
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError, ZeroDivisionError) as error:
        raise UsageError(
            f"{path} is not what `lipready.split` wrote: split the job again.", path=fspath(path)
        ) from error
    return parts


def _read(number: int, each: dict[str, Any], folder: Path) -> SplitPart:
    places = {role: fspath(folder / each[role]) for role in ("video", "audio", "reference") if role in each}
    job = Job(places["video"], places["audio"], places.get("reference"))
    start, end = Fraction(each["start"]), Fraction(each["end"])
    return SplitPart(number=number, job=job, start=start, end=end, result=folder / Path(each["result"]).name)
