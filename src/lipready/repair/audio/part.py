"""Which part of an audio track is kept, and how far it is filled up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor

from lipready.errors import FixError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, Salvage
from lipready.facts.speech import Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Profile
from lipready.repair.choices import Choices, Wanted
from lipready.repair.recipe import aim
from lipready.repair.video.span import Part, chosen_part

HIGHEST_RATE = 48_000


@dataclass(frozen=True, slots=True)
class AudioCase:
    """One track: what is known of it, what its findings ask for, what the provider accepts, what the user decided."""

    file: FileFacts
    audio: AudioFacts
    wanted: Wanted
    profile: Profile
    choices: Choices

    @property
    def length(self) -> Fraction:
        """Its length in seconds.

        Raises FixError where the file does not tell.
        """
        if isinstance(self.audio.duration, Unmeasured):
            raise FixError(f"{self.file.path} does not tell how long it is: {self.audio.duration.reason}.")
        return self.audio.duration.believed

    @property
    def salvaged(self) -> Salvage | None:
        """What decodes of it, where that is wanted and anything is lost."""
        found = self.file.salvage
        if not self.choices.salvage or found is None:
            return None
        return found if found.lost or self.wanted.has("salvage") else None

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


def pad_to(case: AudioCase) -> Fraction | None:
    """Return the length that the track is filled up to: only what is too short, and only where that was asked for."""
    part, minimum = kept(case), aim(case.profile, "A402").minimum
    length = part.length if part else case.length if case.choices.extend else None
    short = case.wanted.has("pad") or (part is not None and minimum is not None and part.length < minimum)
    return minimum if case.choices.extend and short and length is not None and minimum and length < minimum else None


def ends_in_pause(case: AudioCase, part: Part) -> bool:
    """Return whether a part ends where nobody speaks."""
    end = part.start + part.length
    return all(not span.start < end < span.end for span in case.speech("--trim-audio best").speech)


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
    for shortest in (_PAUSE, Fraction(0)):
        cuts = [cut for cut in _cuts(spans, case.length, shortest) if least <= cut <= limit]
        if cuts:
            return Part(start, max(cuts) - start)
    return Part(start, min(limit, case.length) - start)


def _cuts(spans: Sequence[Span], length: Fraction, shortest: Fraction) -> Iterator[Fraction]:
    """Yield where a cut hits no word: in the middle of a pause, but with no more air than is kept elsewhere."""
    ends = [*spans, Span(length, length)]
    for one, other in pairwise(ends):
        if other.start - one.end >= shortest:
            yield _thousandths(min((one.end + other.start) / 2, one.end + AIR))


def _without_silence(case: AudioCase, room: Part) -> Part:
    """Cut the silence off both ends of a part, but keep so much of it that the part stays long enough."""
    spans = _inside(case.speech("--trim-silence").speech, room)
    if not spans:
        raise FixError(f"--trim-silence finds no speech in the part of {case.file.path} that is kept.")
    begin, end = room.start, room.start + room.length
    first, last = _thousandths(spans[0].start - AIR), _thousandths(spans[-1].end + AIR)
    start = first if first - begin >= _LEAST else begin
    stop = last if end - last >= _LEAST else end
    missing = max(Fraction(0), (aim(case.profile, "A402").minimum or Fraction(0)) - (stop - start))
    stop = min(end, stop + missing)
    missing = max(Fraction(0), (aim(case.profile, "A402").minimum or Fraction(0)) - (stop - start))
    start = max(begin, start - missing)
    return Part(start, stop - start)


def _inside(spans: Sequence[Span], room: Part) -> list[Span]:
    """Take the speech that lies in a part."""
    end = room.start + room.length
    inside = (Span(max(span.start, room.start), min(span.end, end)) for span in spans)
    return sorted((span for span in inside if span.start < span.end), key=lambda span: span.start)


def _thousandths(time: Fraction) -> Fraction:
    return Fraction(floor(time * 1000), 1000)
