"""Whose mouth moves with the sound of a video: a suggestion, never a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.errors import ProbeError
from lipready.facts.people import Front, PeopleFacts, Person, appearances, background
from lipready.facts.result import Opening
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.mouth.opening import openings_of
from lipready.probe.source import examine
from lipready.speech.blocks import too_long
from lipready.speech.channels import RATE as SOUND_RATE
from lipready.speech.channels import MonoFeeder
from lipready.speech.voice import find_voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Series = NDArray[np.float64]

Stretch = tuple[Fraction, Fraction]

LENGTH, SHORTEST = Fraction(9), Fraction(5)
"""Seconds that are looked at, and that two people must be seen together for."""

RATE = 15
"""Frames a second: syllables come four or five times a second."""

MOST_PEOPLE = 4
"""More faces in one stretch cost more than two seconds, and chance finds a likely one among many."""

LOW, HIGH = 250.0, 3400.0
"""Hertz: where speech is, and most hum and hiss is not."""

FOLLOWED = Front(Fraction(1, 20), Fraction(30))
"""Whose mouths can be followed: of smaller faces, and of profiles, the mesh does not say how far the mouth is open."""

STILL = 0.02
"""Standard deviation of the opening; still mouths read 0.001–0.015, talking ones 0.03–0.09 (design, section 11)."""

AGREES, APART, ABOVE = 0.45, 0.2, 0.15
"""The least correlation, how far it must be above everybody else's, and above the same mouth's at other times.

Of 306 pairs of a real moving mouth and somebody else's speech (scripts/bench/who_speaks.py) 3 reach the first, 3 the
last, none both. Many who do speak fail them too (design, section 11: 0.3–0.45): a wrong name is worse than none."""

NEAR, FAR = 2, 45
"""Frames: by how much sound may be early or late, and up to which shift the same mouth is compared at other times."""

APART_IN_TIME = 6
"""Frames of shift from which on sound and mouth do not belong together."""

STEPS, RANGE = 240, 40.0
"""Levels a second that are taken, and dB under the loudest below which all is silence."""

LEAST_FRAMES = int(SHORTEST * RATE * Fraction(3, 5))

SPOKEN = 0.25
"""The least share of the stretch in which a voice is heard: music too may follow a mouth."""


def speaker_of(path: str, video: VideoFacts, people: PeopleFacts) -> int | Unmeasured | None:
    """Return the id of the person whose mouth moves with the sound track of a video, as far as that stands clear.

    None where the question does not arise: fewer than two people are in front, or there is no sound. Costs about two
    seconds for two people, however long the video is.
    """
    front = in_front(people, video)
    if len(front) <= 1 or not video.sound_tracks:
        return None
    length = None if isinstance(video.duration, Unmeasured) else video.duration.believed
    # All of the sound is decoded, up to the end.
    if length is not None and (refusal := too_long(length)) is not None:
        return refusal
    seen = _together(front, people, length)
    if isinstance(seen, Unmeasured):
        return seen
    stretch, those = seen
    sound = speech_of(path, stretch)
    if isinstance(sound, Unmeasured):
        return sound
    try:
        openings = openings_of(path, video, those, stretch, RATE)
    except ProbeError as error:
        return Unmeasured(f"the video {error}", transient=error.transient)
    return clearest([agreement(each.id, openings[each.id], sound, stretch) for each in those])


def in_front(people: PeopleFacts, video: VideoFacts) -> tuple[Person, ...]:
    """List who is near and frontal enough to be driven."""
    behind = {person.id for person in background(people, video.height, FOLLOWED)}
    return tuple(person for person in people.people if person.id not in behind)


def _together(
    front: Sequence[Person], people: PeopleFacts, end: Fraction | None
) -> tuple[Stretch, list[Person]] | Unmeasured:
    """Find the stretch in which most people are seen for longest, if two are, and who is seen in it for long enough."""
    seen = {person.id: appearances(person, people, end) for person in front}
    best: tuple[Fraction, Fraction, list[Person]] | None = None
    for begin in sorted({start for spans in seen.values() for start, _ in spans}):
        seconds = {number: _seconds(spans, begin, begin + LENGTH) for number, spans in seen.items()}
        those = [person for person in front if seconds[person.id] >= SHORTEST]
        total = sum((seconds[person.id] for person in those), Fraction(0))
        if len(those) > 1 and (best is None or total > best[0]):
            best = (total, begin, those)
    if best is None:
        return Unmeasured(f"no two people are seen together for {SHORTEST} seconds")
    if len(best[2]) > MOST_PEOPLE:
        return Unmeasured(f"more than {MOST_PEOPLE} people are seen together")
    return (best[1], best[1] + LENGTH), best[2]


def _seconds(spans: Sequence[Stretch], begin: Fraction, end: Fraction) -> Fraction:
    parts = (min(stop, end) - max(start, begin) for start, stop in spans)
    return sum((part for part in parts if part > 0), Fraction(0))


def speech_of(path: str, stretch: Stretch) -> "NDArray[np.float32] | Unmeasured":
    """Return a stretch of the sound that a player would play, on the time line of the picture (16 kHz, one channel).

    Unmeasured where hardly a voice is heard in it.
    """
    meter = MonoFeeder()
    heard = examine(path, "audio", quick=False, consumer=meter)
    if isinstance(heard.media, Unmeasured):
        return Unmeasured(f"the sound track {heard.media.reason}", transient=heard.media.transient)
    whole = meter.heard()
    if isinstance(whole, Unmeasured):
        return whole
    begin, end = (round(time * SOUND_RATE) for time in stretch)
    sound = whole[begin:end]
    spoken = find_voice(sound).spans(Fraction(len(sound), SOUND_RATE)) if len(sound) else ()
    share = sum((span.end - span.start for span in spoken), Fraction(0)) / (stretch[1] - stretch[0])
    return sound if share >= SPOKEN else Unmeasured("next to nobody speaks in the sound while people are seen together")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one mouth goes with the sound: the standard deviation of its opening, the correlation of both, and the
    highest correlation when the sound is moved by so much that they do not belong together.
    """  # noqa: D205

    person: int
    moves: float
    together: float
    elsewhere: float


