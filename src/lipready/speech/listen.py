"""Listen to a track: one decode, every measurement fed from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lipready.facts.audio import AudioFacts
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.background import name_background
from lipready.speech.bandwidth import BandMeter
from lipready.speech.blocks import Sound
from lipready.speech.channels import ChannelMeter
from lipready.speech.clipping import ClippingMeter
from lipready.speech.decode import MAX_LENGTH, Decoded, Listener, decode
from lipready.speech.drawing import draw
from lipready.speech.loudness import LoudnessMeter, TruePeakMeter
from lipready.speech.mono import MonoMixer
from lipready.speech.noise import energies_of, measure_noise
from lipready.speech.silences import find_silences, quiet_level
from lipready.speech.spectrum import frame_power
from lipready.speech.voice import find_voice

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
