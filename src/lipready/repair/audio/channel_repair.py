"""What becomes of the channels of an audio track."""

from fractions import Fraction

from lipready.facts.speech import ChannelFault
from lipready.repair.audio.case import AudioCase
from lipready.repair.audio.sound import Side

_STEREO = 2
_PPM = 1_000_000


def sides(case: AudioCase) -> tuple[Side, ...] | None:
    """Make the channels of the output out of those of the input; None where they stay as they are.

    Of a silent side and a good one, the good one is kept alone: the loudness of a mono track is that of its one
    channel, so that it stays the same (ITU-R BS.1770-4 adds up the energies of the channels). Of two sides that are
    each other's inverse, the right one is turned over and both are kept. They are not mixed into one: how loud their
    mix is depends on how alike they are (3 to 6 dB less than the two), which no fact tells, while turned over each side
    keeps its level and its peaks, and whoever mixes them later hears both.
    """
    heard = case.heard
    if heard is None:
        return None
    fault = fault_to_mend(case)
    offsets = [_millionths(offset) for offset in heard.dc_offsets] if mends_offset(case) else []
    count = max(1, case.audio.channels)
    offsets += [Fraction(0)] * (count - len(offsets))
    if fault is None and not any(offsets):
        return None
    whole = tuple(Side(channel, offsets[channel], turned=False) for channel in range(count))
    match fault:
        case "left-silent":
            return whole[1:2]
        case "right-silent":
            return whole[:1]
        case "inverted":
            return whole[0], Side(1, offsets[1], turned=True)
        case None:
            return whole


def fault_to_mend(case: AudioCase) -> ChannelFault | None:
    """Tell which fault of a stereo track is to be repaired."""
    mends = case.heard is not None and case.wanted.has("mono") and case.audio.channels == _STEREO
    return case.heard.channel_fault if mends and case.heard else None


def mends_offset(case: AudioCase) -> bool:
    """Whether the constant offset of each channel is to be taken away."""
    heard = case.heard
    return heard is not None and case.wanted.has("remove-dc") and any(map(_millionths, heard.dc_offsets))


def _millionths(offset: float) -> Fraction:
    """Write an offset in steps that are finer than a sample of 16 bits, and that ffmpeg reads exactly."""
    return Fraction(round(offset * _PPM), _PPM)
