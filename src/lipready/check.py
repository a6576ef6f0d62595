"""Job in, report out: probe the files, look at the people, judge the facts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from os import fspath
from time import perf_counter
from typing import TYPE_CHECKING, Any

from lipready.cancel import Cancel, async_twin, cancellable, checkpoint
from lipready.errors import ProbeError, UsageError
from lipready.facts.address import file_name, is_address, shown
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts, Role
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import Match, PeopleFacts
from lipready.facts.pictures import FilePictures, Pictures
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.job import Job, RequestOptions, Source, name_of, path_or_address
from lipready.log import LOG
from lipready.profiles.limit import Profile, cost_at
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report

if TYPE_CHECKING:
    from lipready.rules.rule import Rule
    from lipready.speech.listen import SpeechMeter

Progress = Callable[[str, float], None]
"""Hears of the stage and the file, such as "checking clip.mp4", and of the share of it that is done (0..1)."""

Media = VideoFacts | AudioFacts | ImageFacts | Unmeasured


@dataclass(frozen=True, slots=True)
class Settings:
    """How to check, whatever the job.

    `quick` reads headers and indexes only; `every_frame` looks at each frame instead of a sample. `only` and `ignore`
    hold rule ids, prefixes of ids ("V1") or rule names. `progress` is called with the stage and the file ("checking
    clip.mp4") and the share of it that is done (0..1), which never falls. `allow_private` lets addresses lead into
    private networks, for providers that stand there. `audio_track` is the number, from 1, of the track of the audio
    file that is to be spoken; without it the one that speaks is taken, of several the one that a player would play.
    `rules` are the caller's own, made with `lipready.rule`. `pictures` takes what people look at (`Report.to_html`).

    >>> settings = lipready.Settings(quick=True, only=("V1", "audio-format"))
    >>> lipready.check("clip.mp4", "speech.wav", settings=settings).verdict
    'pass'
    """

    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    quick: bool = False
    every_frame: bool = False
    progress: Progress | None = None
    allow_private: bool = False
    audio_track: int | None = None
    rules: "tuple[Rule, ...]" = ()
    pictures: Pictures | None = None


def check(
    video: Source | None = None,
    audio: Source | None = None,
    reference: Source | None = None,
    *,
    provider: str = "dashscope",
    profile: Profile | None = None,
    options: RequestOptions | None = None,
    settings: Settings | None = None,
    rules: "Sequence[Rule]" = (),
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Report:
    """Return what a check of the files of one job finds, against what a provider accepts.

    Each is a path, an http(s) address, which is fetched once (asked for only, where the settings say `quick`), bytes or
    a binary file object, or an `Input` of one of these with a name. A file object is read once, from where it stands,
    up to the size that the provider takes: that it is larger is a finding.
    `provider` is the name of a profile, or the path of a profile file (TOML); a `profile` object goes before it.
    `rules` are the caller's own (see `lipready.rule`), beside those of the settings; `progress` goes before that of the
    settings, and is as there. A file that is broken is a finding, not an exception.

    Raises UsageError without any file, for one that is not there or may not be read, for what is no input, and for an
    audio track that the audio file does not have; ConfigurationError for an unknown or broken profile, ComponentError
    where the face models can neither be found nor fetched, CancelledError where `cancel` ends it.

    >>> report = lipready.check("clip.mp4", "speech.wav", "person.jpg", provider="evolink")
    >>> report.verdict, report.findings
    ('pass', ())
    """
    job = Job.of(video, audio, reference, options)
    require_inputs(job)
    with cancellable(cancel):
        return check_any(job, profile or load_profile(provider), settings_with(settings, rules, progress))


@async_twin(check)
def check_async() -> None:
    """Return what `check` returns, on asyncio, with its arguments; raises what it raises.

    The loop is never blocked: it is done in a thread of the loop's executor, in which `settings.progress` is called.
    Where asyncio cancels it, the work is ended and waited for, and then asyncio's own CancelledError goes on.

    >>> import asyncio
    >>> asyncio.run(lipready.check_async("clip.mp4", "speech.wav")).verdict
    'pass'
    """


def check_any(job: Job, profile: Profile, settings: Settings) -> Report:
    """Check one job, of which the inputs may be anything."""
    from lipready.probe.spool import at_hand

    with at_hand(job, profile.largest) as (local, unread):
        return forget_places(check_job(local, profile, settings, known=unread))


def forget_places(report: Report) -> Report:
    """Return a report without where the bytes of its files lay meanwhile."""
    moved: dict[str, Any] = {file.role: replace(file, place=None) for file in report.facts.files() if file.place}
    if report.facts.result is not None and "result" in moved:
        moved["result"] = replace(report.facts.result, file=moved["result"])
    return replace(report, facts=replace(report.facts, **moved)) if moved else report


def settings_with(settings: Settings | None, rules: "Sequence[Rule]", progress: Progress | None = None) -> Settings:
    """Return the settings with what was handed in beside them: the caller's own rules are added to theirs."""
    settings = settings or Settings()
    settings = replace(settings, rules=(*settings.rules, *rules)) if rules else settings
    return settings if progress is None else replace(settings, progress=progress)


def require_inputs(job: Job) -> None:
    """Raise UsageError where a file of a job is not there, may not be read, or is a folder, a pipe or a device."""
    from lipready.probe.missing import require_file

    for place in job.places().values():
        if not is_address(place):
            require_file(place)


def check_job(
    job: Job,
    profile: Profile,
    settings: Settings,
    *,
    known: Mapping[Role, FileFacts] | None = None,
    describe: bool = False,
) -> Report:
    """Check one job of paths and addresses (see `at_hand`) with a profile that is already loaded.

    `known` holds facts that need not be measured again. With `describe` everybody in the video is described, so that
    a reference image that comes later can be compared.
    """
    from lipready.rules.judge import judge

    facts = measure(job, settings, known=known, describe=describe, largest=profile.largest)
    checkpoint()  # what was read of a file after somebody has cancelled is no measurement
    findings, unchecked = judge(
        facts, profile, only=settings.only, ignore=settings.ignore, quick=settings.quick, rules=settings.rules
    )
    whole = facts.video is not None and facts.audio is not None
    return Report(
        provider=profile.name,
        facts=facts,
        findings=findings,
        unchecked=unchecked,
        front=profile.front,
        price=cost_at(profile.price, facts.result_length) if whole else None,
    )


def measure(
    job: Job,
    settings: Settings,
    *,
    known: Mapping[Role, FileFacts] | None = None,
    describe: bool = False,
    largest: Mapping[Role, int] | None = None,
) -> JobFacts:
    """Measure everything that the rules may ask for, except where the facts are known already; see `check_job`.

    `largest` is the most bytes that are fetched where an input is an address.
    """
    if job.video is job.audio is job.reference is None:
        raise UsageError("There is no file to check: name a video, an audio track or a reference image.")
    if settings.audio_track is not None and job.audio is None:
        raise UsageError(
            "An audio track is chosen (`Settings.audio_track`), and the job has no audio file: name it as `Job.audio`."
        )
    known = known or {}
    bound = largest or {}
    both = job.video is not None and job.reference is not None
    video = known.get("video") or _measure_input(job.video, "video", settings, bound, describe=describe or both)
    reference = known.get("reference") or _measure_input(job.reference, "reference", settings, bound, describe=both)
    return JobFacts(
        video=video,
        audio=known.get("audio") or _measure_input(job.audio, "audio", settings, bound, describe=False),
        reference=reference,
        request=_request(job.options, resolve=not settings.quick),
        match=None if settings.quick or video is None or reference is None else _match(reference.people, video.people),
    )


def _request(options: RequestOptions, *, resolve: bool) -> RequestFacts:
    callback = None
    if options.callback_url is not None:
        from lipready.probe.remote import examine_callback

        callback = examine_callback(options.callback_url, resolve=resolve)
    return RequestFacts(options.face_threshold, options.video_extension, callback)


def measure_file(
    path: str, role: Role, settings: Settings, name: str | None = None, *, describe: bool = False
) -> FileFacts:
    """Measure one file of this machine, which is called `name` in the progress; see `check_job`.

    Never raises on account of the file. Raises ComponentError where the face models can neither be found nor fetched,
    or a library that measures cannot be imported.
    """
    from lipready.probe.decoding.processors import turn
    from lipready.probe.source import examine, without_media

    begun, name = perf_counter(), path if name is None else name
    tell = stage("checking", name, settings.progress) or (lambda _share: None)
    tell(0.0)
    meter = None
    if role == "audio" and not settings.quick:
        from lipready.speech.listen import SpeechMeter

        meter = SpeechMeter(tell)
    with nullcontext() if settings.quick else turn():
        facts = examine(path, role, quick=settings.quick, track=settings.audio_track, consumer=meter)
        facts = replace(facts, media=_as_chosen(facts.media, settings, name))
        if not settings.quick and facts.problem is None and not isinstance(facts.media, Unmeasured):
            try:
                facts = _watch_or_listen(facts, settings, tell, meter, name, describe=describe)
                facts = _with_salvage(facts)
            except (ProbeError, MemoryError, ImportError) as error:
                facts = without_media(facts, error)
    tell(1.0)
    return replace(facts, seconds=perf_counter() - begun)


def _with_salvage(facts: FileFacts) -> FileFacts:
    """Add what decodes of a file that ends too early."""
    media = facts.media
    if not isinstance(media, VideoFacts | AudioFacts) or media.truncated is not True:
        return facts
    from lipready.probe.salvage import salvage

    return replace(facts, salvage=salvage(facts))


def _watch_or_listen(
    facts: FileFacts,
    settings: Settings,
    tell: Callable[[float], None],
    meter: "SpeechMeter | None",
    name: str,
    *,
    describe: bool,
) -> FileFacts:
    """Add what only decoding tells: people, and speech."""
    role, path = facts.role, facts.path
    if role == "video" and isinstance(facts.media, VideoFacts):
        LOG.info("decoding %s, and looking for faces", name)
        return _watch_video(facts, facts.media, settings, tell, describe=describe)
    if meter is not None and isinstance(facts.media, AudioFacts):
        LOG.info("measuring the speech in %s", name)
        facts = meter.heard_in(facts, facts.media)
        if settings.pictures is not None:
            settings.pictures.files["audio"] = FilePictures(wave=meter.wave(settings.pictures.parts))
        return facts
    if role == "reference":
        from lipready.faces.people import people_in_image
        from lipready.probe.decoding.pictures import kept_in

        LOG.info("looking for faces in %s", name)
        with kept_in(settings.pictures, role) as witness:
            return replace(facts, people=people_in_image(path, describe=describe, witness=witness))
    return facts


def _as_chosen(media: Media, settings: Settings, name: str) -> Media:
    """Note that the user chose the track that was measured.

    Raises UsageError where the file has no track of that number.
    """
    if settings.audio_track is None or not isinstance(media, AudioFacts):
        return media
    if media.track != settings.audio_track:
        count = len(media.tracks)
        numbers = {1: "1", 2: "1 or 2"}.get(count, f"1 to {count}")
        raise UsageError(
            f"{name}: has {counted(count, 'audio track')}, and none is number {settings.audio_track}: say "
            f"`Settings.audio_track` {numbers}, or leave it out.",
            path=name,
        )
    return replace(media, taken="chosen")


def _match(reference: PeopleFacts | Unmeasured, video: PeopleFacts | Unmeasured) -> Match | Unmeasured:
    """Compare the face of the reference image with the people of the video, where both were looked at."""
    from lipready.faces.people import match_reference

    if isinstance(reference, Unmeasured):
        return replace(reference, reason=f"the reference image was not examined: {reference.reason}")
    if isinstance(video, Unmeasured):
        return replace(video, reason=f"the video was not examined: {video.reason}")
    return match_reference(reference, video)


def _measure_input(
    source: Source | None, role: Role, settings: Settings, largest: Mapping[Role, int], *, describe: bool
) -> FileFacts | None:
    if source is None:
        return None
    with measured(source, role, settings, largest, describe=describe) as facts:
        return facts if facts.address is None else replace(facts, place=None)


@contextmanager
def measured(
    source: Source,
    role: Role,
    settings: Settings,
    largest: Mapping[Role, int],
    *,
    describe: bool = False,
    measure: Callable[..., FileFacts] | None = None,
) -> Iterator[FileFacts]:
    """Yield the facts of a path or an address; what was fetched lies at their `place` until the context ends.

    `measure` takes the place of `measure_file`.
    """
    from lipready.probe.containers.signature import extension_of
    from lipready.probe.remote import Reach, fetch, inquire, unread
    from lipready.probe.spool import LARGEST, extension_by

    measure = partial(measure_file, describe=describe) if measure is None else measure
    path, name, extension = path_or_address(source), name_of(source), extension_by(source)
    if not is_address(path):
        facts = measure(path, role, settings, name)
        yield facts if name == path else replace(facts, path=name, extension=extension, place=path)
        return
    if name == path:  # of which a part may be a secret
        name, extension = shown(path), extension_of(file_name(path))
    reach = Reach(largest.get(role, LARGEST), allow_private=settings.allow_private)
    if settings.quick:
        yield replace(unread(path, role, inquire(path, reach)), path=name, extension=extension)
        return
    with fetch(path, reach, stage("fetching", name, settings.progress)) as (address, copy):
        facts = unread(path, role, address) if copy is None else measure(fspath(copy), role, settings, name)
        yield replace(facts, path=name, extension=extension, address=address, place=None if copy is None else str(copy))


def _watch_video(
    facts: FileFacts, video: VideoFacts, settings: Settings, tell: Callable[[float], None], *, describe: bool
) -> FileFacts:
    """Decode once, and let everybody who wants to see the frames see them."""
    from lipready.faces.people import PeopleWatcher
    from lipready.probe.decoding.frames import scan
    from lipready.probe.decoding.pictures import kept_in
    from lipready.probe.decoding.stillness import StillnessMeter

    every_frame, stillness = settings.every_frame, StillnessMeter()
    with kept_in(settings.pictures, "video") as witness:
        people = PeopleWatcher(every_frame=every_frame, witness=witness)
        scan(facts.path, video, (people, stillness), every_frame=every_frame, progress=tell, ahead=people.ahead)
        seen = people.facts(describe=describe)
    if isinstance(seen, PeopleFacts):
        from lipready.mouth.speaker import speaker_of

        # Frames may come out of a decoder with later times than the clip is long.
        seen = seen if isinstance(video.duration, Unmeasured) else seen.until(video.duration.believed)
        # Also where there is a reference image: facts about a file are kept, and know no other file of the job.
        seen = replace(seen, speaks=speaker_of(facts.path, video, seen))
    return replace(facts, people=seen, media=replace(video, stillness=stillness.facts()))


def stage(name: str, path: str, progress: Progress | None) -> Callable[[float], None] | None:
    """Return what tells of one stage of one file, and never of less than was told before; None where nobody hears."""
    LOG.info("%s %s", name, shown(path))
    if progress is None:
        return None
    what, told = f"{name} {path}", -1.0

    def tell(share: float) -> None:
        nonlocal told
        if share > told:
            told = share
            progress(what, share)

    return tell
