"""Listen to a track: one decode, every measurement fed from it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.audio import AudioFacts
from lipready.facts.speech import Level, Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.background import energies_of, measure_noise, name_background
from lipready.speech.blocks import Sound
from lipready.speech.channels import RATE, ChannelMeter, MonoMixer
from lipready.speech.decode import MAX_LENGTH, Decoded, Listener, decode
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
    levels = (float(part.var(dtype=np.float64)) for part in parts)
    return tuple(
        Level(10 * math.log10(max(level, _FLOOR)), _spoken(speech, index * step, (index + 1) * step) * 2 >= step)
        for index, level in enumerate(levels)
    )


def _spoken(speech: tuple[Span, ...], begin: Fraction, end: Fraction) -> Fraction:
    """Seconds of speech between two times."""
    return sum((max(Fraction(0), min(span.end, end) - max(span.start, begin)) for span in speech), Fraction(0))


_DECODING = 0.4
"""Share of the work that is done when everything is decoded; the rest is the voice detector's."""


def listen(path: str, audio: AudioFacts, *, progress: Callable[[float], None] | None) -> SpeechFacts | Unmeasured:
    """Measure what is heard in the audio stream of a file that the facts are about.

    `progress` hears the share that is done (0..1). Unmeasured where nothing can be decoded, or where there is more than
    is listened to (`decode.MAX_LENGTH` seconds, `decode.MAX_CHANNELS` channels). Damaged packets are skipped.
    """
    seconds = None if isinstance(audio.duration, Unmeasured) else audio.duration.believed
    if seconds is not None and seconds > MAX_LENGTH:
        return Unmeasured(f"it is longer than {MAX_LENGTH} seconds, which is all that is listened to")
    tell = progress or _nobody
    whole = max(1, int((seconds or MAX_LENGTH) * max(1, audio.sample_rate)))
    ears: list[_Ears] = []

    def begin(sound: Sound) -> Sequence[Listener]:
        ears.append(_Ears.of(sound))
        return ears[0].all()

    number = audio.track if audio.tracks else None
    hear = lambda samples: tell(_DECODING * min(1.0, samples / whole))  # noqa: E731
    decoded = decode(path, begin, hear, number=number, origin=audio.origin)
    if isinstance(decoded, Unmeasured):
        return decoded
    facts = ears[0].facts(decoded, lambda share: tell(_DECODING + (1 - _DECODING) * share))
    tell(1.0)
    return facts


@dataclass(frozen=True, slots=True)
class _Ears:
    """Everybody who hears a track."""

    loudness: LoudnessMeter
    true_peak: TruePeakMeter
    clipping: ClippingMeter
    channels: ChannelMeter
    bands: BandMeter
    mono: MonoMixer

    @classmethod
    def of(cls, sound: Sound) -> "_Ears":
        return cls(
            LoudnessMeter(sound),
            TruePeakMeter(sound),
            ClippingMeter(sound),
            ChannelMeter(sound),
            BandMeter(sound),
            MonoMixer(sound),
        )

    def all(self) -> Sequence[Listener]:
        return self.loudness, self.true_peak, self.clipping, self.channels, self.bands, self.mono

    def facts(self, decoded: Decoded, tell: Callable[[float], None]) -> SpeechFacts:
        mono, length = self.mono.mono(), Fraction(decoded.length)
        voice = find_voice(mono, tell)
        speech = voice.spans(length)
        return SpeechFacts(
            length=length,
            loudness=self.loudness.loudness(),
            true_peak=self.true_peak.true_peak(),
            peak=self.channels.peak(),
            clipping=self.clipping.clipping(),
            speech=speech,
            silences=find_silences(mono, voice, length),
            noise=measure_noise(energies_of(frame_power(mono)), voice),
            background=name_background(mono, voice, quiet_level(mono, voice)),
            bandwidth=self.bands.bandwidth(voice),
            channel_fault=self.channels.fault(),
            dc_offsets=self.channels.offsets(),
            levels=draw(mono, speech, length),
        )


def _nobody(_: float) -> None:
    """Where nobody wants to hear of the progress."""
