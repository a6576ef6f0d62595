"""The inputs of a job."""

from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Self


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """The options of the request itself; None leaves the provider's default.

    `face_threshold` is `query_face_threshold` (120..200, provider default 170), `callback_url` belongs to EvoLink.
    """

    video_extension: bool = False
    face_threshold: int | None = None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """The files of one request, as paths or http(s) addresses. Any may be missing: only what is there is checked."""

    video: str | None = None
    audio: str | None = None
    reference: str | None = None
    options: RequestOptions = field(default_factory=RequestOptions)

    @classmethod
    def of(
        cls,
        video: str | PathLike[str] | None = None,
        audio: str | PathLike[str] | None = None,
        reference: str | PathLike[str] | None = None,
        options: RequestOptions | None = None,
    ) -> Self:
        """Build a job from anything that is a path, or an address as text."""
        video, audio, reference = (None if p is None else fspath(p) for p in (video, audio, reference))
        return cls(video, audio, reference, options or RequestOptions())
