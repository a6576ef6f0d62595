"""What is known of one input file, whatever it turns out to be."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from lipready.facts.address import AddressFacts
from lipready.facts.audio import AudioFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.quantity import counted, number, plural
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """A still picture. `width` and `height` in pixels after EXIF orientation (1..8, 1 where there is none)."""

    width: int
    height: int
    stored_width: int
    stored_height: int
    orientation: int
    mode: str
    frames: int

    @property
    def animated(self) -> bool:
        """Whether the file holds more than one frame."""
        return self.frames > 1


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


UNHEARD = Unmeasured("nothing was listened to")
Role = Literal["video", "audio", "reference", "result"]
"""What a file is in its job; the "result" is the video that came back (`lipready.verify`).

>>> roles: list[lipready.Role] = [file.role for file in lipready.check("clip.mp4", "speech.wav").facts.files()]
>>> roles
['video', 'audio']
"""
ROLES: tuple[Role, ...] = ("video", "audio", "reference")
"""What a job may be made of."""
Obstacle = Literal["missing", "dead link", "denied", "not a file"]


@dataclass(frozen=True, slots=True)
class LfsPointer:
    """A Git LFS pointer that stands where the media should be: sha256 and size in bytes of the real file."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Unopened:
    """Why a file could not even be opened.

    Nothing has its name, it is a link that leads to nothing, it may not be read, or it is a folder, pipe or device.
    `nearest` is the path that is there and most like one that is missing.
    """

    reason: Obstacle
    nearest: str | None = None

    def sentence(self, name: str, problem: str) -> str:
        """Return what to tell the user; `problem` is that of FileFacts."""
        if self.reason == "missing":
            detail = problem.removeprefix("does not exist")
            hint = "." if self.nearest is None else f"; did you mean {self.nearest}?"
            return f"{name}: there is no such file{detail}{hint}"
        advice = "; give yourself the right to read it" if self.reason == "denied" else ""
        return f"{name}: {problem}{advice}."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """One input file.

    `path` is as the user gave it; of an address, what may be shown of it. `bytes` is the size (of the real file, where
    there is a pointer). `extension` is lower case without the dot, None where the input has no name. `format` is the
    container or file format by content ("mp4", "mov", "avi", "mkv", "webm", "mpegts", "3gp", "gif", "wav", "mp3",
    "aac", "m4a", "ogg", "flac", "jpeg", "png", "bmp", "webp", …). `address` is what was found where an address leads,
    None for a file of this machine. `problem` is a phrase that says why the file cannot be used as media ("is empty",
    "ends in the middle of …"), None where it opened, or where no reader for its format is installed; `media` is then
    Unmeasured with the same words, and says whether they are transient; `unopened` says more where not a byte of it was
    read. `people` belongs to videos and reference images, `speech` to audio tracks. `salvage` says what decodes of a
    file that ends too early, or in which damage was looked for. `place` is where the bytes lie while they are worked
    with, None where that is `path`. `seconds` is how long it took to measure, None where that is known from an earlier
    run.
    """

    role: Role
    path: str
    bytes: int | Unmeasured
    extension: str | None
    format: str | Unmeasured
    lfs: LfsPointer | None
    problem: str | None
    media: VideoFacts | AudioFacts | ImageFacts | Unmeasured
    people: PeopleFacts | Unmeasured
    speech: SpeechFacts | Unmeasured = UNHEARD
    address: AddressFacts | None = None
    unopened: Unopened | None = None
    salvage: Salvage | None = None
    place: str | None = field(default=None, compare=False, repr=False)
    seconds: float | None = field(default=None, compare=False, repr=False)

    @property
    def at(self) -> str:
        """The path under which the file is opened."""
        return self.path if self.place is None else self.place

    @property
    def length(self) -> Fraction | None:
        """The seconds that are believed of a video or an audio file; None where they are not known."""
        media = self.media
        if not isinstance(media, VideoFacts | AudioFacts) or isinstance(media.duration, Unmeasured):
            return None
        return media.duration.believed


def unread_file(role: Role, path: str, extension: str | None, size: int | Unmeasured, reason: Unmeasured) -> FileFacts:
    """Return the facts of an input whose content is not at hand: its name and size, and why there is nothing else."""
    return FileFacts(
        role=role,
        path=path,
        bytes=size,
        extension=extension,
        format=reason,
        lfs=None,
        problem=None,
        media=reason,
        people=reason,
        speech=reason,
    )
