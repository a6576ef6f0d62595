"""The numbers behind findings: what a rule adds to each of its findings, and a baseline accepts and compares."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from math import isfinite

from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.finding import Better, Finding, Reading
from lipready.facts.job import JobFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.speech import SignalToNoise, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach
from lipready.rules.rule import Judge, Verdicts
from lipready.rules.target import Target

Bands = dict[str, Fraction]
Readings = tuple[Reading, ...]
Read = Callable[[JobFacts, Limit], Readings]
# A reading of a decoder or a model differs in its last digits from one processor to the next.
_GRAIN = 1000


def with_readings(read: Read) -> Callable[[Judge], Judge]:
    """Turn a rule into one whose findings carry what `read` returns of the same facts."""

    def decorate(judge: Judge) -> Judge:
        @wraps(judge)
        def judge_job(facts: JobFacts, limit: Limit) -> Verdicts:
            readings: Readings | None = None
            for outcome in judge(facts, limit):
                if isinstance(outcome, Finding):
                    readings = tuple(sorted(read(facts, limit))) if readings is None else readings
                    yield replace(outcome, readings=readings)
                else:
                    yield outcome

        return judge_job

    return decorate


def reads_target(read: Callable[[Target, Bands], Readings]) -> Read:
    """Turn a function of (target, bands) into what `with_readings` takes."""

    def read_job(facts: JobFacts, limit: Limit) -> Readings:
        file, person = facts.video, facts.target
        if file is None or not isinstance(file.people, PeopleFacts) or person is None or not person.looks:
            return ()
        return read(Target(file, file.people, person), limit.bands)

    return read_job


def ranged(name: str, value: Fraction | int, limit: Limit) -> Readings:
    """Return a number that lies outside of a limit's range: back towards the range is better; inside of it nothing."""
    broken = breach(Fraction(value), limit)
    if broken is None:
        return ()
    return (Reading(name, Fraction(value), "smaller" if broken.side == "above" else "larger"),)


def measured(name: str, value: Fraction | float | Unmeasured | None, better: Better) -> Readings:
    """Return a number that was measured in pictures or sound, to a thousandth."""
    if value is None or isinstance(value, Unmeasured) or (isinstance(value, float) and not isfinite(value)):
        return ()
    return (Reading(name, Fraction(round(Fraction(value) * _GRAIN), _GRAIN), better),)


def _video(facts: JobFacts) -> VideoFacts | None:
    media = None if facts.video is None else facts.video.media
    return media if isinstance(media, VideoFacts) else None


def _image(facts: JobFacts) -> ImageFacts | None:
    media = None if facts.reference is None else facts.reference.media
    return media if isinstance(media, ImageFacts) else None


def edges(facts: JobFacts, limit: Limit) -> Readings:
    """Read the shown and the coded edges of the video, in pixels."""
    video = _video(facts)
    if video is None:
        return ()
    sizes = {"displayed": (video.width, video.height), "coded": (video.coded_width, video.coded_height)}
    edges = [(f"{kind} {edge}", size) for kind, both in sizes.items() for edge, size in _named(*both)]
    return tuple(reading for name, size in edges for reading in ranged(name, size, limit))


def _named(width: int, height: int) -> tuple[tuple[str, int], ...]:
    return ("short edge", min(width, height)), ("long edge", max(width, height))


def frame_rate(facts: JobFacts, limit: Limit) -> Readings:
    """Read the frame rate, in frames a second."""
    rate = _rate(facts)
    return () if rate is None else ranged("rate", rate.nominal, limit)


def _rate(facts: JobFacts) -> FrameRate | None:
    video = _video(facts)
    return None if video is None or isinstance(video.frame_rate, Unmeasured) else video.frame_rate


def spread_of_rates(facts: JobFacts, limit: Limit) -> Readings:
    """Read how far the frame rate departs from its mean, as a share of it, and its ends outside of the limit."""
    rate = _rate(facts)
    if rate is None or rate.nominal <= 0:
        return ()
    spread = max(rate.highest - rate.nominal, rate.nominal - rate.lowest) / rate.nominal
    ends = (*ranged("lowest rate", rate.lowest, limit), *ranged("highest rate", rate.highest, limit))
    return (Reading("spread", spread, "smaller"), *ends)


def length_of(role: str) -> Read:
    """Read the length of the file of a role, in seconds."""
    return lambda facts, limit: _length(_file(facts, role), limit)


def bytes_of(role: str) -> Read:
    """Read the size of the file of a role, in bytes."""
    return lambda facts, limit: _bytes(_file(facts, role), limit)


