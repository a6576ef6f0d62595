import numpy as np
import pytest

TIMES = np.arange(16000 * 6) / 16000
RANDOM = np.random.default_rng(4)


def hum(mains):
    return sum(np.sin(2 * np.pi * mains * k * TIMES + k) / k for k in range(1, 8)) * 0.02


def chords():
    music = np.zeros(len(TIMES))
    for index in range(12):
        since = TIMES - index / 2
        for step in ((0, 4, 7), (5, 9, 12), (7, 11, 14), (-3, 1, 4))[index % 4]:
            played = np.sin(2 * np.pi * 261.63 * 2 ** (step / 12) * since) * np.exp(-3 * since)
            music += np.where(since >= 0, played, 0)
    return music * 0.02


@pytest.mark.parametrize(
    ("sound", "name"),
    [
        (np.zeros(len(TIMES)), "silence"),
        (RANDOM.normal(0, 0.02, len(TIMES)), "noise"),
        (hum(50), "hum"),
        (hum(60), "hum"),
        (hum(50) + RANDOM.normal(0, 0.003, len(TIMES)), "hum"),
        (hum(55), "noise"),
        (hum(50) * 0.05 + RANDOM.normal(0, 0.02, len(TIMES)), "noise"),
        (chords(), "music"),
        (chords() + RANDOM.normal(0, 0.001, len(TIMES)), "music"),
    ],
    ids=[
        "silence",
        "noise",
        "hum-50",
        "hum-60",
        "hum-and-hiss",
        "lines-of-55",
        "noise-over-hum",
        "music",
        "music-hiss",
    ],
)
@pytest.mark.parametrize("spoken", [False, True])
def test_what_the_gaps_sound_like(hear, voice, sound, name, spoken):
    size = min(len(voice), len(sound))
    assert hear(sound[:size] + (voice[:size] if spoken else 0)).background == name


def test_without_gaps_there_is_no_name(hear, voice):
    assert "too short" in hear(voice[16000:19000]).background.reason


@pytest.mark.parametrize(("level", "name"), [(-59.5, "noise"), (-60.5, "silence")])
def test_below_minus_60_is_silence(hear, level, name):
    assert hear(RANDOM.normal(0, 10 ** (level / 20), 48000)).background == name
