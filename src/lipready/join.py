"""Long material: join the results of the parts of a job."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from os import PathLike, fspath
from pathlib import Path
from typing import TypeVar

from lipready.atomic import publish
from lipready.cancel import Cancel, async_twin, cancellable
from lipready.check import Progress, stage
from lipready.errors import FixError, UsageError, concerning
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, Role
from lipready.facts.quantity import counted, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.source import examine
from lipready.providers.download.result_file import require_place
from lipready.repair.joining import SHORT, JoinedPart, Joint, join_command
from lipready.repair.recipe import InputStream
from lipready.repair.run.ffmpeg import find_ffmpeg, run
from lipready.repair.run.folder import Partial, unwritable
from lipready.repair.video.shape import tidy
from lipready.split import SplitPart, read_parts

__all__ = ["join", "join_async"]

Media = TypeVar("Media", VideoFacts, AudioFacts)


def join(
    folder: str | PathLike[str],
    to: str | PathLike[str],
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Path:
    """Write one video of the results of all parts of a job that was cut, and return its path.

    `folder` is the one that `split` wrote, each result lies where `SplitPart.result` says. The pictures follow each
    other frame by frame, under the sound that was sent, sample by sample; both are encoded again. A result that is up
    to half a second too short holds its last picture. The video appears under its name when it is whole, as long as the
    parts together, to the frame and the sample. `progress` is called with "joining film.mp4" and the share (0..1).

    Raises UsageError where a result is missing, where `to` exists or cannot be written; FixError where a result cannot
    be read or is too short, and where the joined video is not what it should be; CancelledError where `cancel` ends it.

    >>> split = lipready.split("clip.mp4", "speech.wav", out="one")
    >>> lipready.join("one", "film.mp4")
    Traceback (most recent call last):
    lipready.errors.UsageError: ...
    """
    join_parts(read_parts(Path(folder)), Path(to), progress=progress, cancel=cancel)
    return Path(to)


@async_twin(join)
def join_async() -> None:
    """Return what `join` returns, on asyncio, with its arguments; raises what it raises.

    >>> import asyncio
    >>> asyncio.run(lipready.join_async("nowhere", "film.mp4"))
    Traceback (most recent call last):
    lipready.errors.UsageError: ...
    """


def join_parts(
    parts: Sequence[SplitPart], to: Path, *, progress: Progress | None = None, cancel: Cancel | None = None
) -> None:
    """Do what `join` does with the parts that it reads."""
    missing = [part for part in parts if not part.result.is_file()]
    if missing:
        raise UsageError(
            f"The result of part {missing[0].number} of {len(parts)} is not there: download it to {missing[0].result}.",
            path=fspath(missing[0].result),
        )
    require_place(to, sum(part.result.stat().st_size for part in parts))
    with cancellable(cancel), concerning(path=fspath(to)):
        joint = _joint(parts)
        _join(joint, to, stage("joining", fspath(to), progress) or (lambda _share: None))


def _joint(parts: Sequence[SplitPart]) -> Joint:
    """Look at the results and at the sound that was sent. Raises FixError where one cannot be used."""
    pieces, videos, rates = list[JoinedPart](), list[VideoFacts](), list[int]()
    for part in parts:
        came, video = _opened(fspath(part.result), "video", VideoFacts)
        sent, audio = _opened(str(part.job.audio), "audio", AudioFacts)
        _require_long_enough(part, came.length)
        shown, heard = _stream(came, video.stream_index), _stream(sent, audio.stream_index)
        pieces.append(JoinedPart(picture=shown, sound=heard, start=part.start, end=part.end))
        videos.append(video)
        rates.append(audio.sample_rate)
    known = [tidy(each.frame_rate.nominal) for each in videos if not isinstance(each.frame_rate, Unmeasured)]
    if not known:
        raise FixError("The results do not tell their frame rate: they cannot be joined.")
    width, height = max((each.width, each.height) for each in videos)
    size = {"width": width // 2 * 2, "height": height // 2 * 2}
    return Joint(pieces=tuple(pieces), rate=max(known), **size, sample_rate=max(rates))


def _opened(path: str, role: Role, kind: type[Media]) -> tuple[FileFacts, Media]:
    """Look at the header of a file. Raises FixError where it cannot be read, or is something else."""
    file = examine(path, role, quick=True)
    if file.problem is None and isinstance(file.media, kind):
        return file, file.media
    reason = file.problem or (file.media.reason if isinstance(file.media, Unmeasured) else f"is no {role}")
    raise FixError(f"{path} {reason}: it cannot be joined.", path=path)


def _require_long_enough(part: SplitPart, lasts: Fraction | None) -> None:
    wanted = part.end - part.start
    if lasts is None or lasts < wanted - SHORT:
        found = "does not tell how long it is" if lasts is None else f"lasts {seconds(lasts)}"
        raise FixError(
            f"{part.result} {found}, and part {part.number} lasts {seconds(wanted)}: nothing was joined. Look at it, "
            "and download it again, or have this part made anew.",
            path=fspath(part.result),
        )


def _stream(file: FileFacts, index: int | None) -> InputStream:
    return InputStream(path=file.path, format=str(file.format), stream=index, start=Fraction(0), seekable=False)


def _join(joint: Joint, to: Path, tell: Callable[[float], None]) -> None:
    """Write the joined video, look at it again, and give it its name."""
    binary, partial = find_ffmpeg().path, Partial.beside(to)
    tell(0.0)
    try:
        command = join_command(joint, fspath(partial.path))
        run([binary, *command[1:]], what=fspath(to), length=joint.pieces[-1].end, tell=tell)
        written = examine(fspath(partial.path), "video", quick=True)
        media = written.media
        frames = media.frames if isinstance(media, VideoFacts) else None
        if frames != joint.frames:
            count = counted(frames, "frame") if isinstance(frames, int) else "an unknown number of frames"
            raise FixError(f"{to} was written with {count} where {joint.frames:,} were expected, and is not kept.")
        publish(partial.path, to, overwrite=False)
    except FileExistsError:
        raise UsageError(f"{to} exists already: choose another name, or move it away.", path=fspath(to)) from None
    except OSError as error:
        raise unwritable(to, error) from error
    finally:
        partial.discard()
    tell(1.0)