def _file(facts: JobFacts, role: str) -> FileFacts | None:
    return next((file for file in facts.files() if file.role == role), None)


def _length(file: FileFacts | None, limit: Limit) -> Readings:
    length = getattr(None if file is None else file.media, "duration", None)
    if not isinstance(length, Duration):
        return ()
    said = {"container": length.container, "stream": length.stream, "packets": length.packets}
    # A header that says zero says nothing, and one is only looked at where the length itself is fine.
    return ranged("length", length.believed, limit) or tuple(
        reading
        for name, value in said.items()
        if value is not None and value > 0
        for reading in ranged(f"length by {name}", value, limit)
    )


def _bytes(file: FileFacts | None, limit: Limit) -> Readings:
    return () if file is None or isinstance(file.bytes, Unmeasured) else ranged("bytes", file.bytes, limit)


def bytes_of_files(facts: JobFacts, limit: Limit) -> Readings:
    """Read the sizes of the files that would be uploaded, in bytes."""
    return tuple(
        reading
        for file in facts.files()
        if file.address is None and not isinstance(file.bytes, Unmeasured)
        for reading in ranged(f"bytes of the {file.role}", file.bytes, limit)
    )


def first_frame(facts: JobFacts, _limit: Limit) -> Readings:
    """Read when the first frame is shown, in seconds, and whether there is an edit list."""
    video, rate = _video(facts), _rate(facts)
    if video is None:
        return ()
    start = Fraction(0) if isinstance(video.start, Unmeasured) else abs(video.start)
    frame = Fraction(0) if rate is None or rate.nominal <= 0 else 1 / rate.nominal
    late = (Reading("first frame", start, "smaller"),) if start > frame else ()
    return (*late, Reading("edit lists", Fraction(1), "smaller")) if video.edit_list else late


def stillness(facts: JobFacts, limit: Limit) -> Readings:
    """Read the shares of the clip that are black or frozen."""
    video = _video(facts)
    if video is None or isinstance(video.stillness, Unmeasured):
        return ()
    shares = {"black": video.stillness.black, "frozen": video.stillness.frozen}
    return tuple(
        reading
        for name, share in shares.items()
        if share > limit.bands[name]
        for reading in measured(name, share, "smaller")
    )


def ratio(facts: JobFacts, limit: Limit) -> Readings:
    """Read the long edge of the reference image over its short one."""
    image = _image(facts)
    short, long = (0, 0) if image is None else sorted((image.width, image.height))
    return ranged("ratio", Fraction(long, short), limit) if short > 0 else ()


def longest_edge(facts: JobFacts, limit: Limit) -> Readings:
    """Read the longest edge of the reference image, in pixels."""
    image = _image(facts)
    return () if image is None else ranged("longest edge", max(image.width, image.height), limit)


def face_count(facts: JobFacts, limit: Limit) -> Readings:
    """Read how many faces the reference image shows."""
    people = None if facts.reference is None else facts.reference.people
    return ranged("faces", people.count, limit) if isinstance(people, PeopleFacts) else ()


def threshold(facts: JobFacts, limit: Limit) -> Readings:
    """Read the face threshold of the request."""
    threshold = facts.request.face_threshold
    return () if threshold is None else ranged("threshold", threshold, limit)


def of_speech_facts(read: Callable[[SpeechFacts, Limit], Readings]) -> Read:
    """Turn a function of what is heard in the audio track into one of a job."""

    def read_job(facts: JobFacts, limit: Limit) -> Readings:
        heard = None if facts.audio is None else facts.audio.speech
        return read(heard, limit) if isinstance(heard, SpeechFacts) else ()

    return read_job


def speech_found(heard: SpeechFacts, _limit: Limit) -> Readings:
    """Read the seconds of speech, in all and of the longest part."""
    longest = max((span.length for span in heard.speech), default=Fraction(0))
    return (*measured("speech", heard.spoken, "larger"), *measured("longest speech", longest, "larger"))


def over_noise(heard: SpeechFacts, _limit: Limit) -> Readings:
    """Read how far the speech is above the noise, in dB: by the mean and by the median."""
    noise = heard.noise
    if not isinstance(noise, SignalToNoise):
        return ()
    return (*measured("over noise", noise.mean, "larger"), *measured("over noise, median", noise.median, "larger"))


def over_music(heard: SpeechFacts, _limit: Limit) -> Readings:
    """Read how far the speech is above what sounds in its pauses, in dB."""
    noise = heard.noise
    return measured("over music", noise.mean, "larger") if isinstance(noise, SignalToNoise) else ()
