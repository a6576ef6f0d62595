"""Who is when: rendered films of two women, against what was rendered."""

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lipready.faces.detection.geometry import Area
from lipready.faces.models.weights import ensure_models
from lipready.faces.people import PeopleWatcher
from lipready.facts.people import Look, PeopleFacts, Person
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import scan
from lipready.probe.source import examine
from studio.make import make
from studio.recipe import recipes

FILMS = tuple(name for name in recipes() if name.startswith("people_") and name.endswith(".mp4"))
EVERY_FILM = pytest.mark.parametrize("film", FILMS)
LONGEST_GAP = Fraction(3, 2)
"""Seconds between two looks, or from the last one to the end: about one a second, on the nearest frame that decodes."""

SHORT_BREAK = Fraction(1)
"""Seconds without a person that do not end a span."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was rendered, and what the product says about it."""

    truth: dict[str, Any]
    facts: PeopleFacts

    def whose(self, look: Look) -> str | None:
        """Name the person whose true face, in the frame of that look, lies where the look says one is."""
        frame = self.truth["frames"][int(look.time * Fraction(self.truth["frame_rate"]))]
        box = Area(look.box.left, look.box.top, look.box.width, look.box.height)
        shares = {face["person"]: box.overlap(Area(*face["box"])) for face in frame["faces"]}
        best = max(shares, key=lambda name: shares[name], default=None)
        return best if best is not None and shares[best] > 0.3 else None

    def who(self, person: Person) -> str | None:
        """Name the one whom most looks of a person show."""
        names = [self.whose(look) for look in person.looks]
        return max(set(names), key=names.count)

    def spans(self, name: str) -> list[tuple[Fraction, Fraction]]:
        """Give the true spans of a person in seconds."""
        (entry,) = (entry for entry in self.truth["people"] if entry["person"] == name)
        return [(Fraction(begin), Fraction(end)) for begin, end in entry["spans"]]


@cache
def watch(film: str) -> Seen:
    ensure_models()
    sidecar = str(Path(film).with_suffix(".json"))
    paths = make([film, sidecar])
    video = examine(str(paths[film]), "video", quick=False).media
    assert isinstance(video, VideoFacts)
    watcher = PeopleWatcher()
    scan(str(paths[film]), video, (watcher,), every_frame=False, progress=None)
    facts = watcher.facts()
    assert isinstance(facts, PeopleFacts)
    return Seen(json.loads(paths[sidecar].read_text(encoding="ascii")), facts)


@EVERY_FILM
def test_how_many(film: str) -> None:
    seen = watch(film)
    assert (seen.facts.count, seen.facts.most_in_one_frame) == (seen.truth["count"], seen.truth["most_in_one_frame"])
    assert not seen.facts.at_least


@EVERY_FILM
def test_it_is_certain(film: str) -> None:
    facts = watch(film).facts
    assert (facts.count_low, facts.count_high) == (facts.count, facts.count)


@EVERY_FILM
def test_each_person_is_one_woman_and_each_woman_one_person(film: str) -> None:
    seen = watch(film)
    names = [{seen.whose(look) for look in person.looks} for person in seen.facts.people]
    assert all(len(whom) == 1 for whom in names), names
    found = sorted(str(name) for whom in names for name in whom)
    assert found == sorted(entry["person"] for entry in seen.truth["people"])


@EVERY_FILM
def test_nothing_goes_by_unseen(film: str) -> None:
    seen = watch(film)
    end = len(seen.truth["frames"]) / Fraction(seen.truth["frame_rate"])
    times = [*seen.facts.samples, end]
    assert times[0] == 0
    assert max(later - earlier for earlier, later in pairwise(times)) <= LONGEST_GAP
    for cut in map(Fraction, seen.truth["cuts"]):
        assert any(cut <= time < cut + Fraction(1, 2) for time in times), cut


@EVERY_FILM
def test_each_person_is_seen_in_every_sample_that_shows_her_and_in_no_other(film: str) -> None:
    seen = watch(film)
    for person in seen.facts.people:
        spans = seen.spans(str(seen.who(person)))
        there = [time for time in seen.facts.samples if any(begin <= time < end for begin, end in spans)]
        assert [look.time for look in person.looks] == there
        assert (person.first, person.last) == (there[0], there[-1])


@EVERY_FILM
def test_spans_hold_every_look_and_no_time_without_her(film: str) -> None:
    seen = watch(film)
    for person in seen.facts.people:
        for look in person.looks:
            assert any(begin <= look.time <= end for begin, end in person.spans)
        for begin, end in person.spans:
            assert any(b <= begin <= end <= e for b, e in _joined(seen.spans(str(seen.who(person))))), (begin, end)


def _joined(spans: list[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    """Join the spans that a short break divides: it may as well be a look that failed."""
    joined = [spans[0]]
    for begin, end in spans[1:]:
        if begin - joined[-1][1] <= SHORT_BREAK:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined


@EVERY_FILM
def test_how_much_of_the_clip(film: str) -> None:
    seen = watch(film)
    frames = seen.truth["frames"]
    shown = sum(bool(frame["faces"]) for frame in frames) / len(frames)
    assert seen.facts.face_share == pytest.approx(shown, abs=0.12)
    for person in seen.facts.people:
        name = seen.who(person)
        true = sum(name in {face["person"] for face in frame["faces"]} for frame in frames) / len(frames)
        assert person.share == pytest.approx(true, abs=0.12)


@EVERY_FILM
def test_whom_the_provider_would_pick(film: str) -> None:
    seen = watch(film)
    first = next((frame["faces"] for frame in seen.truth["frames"] if frame["faces"]), [])
    if not first:
        assert seen.facts.default_person is None
        return
    (picked,) = (person for person in seen.facts.people if person.id == seen.facts.default_person)
    largest = max(first, key=lambda face: face["box"][3])
    assert seen.who(picked) == largest["person"]


def test_how_the_heads_are_held() -> None:
    """Through films, codec and sampling too, the angles are those that were rendered."""
    errors: dict[str, list[float]] = {"yaw": [], "pitch": [], "roll": []}
    for film in FILMS:
        seen = watch(film)
        for person in seen.facts.people:
            for look in person.looks:
                name = seen.whose(look)
                frame = seen.truth["frames"][int(look.time * Fraction(seen.truth["frame_rate"]))]
                (face,) = (face for face in frame["faces"] if face["person"] == name)
                for axis, found in errors.items():
                    measured = getattr(look, axis)
                    assert measured is not None, film
                    found.append(abs(measured - face[axis]))
    means = {axis: sum(found) / len(found) for axis, found in errors.items()}
    assert len(errors["yaw"]) > 60
    assert means["yaw"] <= 5, means
    assert means["pitch"] <= 7, means
    assert means["roll"] <= 3, means
