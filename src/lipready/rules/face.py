"""Rules about the speaker's face: large enough, there, and with a mouth that is seen."""

from fractions import Fraction
from statistics import median_low

from lipready.facts.finding import Fix, Reading, Where
from lipready.facts.people import Look
from lipready.facts.quantity import exactly, number
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import watched
from lipready.rules.readings import Readings, measured, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding
from lipready.rules.target import Target, of_target, place
from lipready.rules.wording import Stretch, named, percent, stretches, within

_TWICE = 2  # One sample without the face, or one covered mouth, may be a miss of the detector.
_KEEP = Fix("trim", "editorial", "Keep a part that shows it with `Choices(trim='best')` or `Choices(trim=…)`.")


def _small(target: Target, limit: Limit) -> Readings:
    small, frame = _too_small(target, limit), _height(target)
    if not small:
        return ()
    height = median_low(look.box.height for look in small)
    share = () if frame is None else measured("share of the height", Fraction(height, frame), "larger")
    part = target.share(small, target.person.looks)
    return (Reading("face height", Fraction(height), "larger"), *share, *measured("time too small", part, "smaller"))


@rule(
    "P303",
    needs="pixels",
    valid=lambda: (watched(lambda _: {"height": 128}), watched(lambda i: {"height": 30 if i in range(2) else 200})),
    invalid=lambda: (watched(lambda _: {"height": 127}), watched(lambda i: {"height": 30 if i in range(3) else 200})),
)
@of_target
@with_readings(_small)
def face_too_small(target: Target, limit: Limit) -> Verdicts:
    """Warn of a face that is too small to be lip-synced.

    What it checks
        The height of the face (from the brow to the chin) of the speaker: whom the reference image
        shows, else whom the provider would pick. It is too small under `least_pixels` pixels, and under `least_share`
        of the picture's height. A `tolerance`, as a share of the time it is seen, may be smaller.

    Why it matters
        The model works on a cut-out of the face. Where that is only a few pixels high the mouth never moves, and the
        job is billed all the same: one hosted lip-sync service had five such complaints in two weeks.

    What the provider says
        DashScope: a near shot, the face not too small (人脸过小); it gives no number. The numbers are inferred: below
        64 px face models only guess at eyes and mouth, and in a shot down to the waist, which nobody would call near,
        the face is still higher than a tenth of the picture.

    How to repair
        Take a closer shot, or let `prepare --crop` cut the picture to the person.
    """
    frame, small = _height(target), _too_small(target, limit)
    pixels, share = limit.bands["least_pixels"], limit.bands["least_share"]
    part = target.share(small, target.person.looks)
    if not small or part <= limit.bands["tolerance"]:
        return
    height = median_low(look.box.height for look in small)
    of_frame = None if frame is None else percent(Fraction(height, frame), (share,))
    size = f"{height} px high" if of_frame is None else f"{height} px high ({of_frame} of the picture's height)"
    # A cut-out is enlarged only where the face is small within its picture.
    crop = Fix("crop", "editorial", "Cut the picture to the person with `Choices(crop=True)`.")
    fix = crop if any(_share(look, frame) < share for look in small) else None
    times = target.when(small)
    advice = "Take a clip with more pixels." if fix is None else fix.text
    message = (
        f"{target.sentence} is only {size} in {named(times)}, that is for {percent(part)} of the time it is seen: with "
        f"faces so small the mouth often does not move, and the job is billed. {advice}"
    )
    measured = f"{height} px" if of_frame is None else f"{height} px, {of_frame} of the height"
    allowed = f"≥ {exactly(pixels)} px and ≥ {percent(share, (share,))} of the picture's height"
    where = place(times, next(look for look in small if look.box.height == height))
    yield finding(limit, target.file, message, measured=measured, allowed=allowed, where=where, fix=fix)


def _too_small(target: Target, limit: Limit) -> list[Look]:
    pixels, share, frame = limit.bands["least_pixels"], limit.bands["least_share"], _height(target)
    return [look for look in target.person.looks if look.box.height < pixels or _share(look, frame) < share]


def _height(target: Target) -> int | None:
    """Return the height of the picture in pixels; None where it is not known."""
    return None if target.video is None or target.video.height <= 0 else target.video.height


def _share(look: Look, frame: int | None) -> Fraction:
    """Return the height of a face as a share of the picture's; 1 where that is not known."""
    return Fraction(1) if frame is None else Fraction(look.box.height, frame)


def _absent(target: Target) -> list[Fraction]:
    """Return the sampled times at which the face is not seen."""
    seen, spans = {look.time for look in target.person.looks}, sorted(target.person.spans)
    return [time for time in target.seen.samples if time not in seen and not within(time, spans)]


def _time_absent(target: Target, _limit: Limit) -> Readings:
    stands = target.stands
    away = sum((stands[time] for time in _absent(target)), Fraction(0))
    return measured("seconds without the face", away, "smaller")


