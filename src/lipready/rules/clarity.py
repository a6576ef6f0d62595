"""Rules about how well a face can be seen: in the video, and in the reference image."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.file import FileFacts
from lipready.facts.finding import Better
from lipready.facts.people import Look
from lipready.facts.quantity import exactly, number
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import portrayed, watched
from lipready.rules.pose import of_portrait
from lipready.rules.readings import Readings, measured, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding
from lipready.rules.target import Bands, Target, of_target, place, written
from lipready.rules.wording import listing, name_of, named, percent


@dataclass(frozen=True, slots=True)
class _Defect:
    """One way not to be seen well: a quality of a look beyond a band, of which more or less is `better`.

    `what` names the quality where it is unknown. Readings call the time of the defect `time {short}`, its value `name`.
    """

    word: str
    quality: Literal["sharpness", "light", "cut", "eye_distance"]
    what: str
    better: Better
    band: str
    short: str
    name: str
    unit: str = ""

    def reads(self, look: Look) -> Fraction | None:
        """Return the quality of a look; None where it was not measured."""
        value: float | None = getattr(look, self.quality)
        return None if value is None else written(float(value))

    def shows(self, value: Fraction, bands: Bands) -> bool:
        """Return whether a look that reads so has the defect; no look may be cut."""
        bound = bands.get(self.band, Fraction(0))
        return value < bound if self.better == "larger" else value > bound


_DEFECTS = (
    _Defect("blurred", "sharpness", "sharpness", "larger", "sharpness", "blurred", "sharpness"),
    _Defect("too dark", "light", "light", "larger", "darkest", "too dark", "light"),
    _Defect("too bright", "light", "light", "smaller", "brightest", "too bright", "light"),
    _Defect("cut by the edge", "cut", "place in the frame", "smaller", "", "cut", "cuts"),
)
_SMALL = _Defect(
    "too small", "eye_distance", "eye distance", "larger", "eye_distance", "too small", "eye distance", " px"
)


def _bad(defect: _Defect, target: Target, bands: Bands) -> tuple[Fraction, list[Look]] | None:
    """Return for which share of the time a face has a defect, and the looks that show it; None where nobody knows."""
    known = [(value, look) for look in target.person.looks if (value := defect.reads(look)) is not None]
    bad = [look for value, look in known if defect.shows(value, bands)]
    return (target.share(bad, (look for _, look in known)), bad) if known else None


def _times(target: Target, limit: Limit) -> Readings:
    shares = [(defect, found[0]) for defect in _DEFECTS if (found := _bad(defect, target, limit.bands)) is not None]
    much = [(defect, share) for defect, share in shares if share > limit.bands["share"]]
    return tuple(reading for defect, share in much for reading in measured(f"time {defect.short}", share, "smaller"))


@rule(
    "P306",
    needs="pixels",
    valid=lambda: (
        watched(lambda _: {"sharpness": 30.0, "light": 0.12}),
        watched(lambda _: {"light": 0.92}),
        watched(lambda i: {"sharpness": 3.0 if i in range(5) else 90.0, "cut": i in range(5, 10)}),
    ),
    invalid=lambda: (
        watched(lambda i: {"sharpness": 3.0 if i in range(6) else 90.0}),
        watched(lambda _: {"light": 0.1}),
        watched(lambda _: {"light": 0.95}),
        watched(lambda i: {"cut": i in range(10, 20)}),
        watched(lambda _: {"sharpness": 29.9, "light": 0.0, "cut": True}),
    ),
)
@of_target
@with_readings(_times)
def face_unclear(target: Target, limit: Limit) -> Verdicts:
    """Warn of a face that is blurred, too dark, too bright, or cut by the edge of the frame.

    What it checks
        The speaker's face, in every sampled frame that shows it: its sharpness (variance of the
        Laplacian at 128 × 128 pixels) against `sharpness`, its mean brightness (0 to 1) against `darkest` and
        `brightest`, and whether the frame cuts it. Each may be found in up to `share` of the time it is seen.

    Why it matters
        A mouth that cannot be made out cannot be replaced well, and a new, sharp one looks pasted on.

    What the provider says
        Of the video nothing; of the reference image DashScope says that its face must be clear. The numbers are
        measured: sharp faces of 17 pictures read 167 to 1729, the same blurred by a 64th of their height 6 to 21.

    How to repair
        Take another clip, or keep the part that is clear with `prepare --trim START:END`.
    """
    shares: list[tuple[str, Fraction, list[Look]]] = []
    for defect in _DEFECTS:
        found = _bad(defect, target, limit.bands)
        if found is None:
            yield _unmeasured(defect)
        elif found[0] > limit.bands["share"]:
            shares.append((defect.word, *found))
    if not shares:
        return
    near = (limit.bands["share"],)
    said = [f"{word} for {percent(share, near)} of the time it is seen" for word, share, _ in shares]
    parts = [f"{text} ({named(target.when(bad))})" for text, (_, _, bad) in zip(said, shares, strict=True)]
    worst = shares[0][2]
    message = (
        f"{target.sentence} is {listing(parts, 'and')}: the new mouth will look wrong, or not appear. Take a clip that "
        "shows it clearly, or keep a clear part of it with `Choices(trim=…)`."
    )
    allowed = f"each for ≤ {percent(limit.bands['share'], (limit.bands['share'],))} of the time it is seen"
    where = place(target.when(worst), worst[0])
    yield finding(limit, target.file, message, measured=", ".join(said), allowed=allowed, where=where)


def _qualities(_image: FileFacts, look: Look, limit: Limit) -> Readings:
    shown = _shown(look, limit.bands)
    return tuple(reading for defect, value in shown for reading in measured(defect.name, value, defect.better))


@rule(
    "I607",
    needs="pixels",
    valid=lambda: (portrayed(sharpness=30.0, light=0.12, eye_distance=25.0), portrayed(light=0.92)),
    invalid=lambda: (
        portrayed(sharpness=29.5),
        portrayed(light=0.119),
        portrayed(light=0.921),
        portrayed(eye_distance=24.9),
        portrayed(cut=True),
    ),
)
@of_portrait
@with_readings(_qualities)
def image_face_unclear(image: FileFacts, look: Look, limit: Limit) -> Verdicts:
    """Warn of a reference image whose face is blurred, too dark, too bright, too small, or cut by the edge.

    What it checks
        The one face: its sharpness (variance of the Laplacian at 128 × 128 pixels) against `sharpness`, its mean
        brightness (0 to 1) against `darkest` and `brightest`, the distance between its eyes in pixels against
        `eye_distance`, and whether the picture cuts it.

    Why it matters
        The face is compared with those in the video. Small or blurred faces drift towards "somebody else", and the job
        fails.

    What the provider says
        DashScope: "需包含一张清晰的人物正脸" (one clear frontal face); it gives no number. That faces are compared well
        from 25 px between the eyes on was measured with dlib; for the other numbers see P306.

    How to repair
        Take another picture, or let `prepare --person N` (or `lipready reference`) find a clear frame of the clip.
    """
    yield from (_unmeasured(defect) for defect in (*_DEFECTS, _SMALL) if defect.reads(look) is None)
    found = list(_shown(look, limit.bands))
    if not found:
        return
    words = listing([defect.word for defect, _ in found], "and")
    advice = "Take another picture, or name the speaker to `prepare` by number: it takes a clear one from the clip."
    message = f"The face in {name_of(image)} is {words}, so that it may match nobody. {advice}"
    measured = ", ".join(_said(defect, value, limit.bands) for defect, value in found)
    sharp, dark, bright, apart = (
        exactly(limit.bands[name]) for name in ("sharpness", "darkest", "brightest", "eye_distance")
    )
    allowed = f"sharpness ≥ {sharp}, light {dark}–{bright}, eye distance ≥ {apart} px, whole"
    yield finding(limit, image, message, measured=measured, allowed=allowed, where=place((), look))


def _shown(look: Look, bands: Bands) -> Iterator[tuple[_Defect, Fraction]]:
    """Yield each defect of one look, with what was read."""
    for defect in (*_DEFECTS, _SMALL):
        value = defect.reads(look)
        if value is not None and defect.shows(value, bands):
            yield defect, value


def _said(defect: _Defect, value: Fraction, bands: Bands) -> str:
    return f"{defect.what} {number(value, [bands[defect.band]])}{defect.unit}" if defect.band else defect.word


def _unmeasured(defect: _Defect) -> Unmeasured:
    return Unmeasured(f"the {defect.what} of the face was not measured")
