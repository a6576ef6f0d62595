"""The repair of what is heard, on a real voice and real faults, measured from outside: ffmpeg's ebur128, and numpy."""

import re
import subprocess
from fractions import Fraction
from types import SimpleNamespace

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile

from lipready.check import Settings, measure
from lipready.facts.finding import Finding, Fix
from lipready.job import Job
from lipready.prepare import prepare
from lipready.profiles.loader import load_profile
from lipready.repair.choices import Choices
from lipready.repair.plan import plan_job
from lipready.repair.run.ffmpeg import find_ffmpeg
from lipready.repair.run.folder import Partial
from lipready.repair.run.outputs import execute
from lipready.reports.report import Report
from studio.voice import speak

RATE = 22_050
TARGET, CEILING = -20, -1
RULES = {"loudness": "A502", "mono": "A508", "remove-dc": "A509", "trim": "A402"}


@pytest.fixture(scope="module")
def voice():
    """Some sentences, as samples of at most 1, a second of silence around them."""
    text = "Good morning. This is a longer text, with pauses in it. We want to hear every word where it was before."
    samples, rate = speak(text, "en", 150)
    assert rate == RATE
    # Its loudest moments are made softer, as in a studio: else they alone decide how far it can be raised.
    return np.pad(np.tanh(samples / 16_384) / 2, RATE)


@pytest.fixture
def prepared(tmp_path):
    """Write samples, repair them, and read the result: `prepared(samples, *fixes, choices=…)`.

    The findings are made by hand, so that every repair is asked for whatever the rules think of the track.
    """

    def run(samples, *fixes, choices=None, rate=RATE, name="a.wav", subtype="PCM_16", severity="warning"):
        path, profile = tmp_path / name, load_profile("dashscope")
        soundfile.write(path, samples, rate, subtype=subtype)
        facts = measure(Job.of(None, path, None, None), Settings())
        findings = tuple(
            Finding(
                rule=RULES[fix], name=fix, severity=severity, role="audio", path=str(path), message="", measured="",
                limit="", remote=None, fix=Fix(fix, "editorial" if fix == "trim" else "reencode", "Do it."),
            )
            for fix in fixes
        )  # fmt: skip
        report = Report(provider="dashscope", facts=facts, findings=findings, unchecked=())
        (plan,) = plan_job(report, profile, choices or Choices(), str(tmp_path / "out")).files
        (tmp_path / "out").mkdir(exist_ok=True)
        partial = Partial.beside(tmp_path / "out" / plan.output)
        execute(plan, partial, find_ffmpeg().path, lambda _share: None)
        partial.finish()
        before, after = (soundfile.read(str(each), dtype="float64")[0] for each in (path, partial.final))
        return SimpleNamespace(
            before=before, after=after, path=partial.final, plan=plan, facts=facts.audio.speech,
            text={step.name: step.text for step in plan.steps}, heard=heard(partial.final), was=heard(path),
        )  # fmt: skip

    return run


