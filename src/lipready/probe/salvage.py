"""Decode all of a broken file, to tell what can still be decoded of it."""

from fractions import Fraction
from typing import Any

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, Salvage
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.containers.container import attempt, open_container
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
    with open_local(file.at) as opened, open_container(opened) as container:
        if isinstance(media, VideoFacts):
            stream = best_video(container)
        else:
            stream = audio_stream(container, media.track if media.tracks else None)
        if stream is None or stream.codec_context is None:
            return None
        decoder = _SalvageDecoder(stream)
        times = read_packet_times(container, stream, Budget(), decoder)
        decoder(None)
        wave = read_wave(opened) if file.format == "wav" else None
    if times.cut is not None or not decoder.whole:
        return None
    last = max(decoder.whole)
    # The times of sound are not those of its packets: a decoder skips what an encoder added.
    missing, kept = decoder.failed, decoder.seconds
    if isinstance(media, VideoFacts):
        missing = [pts for pts in times.pts if pts not in decoder.whole]
        rate = media.frame_rate
        shown = times.base if isinstance(rate, Unmeasured) else 1 / rate.nominal
        kept = (last - min(decoder.whole)) * times.base + shown
    after = sum(pts > last for pts in missing)
    # How long the header says that the file is.
    length = media.duration
    readings = [] if isinstance(length, Unmeasured) else [length.container, length.stream]
    if wave is not None and wave.stated is not None and wave.byte_rate:
        readings.append(Fraction(wave.stated, wave.byte_rate))
    stated = max((reading for reading in readings if reading is not None), default=Fraction(0))
    more = stated if stated - kept > _MISSED else None
    return Salvage(kept, more, len(decoder.whole), len(missing) - after, after)


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
        frames, error = attempt(self._context.decode, packet)
        if error is not None and packet is not None and packet.pts is not None:
            self.failed.append(packet.pts)
        for frame in frames or ():
            if not frame.is_corrupt and frame.pts is not None:
                self.whole.add(frame.pts)
            samples = getattr(frame, "samples", 0)
            self.seconds += Fraction(samples, frame.sample_rate) if samples and frame.sample_rate else 0
