"""How a result compares with what was sent, as `lipready.report/1` has it."""

from lipready.facts.job import JobFacts
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
        }
    )
