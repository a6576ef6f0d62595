"""Whether the mouth of a result moves while somebody speaks, and with the speech."""

from dataclasses import replace
from fractions import Fraction
from math import nextafter
from pathlib import Path
from statistics import pstdev

import numpy as np
import pytest

import lipready
from lipready.facts.people import COVERED, Box, Look, Person
from lipready.facts.result import MouthMatch
from lipready.facts.speech import Span
from lipready.facts.unmeasured import Unmeasured
from lipready.mouth.speaker import RATE, SOUND_RATE
from lipready.result.mouth import ALONE, GOES, Mouth, Peak, bare, changes_of, lag_of, stretches_of
from lipready.result.passage import hidden
from lipready.result.pictures import MOMENTS, moments_of
from lipready.rules.examples import MOUTH, came, spans
from lipready.rules.judge import judge
from studio.encoder import run
from studio.results import GOOD, moved_lips

DASHSCOPE = lipready.Profile.load("dashscope")


@pytest.fixture(scope="module")
def results(made, tmp_path_factory: pytest.TempPathFactory) -> Path:  # type: ignore[no-untyped-def]
    """Make a clip of somebody who does not move, a result like it, and one whose lips move with the speech."""
    folder = tmp_path_factory.mktemp("mouths")
    clip, speech = folder / "clip.mp4", folder / "speech.wav"
    run(
        [
            "-loop",
            "1",
            "-i",
            made("anna.jpg"),
            "-t",
            "3",
            "-r",
            "25",
            "-vf",
            "scale=480:-2,noise=alls=4:allf=t",
            *GOOD,
            clip,
        ]
    )
    run(["-i", made("anna.wav"), "-t", "3", speech])
    run(["-i", clip, "-i", speech, "-c:v", "copy", "-c:a", "aac", folder / "held.mp4"])
    moved_lips(clip, speech, folder / "moved.mp4")
    return folder


def verified(folder: Path, result: str, video: str) -> tuple[set[str], MouthMatch]:
    report = lipready.verify(folder / result, video=folder / video, audio=folder / "speech.wav")
    facts = report.facts.result
    assert facts is not None
    assert isinstance(facts.mouth, MouthMatch)
    return {finding.rule for finding in report.findings}, facts.mouth


def test_a_mouth_that_moves_is_not_found_fault_with(results: Path) -> None:
    found, mouth = verified(results, "moved.mp4", "clip.mp4")
    assert found == set()
    assert mouth.speaker.spoken is not None
    assert mouth.speaker.before is not None
    assert mouth.speaker.spoken > 5 * mouth.speaker.before
    assert mouth.followed > 2
    assert (mouth.others, mouth.more) == ((), 0)
    assert not isinstance(mouth.apart, Unmeasured)
    assert mouth.apart < 0.5


def test_the_openings_are_kept_over_time_and_are_not_in_the_json(results: Path) -> None:
    report = lipready.verify(results / "moved.mp4", video=results / "clip.mp4", audio=results / "speech.wav")
    assert report.facts.result is not None
    mouth = report.facts.result.mouth
    assert isinstance(mouth, MouthMatch)
    series = mouth.series
    assert series is not None
    stretch, *_ = mouth.stretches
    assert len(series.now) == len(series.before) >= 2 * RATE
    assert all(stretch.start <= time <= stretch.end for time, _ in (*series.now, *series.before))
    now, before = ([value for _, value in each] for each in (series.now, series.before))
    assert pstdev(now) > 5 * pstdev(before)
    assert series.looks
    assert series.speech
    without = replace(
        report, facts=replace(report.facts, result=replace(report.facts.result, mouth=replace(mouth, series=None)))
    )
    assert without == report


def test_a_mouth_that_is_held_did_not_move(results: Path) -> None:
    found, mouth = verified(results, "held.mp4", "clip.mp4")
    assert found == {"O808"}
    assert mouth.speaker.spoken is not None
    assert mouth.speaker.spoken < 0.002


def test_faces_of_result_and_video_are_kept_at_the_same_moments(results: Path) -> None:
    pictures = lipready.Pictures()
    files = {"video": results / "clip.mp4", "audio": results / "speech.wav"}
    report = lipready.verify(results / "moved.mp4", **files, settings=lipready.Settings(pictures=pictures))
    result, video = pictures.files["result"], pictures.files["video"]
    assert [face.time for face in result.faces] == [face.time for face in video.faces]
    assert len(result.faces) == MOMENTS
    assert all(one.jpeg != other.jpeg for one, other in zip(result.faces, video.faces, strict=True))
    assert [len(wave.peaks) for wave in result.stretches] == [pictures.parts]
    assert len(result.frames) > 5
    page = report.to_html(pictures)
    assert page.count("<figcaption>Result</figcaption>") == page.count("<figcaption>Video</figcaption>") == MOMENTS


