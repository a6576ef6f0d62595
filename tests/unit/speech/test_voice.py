import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from lipready.facts.speech import Span
from lipready.speech import voice as voices
from lipready.speech.voice import find_voice, levelled, new_detector, spans_of


def nobody(_):
    pass


def test_two_sentences_are_two_or_more_spans(hear, voice):
    facts = hear(voice)
    assert facts.has_speech
    assert facts.speech[0].start == pytest.approx(0.8, abs=0.15)
    assert facts.speech[-1].end == pytest.approx(len(voice) / 16000 - 0.8, abs=0.3)
    assert all(span.length > 0 for span in facts.speech)
    assert facts.spoken < facts.length


@pytest.mark.parametrize("level", [0.0, -30.0, -50.0])
def test_quiet_voices_are_heard(hear, voice, level):
    loud, quiet = hear(voice), hear(voice * 10 ** (level / 20))
    assert quiet.has_speech
    assert float(quiet.spoken) == pytest.approx(float(loud.spoken), abs=0.5)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(48000),
        np.random.default_rng(1).uniform(-0.5, 0.5, 48000),
        0.5 * np.sin(2 * np.pi * 440 * np.arange(48000) / 16000),
        0.5 * np.sign(np.sin(2 * np.pi * 100 * np.arange(48000) / 16000)),
    ],
    ids=["silence", "noise", "tone", "buzz"],
)
def test_nobody_speaks(hear, sound):
    assert not hear(sound).has_speech


def test_speech_up_to_the_end_ends_with_the_track(hear, voice):
    facts = hear(voice[: 16000 * 2])
    assert facts.speech[-1].end <= facts.length == 2


def test_hysteresis(monkeypatch):
    heard = np.array([0.49, 0.5, 0.35, 0.36, 0.34, 0.49, 0.1, 0.1, 0.1, 0.1, 0.19, 0.2, 0.9])
    monkeypatch.setattr(voices, "_probabilities", lambda *_: heard)
    found = find_voice(np.zeros(len(heard) * 512, np.float32), nobody)
    assert np.flatnonzero(found.speech).tolist() == [1, 2, 3, 12]
    # Below 0.2, and no speech within two frames: 6 to 9; 10 and 11 are beside speech.
    assert np.flatnonzero(found.gap).tolist() == [6, 7, 8, 9]


def test_levels_are_only_brought_up():
    rng = np.random.default_rng(2)
    loud = rng.normal(0, 0.2, 32000).astype(np.float32)
    assert np.std(levelled(loud)) == pytest.approx(0.2, rel=0.02)
    assert np.std(levelled(loud * 0.05)) == pytest.approx(0.1, rel=0.1)
    assert np.std(levelled(loud * 1e-5)) == pytest.approx(2e-4, rel=0.02)
    assert not levelled(np.zeros(1000, np.float32)).any()


def test_spans_end_with_the_track():
    step, mask = Fraction(1, 10), np.array([True, False, True, True])
    found = spans_of(mask, step, Fraction(35, 100))
    assert found == (Span(Fraction(0), Fraction(1, 10)), Span(Fraction(2, 10), Fraction(35, 100)))
    assert spans_of(np.zeros(3, bool), step, Fraction(1)) == ()


def test_the_environment_is_put_back(monkeypatch):
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    new_detector()
    assert "OMP_THREAD_LIMIT" not in os.environ
    monkeypatch.setenv("OMP_THREAD_LIMIT", "2")
    new_detector()
    assert os.environ["OMP_THREAD_LIMIT"] == "2"


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted in /proc")  # noqa: PTH112
def test_the_detector_starts_no_threads():
    code = (
        "import os; from lipready.speech.voice import new_detector; before = len(os.listdir('/proc/self/task'));"
        "d = new_detector(); [d.process_samples([0.1] * 512) for _ in range(9)];"
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert run.stdout.strip() == "0"
