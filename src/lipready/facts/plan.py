"""What would be done to make findings go away."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from lipready.facts.file import Role
from lipready.facts.finding import FixLevel
from lipready.facts.people import Box

Kept = Literal["link", "copy", "stay"]
"""How a file that is already fine becomes part of the output folder: by a hard link, by a copy, or not at all."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change in words: its name ("retime", "transcode", …), its level, one sentence, the rules that it answers."""

    name: str
    level: FixLevel
    text: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureEdit:
    """What Pillow does to a picture, in this order: turned upright, cropped, resized, written.

    `orientation` is the EXIF orientation that it is stored in (1..8), `crop` is in upright pixels, `size` in pixels.
    `format` is "JPEG" or "PNG", `max_bytes` the largest size in bytes that the file may have.
    """

    format: str
    orientation: int
    crop: Box | None
    size: tuple[int, int] | None
    max_bytes: int | None


@dataclass(frozen=True, slots=True)
class FilePlan:
    """All changes to one file: one ffmpeg run (`commands` holds two for two-pass), or none where it is already fine.

    `output` is the final name inside the output folder, `commands` the exact argument lists (empty for pictures, which
    Pillow writes as `picture` says, for a file that is only renamed, and for one that is already fine). `length` is how
    long the output will be in seconds, None where that is not known. `kept` belongs to a file that is already fine, and
    only to that; where it is "stay", `output` is the source itself. `place` is as of FileFacts: commands have `source`
    in its stead.
    """

    role: Role
    source: str
    output: str
    steps: tuple[Step, ...]
    commands: tuple[tuple[str, ...], ...] = ()
    picture: PictureEdit | None = None
    length: Fraction | None = None
    kept: Kept | None = None
    place: str | None = field(default=None, compare=False, repr=False)

    @property
    def at(self) -> str:
        """The path under which the source is opened."""
        return self.source if self.place is None else self.place

    @property
    def already_fine(self) -> bool:
        """Whether nothing has to be done."""
        return not self.steps

    @property
    def stays(self) -> bool:
        """Whether nothing of it is written into the output folder."""
        return self.kept == "stay"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of all files of a job, and the findings' fixes that need a flag of the user (rule, flag, sentence).

    `set_aside` is the path of a reference image that was given and is not used, since a person was chosen as well.
    """

    files: tuple[FilePlan, ...]
    undecided: tuple[tuple[str, str, str], ...] = ()
    set_aside: str | None = None
