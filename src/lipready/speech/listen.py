"""Listen to a track: one decode, every measurement fed from it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.errors import ProbeError
from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.file import FileFacts
from lipready.facts.pictures import Waveform
from lipready.facts.speech import Level, Span, SpeechFacts, is_speech
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.containers.container import open_container
from lipready.probe.local_file import open_local
from lipready.probe.source import examine
from lipready.probe.streams.audio import SampleCount
from lipready.probe.streams.choice import audio_stream
from lipready.speech.background import energies_of, measure_noise, name_background
from lipready.speech.blocks import Feeder, Listener, Sound, too_long
from lipready.speech.channels import RATE, ChannelMeter, MonoMixer
from lipready.speech.loudness import ClippingMeter, LoudnessMeter, TruePeakMeter
from lipready.speech.spectrum import BandMeter, frame_power
from lipready.speech.voice import FRAME, Voice, find_voice, frames_of, spans_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STEP = 128
"""Samples (8 ms): a quarter of a frame of the voice detector."""
_UNDER_SPEECH = 1e-4
"""40 dB, as a ratio of energies."""
NOTHING = 1e-6
"""Mean square of -60 dBFS."""
_SHORTEST = Fraction(1, 2)


def quiet_level(mono: "NDArray[np.float32]", voice: Voice) -> float:
    """Return the mean square below which a track is silent: -60 dBFS, or 40 dB under its speech where that is more."""
    import numpy as np

    speech = frames_of(mono)[voice.speech]
    return max(NOTHING, _UNDER_SPEECH * float(speech.var(axis=1, dtype=np.float64).mean())) if len(speech) else NOTHING


def find_silences(mono: "NDArray[np.float32]", voice: Voice, length: Fraction) -> tuple[Span, ...]:
    """Find what is silent for at least half a second, in one channel at 16 kHz of `length` seconds."""
    import numpy as np

    level = quiet_level(mono, voice)
    energies = frames_of(mono, _STEP).var(axis=1, dtype=np.float64)
    spoken = np.repeat(voice.speech, FRAME // _STEP)[: len(energies)]
    spans = spans_of((energies < level) & ~spoken, Fraction(_STEP, RATE), length)
    return tuple(span for span in spans if span.length >= _SHORTEST)


PARTS = 48
_FLOOR = 1e-12
"""Mean square of -120 dBFS."""


def draw(mono: "NDArray[np.float32]", speech: tuple[Span, ...], length: Fraction) -> tuple[Level, ...]:
    """Cut a track of `length` seconds into evenly long parts; somebody speaks in one where half of it is speech."""
    import numpy as np

    parts = np.array_split(mono, min(PARTS, len(mono)))
    step = length / len(parts)
    levels = []
    for index, part in enumerate(parts):
        begin, end = index * step, (index + 1) * step
        spoken = sum(max(Fraction(0), min(span.end, end) - max(span.start, begin)) for span in speech)
        dbfs = 10 * math.log10(max(float(part.var(dtype=np.float64)), _FLOOR))
        levels.append(Level(dbfs, spoken * 2 >= step))
    return tuple(levels)


_DECODING = 0.4
"""Share of the work that is done when everything is decoded; the rest is the voice detector's."""


