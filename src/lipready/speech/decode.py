"""Decode an audio stream once, and let everybody who measures hear it, block by block."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from lipready.errors import ProbeError
from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.quantity import counted
from lipready.facts.speech import SpeechFacts, is_speech
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.containers.container import MEDIA_ERRORS, open_media
from lipready.probe.streams.choice import audio_stream
from lipready.probe.streams.packets import MAX_SECONDS, Budget, read_packet_times
from lipready.probe.streams.time_line import CLOCKLESS, TimeLine
from lipready.speech.blocks import Blocks, Sound
from lipready.speech.channels import MonoMixer
from lipready.speech.voice import find_voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_LENGTH = 600
"""Seconds that are listened to: five times what the longest job takes; 16 kHz of eight channels are then 300 MB."""
MAX_CHANNELS = 8


class Listener(Protocol):
    """Somebody who measures sound."""

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples: channels × samples, full scale ±1, finite. They must not be changed."""

    def finish(self) -> None:
        """Hear that the track is over."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was decoded: its form, and its length in samples of `sound.rate`."""

    sound: Sound
    samples: int

    @property
    def length(self) -> Fraction:
        """Its length in seconds."""
        return Fraction(self.samples, self.sound.rate)


Begin = Callable[[Sound], Sequence[Listener]]
"""Called once the form of the sound is known; gives those who will hear it."""


def decode(
    path: str,
    begin: Begin,
    progress: Callable[[int], None],
    *,
    number: int | None = None,
    origin: Fraction | None = None,
) -> Decoded | Unmeasured:
    """Decode the audio stream of a number (from 1), else the best one of a file; damaged packets are skipped.

    All times count from `origin` (`AudioFacts.origin`), and holes in the timestamps are heard as silence.
    `progress` hears how many samples are through. Unmeasured where the file cannot be opened or holds no samples, where
    it is longer than MAX_LENGTH, has more than MAX_CHANNELS channels, or takes longer than `packets.MAX_SECONDS`.
    """
    try:
        with open_media(path) as container:
            stream = audio_stream(container, number)
            if stream is None or stream.codec_context is None:
                return Unmeasured("it holds no audio stream that can be decoded")
            decoder = _SoundDecoder(
                stream, begin, progress, TimeLine(origin, clock=container.format.name not in CLOCKLESS)
            )
            times = read_packet_times(container, stream, Budget(), decoder)
            decoder.finish()
            return times.cut or decoder.result()
    except _TooMuchError as refusal:
        return refusal.reason
    except ProbeError as error:
        return Unmeasured(f"the file {error}", transient=error.transient)


class _TooMuchError(Exception):
    """There is more sound than is listened to."""

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.reason = Unmeasured(reason, transient=transient)


class _SoundDecoder:
    """Called with every packet of a stream, then finished."""

    def __init__(self, stream: Any, begin: Begin, progress: Callable[[int], None], line: TimeLine) -> None:
        self._codec = stream.codec_context
        self._codec.thread_count = 1
        self._begin, self._progress, self._line = begin, progress, line
        self._blocks: Blocks | None = None
        self._listeners: Sequence[Listener] = ()
        self._deadline = time.monotonic() + MAX_SECONDS

    def __call__(self, packet: Any) -> None:
        """Decode one packet, and hand on what is a whole block."""
        if time.monotonic() > self._deadline:
            raise _TooMuchError(f"decoding took longer than {MAX_SECONDS:.0f} seconds", transient=True)
        try:
            frames = self._codec.decode(packet)
        except MemoryError:
            raise
        except MEDIA_ERRORS():
            return
        for frame in frames:
            if frame.samples and frame.sample_rate and frame.layout.nb_channels:
                self._take(frame)

    def finish(self) -> None:
        """Drain the decoder and tell everybody that the track is over."""
        self(None)
        if self._blocks is not None:
            self._hand_on(self._blocks.flush())
        for listener in self._listeners:
            listener.finish()

    def result(self) -> Decoded | Unmeasured:
        """Return how much was decoded."""
        if self._blocks is None or not self._blocks.samples:
            return Unmeasured("it holds no audio samples")
        return Decoded(self._blocks.sound, self._blocks.samples)

    def _take(self, frame: Any) -> None:
        if self._blocks is None:
            sound = Sound.of(frame, self._codec.name)
            if sound.channels > MAX_CHANNELS:
                raise _TooMuchError(
                    f"it has {counted(sound.channels, 'channel')}; up to {MAX_CHANNELS} are listened to"
                )
            self._blocks, self._listeners = Blocks(sound), self._begin(sound)
        moved = self._line.place(frame)
        if moved > 0:
            self._hush(Fraction(moved, frame.sample_rate))
        self._hand_on(self._blocks.add(frame, skip=max(0, -moved)))

    def _hush(self, seconds: Fraction) -> None:
        """Hand on silence, in blocks of a second at most."""
        if self._blocks is None:
            return
        left = round(seconds * self._blocks.sound.rate)
        while left > 0:
            count = min(left, self._blocks.sound.rate)
            self._hand_on(self._blocks.silence(count))
            left -= count

    def _hand_on(self, block: "NDArray[np.float32] | None") -> None:
        if block is None or self._blocks is None:
            return
        if self._blocks.samples > MAX_LENGTH * self._blocks.sound.rate:
            raise _TooMuchError(f"it is longer than {MAX_LENGTH} seconds, which is all that is listened to")
        for listener in self._listeners:
            listener.hear(block)
        self._progress(self._blocks.samples)


MOST_TRACKS = 8
"""Tracks of one file that are listened to, the one that a player would play among them."""
_SECONDS = 60.0
"""After so long no further track is begun."""


def listen_to_others(path: str, audio: AudioFacts, heard: SpeechFacts | Unmeasured) -> AudioFacts:
    """Return of each track whether somebody speaks in it; `heard` is what is heard in the one that was measured."""
    known = heard if isinstance(heard, Unmeasured) else heard.has_speech
    begun, left, tracks = time.monotonic(), MOST_TRACKS - 1, []
    for track in audio.tracks:
        if track.number == audio.track:
            speaks = known
        elif left == 0:
            speaks = Unmeasured(f"of one file {MOST_TRACKS} tracks are listened to")
        elif time.monotonic() - begun > _SECONDS:
            speaks = Unmeasured("there was not enough time to listen to all tracks", transient=True)
        else:
            left, speaks = left - 1, _speaks(path, track)
        tracks.append(replace(track, speaks=speaks))
    return replace(audio, tracks=tuple(tracks))


def track_that_speaks(audio: AudioFacts) -> int:
    """Return the number of the track to take: the one that was measured, unless only others are heard to speak."""
    speaking = [track.number for track in audio.tracks if track.speaks is True]
    return audio.track if audio.track in speaking or not speaking else speaking[0]


def _speaks(path: str, track: AudioTrack) -> bool | Unmeasured:
    """Decode one track for the voice alone."""
    if track.duration is not None and track.duration > MAX_LENGTH:
        return Unmeasured(f"it is longer than {MAX_LENGTH} seconds, which is all that is listened to")
    mixers: list[MonoMixer] = []

    def begin(sound: Sound) -> Sequence[Listener]:
        mixers.append(MonoMixer(sound))
        return mixers

    decoded = decode(path, begin, lambda _samples: None, number=track.number)
    if isinstance(decoded, Unmeasured):
        return decoded
    return is_speech(find_voice(mixers[0].mono(), lambda _share: None).spans(decoded.length))
