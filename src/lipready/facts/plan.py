"""What would be done to make findings go away."""

from dataclasses import dataclass

from lipready.facts.file import Role
from lipready.facts.finding import FixLevel


@dataclass(frozen=True, slots=True)
class Step:
    """One change in words: its name ("retime", "transcode", …), its level, one sentence, the rules that it answers."""

    name: str
    level: FixLevel
    text: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePlan:
    """All changes to one file: one ffmpeg run (`commands` holds two for two-pass), or none where it is already fine.

    `output` is the final name inside the output folder, `commands` the exact argument lists (empty for pictures, which
    Pillow writes, and for a file that is passed on untouched).
    """

    role: Role
    source: str
    output: str
    steps: tuple[Step, ...]
    commands: tuple[tuple[str, ...], ...] = ()

    @property
    def already_fine(self) -> bool:
        """Whether nothing has to be done."""
        return not self.steps


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of all files of a job, and the findings' fixes that need a flag of the user (rule, flag, sentence)."""

    files: tuple[FilePlan, ...]
    undecided: tuple[tuple[str, str, str], ...] = ()