class SpeechMeter(Feeder):
    """Measures what is heard in a track while it is decoded; `progress` hears the share that is done (0..1)."""

    def __init__(self, progress: Callable[[float], None] | None = None) -> None:
        # Not by way of self, which would keep the filters, and their threads, until the garbage is collected.
        self._tell = tell = progress or (lambda _share: None)
        super().__init__(lambda share: tell(_DECODING * share))
        self._drawn: NDArray[np.float32] | tuple[()] = ()
        # Who has heard the track that is taken, where it is another.
        self._other: SpeechMeter | None = None

    def listeners(self, sound: Sound) -> Sequence[Listener]:
        """Measure everything at once."""
        self._meters = LoudnessMeter(sound), TruePeakMeter(sound), ClippingMeter(sound)
        self._channels, self._bands, self._mono = ChannelMeter(sound), BandMeter(sound), MonoMixer(sound)
        return *self._meters, self._channels, self._bands, self._mono

    def facts(self, audio: AudioFacts) -> SpeechFacts | Unmeasured:
        """Return what was heard in the track that `audio` is about, once it is over.

        Unmeasured where nothing was decoded, or where there is more than is listened to (see `Feeder`).
        """
        too_much = None if isinstance(audio.duration, Unmeasured) else too_long(audio.duration.believed)
        refusal = too_much or self.refusal
        if refusal is not None:
            return refusal
        loudness, true_peak, clipping = self._meters
        mono, length = self._mono.mono(), self.length
        voice = find_voice(mono, lambda share: self._tell(_DECODING + (1 - _DECODING) * share))
        speech = voice.spans(length)
        facts = SpeechFacts(
            length=length,
            loudness=loudness.loudness(),
            true_peak=true_peak.true_peak(),
            peak=self._channels.peak(),
            clipping=clipping.clipping(),
            speech=speech,
            silences=find_silences(mono, voice, length),
            noise=measure_noise(energies_of(frame_power(mono)), voice),
            background=name_background(mono, voice, quiet_level(mono, voice)),
            bandwidth=self._bands.bandwidth(voice),
            channel_fault=self._channels.fault(),
            dc_offsets=self._channels.offsets(),
            levels=draw(mono, speech, length),
        )
        self._tell(1.0)
        self._drawn = mono
        return facts

    def wave(self, parts: int) -> Waveform | None:
        """Return the largest samples of so many parts of the track that is taken; None where nothing was heard."""
        if self._other is not None:
            return self._other.wave(parts)
        drawn = self._drawn
        if len(drawn) == 0:
            return None
        peaks = peaks_of(drawn, parts)
        clipping, length = self._meters[2], max(self.length, Fraction(1, RATE))
        places = {int(begin / clipping.rate / length * len(peaks)) for begin in clipping.begins}
        return Waveform(peaks, tuple(sorted(min(place, len(peaks) - 1) for place in places)))

    def heard_in(self, facts: FileFacts, audio: AudioFacts) -> FileFacts:
        """Return the facts of an audio file with what was heard in it, until its end, where that is known.

        Where nobody chose one of several tracks, the one that speaks is taken.
        """
        heard = self.facts(audio)
        if len(audio.tracks) > 1 and audio.taken == "default":
            audio = listen_to_others(facts.path, audio, heard)
            number = track_that_speaks(audio)
            if number != audio.track:
                meter = SpeechMeter(self._tell)
                again = examine(facts.path, "audio", quick=False, track=number, consumer=meter)
                # What cannot be measured after all leaves the first.
                if isinstance(again.media, AudioFacts) and again.media.track == number:
                    facts, audio = again, replace(again.media, tracks=audio.tracks, taken="speech")
                    heard, self._other = meter.facts(audio), meter
        speaks = heard if isinstance(heard, Unmeasured) else heard.has_speech
        tracks = tuple(replace(each, speaks=speaks) if each.number == audio.track else each for each in audio.tracks)
        if not isinstance(heard, Unmeasured) and not isinstance(audio.duration, Unmeasured):
            heard = heard.until(audio.duration.believed)
        return replace(facts, media=replace(audio, tracks=tracks), speech=heard)


MOST_TRACKS = 8
"""Tracks of one file that are listened to, the one that a player would play among them."""
_SECONDS = 60.0
"""After so long no further track is begun."""


def listen_to_others(path: str, audio: AudioFacts, heard: SpeechFacts | Unmeasured) -> AudioFacts:
    """Return of each track whether somebody speaks; `heard` is what is heard in the one that was measured."""
    begun, left, tracks = time.monotonic(), MOST_TRACKS - 1, []
    for track in audio.tracks:
        if track.number == audio.track:
            speaks = heard if isinstance(heard, Unmeasured) else heard.has_speech
        elif left == 0:
            speaks = Unmeasured(f"of one file {MOST_TRACKS} tracks are listened to")
        elif time.monotonic() - begun > _SECONDS:
            speaks = Unmeasured("there was not enough time to listen to all tracks", transient=True)
        else:
            left, speaks = left - 1, speaks_in(path, track)
        tracks.append(replace(track, speaks=speaks))
    return replace(audio, tracks=tuple(tracks))


def track_that_speaks(audio: AudioFacts) -> int:
    """Return the number of the track to take: the one that was measured, unless speech is heard in others only."""
    speaking = [track.number for track in audio.tracks if track.speaks is True]
    return audio.track if audio.track in speaking or not speaking else speaking[0]


def peaks_of(samples: "NDArray[np.float32] | tuple[()]", parts: int) -> tuple[int, ...]:
    """Return the largest samples of so many parts of a sound in one channel, 0..255, where 255 is full scale."""
    import numpy as np

    found = [np.abs(part).max() for part in np.array_split(samples, min(parts, len(samples)))] if len(samples) else []
    return tuple(min(255, round(255 * float(peak))) for peak in found)


class _RefusedError(Exception):
    """There is more sound than is listened to, so that the rest need not be decoded."""


class _VoiceMeter(Feeder):
    def listeners(self, sound: Sound) -> Sequence[Listener]:
        self._mono = MonoMixer(sound)
        return (self._mono,)

    def take(self, frame: Any, moved: int) -> None:
        super().take(frame, moved)
        if self.refusal is not None:
            raise _RefusedError

    def speaks(self) -> bool | Unmeasured:
        if self.refusal is not None:
            return self.refusal
        return is_speech(find_voice(self._mono.mono()).spans(self.length))


def speaks_in(path: str, track: AudioTrack) -> bool | Unmeasured:
    """Decode one track of a file for the voice alone, and return whether somebody speaks in it.

    Unmeasured where the file cannot be opened, nothing is decoded, or there is more than is listened to.
    """
    refusal = None if track.duration is None else too_long(track.duration)
    if refusal is not None:
        return refusal
    meter = _VoiceMeter()
    try:
        with open_local(path) as file, open_container(file) as container:
            stream = audio_stream(container, track.number)
            if stream is None or stream.codec_context is None:
                return Unmeasured("it holds no audio stream that can be decoded")
            SampleCount(container, stream, None, meter).read()
    except _RefusedError:
        pass
    except ProbeError as error:
        return Unmeasured(f"the file {error}", transient=error.transient)
    return meter.speaks()