def heard(path):
    """Let ffmpeg's own command line measure integrated loudness in LUFS and true peak in dBTP."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null"]
    said = subprocess.run([*command, "-"], capture_output=True, text=True, check=True, timeout=120).stderr
    loudness, peak = re.findall(r"I: +(-?[\d.]+) LUFS", said)[-1], re.findall(r"Peak: +(-?[\d.]+) dBFS", said)[-1]
    return SimpleNamespace(loudness=float(loudness), peak=float(peak))


def gain_of(before, after):
    """Find the one factor between two tracks, and the furthest that any sample is from it, in steps of 16 bits."""
    assert before.shape == after.shape
    gain = float(np.vdot(before, after) / np.vdot(before, before))
    return gain, float(np.abs(after - gain * before).max() * 32_768)


def lag_of(before, after):
    """Find by how many samples a track is late."""
    size = 1 << (len(before) + len(after)).bit_length()
    alike = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)))
    late = int(alike.argmax())
    return late if late < size // 2 else late - size


def level_of(samples):
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-20))


@pytest.mark.parametrize("share", [0.02, 0.08, 0.3])
def test_quiet_speech_comes_up_to_the_target_by_one_gain(prepared, voice, share):
    done = prepared(voice * share, "loudness")
    assert abs(done.heard.loudness - TARGET) <= 0.2
    assert done.heard.peak <= CEILING
    gain, furthest = gain_of(done.before, done.after)
    assert furthest <= 0.6  # half a step of rounding, and what the fit itself is off
    assert abs(20 * np.log10(gain) - (done.heard.loudness - done.was.loudness)) <= 0.15
    assert re.fullmatch(r"Raise the level by [\d.]+ dB, to -20 LUFS\.", done.text["loudness"])


def test_peaks_leave_less_room(prepared, voice):
    samples = voice * 0.05
    samples[RATE // 2] = 0.4  # a click
    done = prepared(samples, "loudness")
    assert done.heard.loudness < TARGET - 3
    assert CEILING - 0.2 <= done.heard.peak <= CEILING
    assert gain_of(done.before, done.after)[1] <= 0.6
    (said,) = re.findall(r"to (-[\d.]+) LUFS: with more its peaks could pass -1 dBTP\.", done.text["loudness"])
    assert abs(float(said) - done.heard.loudness) <= 0.2


@pytest.mark.parametrize(("silent", "kept"), [(0, 1), (1, 0)])
def test_the_side_that_speaks_is_kept(prepared, voice, silent, kept):
    stereo = np.stack([voice * 0.05] * 2, axis=1)
    stereo[:, silent] = 0
    done = prepared(stereo, "mono", "loudness")
    assert done.after.ndim == 1
    assert abs(done.heard.loudness - TARGET) <= 0.2
    assert gain_of(done.before[:, kept], done.after)[1] <= 0.6


@pytest.mark.parametrize("other", [1.0, 0.4])
def test_an_inverted_side_is_turned_over(prepared, voice, other):
    done = prepared(np.stack([voice * 0.05, voice * -0.05 * other], axis=1), "mono", "loudness")
    assert abs(done.heard.loudness - TARGET) <= 0.2
    assert done.heard.peak <= CEILING
    assert gain_of(done.before * (1, -1), done.after)[1] <= 0.6
    assert level_of(done.after.mean(axis=1)) > level_of(done.after[:, 0]) - 4


def test_an_offset_goes_and_the_words_stay(prepared, voice):
    done = prepared(np.stack([voice * 0.1 + 0.03, voice * 0.1 - 0.02], axis=1), "remove-dc", "loudness")
    assert np.abs(done.after.mean(axis=0)).max() < 1e-4
    assert abs(done.heard.loudness - TARGET) <= 0.5
    assert done.heard.peak <= CEILING
    assert gain_of(done.before - done.before.mean(axis=0), done.after)[1] <= 1


def test_everything_at_once_is_one_command(prepared, voice):
    samples = np.stack([voice * 0.05 + 0.01, voice * -0.05 + 0.01], axis=1)
    done = prepared(samples, "mono", "remove-dc", "loudness", choices=Choices(trim_silence=True))
    assert len(done.plan.commands) == 1
    assert list(done.text) == ["transcode-audio", "remove-dc", "mono", "loudness", "trim-silence"]
    assert abs(done.heard.loudness - TARGET) <= 0.5
    assert np.abs(done.after.mean(axis=0)).max() < 5e-4


def test_silence_around_the_speech_is_cut_off(prepared, voice):
    done = prepared(np.pad(voice * 0.5, 3 * RATE), choices=Choices(trim_silence=True))
    spoken = np.flatnonzero(np.abs(done.after) > 0.01)
    assert 0.1 <= spoken[0] / RATE <= 0.4
    assert 0.1 <= (len(done.after) - spoken[-1]) / RATE <= 0.5
    assert abs(level_of(done.after) + 10 * np.log10(len(done.after) / len(done.before)) - level_of(done.before)) < 0.01
    start = lag_of(done.after, done.before)
    assert np.array_equal(done.after, done.before[start : start + len(done.after)])


def test_a_track_that_is_too_long_ends_in_a_pause(prepared, voice):
    choices = Choices(trim_audio="best")
    done = prepared(np.tile(np.pad(voice, (RATE, 0)) * 0.3, 14), "trim", choices=choices, severity="error")
    length = len(done.after) / RATE
    assert 110 <= length <= 119.5
    start = lag_of(done.after, done.before)
    assert np.array_equal(done.after, done.before[start : start + len(done.after)])
    end = start + len(done.after)
    assert np.abs(done.before[end - RATE // 20 : end + RATE // 20]).max() < 0.01
    assert not np.abs(done.before[: start + RATE // 20]).max() > 0.01
    assert ", from the first word to the last pause within 119.5 s." in done.text["trim"]


@pytest.mark.parametrize(("rate", "sides"), [(8_000, 1), (RATE, 1), (RATE, 2), (44_100, 1), (48_000, 2)])
def test_noise_falls_and_speech_stays(prepared, voice, rate, sides):
    """White noise 10 dB under the voice; where the voice is, its share in the result is measured by projection."""
    times = np.arange(int(len(voice) * rate / RATE)) / rate
    clean = np.interp(times, np.arange(len(voice)) / RATE, voice) * 0.5
    spoken = np.convolve(np.abs(clean) > 0.02, np.ones(rate // 20), "same") > 0
    noise = np.random.default_rng(1).normal(size=len(clean)) * clean[spoken].std() * 10**-0.5
    mixed = np.stack([clean + noise] * sides, axis=1)
    done = prepared(mixed, choices=Choices(denoise=True), rate=rate)
    before, after = (samples.reshape(len(samples), -1)[:, 0] for samples in (done.before, done.after))
    assert len(before) == len(after)
    assert lag_of(before, after) == 0
    quiet = ~spoken
    quiet[: rate // 10] = quiet[-rate // 10 :] = False
    assert level_of(after[quiet]) <= level_of(before[quiet]) - 6
    share = np.vdot(clean[spoken], after[spoken]) / np.vdot(clean[spoken], clean[spoken])
    assert abs(20 * np.log10(share)) <= 1
    assert "Lower the noise by up to 12 dB" in done.text["denoise"]


def test_what_is_denoised_comes_up_to_the_target_too(prepared, voice):
    noise = np.random.default_rng(1).normal(size=len(voice)) * 0.001
    done = prepared(voice * 0.03 + noise, "loudness", choices=Choices(denoise=True))
    assert abs(done.heard.loudness - TARGET) <= 0.5
    assert "to about -20 LUFS" in done.text["loudness"]


def test_a_plan_can_be_repeated(prepared, voice):
    fixes = ("remove-dc", "loudness")
    once, twice = (prepared(voice * 0.05 + 0.02, *fixes, choices=Choices(denoise=True)) for _ in range(2))
    assert once.plan == twice.plan
    assert np.array_equal(once.after, twice.after)


def test_the_length_that_is_planned_is_the_length_that_is_made(prepared, voice):
    done = prepared(np.pad(voice * 0.5, 2 * RATE), choices=Choices(trim_silence=True, denoise=True))
    assert abs(done.plan.length - Fraction(len(done.after), RATE)) <= Fraction(1, RATE)


def test_a_quiet_track_comes_out_ready_and_is_found_again(tmp_path, voice):
    path = tmp_path / "quiet.wav"
    soundfile.write(path, voice * 0.05, RATE)
    first, second = (prepare(None, path, out=tmp_path / "ready") for _ in range(2))
    assert {f.rule for f in first.before.findings} >= {"A502"}
    assert "A502" not in {f.rule for f in first.report.findings}
    assert abs(heard(first.job.audio).loudness - TARGET) <= 0.5
    assert second.already_prepared
    assert prepare(None, first.job.audio, out=tmp_path / "again").steps == ()
