"""Rules about any file, whatever it holds: that it can be read, and that its name tells the truth."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, Salvage, Unopened
from lipready.facts.finding import Finding, Fix, Severity
from lipready.facts.job import JobFacts
from lipready.facts.quantity import counted, plural
from lipready.facts.unmeasured import Unmeasured, is_transient
from lipready.facts.video import VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.examples import job, pointer, unread, video_facts, with_file
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding
from lipready.rules.wording import listing, name_of, one_line, printable

# The extensions that tell the truth about a format, the usual one first.
EXTENSIONS = {
    "mp4": ("mp4", "m4v"),
    "mov": ("mov", "qt"),
    "3gp": ("3gp",),
    "3g2": ("3g2",),
    "avi": ("avi",),
    "mkv": ("mkv",),
    "webm": ("webm",),
    "mpegts": ("ts", "mts", "m2ts"),
    "mpeg": ("mpg", "mpeg"),
    "asf": ("wmv", "asf", "wma"),
    "flv": ("flv",),
    "wav": ("wav", "wave"),
    "mp3": ("mp3",),
    "aac": ("aac", "adts"),
    "m4a": ("m4a", "m4b"),
    "ogg": ("ogg", "oga", "ogv", "opus"),
    "flac": ("flac",),
    "aiff": ("aiff", "aif"),
    "jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "png": ("png", "apng"),
    "bmp": ("bmp", "dib"),
    "webp": ("webp",),
    "gif": ("gif",),
    "tiff": ("tif", "tiff"),
    "heic": ("heic", "heif"),
}
# One container family: players and demuxers treat them alike, whatever the name says.
ISO_FAMILY = frozenset({"mp4", "m4v", "mov", "qt", "3gp", "3g2", "m4a"})


_CONTENT = ": the provider could not open it. Export or download the file again."
_MACHINE = ". Nothing of it was measured: put that right, or run again when the machine has time and memory to spare."


@rule(
    "F001",
    valid=lambda: (pointer("video", 5_000_000),),
    invalid=lambda: (
        job(video=unread("video", "is empty")),
        job(audio=replace(unread("audio", "does not exist"), unopened=Unopened("missing", "speech.wav"))),
        with_file("video", media=video_facts(truncated=True)),
        with_file(
            "video",
            media=video_facts(truncated=True),
            salvage=Salvage(Fraction(6), Fraction(10), frames=150, within=0, after=1),
        ),
    ),
)
def file_unreadable(facts: JobFacts, limit: Limit) -> Iterator[Finding]:
    """Check that a file can be read as media.

    What it checks
        That the file is there, is not empty, is a video, an audio file or a picture by its content, opens, and does
        not end before its own index or header says that it does. Where the format does not say how long the file is,
        nobody can tell that it was cut, and this rule does not hold it against the file.

    Why it matters
        Nothing else can be said about a file that does not open, and the provider cannot open it either.

    What the provider says
        InvalidFile.Openerror: "Invalid file, cannot open file as video/audio/image."

    How to repair
        Where there is no such file, name the one that is meant. Else export or download the file again. Of a video
        or an audio file that opens and ends early, `prepare --salvage` keeps what can be decoded, and says what is
        lost: the seconds and frames at its end, and frames in between, for which the picture stands still. Nothing
        can be salvaged of an MP4 without its index, nor of a picture. Where time,
        memory or the right to read it was missing, or whatever measures it was ended or crashed, nothing is known of
        the file: run again. `gate` remembers nothing of that.
    """
    for file in facts.files():
        cut = isinstance(file.media, VideoFacts | AudioFacts) and file.media.truncated is True
        if file.lfs is None and (file.problem is not None or cut):
            problem = one_line(file.problem or "ends before its index or header says that it does")
            message = f"{name_of(file)} {problem}{_MACHINE if is_transient(file.media) else _CONTENT}"
            fix = _salvage(file) if cut else None
            if fix is not None:
                message += f" {fix.text}"
            elif not is_transient(file.media) and problem.startswith("ends "):
                message += " Nothing of it can be salvaged."
            if file.unopened is not None:
                message = one_line(file.unopened.sentence(printable(file.path), problem))
            yield finding(limit, file, message, measured=problem, allowed="a whole, readable file", fix=fix)


def _salvage(file: FileFacts) -> Fix | None:
    """Offer what decodes; where nobody decoded it (--quick), what may."""
    if file.salvage is not None:
        return Fix(
            "salvage",
            "editorial",
            f"Keep the {file.salvage.amount()} that can be decoded with `Choices(salvage=True)`.",
        )
    unread = isinstance(file.media, VideoFacts) and isinstance(file.media.stillness, Unmeasured)
    unread = unread or (isinstance(file.media, AudioFacts) and isinstance(file.speech, Unmeasured))
    return Fix("salvage", "editorial", "Keep what can be decoded with `Choices(salvage=True)`.") if unread else None


@rule(
    "F002",
    valid=lambda: (job(video=unread("video", "is empty")),),
    invalid=lambda: (pointer("video", 5_000_000),),
)
def lfs_pointer(facts: JobFacts, limit: Limit) -> Iterator[Finding]:
    """Check that the media itself is there, and not a Git LFS pointer.

    What it checks
        Whether the file is the small text that Git LFS leaves in place of a large file.

    Why it matters
        The media itself is not there, so that nothing of it can be judged but its size and the name's extension.

    What the provider says
        InvalidFile.Openerror: "Invalid file, cannot open file as video/audio/image."

    How to repair
        Run `git lfs pull` to fetch the file, then check again.
    """
    for file in facts.files():
        if file.lfs is not None:
            message = (
                f"{name_of(file)} is a Git LFS pointer to {counted(file.lfs.bytes, 'byte')} of media that "
                f"{plural(file.lfs.bytes, 'is')} not here. Run `git lfs pull`, then check again."
            )
            yield finding(limit, file, message, measured="a Git LFS pointer", allowed="the media itself")


@rule(
    "F003",
    valid=lambda: (
        with_file("video", extension="webm", format="webm"),
        with_file("video", extension="mov", format="mov"),
    ),
    invalid=lambda: (
        with_file("video", path="clip.bin", extension="bin"),
        with_file("video", path="clip", extension=""),
        with_file("video", format="webm"),
        with_file("video", format="avi"),
        with_file("audio", path="speech.aac", extension="aac", format="m4a"),
        with_file("reference", path="face.png", extension="png"),
        with_file("reference", path="face.jfif", extension="jfif"),
    ),
)
def extension_mismatch(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the extension of a file's name fits its content.

    What it checks
        The extension against the formats that the provider names, and against the format by content. An error where
        the name is not among the accepted ones although the content is (clip.bin, photo.jfif), and where an accepted
        name hides a format that is not (a WebM called clip.mp4). A warning where name and content are both accepted
        but differ (a JPEG called face.png). Only a remark where MP4 and QuickTime are mixed up: they are one family
        that every demuxer reads alike. A name that is right about a format that is not accepted is left to the rules
        about formats.

    Why it matters
        Providers choose how to read a file by its name as often as by its content.

    What the provider says
        InvalidFile.Format: "the request file format is one of the following types: MP4, AVI, MOV, MP3, WAV, AAC, JPEG,
        JPG, PNG, BMP, and WEBP." Whether the name or the content decides is not said.

    How to repair
        `prepare` writes the file under the extension that its content deserves; nothing else changes.
    """
    for file in facts.files():
        if file.extension is None:  # it has no name that could be wrong
            continue
        if not isinstance(file.format, Unmeasured):
            yield from _compare(file, printable(file.format), limit)
        elif file.lfs is not None and file.extension not in limit.choices:
            yield _mismatch(file, limit, None, "a Git LFS pointer", None)
        else:
            yield file.format


