"""One input file in, its facts out, whatever the file turns out to be."""

from dataclasses import replace
from typing import TYPE_CHECKING

from lipready.errors import CancelledError, ComponentError, ProbeError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts, Role
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.containers.matroska import Matroska, read_matroska
from lipready.probe.containers.movie import ENCRYPTED, Movie, movie_header_end, read_movie
from lipready.probe.containers.signature import (
    HEAD_BYTES,
    MOVIE_FORMATS,
    Signature,
    extension_of,
    read_pointer,
    recognise,
)
from lipready.probe.local_file import LocalFile, NoReaderError, UnopenedError, open_local, read_error

if TYPE_CHECKING:
    from av.container import InputContainer

    from lipready.probe.streams.audio import SoundConsumer

_MATROSKA_FORMATS = {"mkv", "webm"}
_CUT_OFF = "ends before its index: the recording was cut off"
_WANTED = {"video": "a video", "audio": "an audio file", "reference": "a picture"}


def examine(
    path: str, role: Role, *, quick: bool, track: int | None = None, consumer: "SoundConsumer | None" = None
) -> FileFacts:
    """Measure one file as the input that `role` asks for; `quick` reads headers and indexes only.

    Of several audio tracks the one with the number `track` is measured, else the one that a player would play, and
    unless `quick` the `consumer` hears it.

    Never raises on account of the file: what is wrong with it stands in `problem`, a phrase that continues the file's
    name, and then `media` is Unmeasured with the same words. A Git LFS pointer is no problem but `lfs`. Raises
    ComponentError where a library that measures cannot be imported.
    """
    unopened = Unmeasured("the file could not be opened")
    facts = FileFacts(
        role=role,
        path=path,
        bytes=unopened,
        extension=extension_of(path),
        format=unopened,
        lfs=None,
        problem=None,
        media=unopened,
        people=Unmeasured("no people were looked for"),
    )
    try:
        with open_local(path) as file:
            facts = replace(facts, bytes=file.size)
            return _examine_open(file, facts, quick=quick, track=track, consumer=consumer)
    except UnopenedError as error:
        if error.obstacle is None:  # the machine is at fault: not even a module may be read now
            return without_media(facts, error)
        from lipready.probe.missing import unopened_of

        return replace(without_media(facts, error), unopened=unopened_of(error, path))
    except (ProbeError, OSError) as error:
        size = 0 if str(error) == "is empty" else facts.bytes
        return without_media(replace(facts, bytes=size), error)


def without_media(facts: FileFacts, error: Exception) -> FileFacts:
    """Return the facts of a file whose measurement has ended with an error: it becomes the `problem`.

    That a reader is not installed is no problem of the file: it only leaves the media unmeasured.

    Only a ProbeError may be the content's own doing. Whatever nobody has foreseen might be, but is not known to be.
    """
    match error:
        case ImportError():
            raise missing_library(error) from error
        case NoReaderError():
            return replace(facts, media=Unmeasured(str(error), transient=True))
        case ProbeError():
            known = error
        case MemoryError():
            known = ProbeError("needs more memory than there is to be measured", transient=True)
        case OSError():
            known = read_error(error)
        case _:
            phrase = f"cannot be measured: {type(error).__name__} ({str(error)[:100]})"
            known = ProbeError(phrase, transient=True)
    problem = str(known)
    return replace(facts, problem=problem, media=Unmeasured(problem, transient=known.transient))


def missing_library(error: ImportError) -> ComponentError:
    """Return the error of a library without which nothing can be measured."""
    # What numpy says itself is a page about how installations may be broken.
    cause = " ".join(str(error.__cause__ or error).split())[:200]
    return ComponentError(
        f"A library that measures files cannot be imported ({cause}): install lipready again, see that PYTHONPATH "
        "names nothing that stands in its way, and that there is memory left."
    )


