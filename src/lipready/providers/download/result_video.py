"""Whether a file is the result video that was paid for."""

from fractions import Fraction
from math import isfinite

from lipready.errors import ProbeError
from lipready.facts.quantity import plural, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

TOLERANCE = Fraction(1, 2)
"""Seconds by which a result may differ from what was ordered.

Sound is padded to whole AAC frames (up to 0.05 s with the priming), the picture cut to whole frames (0.07 s at 15 fps),
models work in steps of a few frames, and the length that is billed is a rounded number. What has to be found is a
result video that was cut off, or another one.
"""

_BILLED_TOLERANCE = 1 + float(TOLERANCE)
"""Seconds; what is billed may be rounded up to whole ones."""

_EDGE = 160


def fault_of(path: str, expected_seconds: float | None, expected_size: str | None = None) -> str | None:
    """Return what is wrong with a result video, as a phrase that continues its name; None for one that is whole.

    Its first and its last frame are decoded. Without `expected_seconds` any length will do, and without `expected_size`
    ("1280*720") any size of the picture; models cut an odd pixel off.
    """
    from lipready.probe.source import examine

    facts = examine(path, "video", quick=False)
    if facts.problem is not None:
        return facts.problem
    if not isinstance(facts.media, VideoFacts) or isinstance(facts.media.duration, Unmeasured):
        return "does not say how long it is"
    if facts.media.truncated is True:
        return "is cut off"
    length = facts.media.duration.believed
    return _otherwise(facts.media, length, expected_seconds, expected_size) or _unplayable(path, facts.media, length)


def is_another(
    seconds: float | None, size: str | None, expected_seconds: float | None, expected_size: str | None
) -> bool:
    """Whether a result video of which the provider says so much cannot be the one that was ordered."""
    if seconds is not None and expected_seconds is not None and abs(seconds - expected_seconds) > _BILLED_TOLERANCE:
        return True
    if size is None or expected_size is None:
        return False
    width, height = map(int, size.split("*"))
    return not _alike((width, height), expected_size)


def _otherwise(
    video: VideoFacts, length: Fraction, expected_seconds: float | None, expected_size: str | None
) -> str | None:
    """Return in what a result video differs from what was ordered."""
    if expected_size is not None and not _alike((video.width, video.height), expected_size):
        return f"is {video.width}*{video.height} pixels large, where {expected_size} were expected"
    if expected_seconds is None or not isfinite(expected_seconds):
        return None
    if abs(length - Fraction(expected_seconds)) > TOLERANCE:
        return (
            f"is {seconds(length)} long, where {seconds(expected_seconds)} {plural(expected_seconds, 'was')} expected"
        )
    return None


def _alike(size: tuple[int, int], expected: str) -> bool:
    return all(abs(one - int(other)) <= 1 for one, other in zip(size, expected.split("*"), strict=True))


def _unplayable(path: str, video: VideoFacts, length: Fraction) -> str | None:
    from lipready.probe.decoding.stretch import decode_moments

    frame = Fraction(0) if isinstance(video.frame_rate, Unmeasured) else 1 / video.frame_rate.nominal
    last = max(Fraction(0), length - frame)
    try:
        times = [shown.time for shown in decode_moments(path, video, (Fraction(0), last), _EDGE)]
    except ProbeError as error:
        return str(error)
    if not times or times[0] > TOLERANCE:
        return "does not begin with a picture that can be decoded"
    if times[-1] < last - TOLERANCE:
        return "does not end with a picture that can be decoded"
    return None
