"""The inputs of a job, and in what form a program may hand them over."""

from dataclasses import dataclass, field
from io import BufferedIOBase, TextIOBase
from os import PathLike, fspath
from typing import IO, TYPE_CHECKING, Self

from lipready.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lipready.facts.file import Role

# A BinaryIO is an IO[bytes]; what gzip and zipfile open, and a socket's makefile, is a BufferedIOBase.
Content = str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | BufferedIOBase
"""A path, an address, the bytes themselves, or a file object opened for reading in binary mode."""

NAMELESS = "<bytes>"
"""How an input is shown that has no name."""

_ACCEPTED = (
    "An input is a path (str or os.PathLike), an http(s) address, bytes (also bytearray, memoryview), a file object "
    "that was opened in binary mode, or lipready.Input with one of these and a name."
)


@dataclass(frozen=True, slots=True, repr=False)
class Input:
    """An input with a name of its own, such as that of an upload: `Input(upload.file, "clip.mp4")`.

    Reports, messages and outputs call it by the name, and rule F003 compares the name's extension with the content.
    Without a name it is a file object's own one (`.name`), a path or an address as it is, and else `<bytes>`, whose
    extension is not judged.

    A file object is read once, from where it stands, and is not closed. Raises UsageError for anything else.

    >>> from pathlib import Path
    >>> upload = lipready.Input(Path("clip.mp4").read_bytes(), "upload.mp4")
    >>> lipready.check(upload).facts.video.path
    'upload.mp4'
    """

    source: Content
    name: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.source, Input):
            raise UsageError(f"The source of an Input cannot be an Input. {_ACCEPTED}")
        _require_accepted("The source of an Input", self.source)
        if self.name is not None and (not isinstance(self.name, str) or not self.name):
            raise UsageError("The name of an Input is a text such as clip.mp4, or None.")

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"Input({_brief(self.source)}{name})"


Source = Content | Input
"""Whatever an input may be: a path, an address, bytes, a binary file object, or an `Input` of one of these.

>>> def verdict(upload: lipready.Source) -> lipready.Verdict:
...     return lipready.check(upload).verdict
>>> verdict("clip.mp4")
'pass'
"""


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """The options of the request itself; None leaves the provider's default.

    `video_extension` lengthens the video to the audio track. `face_threshold` is the `query_face_threshold` of both
    providers' references (120..200, their default 170; rule R701 looks at it), `callback_url` belongs to EvoLink.

    >>> options = lipready.RequestOptions(face_threshold=250)
    >>> [finding.rule for finding in lipready.check("clip.mp4", options=options).errors]
    ['R701']
    """

    video_extension: bool = False
    face_threshold: int | None = None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    """The inputs of one request; any may be missing: only what is there is checked.

    Each is a path, an http(s) address, bytes or a binary file object, or an `Input` of one of these with a name; the
    fields keep what was given. Jobs are equal, hashable and can be pickled where their inputs can. A file object is
    read once, from where it stands: a job that has one serves for one call. Raises UsageError for anything else.

    >>> job = lipready.Job("clip.mp4", audio="speech.wav")
    >>> job
    Job(video='clip.mp4', audio='speech.wav', options=RequestOptions(video_extension=False, ...))
    """

    video: Source | None = None
    audio: Source | None = None
    reference: Source | None = None
    options: RequestOptions = field(default_factory=RequestOptions)

    def __post_init__(self) -> None:
        for role, source in self.inputs():
            _require_accepted(f"The {role} of a job", source)

    def __repr__(self) -> str:
        given = ", ".join(f"{role}={_brief(source)}" for role, source in self.inputs())
        return f"Job({given}{', ' if given else ''}options={self.options})"

    @classmethod
    def of(
        cls,
        video: Source | None = None,
        audio: Source | None = None,
        reference: Source | None = None,
        options: RequestOptions | None = None,
    ) -> Self:
        """Return a job in which every path is a text. Raises UsageError for what is no input.

        >>> from pathlib import Path
        >>> lipready.Job.of(Path("clip.mp4"), "speech.wav").video
        'clip.mp4'
        """
        given = [fspath(each) if isinstance(each, PathLike) else each for each in (video, audio, reference)]
        return cls(given[0], given[1], given[2], options or RequestOptions())

    def inputs(self) -> "Iterator[tuple[Role, Source]]":
        """Return role and input of everything that is given, in the order video, audio, reference.

        >>> list(lipready.Job("clip.mp4", "speech.wav").inputs())
        [('video', 'clip.mp4'), ('audio', 'speech.wav')]
        """
        roles: tuple[tuple[Role, Source | None], ...] = (
            ("video", self.video), ("audio", self.audio), ("reference", self.reference),
        )  # fmt: skip
        return ((role, source) for role, source in roles if source is not None)

    def names(self) -> "dict[Role, str]":
        """Return how each input is called: the path or address, or the name that it has.

        >>> lipready.Job("clip.mp4", lipready.Input(b"RIFF", "speech.wav")).names()
        {'video': 'clip.mp4', 'audio': 'speech.wav'}
        """
        return {role: name_of(source) for role, source in self.inputs()}

    def places(self) -> "dict[Role, str]":
        """Return the path or address of each input that has one.

        >>> lipready.Job("clip.mp4", lipready.Input(b"RIFF", "speech.wav")).places()
        {'video': 'clip.mp4'}
        """
        return {role: place for role, source in self.inputs() if (place := place_of(source)) is not None}


def path_or_address(source: Source) -> str:
    """Return the path or address of an input that has one; `at_hand` gives no others."""
    place = place_of(source)
    if place is None:
        raise UsageError(f"{name_of(source)} is not at hand as a file.")
    return place


def place_of(source: Source) -> str | None:
    """Return the path or address of an input; None for bytes and file objects."""
    content = source.source if isinstance(source, Input) else source
    return fspath(content) if isinstance(content, str | PathLike) else None


def name_of(source: Source) -> str:
    """Return what an input is called: its name, the path or address, a file object's own name, or `<bytes>`."""
    from lipready.facts.address import file_name, is_address

    if isinstance(source, Input):
        if source.name is None:
            return name_of(source.source)
        name = source.name
    elif isinstance(source, str | PathLike):
        return fspath(source)
    else:
        own = getattr(source, "name", None)
        name = own if isinstance(own, str) and own else NAMELESS
    # What is named after an address is not at one; a signature in it is shown to nobody.
    return (file_name(name) or NAMELESS) if is_address(name) else name


def is_placeholder(name: str) -> bool:
    """Return whether a name stands for one that is missing, such as `<bytes>` and the `<stdin>` of Python."""
    return name.startswith("<") and name.endswith(">")


def _require_accepted(what: str, source: object) -> None:
    """Raise UsageError for what is no input."""
    if isinstance(source, TextIOBase):
        raise UsageError(f"{what} cannot be a file object in text mode: open it in binary mode ('rb'). {_ACCEPTED}")
    if isinstance(source, PathLike):
        accepted = isinstance(fspath(source), str)
    else:
        accepted = isinstance(source, str | bytes | bytearray | memoryview | Input)
        accepted = accepted or (not isinstance(source, type) and callable(getattr(source, "read", None)))
    if not accepted:
        raise UsageError(f"{what} cannot be of the type {type(source).__name__}. {_ACCEPTED}")


def _brief(source: Source) -> str:
    """Write an input on one line, and not its bytes."""
    if isinstance(source, bytes | bytearray | memoryview):
        from lipready.facts.quantity import counted

        return f"<{counted(memoryview(source).nbytes, 'byte')}>"
    return repr(source)
