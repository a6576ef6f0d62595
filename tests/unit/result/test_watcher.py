"""Stretches of a clip that are watched while it is decoded."""

from fractions import Fraction
from pathlib import Path

import pytest

from lipready.facts.file import FileFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import open_decoder
from lipready.probe.source import examine
from lipready.result.passage import Passage, joined
from lipready.result.watcher import MouthWatcher, watch_stretch
from studio.encoder import run

EARLY, LATE = (Fraction(0), Fraction(1)), (Fraction(2), Fraction(3))


@pytest.fixture(scope="module")
def clip(made, tmp_path_factory: pytest.TempPathFactory) -> FileFacts:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("watched") / "clip.mp4"
    run(["-i", made("anna.mp4"), "-t", "3", "-vf", "scale=640:360", "-c:v", "libx264", "-preset", "ultrafast", path])
    return examine(str(path), "video", quick=False)


def whole(found: Passage | Unmeasured) -> Passage:
    assert isinstance(found, Passage)
    return found


def test_a_stretch_is_the_same_out_of_a_decode_of_everything(clip: FileFacts) -> None:
    assert isinstance(clip.media, VideoFacts)
    watcher = MouthWatcher(clip.media, LATE)
    with open_decoder(clip.at, clip.media) as decoder:
        for shown in decoder.shown():
            watcher.see(shown)
    found, alone = whole(watcher.passage()), whole(watch_stretch(clip, LATE))
    assert (found.mouths, found.seen.samples) == (alone.mouths, alone.seen.samples)
    times = [time for mouth in found.mouths.values() for time, _ in mouth.openings]
    assert (len(times), times[0]) == (15, LATE[0])
    assert times == sorted(times)


def test_stretches_are_joined_by_who_is_seen(clip: FileFacts) -> None:
    parts = [whole(watch_stretch(clip, stretch)) for stretch in (EARLY, LATE)]
    found = joined(clip, parts)
    assert not isinstance(found, Unmeasured)
    assert (found.people.count, found.people.fewest, found.people.most) == (1, 1, 1)
    times = [time for time, _ in found.mouths[1].openings]
    assert times == sorted(times)
    assert len(times) == sum(len(mouth.openings) for part in parts for mouth in part.mouths.values())
    assert times[0] < EARLY[1] < LATE[0] < times[-1]


def test_what_does_not_open_was_not_watched(tmp_path: Path, clip: FileFacts) -> None:
    broken = examine(str(tmp_path / "nothing.mp4"), "video", quick=False)
    found = watch_stretch(broken, EARLY)
    assert isinstance(found, Unmeasured)
    assert joined(broken, [found]) == found
    past = watch_stretch(clip, (Fraction(60), Fraction(65)))
    assert isinstance(past, Unmeasured)
