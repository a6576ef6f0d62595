"""Results of the sandbox whose mouth moves, beside those of the same job whose mouth does not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray

from lipready.cli.app import main
from lipready.errors import UsageError
from lipready.facts.job import JobFacts
from lipready.facts.people import Person
from lipready.facts.video import VideoFacts
from lipready.mouth.opening import openings_of
from lipready.sandbox.serve import SandboxOptions, serving
from lipready.sandbox.tasks import moving_mouth, work
from lipready.sandbox.tasks.fetch import Inputs
from lipready.sandbox.tasks.moving_mouth import SOUND_RATE, RawPictures, move_mouth, voice_levels
from lipready.sandbox.tasks.render import render
from lipready.sandbox.tasks.task import ResultVideo

from .conftest import Speaker
from .test_tasks import sounding

SECONDS = Fraction(2)
RATE = Fraction(25)
Pictures = NDArray[np.int16]


@dataclass(frozen=True)
class Both:
    """The result that a sandbox with a moving mouth returned, the still one of the same job, and the job's facts."""

    moving: Path
    still: Path
    facts: JobFacts

    def openings(self, path: Path) -> NDArray[np.float64]:
        """How far the speaker's mouth is open in each frame."""
        assert self.facts.video is not None
        assert isinstance(self.facts.video.media, VideoFacts)
        assert self.facts.target is not None
        found = openings_of(str(path), self.facts.video.media, [self.facts.target], (Fraction(0), SECONDS), 60)
        return np.array([opening for _, opening in found[self.facts.target.id]])


@pytest.fixture(scope="module")
def both(
    made: Callable[[str], Path], client: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("mouths")
    sound = sounding(made("anna.wav"), folder / "short.wav", 1, SECONDS)
    seen: list[JobFacts] = []

    def twice(inputs: Inputs, facts: JobFacts, output: Path, *, moving: bool, **how: Any) -> ResultVideo:
        seen.append(facts)
        render(inputs, facts, folder / "still.mp4", moving=False, **how)
        return render(inputs, facts, output, moving=moving, **how)

    with pytest.MonkeyPatch.context() as patch, serving(SandboxOptions(pace=0, moving_mouth=True)) as box:
        patch.setattr(work, "render", twice)
        speaker = Speaker(box, client)
        given = {"video_url": speaker.oss(made("anna.mp4")), "audio_url": speaker.oss(sound)}
        output = speaker.ended(speaker.task(given))["output"]
        assert output["task_status"] == "SUCCEEDED", output
        (folder / "moving.mp4").write_bytes(client.get(output["video_url"]).content)
    return Both(folder / "moving.mp4", folder / "still.mp4", seen[0])


def levels_of(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        heard = av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE)
        parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in heard.resample(frame)]
    return voice_levels(np.concatenate(parts, axis=1).tobytes(), RATE)


def pictures_of(path: Path) -> Pictures:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        return np.array(frames[::5], np.int16)


def test_the_mouth_is_open_as_far_as_the_voice_is_loud(both: Both) -> None:
    levels, moving, still = levels_of(both.moving), both.openings(both.moving), both.openings(both.still)
    length = min(len(levels), len(moving), len(still))
    assert length >= SECONDS * RATE - 2
    assert np.corrcoef(levels[:length], moving[:length])[0, 1] > 0.85
    assert moving.std() > 0.03
    assert moving.std() > 2 * still.std()


def test_outside_the_face_nothing_is_changed_but_by_encoding(both: Both) -> None:
    moving, still = pictures_of(both.moving), pictures_of(both.still)
    assert both.facts.target is not None
    boxes = [look.box for look in both.facts.target.looks if look.time <= SECONDS]
    inside = np.zeros(still.shape[1:], bool)
    for box in boxes:
        # Chin and head move between two looks.
        inside[max(0, box.top) : box.top + box.height * 5 // 4, max(0, box.left - 40) : box.left + box.width + 40] = (
            True
        )
    apart = np.abs(moving - still)
    assert apart[:, ~inside].mean() < 1.5
    assert np.percentile(apart[:, ~inside], 99.9) <= 12
    assert apart[:, inside].max() > 60


