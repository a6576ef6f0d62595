"""The numbers behind findings about what is heard."""

from collections.abc import Callable
from fractions import Fraction

from lipready.facts.job import JobFacts
from lipready.facts.speech import SignalToNoise, SpeechFacts
from lipready.gate.reading import Observe, Readings, measured
from lipready.profiles.limit import Limit
from lipready.rules.length import Lengths, lengths_of


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
