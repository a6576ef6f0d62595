"""Rules about the direction of a face: in the video, and in the reference image."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from lipready.facts.file import FileFacts
from lipready.facts.people import Look
from lipready.facts.quantity import exactly, number
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import portrayed, watched
from lipready.rules.readings import Readings, measured, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, of_file
from lipready.rules.target import Bands, Target, exact, of_target, place
from lipready.rules.wording import name_of, named, percent


def portrait(image: FileFacts) -> Look | Unmeasured:
    """Return the one face that a picture shows.

    Unmeasured where it was not examined, or does not show exactly one face (which I605 judges).
    """
    if isinstance(image.people, Unmeasured):
        return image.people
    looks = [look for person in image.people.people for look in person.looks[:1]]
    if image.people.count != 1 or len(looks) != 1:
        return Unmeasured("the picture does not show exactly one face")
    return looks[0]


# Turns a function of (reference image, its one face, limit) into a rule; without an image nothing is judged.
of_portrait = of_file("reference", portrait)
_UNKNOWN = Unmeasured("the direction of the face could not be measured")
# Degrees: beyond that the mesh compresses every angle (a true 90 reads 35 to 55).
_LARGEST_TRUE = 30
_Angle = Literal["yaw", "pitch", "roll"]
_ANGLES: tuple[_Angle, ...] = ("yaw", "pitch", "roll")
_PROFILE = " (in profile)"


def _turned(target: Target, limit: Limit) -> Readings:
    looks = [look for _, look in _known(target.person.looks, "yaw")]
    # A face that lies on its side is told in words.
    if not looks or _lying(target, looks, limit.bands["sideways"]):
        return ()
    return (*_aside(target, looks, limit.bands), *_pitch(target, looks, limit.bands))


def _aside(target: Target, looks: list[Look], bands: Bands) -> Readings:
    middle, frontal = _from_the_front(target, looks, bands)
    if middle <= bands["yaw"] and frontal >= bands["frontal"]:
        return ()
    return (*measured("yaw", middle, "smaller"), *measured("frontal", frontal, "larger"))


def _pitch(target: Target, looks: list[Look], bands: Bands) -> Readings:
    known = _known(looks, "pitch")
    middle = target.median(known) if known else Fraction(0)
    if middle > bands["up"]:
        return measured("pitch", middle, "smaller")
    return measured("pitch", middle, "larger") if middle < bands["down"] else ()


@rule(
    "P304",
    needs="pixels",
    valid=lambda: (
        watched(lambda _: {"yaw": -20.0, "pitch": 25.0, "roll": 45.0}),
        watched(lambda i: {"yaw": 40.0 if i in range(10) else 5.0, "pitch": -20.0}),
        watched(lambda i: None if i in range(10) else {}),
    ),
    invalid=lambda: (
        watched(lambda _: {"yaw": -20.5}),
        watched(lambda i: {"yaw": 40.0 if i in range(11) else 0.0}),
        watched(lambda i: None if i in range(11) else {}),
        watched(lambda i: {"yaw": 50.0 if i in range(17) else 0.0}),
        watched(lambda _: {"pitch": -20.5}),
        watched(lambda _: {"pitch": 25.5}),
        watched(lambda _: {"roll": 80.0}),
        watched(lambda _: {}, turned=90),
    ),
)
@of_target
@with_readings(_turned)
def face_not_frontal(target: Target, limit: Limit) -> Verdicts:
    """Warn of a face that is turned away for most of the clip.

    What it checks
        Yaw, pitch and roll of the speaker's face, from its mesh. A clip is frontal where the
        median yaw is at most `yaw` degrees to either side, and where it is seen so for a share of at least `frontal` of
        the time; under `hardly` it is hardly seen from the front. Time without any face counts as not frontal, time
        that shows only others does not count. The median pitch must lie between `down` and `up`; beyond `sideways`
        of roll the head lies on its side. Above 30° a reading means "in profile" or "turned far", not degrees.

    Why it matters
        The mouth is drawn as it is seen from the front: on a turned face it slips, smears, or does not move.

    What the provider says
        DashScope: a frontal face, no strong side angle; it gives no number. The numbers are those that told frontal
        faces from profiles on 214 pictures: all frontal ones read at most 21, all profiles at least 31.

    How to repair
        Take a clip in which the speaker looks into the camera; turn a clip upright that lies on its side.
    """
    looks = [look for _, look in _known(target.person.looks, "yaw")]
    if not looks:
        yield _UNKNOWN
        return
    if _lying(target, looks, limit.bands["sideways"]):
        yield from _sideways(target, looks, limit)
        return
    yield from _sidewards(target, looks, limit)
    yield from _up_or_down(target, looks, limit)


def _known(looks: Iterable[Look], angle: _Angle) -> list[tuple[Fraction, Look]]:
    """Return an angle of each look in which it was measured."""
    return [(value, look) for look in looks if (value := exact(getattr(look, angle))) is not None]


def _lying(target: Target, looks: list[Look], bound: Fraction) -> bool:
    rolls = [(abs(roll), look) for roll, look in _known(looks, "roll")]
    return target.seen.turned is not None or (bool(rolls) and target.median(rolls) > bound)


def _sideways(target: Target, looks: list[Look], limit: Limit) -> Verdicts:
    turned = target.seen.turned
    how = f" by {turned}° clockwise" if turned is not None else ""
    message = (
        f"{target.sentence} lies on its side: most face models find no upright mouth in it. Turn the clip{how} first."
    )
    allowed = f"tilted by at most {exactly(limit.bands['sideways'])}°"
    where = place(target.when(looks), looks[0])
    yield finding(limit, target.file, message, measured="lies on its side", allowed=allowed, where=where)


def _sidewards(target: Target, looks: list[Look], limit: Limit) -> Verdicts:
    bands = limit.bands
    middle, frontal = _from_the_front(target, looks, bands)
    if middle <= bands["yaw"] and frontal >= bands["frontal"]:
        return
    aside = [(yaw, look) for look in looks if (yaw := _yaw(look)) > bands["yaw"]]
    share = percent(frontal, (bands["frontal"], bands["hardly"]))
    seldom = f"hardly ever seen from the front (in {share} of the time)"
    often = f"seen from the front in only {share} of the time"
    times, turned = target.when([look for _, look in aside]), ""
    if aside:
        typical = degrees(target.median(aside), bands["yaw"], _PROFILE)
        turned = f"; it is turned aside in {named(times)}, by {typical}"
    message = (
        f"{target.sentence} is {seldom if frontal < bands['hardly'] else often}{turned}. Take a clip in which the "
        "speaker looks into the camera."
    )
    measured = f"frontal in {share}, median yaw {degrees(middle, bands['yaw'])}"
    allowed = f"frontal in ≥ {percent(bands['frontal'], (bands['frontal'],))}, median yaw ≤ {exactly(bands['yaw'])}°"
    where = place(times, aside[0][1] if aside else looks[0])
    yield finding(limit, target.file, message, measured=measured, allowed=allowed, where=where)


def _from_the_front(target: Target, looks: list[Look], bands: Bands) -> tuple[Fraction, Fraction]:
    """Return the median yaw of some looks, in degrees to either side, and the share of the time within the band."""
    middle = target.median([(_yaw(look), look) for look in looks])
    ahead = target.seconds(look for look in looks if _yaw(look) <= bands["yaw"])
    return middle, ahead / (target.seconds(looks) + _without_anybody(target))


def _yaw(look: Look) -> Fraction:
    return abs(exact(look.yaw) or Fraction(0))


def _without_anybody(target: Target) -> Fraction:
    """Return for how many seconds no face was found: the person's may be turned away."""
    seen = {look.time for person in target.seen.people for look in person.looks}
    return sum((seconds for time, seconds in target.stands.items() if time not in seen), Fraction(0))


