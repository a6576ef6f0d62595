"""The rule about what a result shows outside of the faces."""

from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.job import JobFacts
from lipready.facts.quantity import exactly, number
from lipready.facts.result import Surroundings
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import came
from lipready.rules.rule import Verdicts, about, rule
from lipready.rules.subjects import finding
from lipready.rules.wording import name_of

_DIGITS = 2


def _find(facts: JobFacts) -> tuple[FileFacts, Surroundings] | Unmeasured | None:
    if facts.result is None:
        return None
    around = facts.result.surroundings
    return around if isinstance(around, Unmeasured) else (facts.result.file, around)


def _with(alike: float = 0.98, colour: float = 0.002) -> JobFacts:
    return came(part={"surroundings": Surroundings(alike, colour)})


@rule(
    "O814",
    needs="pixels",
    valid=lambda: (_with(alike=0.7), _with(colour=0.06)),
    invalid=lambda: (_with(alike=0.69), _with(colour=0.061), _with(alike=0.2, colour=0.3)),
)
@about(_find)
def result_picture_changed(file: FileFacts, around: Surroundings, limit: Limit) -> Verdicts:
    """Look whether the picture was changed outside of the faces.

    What it checks
        Frames of the result beside those that the video shows at the same time, without all faces and what is around
        them: by how much their contrast and structure agree (SSIM without its brightness, after Wang et al. 2004), at
        least `alike`; and by how much the mean of red, green or blue differs, as a share of its range, at most
        `colour`. It is done in the stretches in which most is spoken. A new encoding, another frame rate or a slightly
        smaller picture changes little; where next to nothing is seen beside the face, nothing is said.

    Why it matters
        The mouth alone should be drawn anew. A picture that was cropped, moved, or has other colours or another
        background no longer fits the cuts before and after it.

    What the provider says
        Nothing about the picture outside of the face.

    How to repair
        Make sure that the result and the video named belong together. Where only colours differ, correct them in an
        editor; else lay the face of the result over the video there. The same files give the same result again.
    """
    least, most = limit.bands["alike"], limit.bands["colour"]
    structure, colour = (Fraction(str(each)) for each in (around.alike, around.colour))
    bounds = f"≥ {exactly(least)} of 1 alike, colours ≤ {exactly(most)} apart"
    if structure < least:
        alike = f"{number(max(structure, Fraction(0)), (least,), _DIGITS)} of 1 alike"
        message = (
            f"The picture of {name_of(file)} is not that of the video outside of the faces ({alike}). Make sure that "
            "both belong together; a picture that was cropped, moved or given another background is repaired in an "
            "editor, by laying the face over the video."
        )
        yield finding(limit, file, message, measured=alike, allowed=bounds)
    elif colour > most:
        apart = f"colours {number(colour, (most,), _DIGITS)} apart"
        message = (
            f"The picture of {name_of(file)} has other colours, or another brightness, than the video ({apart}, of 1). "
            "Correct them in an editor, or lay the face over the video there."
        )
        yield finding(limit, file, message, measured=apart, allowed=bounds)
