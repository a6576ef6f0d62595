"""The numbers behind findings about faces: those of the person whose lips move, and of the reference image."""

from collections.abc import Callable
from fractions import Fraction
from statistics import median_low

from lipready.facts.job import JobFacts
from lipready.facts.people import Look, PeopleFacts
from lipready.facts.video import VideoFacts
from lipready.gate.baseline.reading import Better, Observe, Reading, Readings, measured
from lipready.profiles.limit import Limit
from lipready.rules.pose import portrait
from lipready.rules.target import Target, exact, written
from lipready.rules.wording import within

_Bands = dict[str, Fraction]


def _target(facts: JobFacts) -> Target | None:
    file, person = facts.video, facts.target
    if file is None or not isinstance(file.people, PeopleFacts) or person is None or not person.looks:
        return None
    return Target(file, file.people, person)


def _of_target(read: Callable[[Target, _Bands], Readings]) -> Observe:
    def observe(facts: JobFacts, limit: Limit) -> Readings:
        target = _target(facts)
        return () if target is None else read(target, limit.bands)

    return observe


def _several(facts: JobFacts, _limit: Limit) -> Readings:
    seen = None if facts.video is None else facts.video.people
    # What says "at least" says no number that another could be held against.
    if not isinstance(seen, PeopleFacts) or seen.at_least:
        return ()
    return (Reading("people", Fraction(max(seen.most, seen.most_in_one_frame)), "smaller"),)


def _small(target: Target, bands: _Bands) -> Readings:
    frame = target.video.height if isinstance(target.video, VideoFacts) else 0
    heights = {id(look): look.box.height for look in target.person.looks}
    shares = {key: Fraction(height, frame) if frame > 0 else Fraction(1) for key, height in heights.items()}
    small = [
        look
        for look in target.person.looks
        if heights[id(look)] < bands["least_pixels"] or shares[id(look)] < bands["least_share"]
    ]
    if not small:
        return ()
    height = median_low(heights[id(look)] for look in small)
    share = measured("share of the height", Fraction(height, frame), "larger") if frame > 0 else ()
    part = target.share(small, target.person.looks)
    return (Reading("face height", Fraction(height), "larger"), *share, *measured("time too small", part, "smaller"))


def _turned(target: Target, bands: _Bands) -> Readings:
    yaws = [(abs(yaw), look) for look in target.person.looks if (yaw := exact(look.yaw)) is not None]
    rolls = [(abs(roll), look) for _, look in yaws if (roll := exact(look.roll)) is not None]
    # A face that lies on its side is told in words.
    if not yaws or target.seen.turned is not None or (rolls and target.median(rolls) > bands["sideways"]):
        return ()
    return (*_aside(target, yaws, bands), *_up_or_down(target, [look for _, look in yaws], bands))


def _aside(target: Target, yaws: list[tuple[Fraction, Look]], bands: _Bands) -> Readings:
    seen, middle = target.seen, target.median(yaws)
    faces = {look.time for person in seen.people for look in person.looks}
    empty = sum((seconds for time, seconds in target.stands.items() if time not in faces), Fraction(0))
    ahead = target.seconds(look for yaw, look in yaws if yaw <= bands["yaw"])
    frontal = ahead / (target.seconds(look for _, look in yaws) + empty)
    if middle <= bands["yaw"] and frontal >= bands["frontal"]:
        return ()
    return (*measured("yaw", middle, "smaller"), *measured("frontal", frontal, "larger"))


def _up_or_down(target: Target, looks: list[Look], bands: _Bands) -> Readings:
    known = [(pitch, look) for look in looks if (pitch := exact(look.pitch)) is not None]
    middle = target.median(known) if known else Fraction(0)
    if middle > bands["up"]:
        return measured("pitch", middle, "smaller")
    return measured("pitch", middle, "larger") if middle < bands["down"] else ()


def _absent(target: Target, _bands: _Bands) -> Readings:
    seen, spans = {look.time for look in target.person.looks}, sorted(target.person.spans)
    stands = target.stands
    away = [stands[time] for time in target.seen.samples if time not in seen and not within(time, spans)]
    return measured("seconds without the face", sum(away, Fraction(0)), "smaller")


def _unclear(target: Target, bands: _Bands) -> Readings:
    readings: list[Reading] = []
    for word, value_of, shows in _FAULTS:
        known = [(value, look) for look in target.person.looks if (value := value_of(look)) is not None]
        bad = [look for value, look in known if shows(value, bands)]
        share = target.share(bad, (look for _, look in known)) if known else Fraction(0)
        readings.extend(measured(f"time {word}", share, "smaller") if share > bands["share"] else ())
    return tuple(readings)


_Fault = tuple[str, Callable[[Look], Fraction | None], Callable[[Fraction, _Bands], bool]]
_FAULTS: tuple[_Fault, ...] = (
    ("blurred", lambda look: written(look.sharpness), lambda value, bands: value < bands["sharpness"]),
    ("too dark", lambda look: written(look.light), lambda value, bands: value < bands["darkest"]),
    ("too bright", lambda look: written(look.light), lambda value, bands: value > bands["brightest"]),
    ("cut", lambda look: None if look.cut is None else Fraction(look.cut), lambda value, _: value > 0),
)


def _covered(target: Target, _bands: _Bands) -> Readings:
    known = [look for look in target.person.looks if look.covered is not None]
    hidden = [look for look in known if look.covered]
    return measured("time with the mouth covered", target.share(hidden, known), "smaller") if hidden else ()


def _of_portrait(read: Callable[[Look, _Bands], Readings]) -> Observe:
    def observe(facts: JobFacts, limit: Limit) -> Readings:
        look = portrait(facts)
        return read(look, limit.bands) if isinstance(look, Look) else ()

    return observe


def _portrait_turned(look: Look, bands: _Bands) -> Readings:
    angles = {name: exact(getattr(look, name)) for name in ("yaw", "pitch", "roll")}
    return tuple(
        reading
        for name, angle in angles.items()
        if angle is not None and abs(angle) > bands[name]
        for reading in measured(name, abs(angle), "smaller")
    )


def _portrait_unclear(look: Look, bands: _Bands) -> Readings:
    readings: list[Reading] = []
    for word, value_of, shows in _FAULTS:
        value = value_of(look)
        if value is not None and shows(value, bands):
            name, better = _QUALITIES[word]
            readings.extend(measured(name, value, better))
    eyes = written(look.eye_distance)
    readings.extend(
        measured("eye distance", eyes, "larger") if eyes is not None and eyes < bands["eye_distance"] else ()
    )
    return tuple(readings)


_QUALITIES: dict[str, tuple[str, Better]] = {
    "blurred": ("sharpness", "larger"),
    "too dark": ("light", "larger"),
    "too bright": ("light", "smaller"),
    "cut": ("cuts", "smaller"),
}
FACE_OBSERVERS: dict[str, Observe] = {
    "P302": _several,
    "P303": _of_target(_small),
    "P304": _of_target(_turned),
    "P305": _of_target(_absent),
    "P306": _of_target(_unclear),
    "P308": _of_target(_covered),
    "I606": _of_portrait(_portrait_turned),
    "I607": _of_portrait(_portrait_unclear),
}
