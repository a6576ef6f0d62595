"""Verify a result: measure the video that came back, and hold it against what was sent."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.cancel import Cancel, async_twin, cancellable, checkpoint
from lipready.check import (
    Progress,
    Settings,
    forget_places,
    measured,
    require_inputs,
    settings_with,
    stage,
)
from lipready.errors import CancelledError, ProbeError, UsageError
from lipready.facts.address import is_address
from lipready.facts.file import FileFacts, Role
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.result import MouthMatch, PictureMatch, ResultFacts, SoundMatch, Surroundings
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.job import Job, RequestOptions, Source
from lipready.log import LOG
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.reports.report import Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lipready.probe.decoding.decoder import Shown
    from lipready.rules.rule import Rule

_SKIPPED = Unmeasured("only headers were read", skipped=True)


def verify(
    result: Source,
    *,
    video: Source,
    audio: Source,
    reference: Source | None = None,
    provider: str = "dashscope",
    profile: Profile | None = None,
    options: RequestOptions | None = None,
    settings: Settings | None = None,
    rules: "Sequence[Rule]" = (),
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Report:
    """Return what is wrong with a result video, held against the files of its job.

    It is measured whether it is whole, as long and as large as was foretold, whether its sound is the speech that was
    sent, and when, whether it is black or stands still where the video is not, whether the right mouth moves with the
    speech, and whether the picture was changed outside of the faces. Only a file that is not whole is an error; all
    else are warnings. `report.facts.result` has the numbers. Each input is whatever `check` takes, the
    other arguments are as for `check`, and `options.video_extension` says how long the result should be. What went in
    is judged by `check` alone. With `settings.quick` headers are compared, and nothing is decoded.

    Raises UsageError for a file that is not there or may not be read, for what is no input, and for bytes and file
    objects that are too large; ConfigurationError and CancelledError as `check` does.

    >>> report = lipready.verify("clip.mp4", video="clip.mp4", audio="speech.wav")
    >>> [finding.name for finding in report.findings]  # the clip itself has no sound
    ['result-sound-differs']
    """
    job, came = Job.of(video, audio, reference, options), Job.of(result)
    require_inputs(job)
    require_inputs(came)
    with cancellable(cancel):
        return verify_any(came, job, profile or load_profile(provider), settings_with(settings, rules, progress))


@async_twin(verify)
def verify_async() -> None:
    """Return what `verify` returns, on asyncio, with its arguments; raises what it raises.

    It runs in a thread, which ends where asyncio cancels it; see `check_async`.

    >>> import asyncio
    >>> report = asyncio.run(lipready.verify_async("clip.mp4", video="clip.mp4", audio="speech.wav"))
    >>> report.verdict
    'warn'
    """


def verify_any(came: Job, job: Job, profile: Profile, settings: Settings) -> Report:
    """Verify the one video of a job that `came` back, against those of the job that was sent; see `verify`."""
    from lipready.probe.spool import at_hand, require_spooled
    from lipready.rules.judge import judge

    with at_hand(came, {}) as (returned, too_large), at_hand(job, profile.largest) as (sent, unread):
        require_spooled({**too_large, **unread})
        facts = _measure(returned, sent, settings, profile.largest)
    checkpoint()  # what was read of a file after somebody has cancelled is no measurement
    findings, unchecked = judge(
        facts, profile, only=settings.only, ignore=settings.ignore, quick=settings.quick, rules=settings.rules
    )
    return forget_places(
        Report(provider=profile.name, facts=facts, findings=findings, unchecked=unchecked, front=profile.front)
    )


def verify_download(job_id: str, result: str, profile: Profile, settings: Settings) -> Report | None:
    """Do what `verify_job` does; None where that cannot be.

    Whatever goes wrong here, the result is there.
    """
    try:
        return verify_job(job_id, result, profile, settings)
    except CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the result is paid and there: nothing that goes wrong here may hide it
        LOG.info("the result of the job %s was not verified: %s", job_id, error)
        return None


def verify_job(job_id: str, result: str, profile: Profile, settings: Settings) -> Report:
    """Verify the result of a job of the journal, and write down there what was found; nothing is asked of a provider.

    Raises UsageError where the files that were sent are not at hand as they were, and what `verify` raises.
    """
    journal = Journal()
    entry = journal.find(job_id)
    changed = [place for place in (entry.video, entry.audio, entry.reference) if place and not _as_sent(entry, place)]
    if entry.video is None or entry.audio is None or changed:
        which = f"{', '.join(changed)} is not there as it was sent" if changed else "what was sent was no file"
        raise UsageError(
            f"The result of the job {job_id} cannot be verified by the journal: {which}. Name the files yourself: "
            "`lipready.verify(…)`."
        )
    options = RequestOptions(video_extension=entry.video_extension)
    job = Job.of(entry.video, entry.audio, entry.reference, options)
    require_inputs(came := Job.of(result))
    report = verify_any(came, job, profile, settings)
    found = ", ".join(report.by_rule)
    journal.write(replace(journal.find(job_id), verified=f"{report.verdict}: {found}" if found else report.verdict))
    return report


def _as_sent(entry: JournalEntry, place: str) -> bool:
    """Return whether a file is there and has not been changed since its job was written down."""
    path = Path(place)
    return not is_address(place) and path.is_file() and path.stat().st_mtime <= entry.created


def _measure(came: Job, job: Job, settings: Settings, largest: Mapping[Role, int]) -> JobFacts:
    """Measure the files and compare them, while those that were fetched are there."""
    with ExitStack() as stack:
        heard = _Heard()
        files = {
            role: stack.enter_context(measured(source, role, settings, largest, measure=heard.measure))
            for role, source in job.inputs()
        }
        (_, source), *_ = came.inputs()
        back = stack.enter_context(measured(source, "video", settings, {}, measure=heard.measure))
        back = replace(back, role="result")
        return JobFacts(
            video=files["video"],
            audio=files["audio"],
            reference=files.get("reference"),
            request=RequestFacts(job.options.face_threshold, job.options.video_extension, callback=None),
            result=_compare(back, files, heard.track, settings),
        )


@dataclass(slots=True)
class _Heard:
    """Measures files without looking for people, and keeps the audio track."""

    track: "NDArray[np.float32] | Unmeasured" = field(default_factory=lambda: Unmeasured("nothing was listened to"))

    def measure(self, path: str, role: Role, settings: Settings, name: str) -> FileFacts:
        """Measure one file of this machine, which is called `name` in the progress."""
        from lipready.probe.source import examine

        tell = _told("checking", name, settings)
        if role != "audio" or settings.quick:
            facts = examine(path, role, quick=settings.quick, track=settings.audio_track if role == "audio" else None)
        else:
            from lipready.speech.channels import MonoFeeder

            feeder = MonoFeeder(tell)
            facts = examine(path, role, quick=False, track=settings.audio_track, consumer=feeder)
            self.track = facts.media if isinstance(facts.media, Unmeasured) else feeder.heard()
        tell(1.0)
        return facts


def _told(what: str, name: str, settings: Settings) -> Callable[[float], None]:
    tell = stage(what, name, settings.progress) or (lambda _share: None)
    tell(0.0)
    return tell


def _compare(
    back: FileFacts, files: Mapping[Role, FileFacts], sent: "NDArray[np.float32] | Unmeasured", settings: Settings
) -> ResultFacts:
    """Compare a result with the files of its job."""
    if settings.quick:
        return ResultFacts(file=back, sound=_SKIPPED, picture=_SKIPPED, mouth=_SKIPPED, surroundings=_SKIPPED)
    from lipready.probe.decoding.processors import turn
    from lipready.result.sound import match_sound

    heard = _listen(back, settings)
    if isinstance(heard, Unmeasured):
        sound: SoundMatch | Unmeasured = heard
    elif isinstance(sent, Unmeasured):
        sound = replace(sent, reason=f"the audio track: {sent.reason}")
    else:
        sound = match_sound(sent, heard)
    with turn():
        picture, mouth, around = _watch(back, files, heard, settings)
    if isinstance(mouth, MouthMatch) and mouth.unchanged and not isinstance(sent, Unmeasured):
        own = _listen(files["video"], settings)
        match = own if isinstance(own, Unmeasured) else match_sound(sent, own)
        mouth = replace(mouth, own=None if isinstance(match, Unmeasured) else max(match.alike, match.level))
    return ResultFacts(file=back, sound=sound, picture=picture, mouth=mouth, surroundings=around)


def _listen(back: FileFacts, settings: Settings) -> "NDArray[np.float32] | Unmeasured":
    """Return the sound of a result, or of its video, in one channel at 16 kHz."""
    from lipready.probe.source import examine
    from lipready.speech.channels import MonoFeeder

    if not isinstance(back.media, VideoFacts) or not back.media.sound_tracks:
        return Unmeasured(f"the {'result' if back.role == 'result' else 'video'} has no sound")
    feeder = MonoFeeder(_told("listening to", back.path, settings))
    found = examine(back.at, "audio", quick=False, consumer=feeder)
    heard = found.media if isinstance(found.media, Unmeasured) else feeder.heard()
    return replace(heard, reason=f"the sound of the result: {heard.reason}") if isinstance(heard, Unmeasured) else heard


def _watch(
    back: FileFacts, files: Mapping[Role, FileFacts], heard: "NDArray[np.float32] | Unmeasured", settings: Settings
) -> tuple[PictureMatch | Unmeasured, MouthMatch | Unmeasured, Surroundings | Unmeasured]:
    """Decode a result once, and watch its picture and its mouths; beside it, those of its source."""
    from lipready.result.mouth import MouthComparison, spoken_in
    from lipready.result.pictures import keep_mouths

    video = files["video"]
    spoken = heard if isinstance(heard, Unmeasured) else spoken_in(back, video, heard)
    if isinstance(spoken, Unmeasured):
        return _picture(back, video, settings), spoken, spoken
    with MouthComparison(back, video, files.get("reference"), spoken) as comparison:
        picture = _picture(back, video, settings, comparison.see)
        tell = _told("following the mouths in", back.path, settings)
        try:
            mouth, around = comparison.found()
            if settings.pictures is not None and isinstance(mouth, MouthMatch) and not isinstance(heard, Unmeasured):
                keep_mouths(settings.pictures, back, video, mouth, heard)
        except (ProbeError, MemoryError) as error:
            mouth = around = Unmeasured(f"the picture {error}", transient=True)
    tell(1.0)
    return picture, mouth, around


def _picture(
    back: FileFacts, video: FileFacts, settings: Settings, also: "Callable[[Shown], None] | None" = None
) -> PictureMatch | Unmeasured:
    """Watch a result, and its source where that is needed; `also` sees every frame of it."""
    from lipready.probe.decoding.pictures import kept_in
    from lipready.result.picture import watch_result

    LOG.info("watching %s", back.path)
    tell = _told("watching", back.path, settings)
    try:
        with kept_in(settings.pictures, "result") as witness:
            found = watch_result(back, video, tell, also, witness)
    except (ProbeError, MemoryError) as error:
        return Unmeasured(f"the picture {error}", transient=True)
    tell(1.0)
    return found
