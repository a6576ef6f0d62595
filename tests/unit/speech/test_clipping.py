from fractions import Fraction

import numpy as np
import pytest

from lipready.facts.speech import Clipping
from lipready.speech.blocks import Sound
from lipready.speech.loudness import ClippingMeter

NONE = Clipping(0, 0.0, None)


def clipping(channels, *, blocks=1, rail=0.999):
    samples = np.atleast_2d(np.asarray(channels, np.float32))
    meter = ClippingMeter(Sound(1000, len(samples), "stereo", rail))
    for block in np.array_split(samples, blocks, axis=1):
        meter.hear(block)
    meter.finish()
    return meter.clipping()


def wave(*runs, size=1000, value=1.0):
    samples = np.zeros(size)
    for begin, length in runs:
        samples[begin : begin + length] = value
    return samples


@pytest.mark.parametrize(("length", "runs"), [(1, 0), (2, 0), (3, 1), (4, 1)])
def test_three_samples_make_a_run(length, runs):
    assert clipping(wave((100, length))).runs == runs


@pytest.mark.parametrize(("value", "runs"), [(0.999, 1), (0.9989, 0), (-0.999, 1), (-1.0, 1), (4.0, 1)])
def test_0_999_is_full_scale_on_either_side(value, runs):
    assert clipping(wave((5, 3), value=value)).runs == runs


@pytest.mark.parametrize("blocks", [1, 2, 3, 7, 250, 1000])
def test_blocks_make_no_difference(blocks):
    expected = Clipping(3, 1e6 * 17 / 1000, Fraction(0))
    assert clipping(wave((0, 3), (250, 10), (996, 4)), blocks=blocks) == expected


def test_nothing_clipped():
    assert clipping(wave()) == NONE
    assert clipping(np.zeros((2, 0))) == NONE


def test_channels_are_counted_by_themselves():
    assert clipping([wave((10, 2)), wave((12, 2))]) == NONE
    found = clipping([wave((500, 5)), wave((300, 5))], blocks=4)
    assert found == Clipping(2, 1e6 * 10 / 2000, Fraction(300, 1000))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW"])
def test_every_sample_format_can_clip(hear, subtype):
    loud = np.clip(2 * np.sin(2 * np.pi * 100 * np.arange(16000) / 16000), -1, 1)
    clipped = hear(loud, 16000, subtype).clipping
    assert 150 <= clipped.runs <= 200
    assert clipped.per_million > 300_000
    assert hear(loud / 2, 16000, subtype).clipping == NONE
