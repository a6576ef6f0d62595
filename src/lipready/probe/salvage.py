"""Decode all of a broken file, to tell what can still be decoded of it."""

from fractions import Fraction
from typing import Any

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, Salvage
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, VideoFacts
from lipready.probe.containers.container import MEDIA_ERRORS, open_media
from lipready.probe.containers.truncation import read_wave
from lipready.probe.local_file import open_local
from lipready.probe.streams.choice import audio_stream, best_video
from lipready.probe.streams.packets import Budget, read_packet_times

_MISSED = Fraction(1, 20)
"""Seconds that a header may state more than there are, by padding or rounding."""


def salvage(file: FileFacts) -> Salvage | None:
    """Decode the picture of a video, or an audio track, and count what comes out; None where that is nothing.

    Raises ProbeError where the file cannot be opened any more.
    """
    media = file.media
    if not isinstance(media, VideoFacts | AudioFacts):
        return None
    with open_media(file.path) as container:
        is_video = isinstance(media, VideoFacts)
        number = media.track if isinstance(media, AudioFacts) and media.tracks else None
        stream = best_video(container) if is_video else audio_stream(container, number)
        if stream is None or stream.codec_context is None:
            return None
        decoder = _SalvageDecoder(stream)
        times = read_packet_times(container, stream, Budget(), decoder)
        decoder(None)
        if times.cut is not None or not decoder.whole:
            return None
        last = max(decoder.whole)
        # The times of sound are not those of its packets: a decoder skips what an encoder added.
        missing = [pts for pts in times.pts if pts not in decoder.whole] if is_video else decoder.failed
        kept = decoder.seconds if not is_video else (last - min(decoder.whole)) * times.base + _one(media, times.base)
    after = sum(pts > last for pts in missing)
    return Salvage(kept, _stated(file, kept), len(decoder.whole), len(missing) - after, after)


class _SalvageDecoder:
    """Called with every packet of a stream, and None at its end; `whole` are the times of the frames that come out."""

    def __init__(self, stream: Any) -> None:
        self.whole: set[int] = set()
        self.failed: list[int] = []
        self.seconds = Fraction(0)
        self._context = stream.codec_context
        self._context.thread_count = 1
        # Where a part of a picture is broken, the rest of it would be guessed from the picture before.
        self._context.options = {**self._context.options, "err_detect": "explode"}

    def __call__(self, packet: Any) -> None:
        """Decode one packet."""
        try:
            frames = self._context.decode(packet)
        except MemoryError:
            raise
        except MEDIA_ERRORS():
            if packet is not None and packet.pts is not None:
                self.failed.append(packet.pts)
            return
        for frame in frames:
            if not frame.is_corrupt and frame.pts is not None:
                self.whole.add(frame.pts)
            samples = getattr(frame, "samples", 0)
            self.seconds += Fraction(samples, frame.sample_rate) if samples and frame.sample_rate else 0


def _one(media: VideoFacts | AudioFacts, tick: Fraction) -> Fraction:
    """Return for how long the last picture is shown, in seconds."""
    rate = media.frame_rate if isinstance(media, VideoFacts) else None
    return tick if rate is None or isinstance(rate, Unmeasured) else 1 / rate.nominal


def _stated(file: FileFacts, kept: Fraction) -> Fraction | None:
    """Return how long the header says that the file is, where that is more than there is."""
    length = file.media.duration if isinstance(file.media, VideoFacts | AudioFacts) else None
    readings = [r for r in (length.container, length.stream) if r is not None] if isinstance(length, Duration) else []
    if file.format == "wav":
        with open_local(file.path) as opened:
            wave = read_wave(opened)
        if wave is not None and wave.stated is not None and wave.byte_rate:
            readings.append(Fraction(wave.stated, wave.byte_rate))
    stated = max(readings, default=Fraction(0))
    return stated if stated - kept > _MISSED else None
