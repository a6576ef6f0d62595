"""How the mouths of a result move while somebody speaks, beside those of the video that it was made of."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass, replace
from fractions import Fraction
from math import dist
from statistics import correlation, fmean, median, pstdev
from typing import TYPE_CHECKING

from lipready.facts.file import FileFacts
from lipready.facts.people import Look, PeopleFacts, Person
from lipready.facts.result import MouthMatch, MouthMovement, MouthSeries, Opening, Surroundings
from lipready.facts.speech import Span
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.mouth.speaker import APART_IN_TIME, RATE, by_shift
from lipready.probe.decoding.decoder import Shown
from lipready.result.outside import surroundings
from lipready.result.passage import Mouth, Passage, Stretch, Watched, joined
from lipready.result.watcher import BETWEEN, MouthWatcher, watch_stretch
from lipready.speech.channels import RATE as SOUND_RATE
from lipready.speech.voice import find_voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pair = tuple[Passage | Unmeasured, Passage | Unmeasured]
"""What a stretch shows in the result and in its source."""

Found = tuple[MouthMatch | Unmeasured, Surroundings | Unmeasured]
Descriptor = tuple[float, ...]

LENGTH, MOST = Fraction(5), 2
"""Seconds of a stretch in which mouths are followed, and how many stretches."""

SPOKEN = Fraction(2)
"""Seconds of speech that a stretch must have."""

FEWEST, FEWEST_SILENT = 2 * RATE, RATE
"""Frames of speech, and of silence, in which a mouth must be followed."""

OPENS, CLOSES = Fraction(1, 2), Fraction(1, 4)
"""Seconds before speech, of which the begin may be told 0.4 s late, and after it in which a mouth opens and closes."""

CLEARLY, IDENTICAL = 0.02, 0.97
"""Standard deviation of the opening from which on, and correlation with the source by which, a mouth is unchanged."""

AROUND = 7
"""Frames before and after one, about a second in all: what changes more slowly is the head that turns or comes near."""

CLOSED, ERRS = 0.02, 1 / 3
"""How far a closed mouth seems open, and by which power of that the mesh errs more where a mouth is wider open.

Photographs of smiles err by the square root; by that, smiles that talk seem almost still (scripts/bench/speaker.py)."""

SURELY = 0.008
"""Movement from which on a mouth surely moved, so that one stretch is enough."""

HARDLY = 0.004
"""Movement up to which a mouth may be a covered one: where nobody can tell that it is bare, nothing is said."""

FARTHEST = 15
"""Frames: lags of more than a second are not told from chance."""

GOES, ALONE = 0.75, 0.4
"""The least correlation of a mouth with its sound at its lag, and how far it must be above that at all other shifts.

By chance mouths reach 0.88 with speech of others in five seconds, and are 0.44 above all other shifts, but not both at
once: of several hundred (scripts/bench/verify_truth.py) none reaches both bounds."""

SAME_PLACE = 0.5
"""Of the height of a face: how far its centre may be from where it was in the source."""

NEARLY = Fraction(1, 2)
"""Seconds of speech less in a stretch that decodes in half the time."""


def stretches_of(speech: Sequence[Span], length: Fraction, keys: Sequence[Fraction] = ()) -> tuple[Stretch, ...]:
    """Return the stretches of a result of `length` seconds in which most is spoken, which do not overlap.

    The one with most comes first; of those with nearly as much, the one that begins soonest after a key frame is taken.
    """
    begins = [Fraction(number, 2) for number in range(max(1, int(2 * (length - LENGTH)) + 1))]
    spoken = {begin: seconds_in(speech, (begin, begin + LENGTH)) for begin in begins}
    chosen: list[Fraction] = []
    while len(chosen) < MOST:
        free = [begin for begin in begins if all(abs(begin - other) >= LENGTH for other in chosen)]
        most = max((spoken[begin] for begin in free), default=Fraction(0))
        if most < SPOKEN:
            break
        nearly = [begin for begin in free if spoken[begin] >= max(SPOKEN, most - NEARLY)]
        chosen.append(min((_lead(begin, keys), -spoken[begin], begin) for begin in nearly)[2])
    return tuple((begin, min(begin + LENGTH, length)) for begin in chosen)


def _lead(begin: Fraction, keys: Sequence[Fraction]) -> Fraction:
    """Return how many seconds have to be decoded before a stretch."""
    return begin - max((key for key in keys if key <= begin), default=begin)


def seconds_in(spans: Sequence[Span], stretch: Stretch) -> Fraction:
    """Return how many seconds of a stretch lie in spans."""
    parts = (min(span.end, stretch[1]) - max(span.start, stretch[0]) for span in spans)
    return sum((part for part in parts if part > 0), Fraction(0))


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A result's `video`, its `sound` in one channel at 16 kHz, its speech, and the stretches in which most is spoken.

    The one with most comes first.
    """

    video: VideoFacts
    sound: "NDArray[np.float32]"
    speech: tuple[Span, ...]
    stretches: tuple[Stretch, ...]


