"""Rules that the provider's documentation states for videos: container, codec, size, rate, duration, bytes."""

from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix
from lipready.facts.video import Duration, FrameRate, VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach, judge_duration, judge_size, refusal
from lipready.rules.examples import pointer, rate, seconds, sized, with_file, with_video
from lipready.rules.readings import Readings, in_bytes, length, ranged, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, length_in, of_file, of_video, of_video_fact
from lipready.rules.wording import amount, interval, listing, name_of, printable

_EDGES = (("short edge", min), ("long edge", max))
# What an MP4 carries as it is: such a stream is copied into one, not encoded again.
_FITS_MP4 = frozenset({"h264", "hevc"})


@rule(
    "V101",
    valid=lambda: tuple(with_file("video", format=name) for name in ("mp4", "mov", "avi")),
    invalid=lambda: tuple(with_file("video", format=name) for name in ("webm", "mkv", "mpegts", "gif", "mp3")),
)
@of_file("video", lambda file: file.format)
def video_container(file: FileFacts, container: str, limit: Limit) -> Verdicts:
    """Check that the video's container is one that the provider reads.

    What it checks
        The container by content, whatever the name says.

    Why it matters
        A container that is not on the list is refused before anything else is looked at.

    What the provider says
        DashScope: mp4, avi, mov; else InvalidFile.Format. EvoLink: MP4, MOV and other common formats.

    How to repair
        `prepare` moves the streams into an MP4 by stream copy, and encodes them again only where MP4 cannot carry them.
    """
    severity = refusal(container, limit)
    if severity is None:
        return
    copied = isinstance(file.media, VideoFacts) and file.media.codec in _FITS_MP4
    fix = (
        Fix("remux", "lossless", "Move the streams into an MP4 without encoding them again.")
        if copied
        else Fix("transcode", "reencode", "Encode the picture again, as H.264 in an MP4.")
    )
    measured, allowed = printable(container), listing(limit.safe_choices or limit.choices)
    message = f"{name_of(file)} is {measured} by content; {allowed} is accepted. {fix.text}"
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=severity, fix=fix)


@rule(
    "V102",
    valid=lambda: (with_video(codec="h264"), with_video(codec="hevc")),
    invalid=lambda: tuple(with_video(codec=name) for name in ("vp9", "av1", "mpeg4", "mjpeg", "prores")),
)
@of_video
def video_codec(file: FileFacts, video: VideoFacts, limit: Limit) -> Verdicts:
    """Check that the picture is coded in a way that the provider decodes.

    What it checks
        The codec of the best video stream: H.264 (AVC) or H.265 (HEVC).

    Why it matters
        A container that is accepted may still hold a codec that is not, such as VP9 or MPEG-4 part 2 in an MP4.

    What the provider says
        DashScope: "编码采用H.264 H.265"; the English page of March 2026 calls it required. EvoLink says nothing.

    How to repair
        `prepare` encodes the picture again as H.264.
    """
    severity = refusal(video.codec, limit)
    if severity is not None:
        measured, allowed = printable(video.codec), listing(limit.choices)
        fix = Fix("transcode", "reencode", "Encode the picture again as H.264.")
        message = f"The picture of {name_of(file)} is coded as {measured}; {allowed} is accepted. {fix.text}"
        yield finding(limit, file, message, measured=measured, allowed=allowed, severity=severity, fix=fix)


def _edges(_file: FileFacts, video: VideoFacts, limit: Limit) -> Readings:
    sizes = {"displayed": (video.width, video.height), "coded": (video.coded_width, video.coded_height)}
    named = [(f"{kind} {edge}", of(size)) for kind, size in sizes.items() for edge, of in _EDGES]
    return tuple(reading for name, size in named for reading in ranged(name, size, limit))


@rule(
    "V103",
    valid=lambda: (
        with_video(coded_width=640, coded_height=2048),
        with_video(coded_width=2048, coded_height=640, width=640, height=2048, rotation=-90),
    ),
    invalid=lambda: (
        with_video(coded_width=639, coded_height=1280),
        with_video(coded_width=2049, coded_height=720),
        with_video(coded_width=480, coded_height=854, width=854, height=480, rotation=90),
        with_video(coded_width=3840, coded_height=640),
        with_video(coded_width=576, coded_height=1024, width=640, sample_aspect_ratio=Fraction(10, 9)),
    ),
)
@of_video
@with_readings(_edges)
def video_edge_length(file: FileFacts, video: VideoFacts, limit: Limit) -> Verdicts:
    """Check that both edges of the picture are within the provider's bounds.

    What it checks
        Width and height, each by itself, in two readings: as displayed (rotation and pixel aspect applied) and as
        coded. An error where both readings break the limit, a warning where one does. Rotation alone changes no
        verdict, since both edges have the same bounds.

    Why it matters
        The size is checked before the job runs. Tools that ignore the pixel aspect see another size than players do.

    What the provider says
        InvalidFile.Resolution: "The height or width of video must be 640 ~ 2048." Both bounds are accepted. Which
        size is meant for rotated or non-square pixels is not said.

    How to repair
        `prepare` scales the picture and keeps its shape; where a picture is too long for that (over 3.2 : 1), it is
        scaled and padded.
    """
    allowed = limit.accept
    if allowed is None:
        return
    displayed, coded = (video.width, video.height), (video.coded_width, video.coded_height)
    broken = [name for name, edges in (("displayed", displayed), ("coded", coded)) if not _within(edges, limit)]
    if not broken:
        return
    short, long = sorted(displayed)
    least, most = allowed.minimum, allowed.maximum
    fits = least is None or most is None or long * least <= short * most
    fix = (
        Fix("scale", "reencode", "Scale the picture into the bounds and keep its shape.")
        if fits
        else Fix("pad", "reencode", "Scale the picture and pad it, since no scale brings both edges into the bounds.")
    )
    both, same = len(broken) > 1, sorted(displayed) == sorted(coded)
    measured = _pixels(displayed) if same else f"{_pixels(displayed)} displayed, {_pixels(coded)} coded"
    text = interval(allowed, limit.unit)
    doubt = "" if both else f"; as {broken[0]} it is not, and the provider does not say which size counts"
    message = f"{name_of(file)} is {measured}, and each edge must be {text}{doubt}. {fix.text}"
    yield finding(limit, file, message, measured=measured, allowed=text, severity=None if both else "warning", fix=fix)


