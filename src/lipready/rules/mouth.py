"""The rule about what is before the speaker's mouth."""

from fractions import Fraction

from lipready.facts.finding import Fix
from lipready.facts.people import Look
from lipready.facts.quantity import exactly, number
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import outside
from lipready.rules.examples import job, watched
from lipready.rules.readings import Bands, Readings, measured, reads_target, with_readings
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.subjects import finding
from lipready.rules.target import Target, of_target, place
from lipready.rules.wording import Stretch, named, percent

_TWICE = 2  # A single look may be a reading that went wrong.


def _covered(target: Target, _bands: Bands) -> Readings:
    known = [look for look in target.person.looks if look.covered is not None]
    hidden = [look for look in known if look.covered]
    return measured("time with the mouth covered", target.share(hidden, known), "smaller") if hidden else ()


@with_readings(reads_target(_covered))
@of_target
def mouth_covered(target: Target, limit: Limit) -> Verdicts:
    """Warn of a mouth that a hand, a mask, a microphone, food or another thing covers.

    What it checks
        The speaker's face, in every sampled frame in which it is large and frontal enough to tell:
        the colours and edges of the mouth's place beside those of the same face's cheeks. A stretch counts from
        `seconds` and two frames on; shorter ones where together they are more than `share` of the time.

    Why it matters
        The model draws a mouth where it takes one to be: over the hand or the mask, or not at all.

    What can be told
        Only in colour, from 16 px between the eyes on, of a head turned by at most 25°; else a look says nothing. Of
        things painted over faces of real pictures and clips, masks, cups and phones are found in nine of ten looks,
        palms, food and masks of the skin's colour in three of four, fingers in half. No real look with a visible mouth
        gave a false alarm; with beards, blur or bad light painted on 3 of 3916 did.

    What the provider says
        Nothing.

    How to repair
        Take another clip, or keep a part that shows the mouth: `prepare --trim best`, or `--trim START:END`.
    """
    known = [look for look in target.person.looks if look.covered is not None]
    if not known:
        yield Unmeasured("no look at the face shows well enough whether something covers its mouth")
        return
    hidden = [look for look in known if look.covered]
    if len(hidden) < _TWICE:
        return
    parts, share = target.when(hidden), target.share(hidden, known)
    if share <= limit.bands["share"] and not any(_counts(part, hidden, limit.bands["seconds"]) for part in parts):
        return
    length = f"{number(sum((end - start for start, end in parts), Fraction(0)), (limit.bands['seconds'],))} s"
    part = percent(share, (limit.bands["share"],))
    fix = Fix("trim", "editorial", "Keep a part that shows it with --trim best or --trim START:END.")
    yield finding(
        limit,
        target.file,
        outside(limit),
        f"{target.sentence} has its mouth covered in {named(parts)} ({length}, {part} of the time for which that can "
        "be told), as a hand, a mask or a microphone does: there the new mouth appears on it, or not at all. "
        f"{fix.text}",
        measured=f"covered for {length}, {part} of the time",
        allowed=f"no stretch of {exactly(limit.bands['seconds'])} s or more, and ≤ "
        f"{percent(limit.bands['share'], (limit.bands['share'],))} of the time",
        where=place(parts, hidden[0]),
        fix=fix,
    )


def _counts(part: Stretch, hidden: list[Look], seconds: Fraction) -> bool:
    """Return whether a stretch is long enough, and more than one look says so."""
    start, end = part
    return end - start >= seconds and sum(start <= look.time < end for look in hidden) >= _TWICE


COVERED_MOUTH = Rule(
    id="P308",
    name="mouth-covered",
    subject="video",
    needs="pixels",
    judge=mouth_covered,
    valid=lambda: (
        job(),
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