def agreement(
    person: int,
    openings: Sequence[Opening],
    sound: "NDArray[np.float32]",
    stretch: Stretch,
) -> Agreement | None:
    """Compare a mouth with the sound of a stretch; None where it was seen for too little of it."""
    found = by_shift(openings, sound, stretch)
    if found is None:
        return None
    moves, alike = found
    return Agreement(
        person,
        moves,
        max(value for shift, value in alike.items() if abs(shift) <= NEAR),
        max(value for shift, value in alike.items() if abs(shift) > APART_IN_TIME),
    )


def by_shift(
    openings: Sequence[Opening], sound: "NDArray[np.float32]", stretch: Stretch
) -> tuple[float, Mapping[int, float]] | None:
    """Return the standard deviation of a mouth's opening, and its correlation with the sound by shift.

    At a shift of n frames (RATE a second) the mouth is held against sound that comes n frames later. None where the
    mouth was seen for too little of the stretch.
    """
    import numpy as np

    times = np.array([float(time - stretch[0]) for time, _ in openings])
    if len(times) <= 1:
        return None
    grid = np.arange(int((times[-1] - times[0]) * RATE)) / RATE + times[0]
    # Where the face was lost for a while nothing is made up.
    known = np.abs(grid[:, None] - times[None]).min(axis=1) <= 1.5 / RATE
    if known.sum() < LEAST_FRAMES:
        return None
    opening = np.interp(grid, times, [value for _, value in openings])
    level = _level(sound)
    alike = {
        shift: _correlation(opening, np.interp(grid + shift / RATE, *level, left=np.nan, right=np.nan), known)
        for shift in range(-FAR, FAR + 1)
    }
    return float(opening[known].std()), alike


def _level(sound: "NDArray[np.float32]") -> "tuple[Series, Series]":
    """Return times in seconds and there the level of what is between LOW and HIGH, in dB over the quietest that counts.

    Each is the mean of as long as a frame stands.
    """
    import numpy as np

    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SOUND_RATE)
    spectrum[(hertz < LOW) | (hertz > HIGH)] = 0
    step, span = SOUND_RATE // STEPS, STEPS // RATE
    energy = np.fft.irfft(spectrum, len(sound))[: len(sound) // step * step] ** 2
    energy = np.convolve(energy.reshape(-1, step).mean(axis=1), np.ones(span) / span, mode="same")
    level = 10 * np.log10(np.maximum(energy, energy.max() * 10 ** (-RANGE / 10)) + 1e-12)
    # A step is a whole number of samples, and not quite a STEPS-th of a second.
    return (np.arange(len(level)) + 0.5) * step / SOUND_RATE, level


def _correlation(opening: "Series", level: "Series", known: "NDArray[np.bool_]") -> float:
    """Return Pearson's coefficient where both are known; 0 where too little is, or one does not change."""
    import numpy as np

    both = known & np.isfinite(level)
    if both.sum() < LEAST_FRAMES:
        return 0.0
    mouth, voice = opening[both] - opening[both].mean(), level[both] - level[both].mean()
    size = float(np.sqrt((mouth**2).sum() * (voice**2).sum()))
    return float((mouth * voice).sum()) / size if size > 0 else 0.0


def clearest(measured: Sequence[Agreement | None]) -> int | Unmeasured:
    """Return whose mouth goes with the sound, where it is one of several and stands clear of all the others."""
    if None in measured:
        return Unmeasured("a mouth could not be followed for long enough")
    best, *others = sorted((each for each in measured if each is not None), key=lambda each: -each.together)
    if best.moves < STILL:
        return Unmeasured("no mouth that moves goes with the sound")
    if best.together < AGREES or best.together - best.elsewhere < ABOVE:
        return Unmeasured("no mouth moves clearly with the sound")
    if any(best.together - other.together < APART for other in others):
        return Unmeasured("more than one mouth moves with the sound")
    return best.person