def _examine_open(
    file: LocalFile, facts: FileFacts, *, quick: bool, track: int | None, consumer: "SoundConsumer | None"
) -> FileFacts:
    head = file.read_at(0, HEAD_BYTES)
    pointer = read_pointer(head) if file.size < HEAD_BYTES else None
    if pointer is not None:
        reason = Unmeasured("a Git LFS pointer stands in the place of the media")
        return replace(facts, bytes=pointer.bytes, lfs=pointer, format=reason, media=reason)
    signature = recognise(head)
    known = signature.name if signature.kind in {"image", "media"} else Unmeasured("its content is not recognised")
    facts = replace(facts, format=known)
    try:
        found, media = _measure(file, facts.role, signature, quick=quick, track=track, consumer=consumer)
        file.assert_unchanged()
    except CancelledError:
        raise
    except Exception as error:  # noqa: BLE001  (the boundary to hostile files: whatever they break costs one finding)
        return without_media(facts, error)
    return replace(facts, format=found, media=media)


def _measure(
    file: LocalFile,
    role: Role,
    signature: Signature,
    *,
    quick: bool,
    track: int | None,
    consumer: "SoundConsumer | None",
) -> tuple[str, VideoFacts | AudioFacts | ImageFacts]:
    """Return the format and the facts. Raises ProbeError where the file is not what the role asks for."""
    from lipready.probe.streams.audio import measure_audio
    from lipready.probe.streams.choice import best_video
    from lipready.probe.streams.image import is_animated, measure_image
    from lipready.probe.streams.video import measure_video

    name = signature.name
    if signature.kind == "text":
        raise ProbeError(f"is {'a text file' if name == 'text' else name}, not {_WANTED[role]}")
    if signature.kind == "image" and not (role == "video" and name == "gif" and is_animated(file)):
        if role != "reference":
            raise ProbeError(f"is a picture ({name.upper()}), not {_WANTED[role]}")
        return measure_image(file, quick=quick)
    header = _header(file, signature)
    with _open(file, signature, header, quick=quick) as container:
        name = _format(container, signature, header)
        if role == "video":
            return name, measure_video(file, container, header, quick=quick)
        only_sound = best_video(container) is None
        if role == "reference":
            raise ProbeError(f"is {'an audio file' if only_sound else 'a video'}, not a picture")
        name = "m4a" if name == "mp4" and only_sound else name
        return name, measure_audio(file, container, header, quick=quick, number=track, consumer=consumer)


def _open(file: LocalFile, signature: Signature, header: Movie | Matroska | None, *, quick: bool) -> "InputContainer":
    from lipready.probe.containers.container import open_container
    from lipready.probe.streams.choice import best_video

    try:
        # Of all headers only those of MP4 and QuickTime say enough without a decoder, and not for every codec.
        if quick and isinstance(header, Movie):
            container = open_container(file, decoders=False)
            video = best_video(container)
            if video is None or (video.codec_context is not None and video.codec_context.width > 0):
                return container
            container.close()
        container = open_container(file)
    except ProbeError as error:
        better = None if error.transient else _better_reason(file, signature, header)
        raise ProbeError(better or str(error), transient=error.transient) from error
    if not container.streams:
        container.close()
        raise ProbeError(_better_reason(file, signature, header) or "holds no stream")
    return container


def _header(file: LocalFile, signature: Signature) -> Movie | Matroska | None:
    if signature.name in MOVIE_FORMATS:
        if (movie_header_end(file) or 0) > file.size:
            raise ProbeError("ends in the middle of its index: the recording or the copy was cut off")
        return read_movie(file)
    return read_matroska(file) if signature.name in _MATROSKA_FORMATS else None


def _format(container: "InputContainer", signature: Signature, header: Movie | Matroska | None) -> str:
    """Take the signature's word where the demuxer agrees, or cannot tell the members of a family apart."""
    family = container.format.name
    if family == "matroska,webm":
        return "webm" if isinstance(header, Matroska) and header.doc_type == "webm" else "mkv"
    if signature.name in MOVIE_FORMATS and family.startswith("mov,"):
        return signature.name
    return family.split(",", maxsplit=1)[0]


def _better_reason(file: LocalFile, signature: Signature, header: Movie | Matroska | None) -> str | None:
    """Return why a file that begins like an MP4 does not open, where its boxes tell."""
    if isinstance(header, Movie):
        return ENCRYPTED if any(track.encrypted for track in header.tracks) else None
    return _CUT_OFF if signature.name in MOVIE_FORMATS and movie_header_end(file) is None else None
