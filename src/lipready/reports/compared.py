"""How a result compares with what was sent, as `lipready.report/1` has it."""

from lipready.facts.job import JobFacts
from lipready.facts.result import MouthMatch
from lipready.facts.unmeasured import Unmeasured
from lipready.reports.values import Plain, picked, with_reasons


def comparison(facts: JobFacts) -> Plain:
    """Write how a result compares with what was sent: times in seconds."""
    result = facts.result
    if result is None:
        return {}
    sound, picture = result.sound, result.picture
    seen: Plain | Unmeasured = (
        picture
        if isinstance(picture, Unmeasured)
        else {
            **picked(picture, "frames", "damaged"),
            **{name: [(span.start, span.end) for span in getattr(picture, name)] for name in ("black", "frozen")},
        }
    )
    return with_reasons(
        {
            "foretold": facts.result_length,
            "sound": picked(sound, "alike", "level", "shift", "compared"),
            "picture": seen,
            "mouth": _mouth(result.mouth),
            "surroundings": picked(result.surroundings, "alike", "colour"),
        }
    )


def _mouth(mouth: MouthMatch | Unmeasured) -> Plain | Unmeasured:
    """Write how the mouths move; standard deviations are over the distance of the eyes."""
    if isinstance(mouth, Unmeasured):
        return mouth
    moves = ("spoken", "silent", "before", "silent_before")
    return {
        "stretches": [(span.start, span.end) for span in mouth.stretches],
        "speaker": picked(mouth.speaker, *moves),
        "others": [picked(each, *moves) for each in mouth.others],
        **with_reasons(picked(mouth, "eyes", "followed", "lag", "unchanged", "own", "apart", "more")),
    }
