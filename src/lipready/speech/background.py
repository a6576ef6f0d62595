"""What the gaps between the words sound like."""

from typing import TYPE_CHECKING

from lipready.facts.speech import Background
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.hum import hums
from lipready.speech.music import music_share
from lipready.speech.noise import FEWEST_GAPS
from lipready.speech.voice import Voice, frames_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MUSIC = 0.3
"""Share of the gaps with tones that come and go."""


def name_background(mono: "NDArray[np.float32]", voice: Voice, quiet: float) -> Background | Unmeasured:
    """Name what is in the gaps of one channel at 16 kHz; `quiet` is the mean square below which it is silence."""
    import numpy as np

    if int(voice.gap.sum()) < FEWEST_GAPS:
        return Unmeasured("the pauses in the speech are too short to hear what is in them")
    gaps = frames_of(mono)[voice.gap]
    if float(np.median(gaps.var(axis=1, dtype=np.float64))) < quiet:
        return "silence"
    if music_share(mono, voice.gap) >= _MUSIC:
        return "music"
    return "hum" if hums(mono, voice.gap) else "noise"
