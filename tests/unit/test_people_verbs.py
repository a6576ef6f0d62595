"""`lipready.people` and `lipready.reference`, as a program calls them."""

import asyncio
import io
import json
import logging
import threading
from dataclasses import replace
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

import lipready
from lipready import Cancel, CancelledError, FixError, Input, NothingCheckedError, Profile, UsageError
from lipready.cli.commands.people import reference_document


@pytest.fixture(scope="module")
def two(made):
    return made("two_people.mp4")


@pytest.fixture(scope="module")
def nobody(made):
    return made("nobody.mp4")


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
    with good_job[0].open("rb") as video:  # the command does so with a path
        taken = asyncio.run(lipready.reference_async(Input(video, "clip.mp4"), tmp_path / "anna.jpg"))
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
        (("http://127.0.0.1:1/a.mp4", "a.jpg"), FixError, "not a public address"),
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


class Served(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(two):
    """Serve the folder of the clip on loopback; gives the clip's address, which is signed, and what was asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Served, directory=two.parent)) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{two.name}?signature=SECRET", server.asked
        server.shutdown()
        thread.join()


@pytest.fixture
def temporary(tmp_path_factory, monkeypatch):
    """Give the folder for temporary files, of this test alone."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_people_take_bytes_and_file_objects(nobody, temporary):
    told = []
    for upload, name in (
        (Input(io.BytesIO(nobody.read_bytes()), "clip.mp4"), "clip.mp4"),
        (nobody.read_bytes(), "<bytes>"),
    ):
        seen = lipready.people(upload, progress=lambda *what: told.append(what))
        assert (seen.people, seen.video.path, seen.video.at) == ((), name, name)
        assert told[-1] == (f"checking {name}", 1.0)
    assert list(temporary.iterdir()) == []


def test_both_take_addresses_fetched_once_without_their_secrets(served, nobody, tmp_path, temporary, caplog):
    address, asked = served
    empty, told = address.replace("two_people.mp4", nobody.name), []
    with caplog.at_level(logging.DEBUG, "lipready"):
        seen = lipready.people(empty, allow_private=True, progress=lambda *what: told.append(what))
        taken = asyncio.run(lipready.reference_async(address, tmp_path / "a.jpg", 1, allow_private=True))
    assert len(asked) == 2
    shown = empty.replace("?signature=SECRET", "?…")
    assert (seen.video.path, seen.people, taken.person, taken.report.verdict) == (shown, (), 1, "pass")
    assert list(dict.fromkeys(what for what, _ in told)) == [f"fetching {shown}", f"checking {shown}"]
    assert "SECRET" not in caplog.text + repr(seen) + json.dumps(seen.to_dict())
    for said in (f"fetching {shown}", f"GET {empty.partition('?')[0]}: 200", "taking a reference image from http"):
        assert said in caplog.text
    assert list(temporary.iterdir()) == []
    with pytest.raises(NothingCheckedError, match="not a public address") as raised:
        lipready.people(empty)
    assert raised.value.path == shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (12, "cannot be of the type int"),
        (io.StringIO("a"), "text mode"),
        (io.BytesIO(bytes(2000)), "hand over its path"),
    ],
)
def test_what_is_no_input_or_too_large_is_refused_as_by_check(given, said, tmp_path):
    profile = Profile.load("dashscope")
    limit = profile.limits["V106"]
    small = profile.replace(
        limits={"V106": replace(limit, accept=replace(limit.accept, maximum=Fraction(1000)), safe=None, aim=None)}
    )
    for verb in (lipready.people, partial(lipready.reference, out=tmp_path / "a.jpg")):
        if isinstance(given, io.BytesIO):
            given.seek(0)
        with pytest.raises(UsageError, match=said):
            verb(given, profile=small)


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
