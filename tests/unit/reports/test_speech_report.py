"""The line in which an audio track is seen."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from lipready.facts.speech import Level, SignalToNoise, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.reports.full import details, speech_lines
from lipready.reports.page import Page
from lipready.reports.render import render
from lipready.rules.examples import spans, speech_facts

GONE = Unmeasured("the pauses are too short")


def levels(*parts: tuple[float, bool]) -> tuple[Level, ...]:
    return tuple(Level(dbfs, speech) for dbfs, speech in parts)


def drawn(*parts: tuple[float, bool], page: Page | None = None, **changes: object) -> str:
    facts: SpeechFacts = speech_facts(levels=levels(*parts), **changes)
    return speech_lines(facts, page or Page())[0].split()[0]


def test_speech_is_bars_silence_dots_and_the_rest_shades():
    parts = [(-70.0, False), (-20.0, True), (-45.0, True), (-3.0, True), (-25.0, False), (-120.0, True)]
    assert drawn(*parts * 4) == "·▆▂█░▁" * 4


def test_without_unicode_the_line_is_ascii():
    parts = [(-70.0, False), (-20.0, True), (-45.0, True), (-3.0, True), (-25.0, False), (-120.0, True)]
    assert drawn(*parts * 4, page=Page(unicode=False)) == ".o-@~_" * 4


def test_each_bar_is_six_decibels():
    marks = [drawn((dbfs, True)) for dbfs in (-48.01, -48.0, -42.0, -36.0, -30.0, -24.0, -18.0, -12.0, 0.0)]
    assert marks == [bar * 16 for bar in "▁▂▃▄▅▆▇██"]


def test_where_nobody_speaks_sound_is_what_is_over_50_below_full_scale():
    assert drawn(*[(-49.0, False), (-51.0, False)] * 8, speech=()) == "░·" * 8


@pytest.mark.parametrize(("parts", "columns"), [(1, 16), (10, 16), (20, 20), (48, 48), (100, 48)])
def test_the_line_has_16_to_48_columns(parts, columns):
    assert len(drawn(*[(-20.0, True)] * parts)) == columns


def test_the_words():
    (line,) = speech_lines(speech_facts(loudness=-19.34, noise=SignalToNoise(31.2, 40.0, gated=False)), Page())
    assert line.endswith("  speech 96 % · -19.3 LUFS · SNR 31 dB")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"loudness": GONE}, "speech 96 % · SNR 40 dB"),
        ({"noise": GONE}, "speech 96 % · -20.0 LUFS"),
        ({"noise": SignalToNoise(80.0, 80.0, gated=True)}, "speech 96 % · -20.0 LUFS"),
        ({"background": "music"}, "speech 96 % · -20.0 LUFS · SNR 40 dB · music"),
        ({"speech": (), "background": "music"}, "no speech · -20.0 LUFS · music"),
        ({"speech": spans((1, "1.3"))}, "no speech · -20.0 LUFS"),
    ],
)
def test_what_is_not_known_is_left_out(change, words):
    assert speech_lines(speech_facts(**change), Page())[0].split("  ")[-1] == words


def test_nothing_to_draw():
    assert speech_lines(speech_facts(levels=()), Page()) == ["  speech 96 % · -20.0 LUFS · SNR 40 dB"]


@pytest.mark.parametrize("width", range(40, 101))
def test_it_keeps_to_the_width(width):
    lines = speech_lines(speech_facts(background="music"), Page(width=width))
    assert max(map(len, lines)) <= width
    assert 16 <= len(lines[0].split()[0]) <= 48
    assert all(len(first) >= len(second) for first, second in pairwise(lines))


def test_the_full_report_shows_it_and_brief_does_not(make_report, audio_file):
    report = make_report(video=None, reference=None, audio=replace(audio_file, speech=speech_facts()))
    text = render(report, "full", Page())
    lines = text.splitlines()
    assert lines[1].endswith("812 bytes")
    assert lines[2].endswith("speech 96 % · -20.0 LUFS · SNR 40 dB")
    assert "LUFS" not in render(report, "full", Page(brief=True))
    assert render(report, "full", Page(unicode=False)).isascii()
    coloured = render(report, "full", Page(color=True))
    assert coloured != text
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text


def test_the_full_report_without_anything_heard(make_report, audio_file):
    assert "LUFS" not in render(make_report(audio=audio_file), "full", Page())


def test_details(audio_file):
    text = "\n".join(details(replace(audio_file, speech=speech_facts())))
    assert "speech: 0.20–9.80 s; no silences" in text
    assert "level: -20.0 LUFS, true peak -2.0 dBTP, clipped 0 samples per million, off the middle by 0.01%" in text
    assert "background: silence, SNR 40.0 dB (median 45.0 dB); bandwidth 9000 Hz" in text
    gone = speech_facts(speech=(), loudness=GONE, noise=GONE, background=GONE)
    text = "\n".join(details(replace(audio_file, speech=gone)))
    assert "speech: none; no silences" in text
    assert text.count("the pauses are too short") == 3
    assert "speech: not measured, the pauses are too short" in list(details(replace(audio_file, speech=GONE)))


@pytest.mark.parametrize("spoken", [spans((1, "1.39"), (3, "3.39")), spans((2, "2.45")), ()])
def test_moments_that_are_no_speech_in_all_are_not_drawn_as_speech(spoken):
    """Laughter: bars of speech stood beside the words "no speech"."""
    parts = [(-20.0, True), (-20.0, False)] * 8
    assert drawn(*parts, speech=spoken) == "░" * 16
    assert not speech_facts(speech=spoken).has_speech


def test_where_the_verdict_is_speech_the_same_parts_are_bars():
    parts = [(-20.0, True), (-20.0, False)] * 8
    assert drawn(*parts, speech=spans((1, "1.4"), (3, "3.1"))) == "▆░" * 8
