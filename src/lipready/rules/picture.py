"""Rules about how a video's picture is stored: what players put right, and a model's reader may not."""

from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import WIDE_GAMUTS, VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.examples import with_video
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, of_video
from lipready.rules.wording import name_of, printable


@rule("V201", invalid=lambda: (with_video(rotation=-90), with_video(rotation=180), with_video(mirrored=True)))
@of_video
def video_rotation(file: FileFacts, video: VideoFacts, limit: Limit) -> Verdicts:
    """Warn of a picture that players turn before they show it.

    What it checks
        Whether the file carries a display matrix that rotates or mirrors the coded picture.

    Why it matters
        A reader that ignores the matrix, as many do, sees people lying on their side or upside down, and finds no face.

    What the provider says
        Nothing about rotation.

    How to repair
        `prepare` turns the pixels themselves, and leaves the matrix out.
    """
    if not video.rotation and not video.mirrored:
        return
    turned = [f"rotated by {video.rotation}°"] if video.rotation else []
    measured = " and ".join([*turned, *(["mirrored"] if video.mirrored else [])])
    fix = Fix("rotate", "reencode", "Turn the pixels themselves, so that no reader can overlook it.")
    message = (
        f"{name_of(file)} is stored as {video.coded_width} × {video.coded_height} px and shown {measured}, as "
        f"{video.width} × {video.height} px: a reader that ignores this sees no upright face. {fix.text}"
    )
    yield finding(limit, file, message, measured=measured, allowed="no rotation", fix=fix)


@rule("V203", invalid=lambda: (with_video(sample_aspect_ratio=Fraction(16, 15), width=768),))
@of_video
def video_pixel_aspect(file: FileFacts, video: VideoFacts, limit: Limit) -> Verdicts:
    """Warn of pixels that are not square.

    What it checks
        The sample aspect ratio.

    Why it matters
        A reader that ignores it sees faces squeezed or stretched, and the result comes back so.

    What the provider says
        Nothing about pixel aspect.

    How to repair
        `prepare` scales to square pixels at the displayed size.
    """
    ratio = video.sample_aspect_ratio
    if ratio == 1:
        return
    fix = Fix("square-pixels", "reencode", "Scale to square pixels at the displayed size.")
    message = (
        f"The pixels of {name_of(file)} are {ratio.numerator}:{ratio.denominator}, not square: a reader that ignores "
        f"this sees distorted faces. {fix.text}"
    )
    yield finding(limit, file, message, measured=f"{ratio.numerator}:{ratio.denominator}", allowed="1:1", fix=fix)


@rule(
    "V204",
    valid=lambda: (
        with_video(transfer="smpte170m"),
        with_video(primaries="bt709", matrix="bt709", transfer="bt2020-10"),
    ),
    invalid=lambda: (
        with_video(transfer="arib-std-b67", bit_depth=10),
        with_video(transfer="smpte2084"),
        with_video(primaries="bt2020"),
        with_video(primaries="smpte432", matrix="bt709"),
        with_video(matrix="bt2020nc"),
        with_video(bit_depth=10),
        with_video(chroma="4:2:2"),
    ),
)
@of_video
def video_dynamic_range(file: FileFacts, video: VideoFacts, limit: Limit) -> Verdicts:
    """Warn of pictures with more range, depth or colour detail than plain 8-bit 4:2:0 video.

    What it checks
        The transfer function (PQ and HLG are HDR), the primaries and the matrix (BT.2020 and P3 are wide gamut), the
        bit depth, and the chroma subsampling.

    Why it matters
        Read as plain video, an HDR picture is pale and grey, and one in a wide gamut loses colour; and many decoders
        refuse 10-bit or 4:2:2 altogether.

    What the provider says
        Nothing about dynamic range, gamut or bit depth.

    How to repair
        `prepare` maps HDR to the range of plain video, converts a wide gamut to BT.709, and writes 8-bit 4:2:0.
    """
    depth, chroma = video.bit_depth, video.chroma
    for fact in (depth, chroma):
        if isinstance(fact, Unmeasured):
            yield fact
    unusual = ["HDR"] if video.hdr else [_gamut(video)] if video.wide_gamut else []
    if not isinstance(depth, Unmeasured) and depth > limit.bands["bit_depth"]:
        unusual.append(f"{depth} bit")
    if not isinstance(chroma, Unmeasured) and chroma not in limit.choices:
        unusual.append(printable(chroma))
    if not unusual:
        return
    fix = _dynamic_range_fix(video)
    measured = ", ".join(unusual)
    allowed = f"no HDR, BT.709 gamut, {limit.bands['bit_depth']} bit, {', '.join(limit.choices)}"
    message = f"{name_of(file)} is {measured}: decoders may refuse it or show it pale. {fix.text}"
    yield finding(limit, file, message, measured=measured, allowed=allowed, fix=fix)


def _gamut(video: VideoFacts) -> str:
    name = WIDE_GAMUTS.get(video.gamut)
    return "coded with BT.2020's matrix" if name is None else f"SDR in wide gamut ({name})"


def _dynamic_range_fix(video: VideoFacts) -> Fix:
    if video.hdr:
        return Fix("tone-map", "reencode", "Map it to the range of plain video, 8-bit 4:2:0.")
    if video.wide_gamut:
        return Fix("convert-colours", "reencode", "Convert its colours to BT.709, 8-bit 4:2:0.")
    return Fix("transcode", "reencode", "Encode it again as 8-bit 4:2:0.")


@rule("V205", invalid=lambda: (with_video(interlaced=True),))
@of_video
def video_interlaced(file: FileFacts, video: VideoFacts, limit: Limit) -> Verdicts:
    """Warn of interlaced pictures.

    What it checks
        The field order that the stream declares.

    Why it matters
        Where something moves, each frame shows two moments as a comb; the mouth is what moves most.

    What the provider says
        Nothing about interlacing.

    How to repair
        `prepare` deinterlaces.
    """
    if isinstance(video.interlaced, Unmeasured):
        yield video.interlaced
    elif video.interlaced:
        fix = Fix("deinterlace", "reencode", "Deinterlace it.")
        message = f"{name_of(file)} is interlaced: moving mouths show as combs. {fix.text}"
        yield finding(limit, file, message, measured="interlaced", allowed="progressive", fix=fix)