def test_length_and_sound_are_those_of_the_still_result(both: Both) -> None:
    def told(path: Path) -> tuple[Any, ...]:
        with av.open(str(path)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            packets = [bytes(packet) for packet in container.demux(audio)]
            return video.frames, video.duration * video.time_base, video.average_rate, container.duration, packets

    assert told(both.moving) == told(both.still)
    assert told(both.moving)[:2] == (round(SECONDS * RATE), Fraction(round(SECONDS * RATE)) / RATE)


def tone(*loudness: float) -> bytes:
    """Return a tone of 700 Hz that is so loud in each frame."""
    times = np.arange(int(SOUND_RATE / RATE)) / SOUND_RATE
    frames = [level * np.sin(2 * np.pi * 700 * times) for level in loudness]
    return (np.concatenate(frames) * 32767).astype("<i2").tobytes()


def test_levels_rise_with_the_voice_and_silence_has_none() -> None:
    levels = voice_levels(tone(0, 0, 0, 0.1, 0.1, 0.1, 0.4, 0.4, 0.4), RATE)
    assert levels[[1, 4, 7]].tolist() == pytest.approx([0, 0.5, 1], abs=0.1)
    assert voice_levels(tone(*[0.0] * 9), RATE).tolist() == pytest.approx([0] * 9)
    assert voice_levels(tone(*[0.001] * 9), RATE).max() < 1


def test_a_hum_moves_no_mouth() -> None:
    times = np.arange(SOUND_RATE) / SOUND_RATE
    hum = (0.5 * np.sin(2 * np.pi * 50 * times) * 32767).astype("<i2").tobytes()
    assert voice_levels(hum + tone(0.1, 0.1, 0.1), RATE)[:20].max() < 0.3


def test_a_video_that_is_played_backward_is_at_those_moments() -> None:
    raw = RawPictures(2, 2, RATE, 3)
    assert [raw.moment(number) * RATE for number in range(8)] == [0, 1, 2, 2, 1, 0, 0, 1]


def blank(raw: RawPictures, count: int) -> list[bytes]:
    return [bytes([number]) * raw.bytes for number in range(count)]


def somebody(looks: Sequence[Any] = ()) -> Person:
    return Person(1, Fraction(0), Fraction(1), 1.0, 100, 1.0, tuple(looks))


def test_frames_in_which_the_face_is_not_found_are_left_alone() -> None:
    raw = RawPictures(64, 48, RATE, 4)
    assert list(move_mouth(blank(raw, 4), raw, somebody(), np.ones(4, np.float32))) == blank(raw, 4)


def test_after_the_longest_time_frames_are_not_even_looked_at(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving_mouth, "LONGEST", Fraction(2) / RATE)
    with av.open(str(both.still)) as container:
        frames = [frame for frame, _ in zip(container.decode(video=0), range(4), strict=False)]
    raw = RawPictures(frames[0].width, frames[0].height, RATE, 4)
    given = [frame.to_ndarray(format="yuv420p").tobytes() for frame in frames]
    assert both.facts.target is not None
    moved = list(move_mouth(given, raw, both.facts.target, np.ones(4, np.float32)))
    assert [before == after for before, after in zip(given, moved, strict=True)] == [False, False, True, True]


def test_frames_are_taken_one_by_one() -> None:
    raw, taken = RawPictures(64, 48, RATE, 9), []

    def given() -> Iterator[bytes]:
        for number, block in enumerate(blank(raw, 9)):
            taken.append(number)
            yield block

    counts = [len(taken) for _ in move_mouth(given(), raw, somebody(), np.ones(9, np.float32))]
    assert all(later - earlier == 1 for earlier, later in pairwise(counts))


@pytest.mark.parametrize("moving", [False, True])
def test_the_command_asks_for_it(monkeypatch: pytest.MonkeyPatch, *, moving: bool) -> None:
    asked: list[SandboxOptions] = []

    def begin(options: SandboxOptions) -> None:
        asked.append(options)
        raise UsageError("Enough.")

    monkeypatch.setattr("lipready.sandbox.serve.serving", begin)
    with pytest.raises(SystemExit):
        main(["sandbox", *(["--moving-mouth"] if moving else [])])
    assert [options.moving_mouth for options in asked] == [moving]
