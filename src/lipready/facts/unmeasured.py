"""The third outcome of a measurement: neither a value nor a guess."""

from dataclasses import dataclass, fields, is_dataclass


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A thing that could not be measured, and why. Never a pass.

    `skipped` says that the user asked not to measure it (--quick), which is no defect of the file. `transient` says
    that time, memory, the disk, the network or anything else of the machine stood in the way: another run may measure
    it, so it is never kept as a fact about the content.

    >>> seen = lipready.check("clip.mp4", settings=lipready.Settings(quick=True)).facts.video.people
    >>> isinstance(seen, lipready.Unmeasured), seen.reason
    (True, 'no people were looked for')
    """

    reason: str
    skipped: bool = False
    transient: bool = False


def is_transient(facts: object) -> bool:
    """Return whether facts are, or hold anywhere, something that is Unmeasured for a transient reason."""
    if isinstance(facts, Unmeasured):
        return facts.transient
    if isinstance(facts, tuple):
        return any(map(is_transient, facts))
    return is_dataclass(facts) and any(is_transient(getattr(facts, field.name)) for field in fields(facts))