def _compare(file: FileFacts, content: str, limit: Limit) -> Iterator[Finding]:
    true_names = EXTENSIONS.get(content, (content,))
    # A name that the provider takes, where the format has one.
    right = next((name for name in true_names if name in limit.choices), None)
    accepted = file.extension in limit.choices
    if file.extension in true_names and (right is None or accepted):
        return
    if accepted and file.extension in ISO_FAMILY and content in ISO_FAMILY:
        yield _mismatch(file, limit, "info", content, None)
    elif right is None or not accepted:
        yield _mismatch(file, limit, None, content, right)
    else:
        yield _mismatch(file, limit, "warning", content, right)


def _mismatch(file: FileFacts, limit: Limit, severity: Severity | None, content: str, right: str | None) -> Finding:
    called = f"the extension .{printable(file.extension)}" if file.extension else "no extension"
    advice = f" Rename it to .{right}." if right else ""
    fix = Fix("rename", "lossless", f"Write it under the extension .{right}.") if right else None
    message = (
        f"{name_of(file)} has {called}, and its content is {content}; accepted names end in "
        f"{listing('.' + name for name in limit.choices)}.{advice}"
    )
    measured, allowed = f"{called}, content {content}", listing(limit.choices)
    return finding(limit, file, message, measured=measured, allowed=allowed, severity=severity, fix=fix)