def spoken_in(result: FileFacts, source: FileFacts, sound: "NDArray[np.float32]") -> Spoken | Unmeasured:
    """Return where most is spoken in a result with a `sound`; Unmeasured where nobody speaks for long enough."""
    length = min(Fraction(len(sound), SOUND_RATE), result.length or Fraction(0))
    speech = find_voice(sound).spans(length) if len(sound) else ()
    both = length if source.length is None else min(length, source.length)
    video = result.media
    if not isinstance(video, VideoFacts):
        return Unmeasured("the result is not a video")
    stretches = stretches_of(speech, both, video.key_frames if isinstance(video.key_frames, tuple) else ())
    return Spoken(video, sound, tuple(speech), stretches) if stretches else Unmeasured("nobody speaks for long enough")


class MouthComparison(AbstractContextManager["MouthComparison"]):
    """Compares the mouths of a result with those of its source, in other threads than the result is decoded in.

    Give it the decoded frames of the result in order of time. As soon as the first stretch is over it is compared, and
    where no mouth moves clearly there, the second one is watched as well.
    """

    def __init__(self, result: FileFacts, source: FileFacts, reference: FileFacts | None, spoken: Spoken) -> None:
        """Begin with the source; where there is a reference image, it shows the speaker."""
        self._files, self._reference, self._spoken = (result, source), reference, spoken
        self._first = MouthWatcher(spoken.video, spoken.stretches[0])
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="lipready-mouths")
        self._before = self._watch(source, spoken.stretches[0])
        self._found: Future[Found] | None = None

    def __exit__(self, *_error: object) -> None:
        """Wait for the threads."""
        self._threads.shutdown(cancel_futures=True)

    def see(self, shown: Shown) -> None:
        """Look at a frame of the result. Raises ComponentError where the models can neither be found nor fetched."""
        if self._found is None:
            self._first.see(shown)
            if shown.time > self._spoken.stretches[0][1]:
                self._found = self._threads.submit(copy_context().run, self._compare)

    def found(self) -> Found:
        """Return what came out, once all of the result is decoded: of the mouths, and of what lies outside of faces.

        Unmeasured where no speaker can be followed, or what lies outside cannot be compared.
        """
        return self._compare() if self._found is None else self._found.result()

    def _watch(self, file: FileFacts, stretch: Stretch) -> "Future[Passage | Unmeasured]":
        return self._threads.submit(copy_context().run, watch_stretch, file, stretch)

    def _compare(self) -> Found:
        first, *others = self._spoken.stretches
        wanted = _descriptor(self._reference)
        pairs = {first: (self._first.passage(), self._before.result())}
        now, before = self._joined(pairs)
        mouth = _matched(now, before, self._spoken, (first,), wanted)
        if others and not (isinstance(mouth, MouthMatch) and (mouth.speaker.spoken or 0) >= SURELY):
            (second,), (result, source) = others, self._files
            watched = self._watch(source, second)
            pairs[second] = (watch_stretch(result, second), watched.result())
            now, before = self._joined(pairs)
            mouth = _matched(now, before, self._spoken, tuple(sorted(pairs)), wanted)
        return mouth, surroundings(now, before)

    def _joined(self, pairs: Mapping[Stretch, Pair]) -> tuple[Watched | Unmeasured, Watched | Unmeasured]:
        now, before = zip(*(pairs[stretch] for stretch in sorted(pairs)), strict=True)
        result, source = joined(self._files[0], now), joined(self._files[1], before)
        if isinstance(source, Unmeasured):
            source = replace(source, reason=f"in the video {source.reason}")
        return result, source


