"""What people look at beside the facts: pictures and waveforms, kept only where a page is asked for."""

from dataclasses import dataclass, field
from fractions import Fraction

from lipready.facts.file import Role
from lipready.facts.people import Box


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A small picture (JPEG, in base64) of what is shown at `time` (seconds from the first frame); sizes in pixels."""

    time: Fraction
    jpeg: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class FaceCut:
    """A small square picture (JPEG, in base64) of the face whose `box`, in displayed pixels, a look at `time` has."""

    time: Fraction
    box: Box
    jpeg: str


@dataclass(frozen=True, slots=True)
class Waveform:
    """The largest samples of evenly long parts of a track (0..255, where 255 is full scale).

    `clipped` are the numbers of the parts, from 0, in which samples lie at full scale.
    """

    peaks: tuple[int, ...]
    clipped: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePictures:
    """What was kept of one file: pictures in order of time (of an image, one), faces, and a waveform.

    Of a result and its video `faces` are those of the speaker at the same moments; `stretches` are the waveforms of the
    parts of a result in which mouths were followed.
    """

    frames: tuple[Snapshot, ...] = ()
    faces: tuple[FaceCut, ...] = ()
    wave: Waveform | None = None
    stretches: tuple[Waveform, ...] = ()


@dataclass(slots=True)
class Pictures:
    """Takes what is kept of the files of one job while they are measured: hand one in as `Settings.pictures`.

    It is filled by a full check, by which each file is decoded once anyhow; `Settings.quick` reads no picture. `verify`
    fills it too, and decodes a few frames more: the speaker's face at the same moments of result and video. Where
    the check goes on in another process, nothing comes back. `small` keeps fewer and smaller pictures, and no faces.

    >>> pictures = lipready.Pictures(small=True)
    >>> pictures.parts, pictures.files
    (160, {})
    >>> report = lipready.check("clip.mp4", settings=lipready.Settings(pictures=pictures))
    """

    small: bool = False
    files: dict[Role, FilePictures] = field(default_factory=dict)

    @property
    def parts(self) -> int:
        """How many parts a waveform has."""
        return 160 if self.small else 640
