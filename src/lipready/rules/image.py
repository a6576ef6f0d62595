"""Rules about the reference image."""

from fractions import Fraction

from lipready.facts.file import FileFacts, ImageFacts, LfsPointer
from lipready.facts.finding import Finding, Fix, Severity
from lipready.facts.job import JobFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach, judge_size, outside, refusal
from lipready.rules.examples import image_facts, job, people, unread, with_file, with_image
from lipready.rules.readings import Readings, bytes_of, ranged, with_readings
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.subjects import finding, of_image
from lipready.rules.wording import amount, interval, listing, name_of, one_line, printable


def image_format(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the reference image is of a format that the provider reads.

    What it checks
        The format by content, whatever the name says; and that it is a still picture, not an animation.

    Why it matters
        A format that is not on the list is refused, whether or not its reader is installed here; of an animation nobody
        knows which frame counts.

    What the provider says
        DashScope: jpeg, jpg, png, bmp, webp; else InvalidFile.Format. EvoLink says nothing.

    How to repair
        `prepare` writes the first frame as JPEG. A HEIC needs a reader for that: pip install 'lipready[heif]'.
    """
    image = facts.reference
    if image is None:
        return
    if isinstance(image.format, Unmeasured):
        yield image.format
        return
    severity, measured = refusal(image.format, limit), printable(image.format)
    if severity is None:
        if not isinstance(image.media, ImageFacts) or not image.media.animated:
            return
        severity, measured = "warning", f"{measured} with {counted(image.media.frames, 'frame')}"
    allowed = listing(limit.choices)
    if image.problem is None and isinstance(image.media, Unmeasured):
        yield _without_reader(image, severity, allowed, limit)
        return
    fix = Fix("convert-image", "reencode", "Write it as a JPEG.")
    yield finding(
        limit,
        image,
        severity,
        f"{name_of(image)} is {measured} by content; a still picture as {allowed} is accepted. {fix.text}",
        measured=measured,
        allowed=allowed,
        fix=fix,
    )


def _without_reader(image: FileFacts, severity: Severity, allowed: str, limit: Limit) -> Finding:
    """Return what `prepare` lacks; a repair that cannot be made is not offered."""
    reason = image.media.reason if isinstance(image.media, Unmeasured) else ""
    return finding(
        limit,
        image,
        severity,
        f"{name_of(image)} {one_line(reason)}. A still picture as {allowed} is accepted: export it as a JPEG, or let "
        "`prepare` do it where a reader is installed.",
        measured=printable(str(image.format)),
        allowed=allowed,
    )


@with_readings(bytes_of("reference"))
def image_file_size(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the reference image is not too large in bytes.

    What it checks
        The size in bytes, exactly; for a Git LFS pointer the size that the pointer names.

    Why it matters
        A larger file is refused.

    What the provider says
        DashScope: "文件≤10MB"; else InvalidFile.Size. Whether a MB is 10^6 or 2^20 bytes is not said: over
        10 · 2^20 bytes is an error, between 10 · 10^6 and that a warning. EvoLink says nothing.

    How to repair
        `prepare` writes it as a JPEG that fits.
    """
    fix = Fix("fit-image-size", "reencode", "Write it as a JPEG that fits.")
    return judge_size(facts.reference, limit, fix)


def _ratio(_file: FileFacts, image: ImageFacts, limit: Limit) -> Readings:
    short, long = sorted((image.width, image.height))
    return ranged("ratio", Fraction(long, short), limit) if short > 0 else ()


@of_image
@with_readings(_ratio)
def image_aspect_ratio(file: FileFacts, image: ImageFacts, limit: Limit) -> Verdicts:
    """Check that the reference image is not too long or too wide.

    What it checks
        Long edge divided by short edge, exactly. Orientation does not matter.

    Why it matters
        The shape is checked before the job runs.

    What the provider says
        InvalidFile.ImageSize; "长宽比小于等于2": a ratio of exactly 2 is accepted. EvoLink says nothing.

    How to repair
        `prepare` crops around the face where the picture shows exactly one: the face stays whole. Else a person
        chooses what to keep.
    """
    short, long = sorted((image.width, image.height))
    if short <= 0:
        yield Unmeasured("the picture has no size")
        return
    broken = breach(Fraction(long, short), limit)
    if broken is None:
        return
    fix = (
        Fix("crop-image", "reencode", "Crop it around its one face, which stays whole.")
        if isinstance(file.people, PeopleFacts) and file.people.count == 1
        else Fix("crop-image", "editorial", "Choose what to keep of it: no single face is known to crop around.")
    )
    measured, allowed = amount(Fraction(long, short), limit), interval(broken.range, limit.unit)
    yield finding(
        limit,
        file,
        broken.severity,
        f"{name_of(file)} is {image.width} × {image.height} px, that is {measured}; {allowed} is accepted. {fix.text}",
        measured=measured,
        allowed=allowed,
        fix=fix,
    )


def _longest_edge(_file: FileFacts, image: ImageFacts, limit: Limit) -> Readings:
    return ranged("longest edge", max(image.width, image.height), limit)


@of_image
@with_readings(_longest_edge)
def image_edge_length(file: FileFacts, image: ImageFacts, limit: Limit) -> Verdicts:
    """Check that the reference image is not too large in pixels.

    What it checks
        The longest edge.

    Why it matters
        The size is checked before the job runs.

    What the provider says
        InvalidFile.ImageSize; "最大边长小于等4096": exactly 4096 is accepted. EvoLink says nothing.

    How to repair
        `prepare` shrinks it and keeps its shape.
    """
    broken = breach(Fraction(max(image.width, image.height)), limit)
    if broken is None:
        return
    fix, allowed = Fix("shrink", "reencode", "Shrink it and keep its shape."), interval(broken.range, limit.unit)
    yield finding(
        limit,
        file,
        broken.severity,
        f"{name_of(file)} is {image.width} × {image.height} px; the longest edge must be {allowed}. {fix.text}",
        measured=amount(Fraction(max(image.width, image.height)), limit),
        allowed=allowed,
        fix=fix,
    )


def _faces(facts: JobFacts, limit: Limit) -> Readings:
    people = None if facts.reference is None else facts.reference.people
    return ranged("faces", people.count, limit) if isinstance(people, PeopleFacts) else ()


@with_readings(_faces)
def image_face_count(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the reference image shows one face, and one only.

    What it checks
        The number of faces in the picture.

    Why it matters
        Without a face, or with several, the picture does not say who is to speak.

    What the provider says
        DashScope: "需包含一张清晰的人物正脸"; InvalidFile.Content: "The input image has no human body or multi human
        bodies." EvoLink asks for the front face of the target.

    How to repair
        Take a picture of the speaker alone, or let `prepare` make one from the clip.
    """
    image = facts.reference
    if image is None:
        return
    if isinstance(image.people, Unmeasured):
        yield image.people
        return
    broken = breach(Fraction(image.people.count), limit)
    if broken is None:
        return
    count = image.people.count
    measured = counted(count, "face") if count else "no face"
    fix = Fix(
        "choose-person",
        "editorial",
        "Name the speaker to `prepare` by number: it takes a picture from the clip instead.",
    )
    allowed = interval(broken.range, limit.unit)
    yield finding(
        limit,
        image,
        broken.severity,
        f"{name_of(image)} shows {measured}; {allowed} is expected. {fix.text}",
        measured=measured,
        allowed=allowed,
        fix=fix,
    )


@of_image
def image_orientation(file: FileFacts, image: ImageFacts, limit: Limit) -> Verdicts:
    """Warn of a picture that viewers turn before they show it.

    What it checks
        The EXIF orientation.

    Why it matters
        A reader that ignores it, as most image libraries do, sees a face on its side and may find none.

    What the provider says
        Nothing about orientation.

    How to repair
        `prepare` turns the pixels themselves, and leaves the tag out.
    """
    if image.orientation == 1:
        return
    fix = Fix("upright", "reencode", "Turn the pixels themselves, so that no reader can overlook it.")
    yield finding(
        limit,
        file,
        outside(limit),
        f"{name_of(file)} is stored turned (EXIF orientation {image.orientation}): a reader that ignores this sees no "
        f"upright face. {fix.text}",
        measured=f"EXIF orientation {image.orientation}",
        allowed="orientation 1",
        fix=fix,
    )


FORMAT = Rule(
    id="I601",
    name="image-format",
    subject="reference",
    needs="headers",
    judge=image_format,
    valid=lambda: tuple(with_file("reference", format=name) for name in ("jpeg", "png", "bmp", "webp")),
    invalid=lambda: (
        *(with_file("reference", format=name) for name in ("gif", "tiff", "heic")),
        with_file("reference", format="webp", media=image_facts(frames=12)),
        with_file("reference", format="heic", media=Unmeasured("needs a reader of its own", transient=True)),
    ),
)
FILE_SIZE = Rule(
    id="I602",
    name="image-file-size",
    subject="reference",
    needs="headers",
    judge=image_file_size,
    valid=lambda: tuple(with_file("reference", bytes=size) for size in (0, 9_999_999, 10_000_000)),
    invalid=lambda: (
        *(with_file("reference", bytes=size) for size in (10_000_001, 10_485_760, 10_485_761)),
        job(reference=unread("reference", None, LfsPointer("0" * 64, 20_000_000))),
    ),
)
ASPECT_RATIO = Rule(
    id="I603",
    name="image-aspect-ratio",
    subject="reference",
    needs="headers",
    judge=image_aspect_ratio,
    valid=lambda: (
        with_image(width=2000, height=1000),
        with_image(width=1000, height=2000),
        with_image(width=1, height=1),
    ),
    invalid=lambda: (
        with_image(width=2001, height=1000),
        with_image(width=4001, height=2000),
        with_image(width=500, height=1001),
    ),
)
EDGE_LENGTH = Rule(
    id="I604",
    name="image-edge-length",
    subject="reference",
    needs="headers",
    judge=image_edge_length,
    valid=lambda: (with_image(width=4096, height=4096), with_image(width=4096, height=2048)),
    invalid=lambda: (with_image(width=4097, height=4096), with_image(width=2100, height=4097)),
)
FACE_COUNT = Rule(
    id="I605",
    name="image-face-count",
    subject="reference",
    needs="pixels",
    judge=image_face_count,
    valid=lambda: (job(),),
    invalid=lambda: (with_file("reference", people=people()), with_file("reference", people=people(50, 400))),
)
ORIENTATION = Rule(
    id="I608",
    name="image-orientation",
    subject="reference",
    needs="headers",
    judge=image_orientation,
    valid=lambda: (job(),),
    invalid=lambda: tuple(with_image(orientation=tag) for tag in (2, 3, 6, 8)),
)