def _descriptor(reference: FileFacts | None) -> tuple[float, ...] | None:
    """Return what describes the face of a reference image, where it shows one alone."""
    from lipready.faces.people import people_in_image

    if reference is None or reference.problem is not None:
        return None
    shown = people_in_image(reference.at)
    if not isinstance(shown, PeopleFacts) or len(shown.people) != 1:
        return None
    descriptor = shown.people[0].descriptor
    return None if isinstance(descriptor, Unmeasured) else descriptor


def _matched(
    now: Watched | Unmeasured,
    before: Watched | Unmeasured,
    spoken: Spoken,
    stretches: tuple[Stretch, ...],
    wanted: Descriptor | None,
) -> MouthMatch | Unmeasured:
    """Compare the mouths of a result with those of its source in some stretches."""
    if isinstance(now, Unmeasured):
        return now
    number = _speaker(now.people, now.mouths, wanted)
    if isinstance(number, Unmeasured):
        return number
    if isinstance(before, Unmeasured):
        return before
    speech = spoken.speech
    pairs = {each: _counterpart(each, now.people, before.people) for each in now.mouths}
    moves = {each: _movement(now.mouths[each], _mouth_of(before, pairs[each]), speech) for each in now.mouths}
    speaker = now.people.person(number)
    if (moves[number].spoken or 0) <= HARDLY and speaker is not None and not bare(speaker):
        return Unmeasured("the mouth hardly moves, and may be covered: in grey pictures that cannot be told")
    mouth, then = now.mouths[number], _mouth_of(before, pairs[number])
    return MouthMatch(
        stretches=tuple(Span(begin, end) for begin, end in stretches),
        speaker=moves[number],
        others=tuple(moves[each] for each in moves if each != number),
        eyes=median(mouth.eyes),
        followed=Fraction(len(_within(mouth, speech)), RATE),
        lag=lag_of(mouth, spoken.sound, stretches),
        unchanged=then is not None and _unchanged(mouth, then),
        apart=_apart(now.people, number, before.people, pairs[number]),
        more=max(0, now.people.fewest - before.people.most),
        series=MouthSeries(
            now=tuple(mouth.openings),
            before=() if then is None else tuple(then.openings),
            speech=tuple(speech),
            looks=tuple(look for person in now.people.people if person.id == number for look in person.looks),
        ),
    )


def bare(person: Person) -> bool:
    """Return whether it is known of most looks that nothing covers the mouth, and of none that something does."""
    told = [look.covered for look in person.looks if look.covered is not None]
    return 2 * len(told) >= len(person.looks) and not any(told)


def _speaker(people: PeopleFacts, mouths: Mapping[int, Mouth], wanted: Descriptor | None) -> int | Unmeasured:
    """Return whose mouth should move: that of the reference image, the only one, or the one that moves most."""
    from lipready.faces.people import match_descriptor

    seen = {number: mouth for number, mouth in mouths.items() if len(mouth.openings) >= FEWEST}
    if not seen:
        return Unmeasured("no mouth could be followed for long enough: the faces are too small, turned or hidden")
    if wanted is not None and len(people.people) > 1:
        match = match_descriptor(wanted, people)
        if isinstance(match, Unmeasured):
            return match
        if match.alike != "same" or match.person not in seen:
            return Unmeasured("the person of the reference image could not be found for certain")
        return match.person
    return max(seen, key=lambda number: pstdev(changes_of(seen[number].openings)))


def _mouth_of(watched: Watched, number: int | None) -> Mouth | None:
    return None if number is None else watched.mouths.get(number)


def _counterpart(number: int, now: PeopleFacts, before: PeopleFacts) -> int | None:
    """Return who stands in the same place in the source at the same time."""
    person = now.person(number)
    looks = () if person is None else person.looks
    best: tuple[float, int] | None = None
    for other in before.people:
        for one in looks:
            near = min(other.looks, key=lambda look: abs(look.time - one.time), default=None)
            if near is not None and abs(near.time - one.time) <= BETWEEN:
                off = dist(_centre(one), _centre(near)) / max(1, one.box.height)
                best = min(best or (off, other.id), (off, other.id))
    return best[1] if best is not None and best[0] <= SAME_PLACE else None


def _centre(look: Look) -> tuple[float, float]:
    return look.box.left + look.box.width / 2, look.box.top + look.box.height / 2


def _within(mouth: Mouth, spans: Sequence[Span], *, inside: bool = True) -> list[Opening]:
    """Return how far a mouth is open in some spans, or outside of them, a little away from their ends."""
    before, after = (Fraction(0), Fraction(0)) if inside else (OPENS, CLOSES)
    return [
        (time, value)
        for time, value in mouth.openings
        if any(span.start - before <= time < span.end + after for span in spans) is inside
    ]


