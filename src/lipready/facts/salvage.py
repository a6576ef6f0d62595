"""What can still be decoded of a file that is broken."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.facts.quantity import counted, number, plural


@dataclass(frozen=True, slots=True)
class Salvage:
    """What decodes: `kept` seconds of the `stated` ones (None: the file does not say, or no more than is there).

    `frames` are the pictures or packets of sound that decode, `within` those between them that do not, `after` those
    behind the last one that does.
    """

    kept: Fraction
    stated: Fraction | None
    frames: int
    within: int
    after: int

    @property
    def lost(self) -> bool:
        """Whether anything is missing."""
        return bool(self.stated is not None or self.within or self.after)

    def amount(self) -> str:
        """Write how much decodes: `2.40 s of 4 s`."""
        if self.stated is None:
            return f"{number(self.kept)} s"
        return f"{number(self.kept, (self.stated,))} s of {number(self.stated, (self.kept,))} s"

    def losses(self, what: str) -> str:
        """Write what is dropped, as the end of a sentence; "" where only the end is missing."""
        within = f"{counted(self.within, f'damaged {what}')} between"
        after = f"{counted(self.after, f'damaged {what}')} at the end"
        named = [text for count, text in ((self.within, within), (self.after, after)) if count]
        return f"; {' and '.join(named)} {plural(self.within + self.after, 'is')} dropped" if named else ""
