"""`lipready.people` and `lipready.reference`, as a program calls them."""

import asyncio
import json

import pytest
from PIL import Image

import lipready
from lipready import Cancel, CancelledError, FixError, NothingCheckedError, UsageError
from lipready.cli.commands.people import reference_document


@pytest.fixture(scope="module")
def two(made):
    return made("two_people.mp4")


def test_everybody_has_a_number_and_looks(two):
    told = []
    seen = lipready.people(two, progress=lambda *what: told.append(what))
    assert sorted(person.id for person in seen.people) == [1, 2]
    assert all(person.looks for person in seen.people)
    assert seen.background == ()
    assert told[-1] == (f"checking {two}", 1.0)
    content = json.loads(json.dumps(seen.to_dict()))
    assert (content["schema"], content["path"], content["people"]["count"]) == ("lipready.people/1", str(two), 2)


def test_nobody_is_no_error_and_no_video_is(made, good_job):
    assert lipready.people(made("nobody.mp4")).people == ()
    with pytest.raises(NothingCheckedError, match="holds no video stream"):
        lipready.people(good_job[1])


def test_the_one_in_front_becomes_a_reference_image(good_job, tmp_path, fits):
    taken = asyncio.run(lipready.reference_async(good_job[0], tmp_path / "anna.jpg"))
    assert (taken.path, taken.person, taken.report.verdict) == (str(tmp_path / "anna.jpg"), 1, "pass")
    with Image.open(taken.path) as picture:
        assert picture.size[::-1] == taken.frame.image.shape[:2]
    told = json.loads(json.dumps(reference_document(str(good_job[0]), taken, alone=False)))
    fits(told)
    fits(told["report"])
    assert (told["schema"], told["person"], told["match"]["alike"]) == ("lipready.reference/1", 1, "same")


def test_of_several_one_is_named_in_the_words_of_a_program(two, tmp_path):
    out = tmp_path / "person.jpg"
    with pytest.raises(UsageError, match="person=N") as caught:
        lipready.reference(two, out)
    assert "--" not in str(caught.value)
    assert not out.exists()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (("http://example.com/a.mp4", "a.jpg"), UsageError, "download it first"),
        (("none.mp4", "a.jpg"), UsageError, "no such file"),
        (("{good}", "a.png"), UsageError, "must end in .jpg"),
        (("{sound}", "a.jpg"), FixError, "no reference image can be taken"),
    ],
)
def test_wrong_calls(good_job, tmp_path, call, error, said):
    video, out = call
    with pytest.raises(error, match=said):
        lipready.reference(video.format(good=good_job[0], sound=good_job[1]), tmp_path / out)
    assert list(tmp_path.iterdir()) == []


def test_both_are_cancelled(two, tmp_path):
    token = Cancel()
    with pytest.raises(CancelledError):
        lipready.people(two, cancel=token, progress=lambda _what, share: share > 0 and token.cancel())
    token = Cancel()
    with pytest.raises(CancelledError):  # once the people are known, while the picture is chosen
        lipready.reference(
            two, tmp_path / "a.jpg", 1, cancel=token, progress=lambda _what, share: share == 1 and token.cancel()
        )
    assert list(tmp_path.iterdir()) == []
