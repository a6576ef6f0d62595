"""Which part of an audio track is kept, and how far it is filled up."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor

from lipready.errors import FixError
from lipready.facts.audio import AudioFacts
from lipready.facts.speech import Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.repair.recipe import Part, RepairCase, aim, chosen_part


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioCase(RepairCase):
    """One audio track that may have to be repaired."""

    audio: AudioFacts

    @property
    def length(self) -> Fraction:
        """Its length in seconds.

        Raises FixError where the file does not tell.
        """
        if isinstance(self.audio.duration, Unmeasured):
            raise FixError(f"{self.file.path} does not tell how long it is: {self.audio.duration.reason}.")
        return self.audio.duration.believed

    @property
    def heard(self) -> SpeechFacts | None:
        """What is heard in it; None where nobody listened."""
        return None if isinstance(self.file.speech, Unmeasured) else self.file.speech

    def speech(self, flag: str) -> SpeechFacts:
        """Return what is heard, for a repair that needs speech.

        Raises FixError where nobody listened, or nobody speaks.
        """
        if isinstance(self.file.speech, Unmeasured):
            raise FixError(f"{flag} needs to hear {self.file.path}: {self.file.speech.reason}.")
        if not self.file.speech.has_speech:
            raise FixError(f"{flag} follows the speech, and nobody is heard to speak in {self.file.path}.")
        return self.file.speech


AIR = Fraction(1, 5)
"""Seconds of silence that stay before the first word and after the last."""

_LEAST = Fraction(1, 10)
"""Silence that is this much longer than the air is worth a cut."""

_PAUSE = Fraction(1, 5)
"""Seconds between two stretches of speech that are surely between two words."""


def chosen(case: AudioCase) -> Part | None:
    """Return what --trim-audio keeps; None is everything.

    "best" keeps everything of a track that is not too long.
    """
    span = case.choices.trim_audio
    if span is None:
        return None
    return _best(case) if span == "best" else chosen_part(span, case.length, case.file.path, "--trim-audio")


def kept(case: AudioCase) -> Part | None:
    """Return what --trim-audio and --trim-silence keep together; None is everything."""
    part = chosen(case)
    if not case.choices.trim_silence:
        return part
    room = part or Part(Fraction(0), case.length)
    quieter = _without_silence(case, room)
    return part if quieter == room else quieter


def pad_to(case: AudioCase, part: Part | None) -> Fraction | None:
    """Return the length that what is kept is filled up to: only where it is too short, and that was asked for."""
    if not case.choices.extend:
        return None
    length, minimum = part.length if part else case.length, aim(case.profile, "A402").minimum
    short = part is not None or case.wanted.has("pad")
    return minimum if short and minimum and length < minimum else None


def _best(case: AudioCase) -> Part | None:
    """Keep the first word and all up to the last pause that the provider's maximum has room for.

    Where nobody makes a pause in all that time, the cut is made at the maximum.
    """
    lengths = aim(case.profile, "A402")
    if lengths.maximum is None or case.length <= lengths.maximum:
        return None
    spans = _inside(case.speech("--trim-audio best").speech, Part(Fraction(0), case.length))
    start = _thousandths(max(Fraction(0), spans[0].start - AIR))
    limit, least = start + lengths.maximum, start + (lengths.minimum or Fraction(0))
    pauses = list(pairwise([*spans, Span(case.length, case.length)]))
    for shortest in (_PAUSE, Fraction(0)):
        # In the middle of a pause, but with no more air than is kept elsewhere.
        middles = (
            _thousandths(min((one.end + other.start) / 2, one.end + AIR))
            for one, other in pauses
            if other.start - one.end >= shortest
        )
        cuts = [cut for cut in middles if least <= cut <= limit]
        if cuts:
            return Part(start, max(cuts) - start)
    return Part(start, min(limit, case.length) - start)


def _without_silence(case: AudioCase, room: Part) -> Part:
    """Cut the silence off both ends of a part, but keep so much of it that the part stays long enough."""
    spans = _inside(case.speech("--trim-silence").speech, room)
    if not spans:
        raise FixError(f"--trim-silence finds no speech in the part of {case.file.path} that is kept.")
    first, last = _thousandths(spans[0].start - AIR), _thousandths(spans[-1].end + AIR)
    start = first if first - room.start >= _LEAST else room.start
    stop = last if room.end - last >= _LEAST else room.end
    least = aim(case.profile, "A402").minimum or Fraction(0)
    stop = min(room.end, max(stop, start + least))
    start = max(room.start, min(start, stop - least))
    return Part(start, stop - start)


def _inside(spans: Sequence[Span], room: Part) -> list[Span]:
    """Return the speech that lies in a part, in order."""
    inside = (Span(max(span.start, room.start), min(span.end, room.end)) for span in spans)
    return sorted((span for span in inside if span.start < span.end), key=lambda span: span.start)


def _thousandths(time: Fraction) -> Fraction:
    return Fraction(floor(time * 1000), 1000)