def _movement(now: Mouth, before: Mouth | None, speech: Sequence[Span]) -> MouthMovement:
    def movement(mouth: Mouth | None, *, inside: bool) -> float | None:
        openings = [] if mouth is None else _within(mouth, speech, inside=inside)
        if len(openings) < (FEWEST if inside else FEWEST_SILENT):
            return None
        mean = fmean(value for _, value in openings)
        return pstdev(changes_of(openings)) * float((CLOSED / max(mean, 1e-6)) ** ERRS)

    return MouthMovement(
        movement(now, inside=True),
        movement(now, inside=False),
        movement(before, inside=True),
        movement(before, inside=False),
    )


def changes_of(openings: Sequence[Opening]) -> list[float]:
    """Return by how much a mouth is wider open than in the second around, without single frames that are off."""
    values = [value for _, value in openings]
    calm = [median(values[max(0, number - 1) : number + 2]) for number in range(len(values))]
    return [value - fmean(calm[max(0, number - AROUND) : number + AROUND + 1]) for number, value in enumerate(calm)]


def _unchanged(now: Mouth, before: Mouth) -> bool:
    """Return whether a mouth that moves clearly does so exactly as before."""
    then = dict(before.openings)
    pairs = [(value, then[time]) for time, value in now.openings if time in then]
    if len(pairs) < FEWEST or pstdev(one for one, _ in pairs) < CLEARLY:
        return False
    return pstdev(one for _, one in pairs) > 0 and correlation(*zip(*pairs, strict=True)) >= IDENTICAL


@dataclass(frozen=True, slots=True)
class Peak:
    """Where a mouth goes best with its sound: by how many seconds it is late, the correlation there, and elsewhere.

    `rival` is the highest correlation at shifts that are clearly other ones.
    """

    lag: Fraction
    alike: float
    rival: float

    @property
    def clear(self) -> bool:
        """Whether the lag can be told."""
        return self.alike >= GOES and self.alike - self.rival >= ALONE


def lag_of(mouth: Mouth, sound: "NDArray[np.float32]", stretches: Sequence[Stretch]) -> Fraction | Unmeasured:
    """Return by how much a mouth is late, where its correlation with the sound has one clear peak."""
    peak = peak_of(mouth, sound, stretches)
    if peak is not None and peak.clear:
        return peak.lag
    return Unmeasured("the mouth does not move with the sound so clearly that a lag could be told")


def peak_of(mouth: Mouth, sound: "NDArray[np.float32]", stretches: Sequence[Stretch]) -> Peak | None:
    """Return where a mouth goes best with the sound; None where it was seen too shortly, or that is FARTHEST away."""
    found = []
    for begin, end in stretches:
        openings = [each for each in mouth.openings if begin <= each[0] <= end]
        part = by_shift(openings, sound[round(begin * SOUND_RATE) : round(end * SOUND_RATE)], (begin, end))
        if part is not None:
            found.append(part[1])
    if not found:
        return None
    all_shifts = {shift: sum(each[shift] for each in found) / len(found) for shift in found[0]}
    alike = {shift: value for shift, value in all_shifts.items() if abs(shift) <= FARTHEST}
    best = max(alike, key=lambda shift: alike[shift])
    if abs(best) == FARTHEST:
        return None
    rival = max(value for shift, value in all_shifts.items() if abs(shift - best) > APART_IN_TIME)
    left, middle, right = (alike[best + step] for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    peak = best + (0.5 * (left - right) / bend if bend < 0 else 0.0)
    # A mouth that is late goes with the sound of before.
    return Peak(Fraction(round(-1000 * peak / RATE), 1000), alike[best], rival)


def _apart(now: PeopleFacts, number: int, before: PeopleFacts, other: int | None) -> float | Unmeasured:
    """Return how far the descriptors of a person in the result and in the source are from each other."""
    people = now.person(number), before.person(other)
    if people[0] is None or people[1] is None:
        return Unmeasured("the speaker was not found in the video")
    one, two = (each.descriptor for each in people if each is not None)
    if isinstance(one, Unmeasured) or isinstance(two, Unmeasured):
        return one if isinstance(one, Unmeasured) else two if isinstance(two, Unmeasured) else Unmeasured("")
    return dist(one, two)