def _up_or_down(target: Target, looks: list[Look], limit: Limit) -> Verdicts:
    known = _known(looks, "pitch")
    if not known:
        return
    down, up = limit.bands["down"], limit.bands["up"]
    middle = target.median(known)
    if down <= middle <= up:
        return
    way, off = ("down", [look for pitch, look in known if pitch < down])
    if middle > up:
        way, off = ("up", [look for pitch, look in known if pitch > up])
    times = target.when(off)
    reading = degrees(abs(middle), abs(down) if way == "down" else up)
    message = (
        f"{target.sentence} looks {way} in {named(times)} (median {reading}). Take a clip in which the speaker looks "
        "into the camera."
    )
    measured = f"median pitch {reading} {way}"
    allowed = f"pitch {exactly(down)}° to {exactly(up)}°"
    yield finding(limit, target.file, message, measured=measured, allowed=allowed, where=place(times, off[0]))


def degrees(angle: Fraction, near: Fraction, beyond: str = "") -> str:
    """Write an angle; beyond what the mesh can tell apart only that, and what it means."""
    if angle > _LARGEST_TRUE:
        return f"more than {_LARGEST_TRUE}°{beyond}"
    return f"{number(angle, (near, Fraction(_LARGEST_TRUE)), 0)}°"


def _angles(look: Look) -> dict[_Angle, Fraction]:
    return {name: angle for name in _ANGLES for angle, _ in _known([look], name)}


