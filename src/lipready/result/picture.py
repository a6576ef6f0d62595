"""Whether all of a result's picture decodes, and where it is black or stands still although its source is not."""

from collections.abc import Callable
from fractions import Fraction

from lipready.cancel import checkpoint
from lipready.errors import ProbeError
from lipready.facts.file import FileFacts
from lipready.facts.result import PictureMatch
from lipready.facts.speech import Span
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import Shown, open_decoder
from lipready.probe.decoding.frames import SMALL_EDGE, Frame
from lipready.probe.decoding.pictures import Witness
from lipready.probe.decoding.stillness import SPACING, StillnessMeter
from lipready.probe.decoding.stretch import decode_moments
from lipready.probe.decoding.upright import Upright

HALF = 0.5
"""Share of a stretch from which on its source was black, or stood still, as well."""

SHORTEST = Fraction(1, 2)
"""Seconds: shorter stretches are not looked for in the source."""


def watch_result(
    file: FileFacts,
    source: FileFacts,
    progress: Callable[[float], None] | None = None,
    also: Callable[[Shown], None] | None = None,
    witness: Witness | None = None,
) -> PictureMatch | Unmeasured:
    """Decode all of a result's picture, and of its source what the result has black or frozen.

    `progress` hears the share that is done (0..1), `also` sees every frame that decodes, `witness` those that are
    looked at. Unmeasured where one of them is no video that opens.
    """
    media, origin = file.media, source.media
    if not isinstance(media, VideoFacts):
        return media if isinstance(media, Unmeasured) else Unmeasured("the result is not a video")
    meter, frames = StillnessMeter(), 0
    upright = Upright.of(media, SMALL_EDGE)
    length = file.length or Fraction(0)
    try:
        with open_decoder(file.at, media) as decoder:
            seen = Fraction(-1)
            for shown in decoder.shown():
                frames += 1
                if also is not None:
                    also(shown)
                if shown.time - seen >= SPACING:
                    checkpoint()
                    seen = shown.time
                    image = upright.image(shown.frame, "AREA")
                    meter.see(Frame(shown.time, image))
                    if witness is not None:
                        witness(image, shown.time, upright.scale, ())
                    if progress is not None and length > 0:
                        progress(min(1.0, float(shown.time / length)))
            damaged = decoder.damaged
        if not frames:
            return PictureMatch(0, damaged, (), ())
        black, frozen = ([span for span in spans if span.length >= SHORTEST] for spans in meter.spans())
        if not isinstance(origin, VideoFacts) and (black or frozen):
            return origin if isinstance(origin, Unmeasured) else Unmeasured("the source is not a video")
        return PictureMatch(
            frames,
            damaged,
            tuple(span for span in black if not _had(source, span)[0]),
            tuple(span for span in frozen if not _had(source, span)[1]),
        )
    except ProbeError as error:
        return Unmeasured(f"the picture {error}", transient=error.transient)


def source_time(time: Fraction, length: Fraction) -> Fraction:
    """Return which moment of the source a moment of the result shows: a video that is too short goes back and forth."""
    if length <= 0:
        return Fraction(0)
    turns, rest = divmod(time, length)
    return length - rest if turns % 2 else rest


def _had(source: FileFacts, span: Span) -> tuple[bool, bool]:
    """Return whether the source is black, and whether it stands still, for most of a stretch of the result."""
    media, length = source.media, source.length
    if not isinstance(media, VideoFacts):
        return False, False
    steps = int(span.length / SPACING) + 1
    moments = [span.start + number * SPACING for number in range(steps)]
    times = moments if length is None else [source_time(time, length) for time in moments]
    meter = StillnessMeter()
    for frame in decode_moments(source.at, media, times, SMALL_EDGE):
        meter.see(frame)
    stillness = meter.facts()
    if isinstance(stillness, Unmeasured):
        return False, False
    return stillness.black >= HALF, stillness.frozen >= HALF
