"""Films and their ground truth are decided before a pixel is drawn."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from lipready.faces.models.weights import ensure_models
from studio import film
from studio.recipe import FixtureError, recipes
from studio.truth import truth

FILMS = [name for name, recipe in recipes().items() if recipe["kind"] == "film"]


@pytest.fixture(scope="module", autouse=True)
def weights() -> None:
    ensure_models()


def recipe(*shots: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"size": [320, 240], "frame_rate": "10", "shots": list(shots), **more}


def role(**more: Any) -> dict[str, Any]:
    return {"portrait": "astronaut", "x": 0.5, "y": 0.5, "height": 80} | more


def test_numbers_run_from_the_first_frame_to_the_last() -> None:
    shot = {"seconds": "0.5", "background": 1, "cast": [role(yaw=[-20, 20], height=[80, 40])], "blur": [0, 2]}
    frames = truth(recipe(shot))["frames"]
    assert [frame["faces"][0]["yaw"] for frame in frames] == [-20, -10, 0, 10, 20]
    assert [frame["faces"][0]["height"] for frame in frames] == [80, 70, 60, 50, 40]
    assert [frame["blur"] for frame in frames] == [0, 0.5, 1, 1.5, 2]


def test_held_poses_change_every_few_frames() -> None:
    shot = {"seconds": "0.6", "background": 1, "cast": [role(yaw=[0, 50])]}
    frames = truth(recipe(shot, hold=3))["frames"]
    assert [frame["faces"][0]["yaw"] for frame in frames] == [0, 0, 0, 30, 30, 30]


def test_who_comes_late_and_goes_early_has_a_span() -> None:
    late = role(portrait="hopper", x=0.8, **{"from": "0.3", "until": "0.5"})
    told = truth(recipe({"seconds": "1", "background": 1, "cast": [role(x=0.2), late]}))
    assert (told["count"], told["most_in_one_frame"], told["cuts"]) == (2, 2, [])
    assert told["people"] == [
        {"person": "astronaut", "spans": [["0", "1"]]},
        {"person": "hopper", "spans": [["3/10", "1/2"]]},
    ]


def test_one_person_before_and_after_a_cut_is_one() -> None:
    shot = {"seconds": "0.3", "background": 1, "cast": [role()]}
    told = truth(recipe(shot, {**shot, "cast": []}, {**shot, "background": 2}))
    assert (told["count"], told["cuts"]) == (1, ["3/10", "3/5"])
    assert told["people"][0]["spans"] == [["0", "3/10"], ["3/5", "9/10"]]


def test_who_is_outside_the_frame_is_not_there() -> None:
    told = truth(recipe({"seconds": "0.2", "background": 1, "cast": [role(x=[0.5, 1.4])]}))
    assert [len(frame["faces"]) for frame in told["frames"]] == [1, 0]


def test_a_shot_lasts_a_whole_number_of_frames() -> None:
    with pytest.raises(FixtureError, match=r"Shot 1 lasts 5/2 frames"):
        truth(recipe({"seconds": "0.25", "background": 1, "cast": []}))


def test_blur_and_light_do_what_they_say() -> None:
    def shot(**more: Any) -> np.ndarray:
        (moment,) = film.moments(recipe({"seconds": "0.1", "background": 3, "cast": [role()], **more}))
        return film.shoot(moment, (320, 240)).astype(float)

    plain = shot()
    assert np.abs(shot(light=0.25) - plain / 4).max() <= 0.51
    assert shot(gamma=2).mean() < plain.mean()
    sharp = [np.abs(np.diff(p, axis=axis)).mean() for p in (plain, shot(blur=4), shot(motion=15)) for axis in (0, 1)]
    assert sharp[2] < 0.5 * sharp[0]
    assert sharp[3] < 0.5 * sharp[1]
    assert sharp[5] < 0.5 * sharp[1]  # a smear across leaves more of what changes downwards
    assert sharp[4] > sharp[5]


def test_rooms_differ_and_stay() -> None:
    def room(number: int) -> np.ndarray:
        (moment,) = film.moments(recipe({"seconds": "0.1", "background": number, "cast": []}))
        return film.shoot(moment, (320, 240))

    assert (room(4) == room(4)).all()
    assert np.abs(room(4).astype(int) - room(5)).mean() > 5


def test_every_film_has_its_truth_behind_it() -> None:
    names = list(recipes())
    assert len(FILMS) >= 12
    for name in FILMS:
        sidecar = str(Path(name).with_suffix(".json"))
        assert names.index(sidecar) == names.index(name) + 1
        assert recipes()[sidecar] == {"kind": "truth", "source": name}


def test_a_film_on_disk_is_what_its_truth_tells(made: Callable[[str], Path]) -> None:
    told = json.loads(made("people_leave.json").read_text())
    with av.open(str(made("people_leave.mp4"))) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == Fraction(told["frame_rate"])
    assert len(frames) == len(told["frames"])
    assert [frames[0].shape[1], frames[0].shape[0]] == told["size"]
    cuts = [i for i in range(1, len(frames)) if np.abs(frames[i].astype(int) - frames[i - 1]).mean() > 12]
    assert [Fraction(i, 10) for i in cuts] == [Fraction(cut) for cut in told["cuts"]]
