"""Whether all of a result's picture decodes, and where it is black or stands still although its source is not."""

from collections.abc import Callable
from fractions import Fraction
from itertools import takewhile
from math import ceil, floor

from lipready.cancel import checkpoint
from lipready.errors import ProbeError
from lipready.facts.file import FileFacts
from lipready.facts.result import PictureMatch
from lipready.facts.speech import Span
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import Shown, open_decoder
from lipready.probe.decoding.frames import SMALL_EDGE
from lipready.probe.decoding.pictures import Witness
from lipready.probe.decoding.upright import Upright
from lipready.result.stops import StopMeter

SPACING = Fraction(2, 5)
"""Seconds, at least, from one frame that is kept in a picture, and told of, to the next."""

HALF = Fraction(1, 2)
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
    meter, frames = StopMeter(), 0
    upright = Upright.of(media, SMALL_EDGE)
    length = file.length or Fraction(0)
    try:
        with open_decoder(file.at, media) as decoder:
            seen = Fraction(-1)
            for shown in decoder.shown():
                frames += 1
                meter.see(shown)
                if also is not None:
                    also(shown)
                if shown.time - seen >= SPACING:
                    checkpoint()
                    seen = shown.time
                    if witness is not None:
                        witness(upright.image(shown.frame, "AREA"), shown.time, upright.scale, ())
                    if progress is not None and length > 0:
                        progress(min(1.0, float(shown.time / length)))
            damaged = decoder.damaged
        stops = meter.stops()
        black, still = ([span for span in spans if span.length >= SHORTEST] for spans in (stops.black, stops.still))
        if not isinstance(origin, VideoFacts) and (black or still):
            return origin if isinstance(origin, Unmeasured) else Unmeasured("the source is not a video")
        return PictureMatch(
            frames,
            damaged,
            tuple(span for span in black if not _had(source, span)[0]),
            tuple(span for span in still if not _had(source, span)[1]),
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
    media = source.media
    if not isinstance(media, VideoFacts):
        return False, False
    begin, end = _shown_in(span, source.length)
    meter = StopMeter()
    with open_decoder(source.at, media) as decoder:
        for shown in takewhile(lambda shown: shown.time < end, decoder.shown(begin)):
            checkpoint()
            if shown.time >= begin:
                meter.see(shown)
    stops = meter.stops()
    black, still = (sum((part.length for part in spans), Fraction(0)) for spans in (stops.black, stops.still))
    seen = stops.seen.length
    return (black >= HALF * seen, still >= HALF * seen) if seen else (False, False)


def _shown_in(span: Span, length: Fraction | None) -> tuple[Fraction, Fraction]:
    """Return from when to when a stretch of the result shows its source; where that turns, what is shown twice once."""
    if length is None or length <= 0:
        return span.start, span.end
    turns = range(ceil(span.start / length), floor(span.end / length) + 1)
    times = [source_time(time, length) for time in (span.start, *(turn * length for turn in turns), span.end)]
    return min(times), max(times)