def test_the_mouth_is_shown_widest_open_and_most_closed_in_turn() -> None:
    openings = tuple((Fraction(number), float(number % 4)) for number in range(4 * MOMENTS))
    assert moments_of(openings) == (3, 4, 11, 12, 19, 20)
    assert moments_of(openings[::-1]) == moments_of(openings)
    assert moments_of(openings[:1]) == (0,)
    assert moments_of(()) == ()


def test_the_stretches_are_those_in_which_most_is_spoken() -> None:
    speech = spans((2, 6), (11, 12), (14, 17.5))
    assert stretches_of(speech, Fraction(20)) == ((Fraction(1), Fraction(6)), (Fraction("12.5"), Fraction("17.5")))
    assert stretches_of(speech, Fraction(20), (Fraction(0), Fraction("1.5")))[0] == (Fraction("1.5"), Fraction("6.5"))
    assert stretches_of(spans((0, 3)), Fraction(3)) == ((Fraction(0), Fraction(3)),)
    assert stretches_of(spans((0, 1.9)), Fraction(20)) == ()
    assert stretches_of((), Fraction(20)) == ()


def test_a_head_that_comes_near_does_not_move_its_mouth() -> None:
    near = [(Fraction(n, RATE), 0.01 + 0.02 * n / 75) for n in range(75)]
    assert pstdev(value for _, value in near) > 0.0055
    assert pstdev(changes_of(near)) < 0.002


def test_a_mouth_that_speaks_moves_and_a_single_frame_that_is_off_does_not_count() -> None:
    speaks = [(Fraction(n, RATE), 0.02 + 0.015 * (n % 4 > 1)) for n in range(75)]
    assert pstdev(changes_of(speaks)) > 0.0055
    off = [(Fraction(n, RATE), 0.2 if n == 30 else 0.02) for n in range(75)]
    assert max(map(abs, changes_of(off))) < 1e-9
    assert changes_of([]) == []


@pytest.mark.parametrize(("covered", "is_hidden"), [(0, False), (2, False), (3, True), (4, True)])
def test_a_mouth_is_hidden_where_most_looks_show_something_over_it(covered: int, *, is_hidden: bool) -> None:
    covers = [COVERED] * covered + [COVERED - 0.01] * (4 - covered) + [None]
    looks = tuple(Look(Fraction(n), Box(0, 0, 9, 9), 0.9, mouth_cover=cover) for n, cover in enumerate(covers))
    person = Person(1, Fraction(0), Fraction(5), 1.0, 9, 1.0, looks)
    assert hidden(person) is is_hidden
    assert not hidden(replace(person, looks=()))


@pytest.mark.parametrize(
    ("covers", "is_bare"),
    [([0.0, 0.0], True), ([0.0, None], True), ([None, None, 0.0], False), ([0.0, COVERED], False), ([None], False)],
)
def test_a_mouth_is_bare_where_most_looks_say_so_and_none_says_otherwise(
    covers: list[float | None], *, is_bare: bool
) -> None:
    looks = tuple(Look(Fraction(n), Box(0, 0, 9, 9), 0.9, mouth_cover=cover) for n, cover in enumerate(covers))
    assert bare(Person(1, Fraction(0), Fraction(5), 1.0, 9, 1.0, looks)) is is_bare


def test_a_grey_mouth_that_does_not_move_may_be_covered(results: Path) -> None:
    for name in ("held", "moved"):
        run(["-i", results / f"{name}.mp4", "-vf", "hue=s=0", *GOOD, "-c:a", "copy", results / f"{name}-grey.mp4"])
    files = {"video": results / "clip.mp4", "audio": results / "speech.wav"}
    still = lipready.verify(results / "held-grey.mp4", **files)
    assert "O808" in {entry.rule for entry in still.unchecked}
    assert "O808" not in {finding.rule for finding in still.findings}
    moved = lipready.verify(results / "moved-grey.mp4", **files)
    assert "O808" not in {entry.rule for entry in moved.unchecked} | {finding.rule for finding in moved.findings}


def test_a_peak_is_clear_from_its_bounds_on() -> None:
    assert Peak(Fraction(0), GOES, GOES - ALONE).clear
    assert not Peak(Fraction(0), nextafter(GOES, 0), 0.0).clear
    assert not Peak(Fraction(0), GOES, nextafter(GOES - ALONE, 1)).clear


def syllables(seconds: int) -> tuple[list[tuple[Fraction, float]], np.ndarray]:  # type: ignore[type-arg]
    """Make a mouth and the speech to which it moves."""
    numbers = np.random.default_rng(4)
    times = np.arange(seconds * SOUND_RATE) / SOUND_RATE
    loud = np.interp(times, np.arange(seconds * 4) / 4, numbers.uniform(size=4 * seconds))
    sound = (loud**2 * numbers.normal(size=len(loud)) * 0.1).astype(np.float32)
    frames = [Fraction(number, RATE) for number in range(seconds * RATE)]
    return [(time, float(0.1 * loud[int(time * SOUND_RATE)])) for time in frames], sound


