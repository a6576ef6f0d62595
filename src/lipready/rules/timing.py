"""Rules about a video's time: when its frames are shown, and whether anything moves."""

from fractions import Fraction
from math import inf

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix, Reading
from lipready.facts.quantity import number
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import FrameRate, Stillness, VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.examples import rate, with_video
from lipready.rules.readings import Readings, measured, ranged, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, of_video, of_video_fact
from lipready.rules.wording import bounds_of, interval, name_of, percent


def _uneven(_file: FileFacts, rate: FrameRate, limit: Limit) -> Readings:
    if rate.nominal <= 0:
        return ()
    spread = max(rate.highest - rate.nominal, rate.nominal - rate.lowest) / rate.nominal
    ends = (*ranged("lowest rate", rate.lowest, limit), *ranged("highest rate", rate.highest, limit))
    return (Reading("spread", spread, "smaller"), *ends)


@rule(
    "V202",
    valid=lambda: (with_video(frame_rate=rate("30000/1001")),),
    invalid=lambda: (
        with_video(frame_rate=rate(30, 10, 60)),
        with_video(frame_rate=rate("15.2", "14.999", "15.3")),
        with_video(frame_rate=rate(30, "29.5", "30.5")),
    ),
)
@of_video_fact(lambda video: video.frame_rate)
@with_readings(_uneven)
def video_variable_frame_rate(file: FileFacts, frames: FrameRate, limit: Limit) -> Verdicts:
    """Warn of frames at uneven distances.

    What it checks
        The longest and the shortest distance between neighbouring frames. A warning where they stray by more than
        the profile's jitter band from the nominal rate or leave the accepted range; else only a remark.

    Why it matters
        A reader that assumes even distances moves the mouth early or late, and may read another rate than the nominal.

    What the provider says
        Nothing about variable rates; the accepted range is 15 to 60 fps.

    How to repair
        `prepare` writes the frames at a constant rate: that of the grid that their times lie on (30 fps for steps of
        1/30 and 2/30 s), else the one that loses the fewest frames. Speed and length stay.
    """
    if not frames.variable:
        return
    allowed = limit.accept
    strays = allowed is not None and (frames.lowest not in allowed or frames.highest not in allowed)
    spread = max(frames.highest - frames.nominal, frames.nominal - frames.lowest)
    severe = strays or spread > frames.nominal * limit.bands["jitter"]
    fix = Fix("retime", "reencode", "Write the frames at a constant rate.")
    low, middle, high = (number(r, bounds_of(limit)) for r in (frames.lowest, frames.nominal, frames.highest))
    measured = f"{low} to {high} fps, {middle} on average"
    accepted = f"a constant rate within {interval(allowed, limit.unit)}" if allowed is not None else "a constant rate"
    advice = f" {fix.text}" if severe else ""
    yield finding(
        limit,
        file,
        f"{name_of(file)} has a variable frame rate ({measured}); {accepted} is safe.{advice}",
        measured=measured,
        allowed=accepted,
        severity=None if severe else "info",
        fix=fix if severe else None,
    )


def _first_frame(_file: FileFacts, video: VideoFacts, _limit: Limit) -> Readings:
    start = Fraction(0) if isinstance(video.start, Unmeasured) else abs(video.start)
    late = (Reading("first frame", start, "smaller"),) if start > _frame_time(video) else ()
    return (*late, Reading("edit lists", Fraction(1), "smaller")) if video.edit_list else late


@rule(
    "V206",
    valid=lambda: (with_video(start=Fraction(1, 25)),),
    invalid=lambda: (with_video(edit_list=True), with_video(start=Fraction(1, 2)), with_video(start=Fraction(-1, 2))),
)
@of_video
@with_readings(_first_frame)
def video_edit_list(file: FileFacts, video: VideoFacts, limit: Limit) -> Verdicts:
    """Warn of a video whose first frame is not at zero.

    What it checks
        Whether the container has an edit list that hides a part of the stream, and whether the first frame is shown
        more than one frame's time before or after zero.

    Why it matters
        Readers that ignore edit lists and offsets place speech against the wrong pictures, and count another length.

    What the provider says
        Nothing about edit lists.

    How to repair
        `prepare` writes the file anew with the first frame at zero; where an edit list hides frames, by encoding again.
    """
    start = video.start
    if isinstance(start, Unmeasured):
        yield start
        start = Fraction(0)
    late = abs(start) > _frame_time(video)
    if not late and not video.edit_list:
        return
    offset = f"the first frame at {number(start, (Fraction(0),), 3)} s"
    measured = " and ".join([*(["an edit list"] if video.edit_list else []), *([offset] if late else [])])
    fix = (
        Fix("zero-start", "reencode", "Write what is shown, and only that, with the first frame at zero.")
        if video.edit_list
        else Fix("zero-start", "lossless", "Write the container anew with the first frame at zero.")
    )
    message = f"{name_of(file)} has {measured}: a reader that ignores this is out of step with the speech. {fix.text}"
    yield finding(limit, file, message, measured=measured, allowed="the first frame at 0 s, no edit list", fix=fix)


def _frame_time(video: VideoFacts) -> Fraction:
    """Return the time of one frame, and none where the rate is not known."""
    rate = video.frame_rate
    return Fraction(0) if isinstance(rate, Unmeasured) or rate.nominal <= 0 else 1 / rate.nominal


def _shares(_file: FileFacts, still: Stillness, limit: Limit) -> Readings:
    shares = {"black": still.black, "frozen": still.frozen}
    return tuple(
        reading
        for name, share in shares.items()
        if share > limit.bands[name]
        for reading in measured(name, share, "smaller")
    )


@rule(
    "V207",
    needs="pixels",
    valid=lambda: (with_video(stillness=Stillness(black=0.25, frozen=0.5)),),
    invalid=lambda: (
        with_video(stillness=Stillness(black=0.26, frozen=0.0)),
        with_video(stillness=Stillness(black=0.0, frozen=1.0)),
    ),
)
@of_video_fact(lambda video: video.stillness)
@with_readings(_shares)
def video_frozen_or_black(file: FileFacts, still: Stillness, limit: Limit) -> Verdicts:
    """Warn of a video that is black, or a still picture, for much of its time.

    What it checks
        The shares of the time that is black, and in which no sampled frame differs from the one before.

    Why it matters
        Black frames show no face; a frozen picture with a moving mouth looks wrong, and both are billed.

    What the provider says
        Nothing; the bands are lipready's own.

    How to repair
        Cut the part away with `--trim START:END`, or export the clip again.
    """
    pairs = (("black", still.black), ("frozen", still.frozen))
    bands = {kind: limit.bands[kind] for kind, _ in pairs}
    shares = [
        f"{percent(Fraction(share), (bands[kind],))} {kind}" for kind, share in pairs if bands[kind] < share < inf
    ]
    if not shares:
        return
    measured = " and ".join(shares)
    fix = Fix("trim", "editorial", "Choose the part that moves with `Choices(trim=…)`.")
    message = f"{name_of(file)} is {measured}: the mouth would move in a picture that does not. {fix.text}"
    allowed = " and ".join(f"≤ {percent(band, (band,))} {kind}" for kind, band in bands.items())
    yield finding(limit, file, message, measured=measured, allowed=allowed, fix=fix)
