"""Whose mouth moves with the sound: suggested where it stands clear, and never otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lipready.check import Settings, measure_file
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.mouth import speaker
from lipready.mouth.speaker import SOUND_RATE, Agreement, agreement, clearest, speaker_of
from lipready.profiles.loader import load_profile
from lipready.rules.examples import people, with_file
from lipready.rules.judge import judge
from studio import encoder, head, voice
from studio.recipe import portrait

STRETCH = (Fraction(0), Fraction(9))
RATE = Fraction(25)
ENCODE = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ([Agreement(1, 0.05, 0.6, 0.3), Agreement(2, 0.05, 0.1, 0.3)], 1),
        ([Agreement(1, 0.01, 0.0, 0.3), Agreement(2, 0.05, 0.6, 0.3)], 2),
        ([Agreement(1, 0.01, 0.6, 0.3), Agreement(2, 0.05, 0.1, 0.3)], "no mouth that moves goes with the sound"),
        ([Agreement(1, 0.05, 0.3, 0.1), Agreement(2, 0.05, 0.0, 0.1)], "no mouth moves clearly with the sound"),
        ([Agreement(1, 0.05, 0.5, 0.45), Agreement(2, 0.05, 0.0, 0.1)], "no mouth moves clearly with the sound"),
        ([Agreement(1, 0.05, 0.6, 0.3), Agreement(2, 0.05, 0.5, 0.3)], "more than one mouth moves with the sound"),
        ([Agreement(1, 0.05, 0.6, 0.3), None], "a mouth could not be followed for long enough"),
    ],
)
def test_only_what_stands_clear_is_told(measured: Sequence[Agreement | None], told: int | str) -> None:
    found = clearest(measured)
    assert (found.reason if isinstance(found, Unmeasured) else found) == told


def syllables(seed: int) -> Any:
    """Draw how loud each of 225 frames is, 0..1: a few syllables a second, none like another."""
    random = np.random.default_rng(seed)
    return np.convolve(random.random(225) * (random.random(225) < 0.3), [0.5, 1.0, 0.5], mode="same")


def mouth(loud: Any) -> list[tuple[Fraction, float]]:
    return [(Fraction(number, 25), 0.2 * float(value)) for number, value in enumerate(loud)]


def noise(loud: Any) -> Any:
    samples = np.repeat(loud, SOUND_RATE // 25)
    return (samples * np.random.default_rng(9).normal(0, 0.1, len(samples))).astype(np.float32)


@pytest.mark.parametrize("frame", [3, 112, 215])
def test_the_level_is_told_at_the_time_of_the_sound(frame: int) -> None:
    loud = np.zeros(225)
    loud[frame] = 1.0
    times, level = speaker._level(noise(loud))
    heard = times[level > level.max() - 3]
    assert abs(heard.mean() - (frame + 0.5) / 25) < 0.01


def test_a_mouth_goes_with_its_own_sound_and_not_with_that_of_somebody_else() -> None:
    own = agreement(1, mouth(syllables(1)), noise(syllables(1)), STRETCH)
    other = agreement(2, mouth(syllables(2)), noise(syllables(1)), STRETCH)
    assert own is not None
    assert other is not None
    assert own.together > 0.6
    assert abs(other.together) < 0.35
    assert clearest([own, other]) == 1


def test_a_mouth_that_is_seen_for_a_moment_is_not_compared() -> None:
    assert agreement(1, mouth(syllables(1))[:50], noise(syllables(1)), STRETCH) is None


def test_silence_goes_with_nobody() -> None:
    found = agreement(1, mouth(syllables(1)), np.zeros(9 * SOUND_RATE, np.float32), STRETCH)
    assert found is not None
    assert found.together == 0.0


@pytest.fixture(scope="module")
def dialogue(made: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a clip of two people for six seconds, of whom the right one speaks, with the mouth wide open."""
    room = tmp_path_factory.mktemp("dialogue")
    sound, clip = room / "sound.wav", room / "dialogue.mp4"
    (first, rate), (second, _) = (encoder.read_wave(made(name)) for name in ("grace.wav", "anna.wav"))
    spoken = np.concatenate([first[: 3 * rate], second])[: 6 * rate]
    encoder.write_wave(spoken, rate, sound)
    openings = 1.8 * voice.loudness(spoken, rate, RATE, 150)
    stages = [head.set_stage(portrait(name), size, (480, 540)) for name, size in (("astronaut", 1.4), ("hopper", 1.2))]
    frames = (
        np.hstack([head.render(stages[0], index / 25 + 1.1, 0.0), head.render(stages[1], index / 25, openings[index])])
        for index in range(150)
    )
    encoder.encode_pictures(frames, (960, 540), RATE, list(ENCODE), clip, sound=sound, seconds=Fraction(6))
    return clip


def test_the_one_who_speaks_in_a_clip_is_suggested(dialogue: Path) -> None:
    seen, video = measured(dialogue)
    right = max(seen.people, key=lambda person: person.looks[0].box.left)
    assert seen.count == 2
    assert seen.speaks == right.id
    # Nobody asks of one person, or without sound.
    assert speaker_of(str(dialogue), video, replace(seen, people=(right,), default_person=right.id)) is None
    assert speaker_of(str(dialogue), replace(video, sound_tracks=()), seen) is None


def test_the_sound_of_somebody_else_suggests_nobody(dialogue: Path, tmp_path: Path) -> None:
    clip = tmp_path / "backwards.mp4"
    encoder.run(["-i", dialogue, "-af", "areverse", "-c:v", "copy", "-c:a", "aac", clip])
    seen, _ = measured(clip)
    assert isinstance(seen.speaks, Unmeasured)


def test_the_suggestion_is_said_and_nothing_more() -> None:
    several = people(50, 400)
    video = with_file("video", people=replace(several, speaks=2))
    (finding,) = judge(replace(video, reference=None, match=None), load_profile("evolink"), only=("P302",))[0]
    assert "Person 2's mouth moves with the video's sound track." in finding.message
    assert several.suggestion == replace(several, speaks=Unmeasured("nobody stands clear")).suggestion == ""


def measured(clip: Path) -> tuple[PeopleFacts, VideoFacts]:
    facts = measure_file(str(clip), "video", Settings())
    assert isinstance(facts.people, PeopleFacts)
    assert isinstance(facts.media, VideoFacts)
    return facts.people, facts.media