@pytest.mark.parametrize("late", ["0", "0.2", "-0.2", "0.6"])
def test_a_lag_is_told_where_it_stands_clear(late: str) -> None:
    openings, sound = syllables(10)
    shift = round(Fraction(late) * SOUND_RATE)
    moved = np.roll(sound, -shift)  # the mouth is late where the sound is early
    found = lag_of(Mouth(openings), moved, ((Fraction(0), Fraction(5)), (Fraction(5), Fraction(10))))
    assert not isinstance(found, Unmeasured)
    assert abs(found - Fraction(late)) <= Fraction(1, 25)


def test_a_lag_is_not_told_of_a_mouth_that_moves_to_other_words() -> None:
    openings, _ = syllables(10)
    other = np.random.default_rng(7).normal(size=10 * SOUND_RATE).astype(np.float32)
    assert isinstance(lag_of(Mouth(openings), other, ((Fraction(0), Fraction(10)),)), Unmeasured)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"eyes": 39.0}, "the speaker's face is too small in the result"),
        ({"followed": Fraction(1)}, "the speaker's mouth was not followed for long enough"),
        (
            {"speaker": replace(MOUTH.speaker, spoken=0.0021)},
            "the mouth moves so little that it cannot be told whether it does",
        ),
    ],
)
def test_what_cannot_be_told_is_no_finding_and_no_pass(changes: dict[str, object], reason: str) -> None:
    facts = came(part={"mouth": replace(MOUTH, **changes)})  # type: ignore[arg-type]
    found, unchecked = judge(facts, DASHSCOPE, only=("O808",))
    assert found == ()
    assert [entry.reason for entry in unchecked if entry.rule == "O808"] == [reason]


# No float is the bound itself: that of "0.002" is a little more, that of "0.0055" a little less.
@pytest.mark.parametrize(
    ("rule", "changes", "said"),
    [
        ("O808", {"spoken": nextafter(0.002, 0)}, "found"),
        ("O808", {"spoken": 0.002}, "cannot tell"),
        ("O808", {"spoken": nextafter(0.0055, 0)}, "cannot tell"),
        ("O808", {"spoken": nextafter(0.0055, 1)}, "passed"),
        ("O811", {"silent_before": 0.001, "silent": nextafter(0.002, 0)}, "passed"),
        ("O811", {"silent_before": 0.001, "silent": 0.0021}, "cannot tell"),
        ("O811", {"silent_before": 0.001, "silent": nextafter(0.011, 0)}, "cannot tell"),
        ("O811", {"silent_before": 0.001, "silent": nextafter(0.011, 1)}, "found"),
        ("O811", {"silent_before": nextafter(0.002, 0), "silent": 0.05}, "found"),
        ("O811", {"silent_before": 0.0021, "silent": 0.05}, "cannot tell"),
        ("O811", {"silent_before": 0.05, "silent": 0.05}, "passed"),
        ("O811", {"silent_before": 0.05, "silent": nextafter(0.05, 1)}, "cannot tell"),
    ],
)
def test_how_much_a_mouth_moves_is_judged_by_its_bounds(rule: str, changes: dict[str, float], said: str) -> None:
    mouth = replace(MOUTH, speaker=replace(MOUTH.speaker, **changes))
    assert verdict(rule, mouth) == said


@pytest.mark.parametrize(
    ("apart", "said"), [(0.5, "passed"), (0.51, "cannot tell"), (0.599, "cannot tell"), (0.61, "found")]
)
def test_a_face_that_has_changed_is_another_person_or_cannot_be_told(apart: float, said: str) -> None:
    assert verdict("O812", replace(MOUTH, apart=apart)) == said


def verdict(rule: str, mouth: MouthMatch) -> str:
    found, unchecked = judge(came(part={"mouth": mouth}), DASHSCOPE, only=(rule,))
    asked = any(entry.rule == rule for entry in unchecked)
    return "found" if found else "cannot tell" if asked else "passed"


def test_nobody_who_speaks_is_no_finding() -> None:
    reason = "nobody speaks for long enough"
    found, unchecked = judge(came(part={"mouth": Unmeasured(reason)}), DASHSCOPE, only=("O808", "O809"))
    assert found == ()
    assert {entry.rule for entry in unchecked if entry.reason == reason} == {"O808", "O809"}


def test_spans_of_silence_are_not_speech() -> None:
    assert stretches_of((Span(Fraction(0), Fraction(2)),), Fraction(8)) == ((Fraction(0), Fraction(5)),)