@rule(
    "P305",
    needs="pixels",
    valid=lambda: (watched(lambda i: None if i in range(7, 8) else {}), watched(lambda i: None if i % 2 else {})),
    invalid=lambda: (
        watched(lambda i: None if i in {7, 8} else {}),
        watched(lambda i: None if i in {18, 19} else {}),
        watched(lambda i: {} if i % 3 == 0 else None),
    ),
)
@of_target
@with_readings(_time_absent)
def face_partly_absent(target: Target, limit: Limit) -> Verdicts:
    """Warn of stretches in which the speaker's face is not seen.

    What it checks
        The stretches in which the speaker's face is found in no sampled frame. A stretch counts
        from `gap` seconds and two frames on; a shorter one may be a miss of the detector.

    Why it matters
        There the voice is heard, but no mouth moves; another person who is seen meanwhile does not take over.

    What the provider says
        DashScope: where no face is seen the picture is kept as it is and the sound plays on. EvoLink: the video must
        hold a face.

    How to repair
        Keep a part that shows the face: `prepare --trim best`, or `--trim START:END`.
    """
    gaps = _gaps(target, limit.bands["gap"])
    if not gaps:
        return
    missing = sum((end - start for start, end in gaps), Fraction(0))
    share = "" if not target.end else f", {percent(min(Fraction(1), missing / target.end))} of the clip"
    length = f"{number(missing, (limit.bands['gap'],))} s"
    message = (
        f"{target.sentence} is not seen in {named(gaps)} ({length}{share}): there the picture stays as it is while the "
        f"sound plays on. {_KEEP.text}"
    )
    measured = f"not seen for {length}{share}"
    allowed = f"no gap of {exactly(limit.bands['gap'])} s or more"
    yield finding(limit, target.file, message, measured=measured, allowed=allowed, where=Where(*gaps[0]), fix=_KEEP)


def _gaps(target: Target, least: Fraction) -> tuple[Stretch, ...]:
    """Return the stretches without the face that are long enough to count."""
    absent = _absent(target)
    grid = {look.time for look in target.person.looks}.union(target.seen.samples)
    return tuple(
        (start, end)
        for start, end in stretches(absent, grid, target.end)
        if end - start >= least and sum(start <= time < end for time in absent) >= _TWICE
    )


def _looks_at_mouth(target: Target) -> tuple[list[Look], list[Look]]:
    """Return the looks that tell whether something covers the mouth, and those in which it does."""
    known = [look for look in target.person.looks if look.covered is not None]
    return known, [look for look in known if look.covered]


def _covered(target: Target, _limit: Limit) -> Readings:
    known, hidden = _looks_at_mouth(target)
    return measured("time with the mouth covered", target.share(hidden, known), "smaller") if hidden else ()


@rule(
    "P308",
    needs="pixels",
    valid=lambda: (
        watched(lambda _: {"mouth_cover": 0.499}),
        watched(lambda i: {"mouth_cover": 0.9 if i == 7 else 0.1}),  # noqa: PLR2004
        watched(lambda i: {"mouth_cover": 0.9 if i in {3, 12} else 0.1}),
    ),
    invalid=lambda: (
        watched(lambda i: {"mouth_cover": 0.5 if i in {7, 8} else 0.1}),
        watched(lambda i: {"mouth_cover": 0.9 if i in {3, 9, 15} else 0.1}),
        watched(lambda _: {"mouth_cover": 1.0}),
    ),
)
@of_target
@with_readings(_covered)
def mouth_covered(target: Target, limit: Limit) -> Verdicts:
    """Warn of a mouth that a hand, a mask, a microphone, food or another thing covers.

    What it checks
        The speaker's face, in every sampled frame in which it is large and frontal enough to tell:
        the colours and edges of the mouth's place beside those of the same face's cheeks. A stretch counts from
        `seconds` and two frames on; shorter ones where together they are more than `share` of the time.

    Why it matters
        The model draws a mouth where it takes one to be: over the hand or the mask, or not at all.

    What can be told
        Only in colour, from 16 px between the eyes on, of a head turned by at most 25° that does not lie; else a look
        says nothing. Of things painted over faces of real pictures and clips, masks, cups and phones are found in nine
        of ten looks, palms, food and masks of the skin's colour in three of four, fingers in somewhat more than half.
        No real look with a visible mouth gave a false alarm; with beards, blur or bad light painted on 6 of 2375 did.
        A hand that leaves half of the mouth to be seen is mostly not told.

    What the provider says
        Nothing.

    How to repair
        Take another clip, or keep a part that shows the mouth: `prepare --trim best`, or `--trim START:END`.
    """
    known, hidden = _looks_at_mouth(target)
    if not known:
        yield Unmeasured("no look at the face shows well enough whether something covers its mouth")
        return
    if len(hidden) < _TWICE:
        return
    parts, share = target.when(hidden), target.share(hidden, known)
    if share <= limit.bands["share"] and not any(_counts(part, hidden, limit.bands["seconds"]) for part in parts):
        return
    length = f"{number(sum((end - start for start, end in parts), Fraction(0)), (limit.bands['seconds'],))} s"
    part = percent(share, (limit.bands["share"],))
    yield finding(
        limit,
        target.file,
        f"{target.sentence} has its mouth covered in {named(parts)} ({length}, {part} of the time for which that can "
        "be told), as a hand, a mask or a microphone does: there the new mouth appears on it, or not at all. "
        f"{_KEEP.text}",
        measured=f"covered for {length}, {part} of the time",
        allowed=f"no stretch of {exactly(limit.bands['seconds'])} s or more, and ≤ "
        f"{percent(limit.bands['share'], (limit.bands['share'],))} of the time",
        where=place(parts, hidden[0]),
        fix=_KEEP,
    )


def _counts(part: Stretch, hidden: list[Look], seconds: Fraction) -> bool:
    """Return whether a stretch is long enough, and more than one look says so."""
    start, end = part
    return end - start >= seconds and sum(start <= look.time < end for look in hidden) >= _TWICE
