"""Who is seen in a video, and the reference image of one of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from lipready.cancel import Cancel, async_twin, cancellable, checkpoint
from lipready.check import Progress, Settings, check_job, measured, require_inputs
from lipready.errors import NothingCheckedError, UsageError
from lipready.faces.reference.cutting import ReferenceFrame
from lipready.facts.file import FileFacts
from lipready.facts.people import Front, PeopleFacts, Person, background, headcount
from lipready.facts.video import VideoFacts
from lipready.job import Job, Source, place_of
from lipready.log import LOG
from lipready.prepare import take_reference
from lipready.probe.spool import at_hand, require_spooled
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.repair.run.folder import Partial
from lipready.reports.report import Report

_ENDINGS = (".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class People:
    """Who is seen in a video: what was measured, and who is in `front` by the provider's profile (None: unknown).

    >>> seen = lipready.people("two.mp4")
    >>> [person.id for person in seen.people], seen.background
    ([1, 2], ())
    >>> seen.to_dict()["people"]["count"]
    2
    """

    video: FileFacts
    facts: PeopleFacts
    front: Front | None

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody who is seen, by the numbers that `person=` takes; each with its looks."""
        return self.facts.people

    @property
    def background(self) -> tuple[Person, ...]:
        """Those of them who are too small or turned to be driven."""
        media = self.video.media
        return background(self.facts, media.height, self.front) if isinstance(media, VideoFacts) else ()

    def to_dict(self) -> dict[str, Any]:
        """Return `lipready.people/1`, what `lipready people --format json` writes."""
        from lipready.reports.people import as_dict

        return as_dict(self.video, self.front)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference image that was written: its `path`, the `frame` that it was cut from, and the `report` on it.

    >>> taken = lipready.reference("intro.mp4", "face.jpg")
    >>> taken.path, taken.person, taken.report.verdict
    ('face.jpg', 1, 'pass')
    """

    path: str
    frame: ReferenceFrame
    report: Report

    @property
    def person(self) -> int:
        """The number of the person, as `people` counts them."""
        return self.frame.match.person


def people(
    video: Source,
    *,
    provider: str = "dashscope",
    profile: Profile | None = None,
    every_frame: bool = False,
    allow_private: bool = False,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> People:
    """Return who is seen in a video: when (seconds), where (displayed pixels) and how well.

    The video is whatever `check` takes: a path, an http(s) address, which is fetched once (into private networks only
    with `allow_private`), bytes, a binary file object, or an `Input` of one of these with a name. `provider` and
    `profile` are as for `check`: they say who is near and frontal enough to be driven. With `every_frame` each frame is
    looked at instead of a sample. `progress` is as in `Settings`. A video that shows nobody has no `people`.

    Raises UsageError for a file that is not there or may not be read, for what is no input, and for bytes and file
    objects that are larger than the provider takes; NothingCheckedError where people could not be detected (a broken
    file, no video, an address that could not be fetched); ConfigurationError, ComponentError and CancelledError as
    `check` does.

    >>> seen = lipready.people("two.mp4")
    >>> sorted(person.position(seen.video.media.width) for person in seen.people)
    ['left', 'right']
    """
    profile = profile or load_profile(provider)
    settings = Settings(every_frame=every_frame, allow_private=allow_private, progress=progress)
    with cancellable(cancel), measured_video(video, profile, settings) as found:
        file = replace(found, place=None)
    if isinstance(file.people, PeopleFacts):
        return People(file, file.people, profile.front)
    if file.problem is not None:
        raise NothingCheckedError(f"{file.path} {file.problem.removesuffix('.')}.", path=file.path)
    raise NothingCheckedError(
        f"{file.path}: people could not be detected: {file.people.reason.removesuffix('.')}.", path=file.path
    )


@async_twin(people)
def people_async() -> None:
    """Return what `people` returns, on asyncio, with its arguments; raises what it raises.

    It runs in a thread, which ends where asyncio cancels it; see `check_async`.

    >>> import asyncio
    >>> len(asyncio.run(lipready.people_async("two.mp4")).people)
    2
    """


@contextmanager
def measured_video(video: Source, profile: Profile, settings: Settings) -> Iterator[FileFacts]:
    """Yield the facts of a video, everybody in it described; what is no file of this machine is one until the end.

    Raises UsageError where it is not there or may not be read, and for bytes and file objects that are too large.
    """
    job, largest = Job.of(video), profile.largest
    require_inputs(job)
    with at_hand(job, largest) as (local, unread):
        require_spooled(unread)
        for role, source in local.inputs():
            with measured(source, role, settings, largest, describe=True) as file:
                checkpoint()  # what was read of a file after somebody has cancelled is no measurement
                yield file


def reference(
    video: Source,
    out: str | PathLike[str],
    person: int | None = None,
    *,
    provider: str = "dashscope",
    profile: Profile | None = None,
    allow_private: bool = False,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Reference:
    """Write the reference image of one person in a video: head and shoulders, from the front, as JPEG at `out`.

    The video and the other arguments are as for `people`. `person` is a number of `people`; without it the only one in
    front is taken. Only a frame that passes every gate is taken, and no image rule of the provider finds fault with
    what is written. A picture of that name is replaced, but only by one that passes.

    Raises UsageError where several people are in front and none is named, for a video as `people` does, and for a path
    where no JPEG can be written; FixError where the video cannot be looked at or no frame is good enough;
    ConfigurationError, ComponentError and CancelledError as `check` does.

    >>> lipready.reference("intro.mp4", "anna.jpg").report.verdict
    'pass'
    """
    picture = Path(fspath(out))
    require_picture_place(picture, place_of(video))
    profile = profile or load_profile(provider)
    settings = Settings(allow_private=allow_private, progress=progress)
    with cancellable(cancel), measured_video(video, profile, settings) as file:
        require_speaker(file, person, profile, "say which of them speaks (person=N, as `lipready.people` counts them)")
        return take(file, picture, person, profile)


@async_twin(reference)
def reference_async() -> None:
    """Write what `reference` writes, and return the same, on asyncio, with its arguments; raises what it raises.

    It runs in a thread, which ends where asyncio cancels it; see `check_async`.

    >>> import asyncio
    >>> asyncio.run(lipready.reference_async("intro.mp4", "face-async.jpg", person=1)).person
    1
    """


def require_speaker(file: FileFacts, person: int | None, profile: Profile, advice: str) -> None:
    """Raise UsageError where one of several people in front is not named; `advice` says how that is done."""
    seen, media = file.people, file.media
    if person is None and isinstance(seen, PeopleFacts) and seen.turned is None and isinstance(media, VideoFacts):
        behind = background(seen, media.height, profile.front)
        if len(seen.people) - len(behind) > 1:
            raise UsageError(f"{file.path} shows {headcount(seen, len(behind))}: {advice}.", path=file.path)


def take(file: FileFacts, picture: Path, person: int | None, profile: Profile) -> Reference:
    """Write the picture, whole or not at all, and check it. Raises FixError where no frame is good enough."""
    LOG.info("taking a reference image from %s", file.path)
    partial = Partial.beside(Path(os.path.realpath(picture)))
    try:
        frame = take_reference(file, person, profile, partial.path)
        partial.finish()
    finally:
        partial.discard()
    path = fspath(picture)
    return Reference(path, frame, check_job(Job(reference=path), profile, Settings()))


def require_picture_place(picture: Path, video: str | None, verb: str = "written", advice: str = "") -> None:
    """Raise UsageError where no JPEG can be written; `video` is the path that it is taken from, where that has one."""
    wrong = None
    if picture.suffix.lower() not in _ENDINGS:
        wrong = f"a JPEG is {verb}, so its name must end in .jpg or .jpeg"
    elif picture.is_dir():
        wrong = f"is a folder{advice}"
    elif not picture.absolute().parent.is_dir():
        wrong = f"the folder {picture.parent} does not exist"
    elif video is not None and os.path.realpath(picture) == os.path.realpath(video):
        wrong = "is the video itself"
    if wrong is not None:
        raise UsageError(f"{picture}: {wrong}.", path=fspath(picture))
