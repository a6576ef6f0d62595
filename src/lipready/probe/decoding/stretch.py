"""Decode the frames of a short stretch of a video, or those at some moments, exactly."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby, takewhile

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import at_times, open_decoder
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.upright import Upright


def decode_stretch(path: str, video: VideoFacts, begin: Fraction, end: Fraction) -> Iterator[Frame]:
    """Yield every frame shown from `begin` to `end` (seconds from the first shown frame), at full size and quality.

    Raises ProbeError where the file cannot be opened as video; a stretch in which nothing decodes yields nothing.
    """
    upright = Upright.of(video)
    with open_decoder(path, video) as decoder:
        within = takewhile(lambda shown: shown.time <= end, decoder.shown(max(begin, Fraction(0))))
        for count, shown in enumerate(shown for shown in within if shown.time >= begin):
            yield Frame(shown.time, upright.image(shown.frame), count)


def decode_moments(path: str, video: VideoFacts, times: Sequence[Fraction], long_edge: int) -> Iterator[Frame]:
    """Yield the frame that is shown at each of some times (seconds from the first shown frame), in order of time.

    One pass: it seeks where a key frame lies between two times, and decodes on where none does, so that it never costs
    more than one decode of the clip. Frames are at most `long_edge` pixels on their long edge. A time at which nothing
    decodes is left out. Raises ProbeError where the file cannot be opened as video.
    """
    upright = Upright.of(video, long_edge)
    keys = () if isinstance(video.key_frames, Unmeasured) else video.key_frames
    with open_decoder(path, video) as decoder:
        # Times belong together where as many key frames lie before each, so that none lies between.
        groups = groupby(sorted(set(times)), lambda time: bisect(keys, time))
        for number, (_, group) in enumerate(groups):
            wanted = list(group)
            for shown in at_times(decoder.shown(wanted[0]), wanted):
                yield Frame(shown.time, upright.image(shown.frame), number, upright.scale)
