"""The rule about the way up: what the provider's own upload takes of a file of this machine."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from lipready.facts.file import FileFacts, LfsPointer
from lipready.facts.finding import Finding, Fix
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach, refusal
from lipready.rules.examples import addressed, job, unread, with_file
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.subjects import finding
from lipready.rules.wording import listing, name_of, printable, size, size_limit

_HOST = "or put it at an address of your own"
_FITS = {
    "video": Fix("fit-size", "reencode", "Encode it in two passes at a rate that fits."),
    "audio": Fix("fit-size", "reencode", "Encode it at a rate that fits."),
    "reference": Fix("fit-image-size", "reencode", "Write it as a JPEG that fits."),
}


def file_not_uploadable(facts: JobFacts, limit: Limit) -> Verdicts:
    """Warn of a file that the provider's own upload does not take, whatever the model would.

    What it checks
        The size in bytes, exactly (for a Git LFS pointer the size that the pointer names), and the format of a
        reference image by its content. What is given as an address is not uploaded, and not judged.

    Why it matters
        A file of this machine is uploaded before the provider can fetch it. An upload may take less than the model
        does; then the job ends before it begins.

    What the provider says
        DashScope: the leave to upload names `max_file_size_mb`, 100 in its sample; what it names when the file is
        uploaded counts. EvoLink: uploads of JPEG, PNG, GIF and WebP; its own client sends audio and video, too, and all
        up to 100 MB. Whether a MB is 10^6 or 2^20 bytes is not said, so that the warning begins over 100 · 10^6 bytes.

    How to repair
        `prepare` makes the file fit both the upload and the model, and writes a BMP as PNG. Or put the file at an
        address of your own: `submit --bucket` does, and `prepare --no-for-upload` then aims at the model alone.
    """
    for file in facts.files():
        if file.address is None:
            yield from _size(file, limit)
            yield from _format(file, limit)


def _size(file: FileFacts, limit: Limit) -> Verdicts:
    if isinstance(file.bytes, Unmeasured):
        yield file.bytes
        return
    broken = breach(Fraction(file.bytes), limit)
    if broken is None:
        return
    measured, allowed = size(file.bytes, limit), f"≤ {size_limit(broken.bound)}"
    doubt = ", if the strictest reading of the documents is meant" if broken.disputed else ""
    fix = _FITS[file.role]
    yield finding(
        limit,
        file,
        broken.severity,
        f"{name_of(file)} has {measured}; the provider's own upload takes {allowed}{doubt}. {fix.text[:-1]}, {_HOST}.",
        measured=measured,
        allowed=allowed,
        fix=fix if file.lfs is None else None,
    )


def _format(file: FileFacts, limit: Limit) -> Iterator[Finding]:
    """Judge a picture; which formats of audio and video are taken, no page says."""
    if file.role != "reference" or not limit.choices or isinstance(file.format, Unmeasured):
        return
    severity = refusal(file.format, limit)
    if severity is None:
        return
    measured, allowed = printable(file.format), listing(limit.choices)
    fix = Fix("convert-image", "reencode", "Write it in a format that is taken.")
    yield finding(
        limit,
        file,
        severity,
        f"{name_of(file)} is {measured} by content; the provider's own upload takes {allowed}. {fix.text[:-1]}, "
        f"{_HOST}.",
        measured=measured,
        allowed=allowed,
        fix=fix,
    )


UPLOAD = Rule(
    id="F004",
    name="file-not-uploadable",
    subject="file",
    needs="headers",
    judge=file_not_uploadable,
    valid=lambda: (
        job(),
        with_file("video", bytes=100_000_000),
        with_file("reference", format="bmp"),
        *(job(video=replace(video, bytes=104_857_601)) for video in (addressed().video,) if video is not None),
    ),
    invalid=lambda: (
        with_file("video", bytes=100_000_001),
        with_file("video", bytes=104_857_601),
        with_file("audio", bytes=104_857_601),
        with_file("reference", bytes=104_857_601),
        job(video=unread("video", None, LfsPointer("0" * 64, 104_857_601))),
    ),
)
