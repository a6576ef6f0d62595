import os
import wave
from pathlib import Path

import pytest
from PIL import Image

from lipready.check import Settings, check
from lipready.cli.input.files import assign, kind_by_extension, require_file
from lipready.cli.output.contact import MARK
from lipready.cli.output.report_files import save
from lipready.errors import UsageError
from lipready.job import RequestOptions
from lipready.reports.page import Page
from lipready.reports.render import render

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n".format("0" * 64)


@pytest.fixture
def speech(tmp_path):
    path = tmp_path / "speech.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(bytes(32000))
    return str(path)


@pytest.fixture
def face(tmp_path):
    path = tmp_path / "face.png"
    Image.new("RGB", (64, 64)).save(path)
    return str(path)


def test_files_in_any_order_find_their_roles(speech, face, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.touch()

    job = assign([face, str(clip), speech])

    assert job.video == str(clip)
    assert job.audio == speech
    assert job.reference == face


def test_what_lipready_wrote_itself_is_passed_over_and_named(speech, face, tmp_path):
    own = {
        "receipt.json": '{\n "schema": "lipready.receipt/1"}',
        "report.json": '{"schema": "lipready.report/1", "provider": "dashscope"}\n',
        "summary.md": "### lipready: ✅ pass\n",
        "clip.mp4.1234.lipready.partial": "half",
    }
    for name, text in own.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    Image.new("RGB", (64, 64)).save(tmp_path / "aaa.jpg", comment=MARK)
    said = []

    job = assign([*(str(tmp_path / name) for name in own), str(tmp_path / "aaa.jpg"), speech, face], say=said.append)

    assert (job.video, job.audio, job.reference) == (None, speech, face)
    assert len(said) == 1
    assert all(str(tmp_path / name) in said[0] for name in (*own, "aaa.jpg"))


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "markdown"])
def test_reports_are_told_by_what_they_begin_with(speech, tmp_path, form):
    save(tmp_path / "r", render(check(audio=speech, settings=Settings(quick=True)), form, Page()))
    assert assign([str(tmp_path / "r"), speech]).audio == speech


def test_a_named_role_is_obeyed_whatever_the_file_is(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "people.jpg", comment=MARK)
    assert assign([], reference=str(tmp_path / "people.jpg")).reference == str(tmp_path / "people.jpg")


def test_another_json_is_not_passed_over(tmp_path):
    (tmp_path / "notes.json").write_text('{"schema": "other/1"}')
    with pytest.raises(UsageError, match="neither its content nor its name"):
        assign([str(tmp_path / "notes.json")])


def test_content_goes_before_the_name(speech, tmp_path):
    disguised = tmp_path / "clip.mp4"
    Path(speech).rename(disguised)

    job = assign([str(disguised)])

    assert job.audio == str(disguised)
    assert job.video is None


def test_a_pointer_is_told_by_its_name(tmp_path):
    pointer = tmp_path / "face.jpg"
    pointer.write_text(POINTER)

    assert assign([str(pointer)]).reference == str(pointer)


def test_a_named_role_needs_no_look(speech):
    job = assign([], video=speech, options=RequestOptions(face_threshold=150))

    assert job.video == speech
    assert job.options.face_threshold == 150


def test_two_of_one_kind_are_refused_by_name(speech, tmp_path):
    other = tmp_path / "other.mp3"
    other.touch()

    with pytest.raises(UsageError, match="are both audio tracks, and a job has one"):
        assign([speech, str(other)])


def test_two_videos_come_with_advice(tmp_path):
    first, second = (str(tmp_path / name) for name in ("a.mp4", "b.mov"))
    for path in (first, second):
        Path(path).touch()

    with pytest.raises(UsageError, match="say --audio FILE") as caught:
        assign([first, second])
    assert "lipready gate" not in str(caught.value)
    assert assign([first], audio=second).audio == second


def test_a_positional_file_clashes_with_a_named_one(speech):
    with pytest.raises(UsageError, match="are both audio tracks"):
        assign([speech], audio=speech)


def test_what_nobody_can_tell_is_asked_for(tmp_path):
    unknown = tmp_path / "blob"
    unknown.write_bytes(bytes(100))

    with pytest.raises(UsageError, match="say --video FILE or --audio FILE or --ref FILE"):
        assign([str(unknown)])


