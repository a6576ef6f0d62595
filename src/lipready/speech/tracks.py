"""Of several audio tracks of a file, which ones speak, and which one is taken."""

import time
from collections.abc import Sequence
from dataclasses import replace

from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.speech import SpeechFacts, is_speech
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.blocks import Sound
from lipready.speech.decode import MAX_LENGTH, Listener, decode
from lipready.speech.mono import MonoMixer
from lipready.speech.voice import find_voice

MOST_TRACKS = 8
"""Tracks of one file that are listened to, the one that a player would play among them."""
_SECONDS = 60.0
"""After so long no further track is begun."""


def listen_to_others(path: str, audio: AudioFacts, heard: SpeechFacts | Unmeasured) -> AudioFacts:
    """Say of each track whether somebody speaks in it; `heard` is what is heard in the one that was measured."""
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
    """Give the number of the track to take: the one that was measured, unless only others are heard to speak."""
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
