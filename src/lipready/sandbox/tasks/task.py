"""A task of the sandbox: what it asks for, its state, its failures, its result video."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from lipready.sandbox.store import Style

MODEL = "videoretalk"

_MEGABYTES = {"video": 300, "audio": 30, "reference": 10}
LARGEST = {role: megabytes * (1 << 20) for role, megabytes in _MEGABYTES.items()}
"""Bytes that an input may have."""

# The spelling is the provider's; the braces stand for an address, or for the megabytes of a limit.
_MESSAGES = {
    "InvalidURL": "The request URL is invalid, please provide an http or https URL.",
    "InvalidURL.ConnectionRefused": "Connection to {} refused, please provide avaiable URL",
    "InvalidURL.Timeout": "Download {} timeout, please check network connection.",
    "InvalidFile.Size": "Invalid file size. The video/audio/image file size must be less than {}MB.",
    "InvalidFile.Format": (
        "Invalid file format,the request file format is one of the following types: MP4, AVI, MOV, MP3, WAV, AAC, "
        "JPEG, JPG, PNG, BMP, and WEBP."
    ),
    "InvalidFile.Resolution": "Invalid video resolution. The height or width of video must be 640 ~ 2048.",
    "InvalidFile.FPS": "Invalid video FPS. The video FPS must be 15 ~ 60.",
    "InvalidFile.Duration": "Invalid file duration. The video/audio file duration must be 2s ~ 120s.",
    "InvalidFile.ImageSize": "The size of image is beyond limit.",
    "InvalidFile.Openerror": "Invalid file, cannot open file as video/audio/image.",
    "InvalidFile.Content": (
        "The input image has no human body or multi human bodies. Please upload other image with single person."
    ),
    "InvalidFile.NoHuman": "There is no human face in the input video. Please upload another video.",
    "InvalidFile.FaceNotMach": "There are no matched face in the video with the provided reference image.",
    "InternalError.Algo": "An internal error has occured during execution, please try again later.",
}


class SimulatedFailureError(Exception):
    """A task fails; `code` and `message` are what the provider says, of `about` where it names something."""

    def __init__(self, code: str, about: object = "", *, message: str = "") -> None:
        self.code, self.message = code, message or _MESSAGES.get(code, "The request failed.").format(about)
        super().__init__(self.message)


def too_large(role: str) -> SimulatedFailureError:
    """Return the failure of an input that is too large."""
    return SimulatedFailureError("InvalidFile.Size", _MEGABYTES[role])


ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELED"})
KEPT_SECONDS = 24 * 3600
"""How long a finished task and its result are kept."""

_EVOLINK_WORDS = {"PENDING": "pending", "SUCCEEDED": "completed", "FAILED": "failed", "CANCELED": "cancelled"}
_PROGRESS = {"PENDING": 0, "PRE-PROCESSING": 10, "RUNNING": 45, "POST-PROCESSING": 80, "SUCCEEDED": 100}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a paid request asks for, whichever provider it was sent to.

    `estimated` is the seconds that its result is estimated to last; only EvoLink says what it estimates. With `fails`
    the task ends with an error of the provider's own.
    """

    video_url: str = field(repr=False)
    audio_url: str = field(repr=False)
    reference_url: str = field(default="", repr=False)
    extension: bool = False
    threshold: int | None = None
    callback: str = field(default="", repr=False)
    estimated: Fraction = Fraction(0)
    fails: bool = False


@dataclass(frozen=True, slots=True)
class ResultVideo:
    """A finished result: its length in seconds, its size in pixels, its frames a second."""

    path: Path
    seconds: float
    width: int
    height: int
    rate: float


@dataclass(slots=True, kw_only=True, eq=False)
class SandboxTask:
    """One task, which moves from state to state; times are seconds since 1970, `state` is DashScope's word.

    `foreign` is a colleague's, whose result has nothing to do with what was asked for here.
    """

    id: str
    style: Style
    account: str
    workspace: str
    asked: Asked
    created: float
    request_id: str
    foreign: bool = False
    state: str = "PENDING"
    started: float | None = None
    ended: float | None = None
    code: str = ""
    message: str = ""
    video: ResultVideo | None = None
    result: str = field(default="", repr=False)

    @property
    def status(self) -> str:
        """The state in the provider's own spelling."""
        return self.state if self.style == "dashscope" else _EVOLINK_WORDS.get(self.state, "processing")

    @property
    def progress(self) -> int:
        """Per cent, as EvoLink counts them: none where it failed."""
        return _PROGRESS.get(self.state, 0)

    def forgotten(self, now: float) -> bool:
        """Return whether it ended so long ago that the provider has deleted it."""
        return self.ended is not None and now - self.ended > KEPT_SECONDS


@dataclass(frozen=True, slots=True)
class Replay:
    """A submission that was made under an Idempotency-Key: what was asked for, and what was answered."""

    body: Mapping[str, Any]
    answer: Mapping[str, Any]