def _portrait_turned(_image: FileFacts, look: Look, limit: Limit) -> Readings:
    off = {name: abs(angle) for name, angle in _angles(look).items() if abs(angle) > limit.bands[name]}
    return tuple(reading for name, angle in off.items() for reading in measured(name, angle, "smaller"))


@rule(
    "I606",
    needs="pixels",
    valid=lambda: (portrayed(yaw=20.0, pitch=-20.0, roll=20.0),),
    invalid=lambda: (portrayed(yaw=-20.5), portrayed(pitch=21.0), portrayed(roll=25.0), portrayed(yaw=44.0)),
)
@of_portrait
@with_readings(_portrait_turned)
def image_face_not_frontal(image: FileFacts, found: Look, limit: Limit) -> Verdicts:
    """Warn of a reference image that does not show its face from the front.

    What it checks
        Yaw, pitch and roll of the one face, each against its band in degrees; beyond `rejected` the face counts as
        turned away. Above 30° a reading means "turned far", not degrees.

    Why it matters
        The face is compared with those in the video: one that is turned away matches nobody, and the job fails, or
        matches the wrong person.

    What the provider says
        DashScope: one clear frontal face ("需包含一张清晰的人物正脸"); it gives no number. EvoLink asks for the front
        face of the target.

    How to repair
        Take another picture, or let `prepare --person N` (or `lipready reference`) find a frontal frame of the clip.
    """
    known = _angles(found)
    if not known:
        yield _UNKNOWN
        return
    bounds = {name: limit.bands[name] for name in _ANGLES}
    off = {name: abs(angle) for name, angle in known.items() if abs(angle) > bounds[name]}
    if not off:
        return
    words = {name: degrees(angle, bounds[name], _PROFILE if name == "yaw" else "") for name, angle in off.items()}
    measured = ", ".join(f"{name} {words[name]}" for name in off)
    away = max(off.values()) > limit.bands["rejected"]
    verdict = "is turned away, so that it may match nobody" if away else "is not seen quite from the front"
    advice = "Take another picture, or name the speaker to `prepare` by number: it takes a frontal one from the clip."
    message = f"The face in {name_of(image)} {verdict} ({measured}). {advice}"
    allowed = ", ".join(f"{name} ≤ {exactly(bound)}°" for name, bound in bounds.items())
    yield finding(limit, image, message, measured=measured, allowed=allowed, where=place((), found))
