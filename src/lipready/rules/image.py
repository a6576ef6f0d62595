"""Rules about the reference image."""

from fractions import Fraction

from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.finding import Fix
from lipready.facts.people import PeopleFacts
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import FROM_THE_CLIP, breach, judge_size, refusal
from lipready.rules.examples import image_facts, people, pointer, sized, with_file, with_image
from lipready.rules.readings import Readings, in_bytes, ranged, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, of_file, of_image
from lipready.rules.wording import amount, interval, listing, name_of, one_line, printable


@rule(
    "I601",
    valid=lambda: tuple(with_file("reference", format=name) for name in ("jpeg", "png", "bmp", "webp")),
    invalid=lambda: (
        *(with_file("reference", format=name) for name in ("gif", "tiff", "heic")),
        with_file("reference", format="webp", media=image_facts(frames=12)),
        with_file("reference", format="heic", media=Unmeasured("needs a reader of its own", transient=True)),
    ),
)
@of_file("reference", lambda file: file.format)
def image_format(file: FileFacts, container: str, limit: Limit) -> Verdicts:
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
    severity, measured = refusal(container, limit), printable(container)
    if severity is None:
        if not isinstance(file.media, ImageFacts) or not file.media.animated:
            return
        severity, measured = "warning", f"{measured} with {counted(file.media.frames, 'frame')}"
    fix: Fix | None = Fix("convert-image", "reencode", "Write it as a JPEG.")
    allowed = listing(limit.choices)
    message = f"{name_of(file)} is {measured} by content; a still picture as {allowed} is accepted. Write it as a JPEG."
    if file.problem is None and isinstance(file.media, Unmeasured):
        # What `prepare` lacks a reader for it does not write anew.
        fix = None
        message = (
            f"{name_of(file)} {one_line(file.media.reason)}. A still picture as {allowed} is accepted: export it as a "
            "JPEG, or let `prepare` do it where a reader is installed."
        )
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=severity, fix=fix)


@rule(
    "I602",
    valid=lambda: sized("reference", 0, 9_999_999, 10_000_000),
    invalid=lambda: (
        *sized("reference", 10_000_001, 10_485_760, 10_485_761),
        pointer("reference", 20_000_000),
    ),
)
@of_file("reference", lambda file: file.bytes)
@with_readings(in_bytes)
def image_file_size(file: FileFacts, count: int, limit: Limit) -> Verdicts:
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
    return judge_size(file, count, limit)


def _ratio(_file: FileFacts, image: ImageFacts, limit: Limit) -> Readings:
    short, long = sorted((image.width, image.height))
    return ranged("ratio", Fraction(long, short), limit) if short > 0 else ()


@rule(
    "I603",
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
    message = (
        f"{name_of(file)} is {image.width} × {image.height} px, that is {measured}; {allowed} is accepted. {fix.text}"
    )
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=broken.severity, fix=fix)


@rule(
    "I604",
    valid=lambda: (with_image(width=4096, height=4096), with_image(width=4096, height=2048)),
    invalid=lambda: (with_image(width=4097, height=4096), with_image(width=2100, height=4097)),
)
@of_image
@with_readings(lambda _file, image, limit: ranged("longest edge", max(image.width, image.height), limit))
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
    longest = Fraction(max(image.width, image.height))
    broken = breach(longest, limit)
    if broken is None:
        return
    fix = Fix("shrink", "reencode", "Shrink it and keep its shape.")
    measured, allowed = amount(longest, limit), interval(broken.range, limit.unit)
    message = f"{name_of(file)} is {image.width} × {image.height} px; the longest edge must be {allowed}. {fix.text}"
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=broken.severity, fix=fix)


@rule(
    "I605",
    needs="pixels",
    invalid=lambda: (with_file("reference", people=people()), with_file("reference", people=people(50, 400))),
)
@of_file("reference", lambda file: file.people)
@with_readings(lambda _file, people, limit: ranged("faces", people.count, limit))
def image_face_count(file: FileFacts, people: PeopleFacts, limit: Limit) -> Verdicts:
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
    broken = breach(Fraction(people.count), limit)
    if broken is None:
        return
    measured = counted(people.count, "face") if people.count else "no face"
    allowed = interval(broken.range, limit.unit)
    message = f"{name_of(file)} shows {measured}; {allowed} is expected. {FROM_THE_CLIP.text}"
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=broken.severity, fix=FROM_THE_CLIP)


@rule("I608", invalid=lambda: tuple(with_image(orientation=tag) for tag in (2, 3, 6, 8)))
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
    message = (
        f"{name_of(file)} is stored turned (EXIF orientation {image.orientation}): a reader that ignores this sees no "
        f"upright face. {fix.text}"
    )
    measured = f"EXIF orientation {image.orientation}"
    yield finding(limit, file, message, measured=measured, allowed="orientation 1", fix=fix)
