"""How loud a track is: integrated loudness, true peak (EBU R128; ITU-R BS.1770-4), and clipping."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.facts.speech import Clipping
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.blocks import FORMAT, Listener, Resampler, Sound, frame_of, new_graph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GATE = -70.0
"""LUFS: blocks below it do not count (BS.1770-4, annex 1), so that nothing is measured at or below it."""
_TRUE_PEAK_RATE = 192_000
"""Hz: four times 48 kHz, as BS.1770-4, annex 2 asks for."""
_SHORTEST = 400
"""Milliseconds of one gating block."""


class LoudnessMeter(Listener):
    """A listener that measures loudness by FFmpeg's filter `ebur128`."""

    def __init__(self, sound: Sound) -> None:
        self._sound, self._samples = sound, 0
        self._integrated: str | None = None
        self._graph = new_graph()
        source = self._graph.add_abuffer(sample_rate=sound.rate, format=FORMAT, layout=sound.layout)
        meter, sink = self._graph.add("ebur128", "metadata=1:framelog=quiet"), self._graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()
        self._source, self._sink = source, sink

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        self._samples += block.shape[1]
        self._source.push(frame_of(block, self._sound.layout, self._sound.rate))
        self._drain()

    def finish(self) -> None:
        """Let the filter say the rest."""
        self._source.push(None)
        self._drain()

    def loudness(self) -> float | Unmeasured:
        """Return the integrated loudness in LUFS."""
        if self._samples * 1000 < _SHORTEST * self._sound.rate:
            return Unmeasured(f"loudness needs at least {_SHORTEST} ms of sound (ITU-R BS.1770-4)")
        value = float(self._integrated) if self._integrated is not None else -math.inf
        if not value > _GATE:
            return Unmeasured(f"nothing is louder than {_GATE:.0f} LUFS, below which loudness is not defined")
        return value

    def _drain(self) -> None:
        import av

        while True:
            try:
                heard: Any = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            self._integrated = heard.metadata.get("lavfi.r128.I", self._integrated)


class TruePeakMeter(Listener):
    """A listener that finds the largest value between the samples, at 192 kHz and more."""

    def __init__(self, sound: Sound) -> None:
        self._peak = 0.0
        self._resampler = Resampler(sound, max(_TRUE_PEAK_RATE, sound.rate))

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        self._see(block, *self._resampler.feed(block))

    def finish(self) -> None:
        """Look at what the filter still holds."""
        self._see(*self._resampler.feed(None))

    def true_peak(self) -> float | Unmeasured:
        """Return the true peak in dBTP."""
        return decibels(self._peak)

    def _see(self, *blocks: "NDArray[np.float32]") -> None:
        for block in blocks:
            self._peak = max(self._peak, float(block.max()), -float(block.min()))


def decibels(amplitude: float) -> float | Unmeasured:
    """Return the level: full scale is 0 dB; digital silence has no level."""
    return 20 * math.log10(amplitude) if amplitude > 0 else Unmeasured("every sample is zero: digital silence")


_SHORTEST_RUN = 3
"""Samples: a loud sine may touch full scale with one or two, and nothing is lost."""


_MOST_BEGINS = 10_000


class ClippingMeter(Listener):
    """A listener that counts runs at full scale, channel by channel; `begins` are the samples where they begin."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self._position = 0
        self._open: list[int | None] = [None] * sound.channels
        self._runs = self._clipped = 0
        self._first: int | None = None
        self.begins: list[int] = []

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        import numpy as np

        clipped = np.abs(block) >= np.float32(self._sound.rail)
        for channel, mask in enumerate(clipped):
            if self._open[channel] is not None or mask.any():
                self._follow(channel, mask)
        self._position += block.shape[1]

    def finish(self) -> None:
        """Close the runs that go on to the end."""
        import numpy as np

        for channel, begin in enumerate(self._open):
            if begin is not None:
                self._count(np.array([begin, self._position]))
                self._open[channel] = None

    @property
    def rate(self) -> int:
        """Samples a second of `begins`."""
        return self._sound.rate

    def clipping(self) -> Clipping:
        """Return what was found."""
        heard = self._position * self._sound.channels
        first = None if self._first is None else Fraction(self._first, self._sound.rate)
        return Clipping(self._runs, 1e6 * self._clipped / heard if heard else 0.0, first)

    def _follow(self, channel: int, mask: "NDArray[np.bool_]") -> None:
        """Find where runs begin and end; one that is open at the end of the block goes on in the next."""
        import numpy as np

        begin = self._open[channel]
        turns = np.flatnonzero(np.diff(mask, prepend=begin is not None)) + self._position
        if begin is not None:
            turns = np.concatenate(([begin], turns))
        odd = len(turns) % 2
        self._open[channel] = int(turns[-1]) if odd else None
        self._count(turns[: len(turns) - odd])

    def _count(self, turns: "NDArray[np.intp]") -> None:
        begins, lengths = turns[::2], turns[1::2] - turns[::2]
        long = lengths >= _SHORTEST_RUN
        if not long.any():
            return
        self._runs += int(long.sum())
        self._clipped += int(lengths[long].sum())
        self.begins += begins[long][: _MOST_BEGINS - len(self.begins)].tolist()
        first = int(begins[long][0])
        self._first = first if self._first is None else min(self._first, first)