def _within(edges: tuple[int, int], limit: Limit) -> bool:
    return all(breach(Fraction(edge), limit) is None for edge in edges)


def _pixels(edges: tuple[int, int]) -> str:
    return f"{edges[0]} × {edges[1]} px"


@rule(
    "V104",
    valid=lambda: tuple(with_video(frame_rate=rate(fps)) for fps in ("15", "60", "60000/1001", "30000/1001")),
    invalid=lambda: tuple(with_video(frame_rate=rate(fps)) for fps in ("12", "14.999", "15000/1001", "60.001", "120")),
)
@of_video_fact(lambda video: video.frame_rate)
@with_readings(lambda _file, rate, limit: ranged("rate", rate.nominal, limit))
def video_frame_rate(file: FileFacts, rate: FrameRate, limit: Limit) -> Verdicts:
    """Check that the frame rate is within the provider's bounds.

    What it checks
        The nominal rate as an exact fraction from the timestamps: 14.999 is under 15, and 60000/1001 is not over 60.
        How far a variable rate strays from it belongs to V202.

    Why it matters
        The rate is checked before the job runs.

    What the provider says
        DashScope: 15 fps ≤ rate ≤ 60 fps; else InvalidFile.FPS: "The video FPS must be 15 ~ 60." EvoLink says nothing.

    How to repair
        `prepare` repeats or drops frames to reach a rate within the bounds; speed and length stay.
    """
    broken = breach(rate.nominal, limit)
    if broken is None:
        return
    fix = Fix("retime", "reencode", "Repeat or drop frames to reach an accepted rate, at the same speed.")
    measured, allowed = amount(rate.nominal, limit), interval(broken.range, limit.unit)
    message = f"{name_of(file)} runs at {measured}; {allowed} is accepted. {fix.text}"
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=broken.severity, fix=fix)


@rule(
    "V105",
    valid=lambda: (
        *(with_video(duration=seconds(length)) for length in ("2.001", "10", "119.999")),
        with_video(duration=seconds(10, container=Fraction(0), stream=None)),
    ),
    invalid=lambda: (
        *(with_video(duration=seconds(length)) for length in ("0", "1.99", "2", "120", "120.04", "3600")),
        with_video(duration=seconds(119, container=Fraction(328))),
    ),
)
@of_file("video", length_in)
@with_readings(length)
def video_duration(file: FileFacts, duration: Duration, limit: Limit) -> Verdicts:
    """Check that the video is neither too short nor too long.

    What it checks
        The length in seconds that the packets add up to, exactly. Exactly on a bound that the pages dispute: a
        warning. Where container, stream or packets say something else that breaks the limit: a warning, because the
        provider may believe it; a header that says zero says nothing.

    Why it matters
        The length is checked before the job runs, and what is generated is billed by the second.

    What the provider says
        DashScope: "2s<时长<2min" in one place, "不小于2s且不大于120s" in another; else InvalidFile.Duration:
        "must be 2s ~ 120s". EvoLink recommends 2 to 300 s, but the model behind it is DashScope's.

    How to repair
        A person decides what is lost: `prepare --trim START:END` or `--trim best` shortens, `--extend` lengthens by
        playing forward and backward. A header that lies is written anew by a remux. Nothing is lost where
        `submit --split` cuts the job into parts, and joins their results.
    """
    return judge_duration(
        file,
        duration,
        limit,
        longer=Fix(
            "extend", "editorial", "Lengthen it with `Choices(extend=True)`, which plays it forward and backward."
        ),
        shorter=Fix(
            "trim",
            "editorial",
            "Choose what to keep with `Choices(trim=…)` or `Choices(trim='best')`, or cut the whole job into parts "
            "with `lipready.split(…)`.",
        ),
        header=Fix("remux", "lossless", "Write the container anew, with the true length."),
    )


@rule(
    "V106",
    valid=lambda: sized("video", 0, 299_999_999, 300_000_000),
    invalid=lambda: (
        *sized("video", 300_000_001, 314_572_800, 314_572_801),
        pointer("video", 400_000_000),
    ),
)
@of_file("video", lambda file: file.bytes)
@with_readings(in_bytes)
def video_file_size(file: FileFacts, count: int, limit: Limit) -> Verdicts:
    """Check that the video file is not too large.

    What it checks
        The size in bytes, exactly; for a Git LFS pointer the size that the pointer names.

    Why it matters
        A larger file is refused. The provider's download also ends after 60 s, whatever the size.

    What the provider says
        DashScope: "文件≤300MB"; else InvalidFile.Size. Whether a MB is 10^6 or 2^20 bytes is not said: over
        300 · 2^20 bytes is an error, between 300 · 10^6 and that a warning. EvoLink says nothing.

    How to repair
        `prepare` encodes the picture in two passes at the rate that fits.
    """
    return judge_size(file, count, limit)
