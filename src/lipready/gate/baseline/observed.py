"""Which numbers stand behind a finding, taken from the facts: what a baseline accepts and compares."""

from collections.abc import Callable
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.image import ImageFacts
from lipready.facts.job import JobFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.speech import SignalToNoise, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, VideoFacts
from lipready.gate.baseline.observed_face import FACE_OBSERVERS
from lipready.gate.baseline.reading import Observe, Reading, Readings, measured, ranged
from lipready.profiles.limit import Limit
from lipready.rules.length import Lengths, lengths_of, much_lost


def observe(rule: str, facts: JobFacts, limit: Limit | None) -> Readings:
    """Return the numbers that a rule found fault with; nothing for a rule that knows no number."""
    observer = _OBSERVERS.get(rule)
    return () if observer is None or limit is None else tuple(sorted(observer(facts, limit)))


def _video(facts: JobFacts) -> VideoFacts | None:
    media = None if facts.video is None else facts.video.media
    return media if isinstance(media, VideoFacts) else None


def _image(facts: JobFacts) -> ImageFacts | None:
    media = None if facts.reference is None else facts.reference.media
    return media if isinstance(media, ImageFacts) else None


def _edges(facts: JobFacts, limit: Limit) -> Readings:
    video = _video(facts)
    if video is None:
        return ()
    sizes = {"displayed": (video.width, video.height), "coded": (video.coded_width, video.coded_height)}
    edges = [(f"{kind} {edge}", size) for kind, both in sizes.items() for edge, size in _named(*both)]
    return tuple(reading for name, size in edges for reading in ranged(name, size, limit))


def _named(width: int, height: int) -> tuple[tuple[str, int], ...]:
    return ("short edge", min(width, height)), ("long edge", max(width, height))


def _frame_rate(facts: JobFacts, limit: Limit) -> Readings:
    rate = _rate(facts)
    return () if rate is None else ranged("rate", rate.nominal, limit)


def _rate(facts: JobFacts) -> FrameRate | None:
    video = _video(facts)
    return None if video is None or isinstance(video.frame_rate, Unmeasured) else video.frame_rate


def _uneven(facts: JobFacts, limit: Limit) -> Readings:
    rate = _rate(facts)
    if rate is None or rate.nominal <= 0:
        return ()
    spread = max(rate.highest - rate.nominal, rate.nominal - rate.lowest) / rate.nominal
    ends = (*ranged("lowest rate", rate.lowest, limit), *ranged("highest rate", rate.highest, limit))
    return (Reading("spread", spread, "smaller"), *ends)


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


def _uploaded(facts: JobFacts, limit: Limit) -> Readings:
    return tuple(
        reading
        for file in facts.files()
        if file.address is None and not isinstance(file.bytes, Unmeasured)
        for reading in ranged(f"bytes of the {file.role}", file.bytes, limit)
    )


def _start(facts: JobFacts, _limit: Limit) -> Readings:
    video, rate = _video(facts), _rate(facts)
    if video is None:
        return ()
    start = Fraction(0) if isinstance(video.start, Unmeasured) else abs(video.start)
    frame = Fraction(0) if rate is None or rate.nominal <= 0 else 1 / rate.nominal
    late = (Reading("first frame", start, "smaller"),) if start > frame else ()
    return (*late, Reading("edit lists", Fraction(1), "smaller")) if video.edit_list else late


def _stillness(facts: JobFacts, limit: Limit) -> Readings:
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


def _ratio(facts: JobFacts, limit: Limit) -> Readings:
    image = _image(facts)
    short, long = (0, 0) if image is None else sorted((image.width, image.height))
    return ranged("ratio", Fraction(long, short), limit) if short > 0 else ()


def _longest_edge(facts: JobFacts, limit: Limit) -> Readings:
    image = _image(facts)
    return () if image is None else ranged("longest edge", max(image.width, image.height), limit)


def _faces(facts: JobFacts, limit: Limit) -> Readings:
    people = None if facts.reference is None else facts.reference.people
    return ranged("faces", people.count, limit) if isinstance(people, PeopleFacts) else ()


def _threshold(facts: JobFacts, limit: Limit) -> Readings:
    threshold = facts.request.face_threshold
    return () if threshold is None else ranged("threshold", threshold, limit)


def _apart(facts: JobFacts, limit: Limit) -> Readings:
    known = lengths_of(facts)
    if not isinstance(known, Lengths):
        return ()
    longer = "video" if known.picture > known.sound else "audio"
    share = (Reading(f"share of the {longer} lost", known.lost_share, "smaller"),) if much_lost(known, limit) else ()
    return (Reading(f"{longer} longer by", known.apart, "smaller"), *share)


def _of_sound(read: Callable[[SpeechFacts, Limit], Readings]) -> Observe:
    def observe(facts: JobFacts, limit: Limit) -> Readings:
        heard = None if facts.audio is None else facts.audio.speech
        return read(heard, limit) if isinstance(heard, SpeechFacts) else ()

    return observe


def _no_speech(heard: SpeechFacts, _limit: Limit) -> Readings:
    longest = max((span.length for span in heard.speech), default=Fraction(0))
    return (*measured("speech", heard.spoken, "larger"), *measured("longest speech", longest, "larger"))


def _noisy(heard: SpeechFacts, _limit: Limit) -> Readings:
    noise = heard.noise
    if not isinstance(noise, SignalToNoise):
        return ()
    return (*measured("over noise", noise.mean, "larger"), *measured("over noise, median", noise.median, "larger"))


def _music(heard: SpeechFacts, _limit: Limit) -> Readings:
    noise = heard.noise
    return measured("over music", noise.mean, "larger") if isinstance(noise, SignalToNoise) else ()


def _lost(facts: JobFacts, _limit: Limit) -> Readings:
    known, heard = lengths_of(facts), None if facts.audio is None else facts.audio.speech
    if not isinstance(known, Lengths) or not isinstance(heard, SpeechFacts):
        return ()
    ends = [(max(span.start, known.result), min(span.end, known.sound)) for span in heard.speech]
    return measured("speech lost", sum((end - start for start, end in ends if end > start), Fraction(0)), "smaller")


SOUND_OBSERVERS: dict[str, Observe] = {
    "A501": _of_sound(_no_speech),
    "A502": _of_sound(lambda heard, _: measured("loudness", heard.loudness, "larger")),
    "A503": _of_sound(lambda heard, _: measured("clipped per million", heard.clipping.per_million, "smaller")),
    "A504": _of_sound(_noisy),
    "A505": _of_sound(_music),
    "A506": _of_sound(lambda heard, _: measured("share of speech", heard.share, "larger")),
    "A507": _of_sound(lambda heard, _: measured("bandwidth", heard.bandwidth, "larger")),
    "A509": _of_sound(lambda heard, _: measured("offset", heard.dc_offset, "smaller")),
    "R706": _lost,
}


_OBSERVERS: dict[str, Observe] = {
    "F004": _uploaded,
    "V103": _edges,
    "V104": _frame_rate,
    "V105": lambda facts, limit: _length(facts.video, limit),
    "V106": lambda facts, limit: _bytes(facts.video, limit),
    "V202": _uneven,
    "V206": _start,
    "V207": _stillness,
    "A402": lambda facts, limit: _length(facts.audio, limit),
    "A403": lambda facts, limit: _bytes(facts.audio, limit),
    "I602": lambda facts, limit: _bytes(facts.reference, limit),
    "I603": _ratio,
    "I604": _longest_edge,
    "I605": _faces,
    "R701": _threshold,
    "R705": _apart,
    **FACE_OBSERVERS,
    **SOUND_OBSERVERS,
}