def test_what_is_no_file_is_refused(tmp_path):
    pipe = tmp_path / "clip.mp4"
    os.mkfifo(pipe)

    with pytest.raises(UsageError, match="is a folder, not a file"):
        assign([str(tmp_path)])
    with pytest.raises(UsageError, match="is a named pipe, not a file"):
        assign([str(pipe)])
    with pytest.raises(UsageError, match="is a named pipe, not a file"):
        assign([], reference=str(pipe))
    with pytest.raises(UsageError, match="is a device, not a file"):
        assign(["/dev/zero"])
    with pytest.raises(UsageError, match="download it first"):
        require_file("https://example.com/clip.mp4")


def test_what_is_not_there_is_said_before_anything_else(speech, tmp_path):
    typo = str(tmp_path / "speach.wav")
    sentence = f"{typo}: there is no such file; did you mean {speech}?"

    for files, named in (([typo], {}), ([speech, typo], {}), ([speech, speech], {"reference": typo})):
        with pytest.raises(UsageError) as caught:
            assign(files, **named)
        assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["."], "`lipready gate .` checks every file in it."),
        (["in", "a.mp4"], "`lipready gate in a.mp4` checks them all."),
        (["a.mp4", "b b.mp4"], "`lipready gate a.mp4 'b b.mp4'` checks them all; to use the sound of one, say --audio"),
        (["a.wav", "b.wav"], "`lipready gate a.wav b.wav` checks them all."),
        (["a.png", "b.png"], "`lipready gate a.png b.png` checks them all."),
        ([f"in/{number}.mp4" for number in range(11)], "`lipready gate in` checks every file in it"),
    ],
)
def test_for_a_folder_and_for_many_files_there_is_the_gate(tmp_path, monkeypatch, given, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in given:
        if not Path(name).is_dir():
            Path(name).touch()

    with pytest.raises(UsageError) as caught:
        assign(given, gate=True)

    assert said in str(caught.value)


def test_a_folder_in_the_place_of_a_role_is_checked_by_the_gate_as_well(tmp_path, speech):
    with pytest.raises(UsageError, match=r"is a folder, not a file of a job; `lipready gate \S+/speech\.wav \S+`"):
        assign([speech, "https://example.com/a.mp4"], reference=str(tmp_path), gate=True)
    with pytest.raises(UsageError, match=r"and a job has one\.$"):
        assign([speech, speech], gate=True)


def test_addresses_are_nothing_for_the_gate():
    with pytest.raises(UsageError, match="are both videos") as caught:
        assign(["https://example.com/a.mp4", "https://example.com/b.mp4"], gate=True)
    assert "lipready gate" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.MP4", "video"), ("a.m4a", "audio"), ("a.webp", "image"), ("a.txt", None), ("a", None), (".mp4", None)],
)
def test_what_a_name_promises(name, kind):
    assert kind_by_extension(name) == kind


def test_an_address_is_told_by_the_name_at_its_end(speech):
    url = "https://example.com/a/clip.MP4?Signature=s3cret"

    job = assign([speech, url])

    assert (job.video, job.audio) == (url, speech)
    assert assign(["https://example.com/x%2Ewav"]).audio == "https://example.com/x%2Ewav"
    assert assign([], reference="https://example.com/").reference == "https://example.com/"


def test_an_address_without_a_telling_name_is_asked_for():
    with pytest.raises(UsageError, match="its name does not say what it is; say --video FILE") as caught:
        assign(["https://user:s3cret@example.com/download?Signature=s3cret"])
    assert "s3cret" not in str(caught.value)


def test_two_addresses_of_one_kind_are_refused_without_their_secrets():
    with pytest.raises(UsageError, match="are both videos") as caught:
        assign(["https://example.com/a.mp4?s3cret", "https://example.com/b.mp4?s3cret"])
    assert "s3cret" not in str(caught.value)


def test_where_only_files_are_read_an_address_is_refused_without_its_secret():
    with pytest.raises(UsageError, match="download it first") as caught:
        require_file("https://example.com/a.mp4?s3cret")
    assert "s3cret" not in str(caught.value)
