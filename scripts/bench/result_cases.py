"""Results with what is wrong with them, for `verify_truth.py`: made of the pictures and sounds of `studio.results`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from occluders import OCCLUDERS, changed, covered

from studio import encoder
from studio.results import (
    GOOD,
    POOR,
    Picture,
    Talk,
    held,
    moved_lips,
    noisy,
    with_sound,
    write_pause,
    write_pictures,
    write_shifted,
)

Fault = Literal["still", "shifted", "differs", "lag", "silence", "other mouth", "person", "faces", "frozen"]
"""What may be wrong with a result: the speaker's mouth does not move; the sound is not where it was in what was sent,
or is another one; the mouth moves before or after it, or while nobody speaks; somebody else's mouth moves; the speaker
is another person; there are more people; it is black or stands still."""

SHIFTS = (-500, -200, -80, 80, 200, 500)
"""Milliseconds by which sound comes too late."""

SEEN = 200
"""Milliseconds from which on a mouth that is apart from its sound is told from one that is not."""

PAUSE = Fraction(2), Fraction(4)
"""Seconds between which nobody speaks in a sound with a pause."""

HIDING, SHOWING = ("microphone", "blue mask"), ("beard", "low light", "blur")
"""What is painted over faces: of a hidden mouth nothing should be said, of a visible one the truth."""

LEAST_EYES, PAINTED = 40, 80
"""Pixels between the outer corners of the eyes: of smaller faces nothing is said; and of faces that are painted."""


@dataclass(frozen=True, slots=True)
class Case:
    """A result with what it is: its `kind`, the files of its job, and what is wrong with it.

    `late` are the milliseconds by which its mouth comes after its sound, None where they do not belong together: there
    is no lag to be told. `open` are faults of which either may be said.
    """

    kind: str
    result: Path
    video: Path
    audio: Path
    faults: frozenset[Fault] = frozenset()
    late: int | None = None
    reference: Path | None = None
    open: frozenset[Fault] = frozenset()


@dataclass(frozen=True, slots=True)
class Sounds:
    """What was sent (a WAV file as `encoder.read_wave` has it), whether the clip says it, and other speech."""

    sent: Path
    own: bool
    other: Path


_STILL: frozenset[Fault] = frozenset({"still"})
_FROZEN: frozenset[Fault] = frozenset({"frozen"})
"""A picture may stand still without its mouth: either may be said."""


def talking(talk: Talk, sounds: Sounds, folder: Path) -> Iterator[Case]:
    """Write results of somebody who talks: as it is, the same with a held mouth, and with moved lips."""
    sound, late = sounds.sent, 0 if sounds.own else None
    quiet_pictures = held(talk)
    moved = write_pictures(talk.pictures, talk.rate, GOOD, folder / "talking.mp4")
    quiet = write_pictures(quiet_pictures, talk.rate, GOOD, folder / "quiet.mp4")
    yield Case("moved", with_sound(moved, sound, folder / "moved.mp4"), quiet, sound, late=late)
    yield Case("moved, as before", with_sound(moved, sound, folder / "same.mp4"), moved, sound, late=late)
    yield Case("held", with_sound(quiet, sound, folder / "held.mp4"), moved, sound, _STILL, open=_FROZEN)
    yield Case("held, as before", with_sound(quiet, sound, folder / "held-same.mp4"), quiet, sound, _STILL)
    strange = with_sound(moved, sounds.other, folder / "strange.mp4")
    yield Case("sound of another clip", strange, quiet, sound, frozenset({"differs"}))
    yield Case("sent sound of another clip", strange, quiet, sounds.other)
    if talk.eyes < LEAST_EYES:
        return
    lips = moved_lips(quiet, sound, folder / "lips.mp4")
    yield Case("lips by the sound", lips, quiet, sound, late=0)
    yield from _beside(lips, quiet, sound, "lips")
    if sounds.own:
        yield from _beside(moved, quiet, sound, "talking")
    yield from _pauses(moved, quiet, sound, folder)
    yield from _stops(talk, sound, late, folder)
    yield from _seen_otherwise(talk, quiet_pictures, sound, late, folder)


def listening(talk: Talk, sound: Path, folder: Path, *, what: str, frontal: bool) -> Iterator[Case]:
    """Write results of somebody who does not talk: as it is, and with lips that move (if `frontal`)."""
    quiet = write_pictures(talk.pictures, talk.rate, GOOD, folder / "quiet.mp4")
    yield Case(what, with_sound(quiet, sound, folder / "still.mp4"), quiet, sound, _STILL)
    unsure: frozenset[Fault] = frozenset(set() if frontal else {"still", "lag"})
    lips = moved_lips(quiet, sound, folder / "lips.mp4")
    yield Case(f"{what}, lips by the sound", lips, quiet, sound, late=0, open=unsure)
    after = write_shifted(sound, SEEN, folder / "after.wav")
    late = with_sound(lips, after, folder / "late.mp4")
    yield Case(f"{what}, lips {-SEEN:+} ms", late, quiet, after, frozenset({"lag"}), -SEEN, open=unsure)


def _beside(picture: Path, video: Path, sound: Path, what: str) -> Iterator[Case]:
    """Write results whose mouth moves before or after its sound, which was sent so, or (of a talker) was not."""
    for shift in SHIFTS:
        after = write_shifted(sound, shift, picture.parent / f"sound{shift:+}.wav")
        result = with_sound(picture, after, picture.parent / f"{what}{shift:+}.mp4")
        lag: frozenset[Fault] = frozenset({"lag"} if abs(shift) >= SEEN else set())
        yield Case(f"{what}, mouth {-shift:+} ms", result, video, after, lag, -shift)
        if what == "talking":
            yield Case(f"{what}, sound {shift:+} ms", result, video, sound, lag | {"shifted"}, -shift)


def _pauses(moved: Path, quiet: Path, sound: Path, folder: Path) -> Iterator[Case]:
    pause = write_pause(sound, *PAUSE, folder / "pause.wav")
    result = with_sound(moved, pause, folder / "pause.mp4")
    yield Case("moved in a pause", result, quiet, pause, frozenset({"silence"}))
    yield Case("moved in a pause, as before", result, moved, pause)
    yield Case("lips by a sound with a pause", moved_lips(quiet, pause, folder / "rest.mp4"), quiet, pause, late=0)


def _stops(talk: Talk, sound: Path, late: int | None, folder: Path) -> Iterator[Case]:
    """Write a picture that is black for a second, or stands still for one and a half, and the same as it was before."""
    begin, moved = round(talk.rate), folder / "talking.mp4"
    for what, count in (("black", round(talk.rate)), ("frozen", round(1.5 * talk.rate))):
        pictures = list(talk.pictures)
        put = np.zeros_like(pictures[0]) if what == "black" else pictures[begin]
        pictures[begin : begin + count] = [put] * len(pictures[begin : begin + count])
        stopped = write_pictures(pictures, talk.rate, GOOD, folder / f"{what}.mp4")
        result = with_sound(stopped, sound, folder / f"{what}-sound.mp4")
        yield Case(what, result, moved, sound, frozenset({"frozen"}), late)
        yield Case(f"{what}, as before", result, stopped, sound, late=late)


def _seen_otherwise(
    talk: Talk, quiet: Sequence[Picture], sound: Path, late: int | None, folder: Path
) -> Iterator[Case]:
    """Write a mouth that moves, and one that is held, in pictures that are harder to see."""
    ways: dict[str, Callable[[Sequence[Picture], Path], Path]] = {
        "coded badly": lambda pictures, path: write_pictures(pictures, talk.rate, POOR, path),
        "twice the frame rate": lambda pictures, path: write_pictures(_doubled(pictures), 2 * talk.rate, GOOD, path),
        "turned on screen": lambda pictures, path: _turned(pictures, talk.rate, path),
        "half the size": lambda pictures, path: write_pictures(_shrunk(pictures, 0.5), talk.rate, GOOD, path),
    }
    for kind in (*SHOWING, *HIDING):
        ways[kind] = lambda pictures, path, kind=kind: write_pictures(
            list(_painted(kind, pictures, talk)), talk.rate, GOOD, path
        )
    for number, (kind, write) in enumerate(ways.items()):
        pair = [write(each, folder / f"{number}{name}.mp4") for name, each in (("m", talk.pictures), ("h", quiet))]
        moved, rest = (with_sound(each, sound, folder / f"{each.stem}-sound.mp4") for each in pair)
        hidden: frozenset[Fault] = frozenset({"lag", "person"} if kind in HIDING else set())
        yield Case(f"moved, {kind}", moved, pair[1], sound, late=late, open=hidden)
        yield Case(f"held, {kind}", rest, pair[0], sound, _STILL, open=hidden | _FROZEN)


def _doubled(pictures: Sequence[Picture]) -> list[Picture]:
    pairs = zip(pictures, [*pictures[1:], pictures[-1]], strict=True)
    return [picture for one, after in pairs for picture in (one, cv2.addWeighted(one, 0.5, after, 0.5, 0))]


def _shrunk(pictures: Sequence[Picture], scale: float) -> list[Picture]:
    height, width = (round(side * scale) // 2 * 2 for side in pictures[0].shape[:2])
    return [cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA) for picture in pictures]


def _turned(pictures: Sequence[Picture], rate: Fraction, path: Path) -> Path:
    lying = write_pictures([np.rot90(picture) for picture in pictures], rate, GOOD, path.with_suffix(".lying.mp4"))
    encoder.turn_on_screen(lying, -90, path)
    return path


def _painted(kind: str, pictures: Sequence[Picture], talk: Talk) -> Iterator[Picture]:
    """Yield the pictures with the same thing on the face in each, or in less light, with the noise of a camera.

    They are shrunk first, which saves time.
    """
    scale, noise = min(1.0, PAINTED / talk.eyes), np.random.default_rng(1)
    for picture, mesh in zip(_shrunk(pictures, scale), talk.meshes, strict=True):
        if kind == "low light":
            yield noisy(picture, noise, light=0.25)
        elif mesh is None:
            yield picture
        else:
            paint = covered if kind in OCCLUDERS else changed
            yield paint(kind, picture, mesh.points[:, :2] * scale, np.random.default_rng(5))


def beside(one: Talk, two: Talk, sound: Path, folder: Path) -> Iterator[Case]:
    """Write two people side by side: who was asked for moves the mouth, then the other, then there was one only."""
    count = min(len(one.pictures), len(two.pictures))
    height = min(one.pictures[0].shape[0], two.pictures[0].shape[0]) // 2 * 2
    sides = [
        [_of_height(p, height) for p in each[:count]] for each in (one.pictures, held(one), two.pictures, held(two))
    ]
    sides.append([cv2.GaussianBlur(picture, (0, 0), height / 6) for picture in sides[3]])
    reference = folder / "reference.png"
    cv2.imwrite(str(reference), sides[1][0][..., ::-1])

    def put(left: int, right: int, name: str) -> Path:
        pairs = [np.hstack(pair) for pair in zip(sides[left], sides[right], strict=True)]
        return write_pictures(pairs, one.rate, GOOD, folder / name)

    video, alone = put(1, 3, "two.mp4"), put(1, 4, "alone.mp4")
    right = with_sound(put(0, 3, "right.mp4"), sound, folder / "right-sound.mp4")
    wrong = with_sound(put(1, 2, "wrong.mp4"), sound, folder / "wrong-sound.mp4")
    yield Case("two people, the right mouth", right, video, sound, reference=reference)
    faults: frozenset[Fault] = frozenset({"still", "other mouth"})
    yield Case("two people, the other mouth", wrong, video, sound, faults, reference=reference)
    yield Case("a person more", right, alone, sound, frozenset({"faces"}), reference=reference)


def another(
    one: Sequence[Picture], two: Sequence[Picture], rate: Fraction, sound: Path, folder: Path
) -> Iterator[Case]:
    """Write a video of one person and a result in which somebody else is in the same place."""
    size = one[0].shape[1], one[0].shape[0]
    video = write_pictures(one, rate, GOOD, folder / "one.mp4")
    result = write_pictures(
        [cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in two], rate, GOOD, folder / "b.mp4"
    )
    returned = with_sound(result, sound, folder / "another.mp4")
    yield Case("another person", returned, video, sound, frozenset({"person"}), open=_STILL | {"faces"})


def _of_height(picture: Picture, height: int) -> Picture:
    width = round(picture.shape[1] * height / picture.shape[0]) // 2 * 2
    shown: Picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return shown
