"""Inputs that a program hands over: bytes and file objects of every kind, with and without names."""

import asyncio
import gzip
import io
import os
import pickle
import socket
import stat
import sys
import tempfile
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import lipready
from lipready import Input, Job, PreflightError, Sending, Settings
from lipready.errors import ComponentError, FixError, UsageError
from lipready.profiles.loader import load_profile
from lipready.reports.page import Page
from lipready.reports.render import FORMATS, render

QUICK = Settings(quick=True)
ACCEPTED = "path .*address, bytes .*binary mode, or lipready.Input"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Let temporary files be made in a folder of the test's own, and require that none is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.glob("lipready-*")) == []


class Named(io.BytesIO):
    """Bytes to which a name can be given."""


def through_pipe(data, _folder):
    reading, writing = os.pipe()

    def write():
        with os.fdopen(writing, "wb") as file:
            file.write(data)

    threading.Thread(target=write, daemon=True).start()
    return os.fdopen(reading, "rb")


def through_socket(data, _folder):
    ours, theirs = socket.socketpair()

    def write():
        with theirs:
            theirs.sendall(data)

    threading.Thread(target=write, daemon=True).start()
    with ours:
        return ours.makefile("rb")


def spooled(data, _folder):
    file = tempfile.SpooledTemporaryFile(max_size=1 << 30)  # noqa: SIM115 - the test closes it
    file.write(data)
    file.seek(0)
    return file


def unbuffered(data, folder):
    path = folder / f"{len(data)}.raw"
    path.write_bytes(data)
    return path.open("rb", buffering=0)


def zipped(data, _folder):
    return gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data, 1)))


FORMS = {
    "bytes": lambda data, _: data,
    "bytearray": lambda data, _: bytearray(data),
    "memoryview": lambda data, _: memoryview(data),
    "a strided memoryview": lambda data, _: memoryview(bytes(byte for one in data for byte in (one, 0)))[::2],
    "BytesIO": lambda data, _: io.BytesIO(data),
    "SpooledTemporaryFile": spooled,
    "open": unbuffered,
    "pipe": through_pipe,
    "socket": through_socket,
    "gzip": zipped,
}


@pytest.mark.parametrize("form", FORMS)
def test_whatever_the_input_is_the_same_is_measured(good_job, tmp_path, form):
    video, audio, reference = good_job
    known = lipready.check(video, audio, reference, settings=QUICK)
    given = [FORMS[form](path.read_bytes(), tmp_path) for path in good_job]
    report = lipready.check(*map(Input, given, ("v.mp4", "a.wav", "r.jpg")), settings=QUICK)
    assert report.verdict == "pass"
    assert [file.path for file in report.facts.files()] == ["v.mp4", "a.wav", "r.jpg"]
    for file, other in zip(report.facts.files(), known.facts.files(), strict=True):
        assert replace(file, path=other.path) == other
        assert file.place is None
    for each in given:
        if hasattr(each, "read"):
            assert not each.closed, "who opens a file closes it"
            each.close()


def test_a_whole_check_knows_no_temporary_file(good_job, temporary):
    video, audio, reference = (path.read_bytes() for path in good_job)
    told = set()
    settings = Settings(progress=lambda stage, _share: told.add(stage))
    inputs = Input(video, "clip.mp4"), io.BytesIO(audio), Input(reference, "face.jpg")
    report = lipready.check(*inputs, settings=settings)
    assert report.verdict == "pass"
    assert report.facts.match.person == 1
    assert told == {"checking clip.mp4", "checking <bytes>", "checking face.jpg"}
    for form in FORMATS:
        assert str(temporary) not in render(report, form, Page())
    assert str(temporary) not in repr(report.facts)


def test_without_a_name_the_content_says_what_it_is(made):
    anna = made("anna.mp4").read_bytes()
    assert lipready.check(anna, settings=QUICK).findings == ()
    (found,) = lipready.check(Input(anna, "clip.avi"), settings=QUICK).findings
    assert (found.rule, found.path) == ("F003", "clip.avi")
    assert "F003" in lipready.check(Input(anna, "clip"), settings=QUICK).by_rule
    (found,) = lipready.check(b"no video", settings=QUICK).findings
    assert (found.rule, found.path) == ("F001", "<bytes>")
    assert lipready.check(b"", settings=QUICK).findings[0].message.startswith("<bytes> is empty")


@pytest.mark.parametrize(
    ("name", "shown", "extension"),
    [
        ("/uploads/clip.MP4", "/uploads/clip.MP4", "mp4"),
        ("field", "field", None),
        (7, "<bytes>", None),
        ("<stdin>", "<stdin>", None),
        ("https://bucket.example/clip.mov?signature=hunter2", "clip.mov", "mov"),
    ],
)
def test_a_file_object_has_the_name_that_it_says(made, name, shown, extension):
    upload = Named(made("anna.mp4").read_bytes())
    upload.name = name
    (file,) = lipready.check(upload, settings=QUICK).facts.files()
    assert (file.path, file.extension) == (shown, extension)


def test_a_path_may_have_a_name_too(made, tmp_path):
    path = tmp_path / "upload-0001"
    path.write_bytes(made("anna.mp4").read_bytes())
    report = lipready.check(Input(path, "holiday.mp4"), settings=QUICK)
    assert (report.findings, report.facts.video.path) == ((), "holiday.mp4")
    assert lipready.check(str(path), settings=QUICK).by_rule.keys() == {"F003"}
    with pytest.raises(UsageError, match="no such file"):
        lipready.check(Input(tmp_path / "nothing.mp4", "holiday.mp4"))


def test_a_file_object_is_read_once_from_where_it_stands(made):
    data = made("anna.mp4").read_bytes()
    upload = io.BytesIO(b"before" + data)
    upload.seek(6)
    report = lipready.check(upload, upload, settings=Settings(quick=True, only=("V", "A")))
    assert {file.bytes for file in report.facts.files()} == {len(data)}
    assert upload.tell() == len(data) + 6
    assert lipready.check(upload, settings=QUICK).by_rule.keys() == {"F001"}


class Endless(io.RawIOBase):
    """Never ends, and counts what was asked of it."""

    asked = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.asked += len(buffer)
        return len(buffer)


@pytest.fixture
def box(shared_sandbox, at_sandbox):
    at_sandbox(shared_sandbox)
    return shared_sandbox


@pytest.fixture
def small():
    """A profile that takes 1,000,000 bytes of a video, and has no limit for an audio track."""
    profile = load_profile("dashscope")
    accept = replace(profile.limits["V106"].accept, maximum=Fraction(1_000_000))
    limit = replace(profile.limits["V106"], accept=accept, safe=None, aim=None)
    return profile.replace(limits={"V106": limit, "A403": None})


def test_what_is_too_large_is_a_finding_and_is_read_no_further(small, made):
    endless = Endless()
    report = lipready.check(Input(endless, "clip.mp4"), profile=small, settings=QUICK)
    (found,) = report.findings
    assert (found.rule, found.severity, found.path) == ("V106", "error", "clip.mp4")
    assert endless.asked == 1_000_001
    assert {each.rule for each in report.unchecked} >= {"V101", "V102", "V104"}
    for large in (bytes(5_000_000), io.BytesIO(bytes(5_000_000))):
        (found,) = lipready.check(large, profile=small, settings=QUICK).findings
        assert (found.rule, "5,000,000 bytes" in found.measured) == ("V106", True)
    exactly = made("anna.mp4").read_bytes().ljust(1_000_000, b"\0")
    assert lipready.check(exactly, profile=small, settings=QUICK).facts.video.bytes == 1_000_000


def test_nothing_that_is_too_large_is_repaired(small, tmp_path, monkeypatch):
    monkeypatch.setattr("lipready.probe.spool.LARGEST", 1_000_000)
    with pytest.raises(UsageError, match="names no limit"):
        lipready.check(audio=Endless(), profile=small, settings=QUICK)
    with pytest.raises(UsageError, match=r"clip\.mp4: .*1,000,000 bytes.*path"):
        lipready.prepare(Input(Endless(), "clip.mp4"), profile=small, settings=QUICK, out=tmp_path / "out")


def test_nothing_that_is_too_large_is_sent(small, box, good_job, journal):
    before = box.ledger().submissions
    for force in (False, True):
        job = Job(Endless(), good_job[1])
        with pytest.raises(UsageError if force else PreflightError, match="V106" if not force else "1,000,000 bytes"):
            lipready.submit(job, profile=small, settings=QUICK, sending=Sending(force=force))
    assert (journal.entries(), box.ledger().submissions) == ((), before)


@pytest.mark.parametrize("wrong", [7, 1.5, True, [], ["clip.mp4"], {}, object(), io.StringIO("x"), Path, Job(), bytes])
def test_what_is_no_input_is_told_what_is_one(wrong):
    with pytest.raises(UsageError, match=ACCEPTED):
        lipready.check(wrong)
    with pytest.raises(UsageError, match=ACCEPTED):
        Job(audio=wrong)
    with pytest.raises(UsageError, match=ACCEPTED):
        Input(wrong)
    with pytest.raises(UsageError, match=ACCEPTED):
        lipready.prepare(audio=wrong, out="out")


def test_an_input_in_an_input_and_a_name_that_is_none_are_refused():
    with pytest.raises(UsageError, match=ACCEPTED):
        Input(Input(b""))
    for name in ("", 7, b"clip.mp4"):
        with pytest.raises(UsageError, match=r"text such as clip\.mp4"):
            Input(b"", name)


class Read:
    """A file object of which `read` gives what it is told."""

    def __init__(self, answer):
        self.answer = answer

    def read(self, size=-1):
        del size
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def coroutine():
    return b""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda: "text", "gives text: open it in binary mode"),
        (lambda: None, "nothing to read yet"),
        (coroutine, r"coroutine: hand over the file inside \(`upload.file`\)"),
        (lambda: 7, "gives int instead of bytes"),
        (lambda: ConnectionResetError(104, "Connection reset by peer"), "cannot be read: Connection reset by peer"),
        (lambda: ValueError("I/O operation on closed file."), r"cannot be read: I/O operation on closed file\.$"),
    ],
)
def test_a_file_object_that_gives_no_bytes_is_one_sentence(answer, sentence):
    with pytest.raises(UsageError, match=rf"^clip\.mp4: the file object.*{sentence}"):
        lipready.check(Input(Read(answer()), "clip.mp4"))


def test_a_file_that_is_open_for_writing_is_one_sentence(tmp_path):
    with (tmp_path / "new.mp4").open("wb") as file, pytest.raises(UsageError, match=r"new\.mp4: .*cannot be read"):
        lipready.check(file)


def test_the_temporary_file_is_private_and_goes_on_errors_too(good_job, temporary, monkeypatch):
    modes = {}

    def look(*_arguments, **_options):
        for path in temporary.rglob("*"):
            modes[path.name] = stat.S_IMODE(path.stat().st_mode)
        raise RuntimeError("in the middle")

    monkeypatch.setattr(sys.modules["lipready.check"], "check_job", look)
    with pytest.raises(RuntimeError):
        lipready.check(*(path.read_bytes() for path in good_job))
    assert {modes.pop(name) for name in ("video.mp4", "audio.wav", "reference.jpg")} == {0o600}
    assert list(modes.values()) == [0o700]


def test_without_a_place_for_temporary_files_it_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ComponentError, match=r"A temporary folder cannot be written .*TMPDIR\.$"):
        lipready.check(b"x")


def test_a_broken_file_is_spoken_of_by_its_name(made, temporary):
    cut = made("anna.mp4").read_bytes()[:300_000]
    report = lipready.check(Input(cut, "clip.mp4"), Input(made("anna.wav").read_bytes()[:50_000], "a.wav"))
    assert "F001" in report.by_rule
    assert str(temporary) not in report.to_json() + repr(report.facts)


def test_an_address_may_have_a_name_too():
    report = lipready.check(Input("https://127.0.0.1:1/c?signature=hunter2", "clip.mp4"), settings=QUICK)
    assert {finding.path for finding in report.findings} == {"clip.mp4"}
    assert (report.facts.video.extension, report.facts.video.address.host) == ("mp4", "127.0.0.1")
    with pytest.raises(UsageError, match="only files are repaired"):
        lipready.prepare(Input("https://127.0.0.1:1/c", "clip.mp4"), out="out")


def test_a_slow_pipe_is_known_by_its_first_bytes(made, tmp_path):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 3) if self.tell() < 60 else size)

    prepared = lipready.prepare(Slow(made("anna.mp4").read_bytes()), out=tmp_path / "out", settings=QUICK)
    assert prepared.job.video == str(tmp_path / "out" / "video.mp4")


def test_a_job_keeps_what_it_was_given():
    upload = io.BytesIO(b"x")
    job = Job(b"video", Path("a.wav"), Input(upload, "r.jpg"))
    assert (job.video, job.audio, job.reference.source) == (b"video", Path("a.wav"), upload)
    assert repr(job).startswith("Job(video=<5 bytes>, audio=")
    assert job == Job(b"video", Path("a.wav"), Input(upload, "r.jpg"))
    assert len({job, Job(b"video", Path("a.wav"), Input(upload, "r.jpg")), Job(b"other")}) == 2
    kept = Job(b"video", "a.wav", Input(bytearray(b"r"), "r.jpg"))
    assert pickle.loads(pickle.dumps(kept)) == kept  # noqa: S301 - our own
    with pytest.raises(TypeError):
        hash(kept)
    with pytest.raises(TypeError):
        pickle.dumps(Job(memoryview(b"video")))


def test_many_jobs_may_be_anything(good_job):
    video, audio, _ = good_job
    jobs = [Job(Input(video.read_bytes(), "a.mp4")), Job(audio=audio.open("rb")), Job(b"broken"), Job(video)]
    reports = list(lipready.check_many(jobs, settings=QUICK))
    assert [report.verdict for report in reports] == ["pass", "pass", "fail", "pass"]
    assert [report.facts.files()[0].path for report in reports] == ["a.mp4", str(audio), "<bytes>", str(video)]
    jobs[1].audio.close()


def test_outputs_are_named_after_the_names(bad_job, tmp_path, temporary):
    out, told = tmp_path / "out", set()

    def prepare():
        video, audio = (path.read_bytes() for path in bad_job[:2])
        progress = lambda stage, _share: told.add(stage)  # noqa: E731
        return lipready.prepare(
            Input(video, "my/clip.webm"), io.BytesIO(audio), out=out, settings=QUICK, progress=progress
        )

    prepared = prepare()
    assert prepared.ready
    assert prepared.job == Job(str(out / "clip.mp4"), str(out / "audio.wav"))
    assert {file.path for file in prepared.before.facts.files()} == {"my/clip.webm", "<bytes>"}
    assert {file.place for file in (*prepared.before.facts.files(), *prepared.plan.files)} == {None}
    assert "repairing my/clip.webm" in told
    receipt = (out / "receipt.json").read_text()
    assert '"source": "my/clip.webm"' in receipt
    for text in (receipt, repr(prepared), *told):
        assert str(temporary) not in text
    assert prepare().already_prepared


def test_a_reference_image_is_taken_from_a_video_that_came_as_bytes(good_job, tmp_path, temporary):
    video = Input(good_job[0].read_bytes(), "clip.mp4")
    prepared = lipready.prepare(video, out=tmp_path / "out", person=1)
    assert prepared.ready
    assert prepared.reference == str(tmp_path / "out" / "reference.jpg")
    assert str(temporary) not in (tmp_path / "out" / "receipt.json").read_text()
    with pytest.raises(FixError, match=r"Person 7 cannot be found in clip\.mp4"):
        lipready.prepare(video, out="out", person=7, settings=QUICK)


def test_an_upload_field_without_extension_names_its_output(good_job, tmp_path):
    upload = Named(good_job[0].read_bytes())
    upload.name = "field"
    prepared = lipready.prepare(upload, out=tmp_path / "out", settings=QUICK)
    assert prepared.job.video == str(tmp_path / "out" / "field.mp4")


def test_pictures_wrong_extensions_and_damaged_files_are_repaired_as_well(made, bad_job, tmp_path, temporary):
    out = tmp_path / "out"
    picture = Input(bad_job[2].read_bytes(), "face.jpg")
    renamed = lipready.prepare(
        Input(made("anna.mp4").read_bytes(), "clip.bin"), reference=picture, out=out, settings=QUICK
    )
    assert renamed.job == Job(str(out / "clip.mp4"), None, str(out / "face.jpg"))
    assert renamed.before.by_rule.keys() > {"F003", "I603"}
    assert renamed.report.by_rule.keys() == {"I603"}, "a crop needs to know where the face is, which is not looked for"
    cut = Input(made("anna.wav").read_bytes()[:200_000], "cut.wav")
    salvaged = lipready.prepare(audio=cut, out=out, settings=QUICK, choices=lipready.Choices(salvage=True))
    assert salvaged.job.audio == str(out / "cut.wav")
    assert str(temporary) not in (out / "receipt.json").read_text() + repr(salvaged)


def test_what_is_fine_is_copied_into_the_folder_whatever_is_wanted(good_job, tmp_path):
    video, audio, _ = good_job
    out = tmp_path / "out"
    given = Input(video.read_bytes(), "clip.mp4"), Input(audio, "words.wav")
    prepared = lipready.prepare(*given, out=out, settings=QUICK, copy=False)
    assert prepared.job == Job(str(out / "clip.mp4"), str(out / "words.wav"))
    assert (out / "clip.mp4").read_bytes() == video.read_bytes()
    assert (out / "words.wav").stat().st_nlink == 1


def test_what_cannot_be_repaired_stays_what_it_was(good_job, tmp_path):
    broken = Input(b"no video", "clip.mp4")
    prepared = lipready.prepare(broken, good_job[1], out=tmp_path / "out", settings=QUICK)
    assert (prepared.job.video, prepared.ready) == (broken, False)
    assert prepared.report.by_rule.keys() == {"F001"}
    dry = lipready.prepare(good_job[0].read_bytes(), out=tmp_path / "dry", settings=QUICK, dry_run=True)
    assert dry.job.video == good_job[0].read_bytes()


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_bytes_are_submitted_once_and_are_the_job_of_their_content(box, good_job, journal, temporary, provider):
    video, audio, _ = good_job
    before, told = box.ledger().submissions, set()
    settings = replace(QUICK, progress=lambda stage, _share: told.add(stage))
    with audio.open("rb") as file:
        job = Job(video.read_bytes(), Input(file, "a.wav"))
        task = lipready.submit(job, provider=provider, settings=settings)
    again = lipready.submit(Job(io.BytesIO(video.read_bytes()), str(audio)), provider=provider, settings=QUICK)
    assert (again.id, again.attached, box.ledger().submissions) == (task.id, True, before + 1)
    (entry,) = journal.entries()
    assert (entry.video, entry.audio, entry.stage) == ("<bytes>", "a.wav", "submitted")
    assert [each.url.rpartition(".")[2] for each in entry.uploads] == ["mp4", "wav"]
    assert {"uploading <bytes>", "uploading a.wav"} <= told
    assert str(temporary).encode() not in journal.path.read_bytes()
    assert lipready.resume(task.entry.id).id == task.id


def test_bytes_are_submitted_on_asyncio_too(box, good_job):
    job = Job(good_job[0].read_bytes(), io.BytesIO(good_job[1].read_bytes()))
    task = asyncio.run(lipready.submit_async(job, settings=QUICK))
    assert task.id in {each.id for each in box.ledger().tasks}


def test_bytes_that_were_never_sent_are_submitted_anew(box, good_job, journal, monkeypatch):
    def submit():
        return lipready.submit(Job(Input(good_job[0].read_bytes(), "/in/clip.mp4"), good_job[1]), settings=QUICK)

    def interrupted(*_arguments):
        raise KeyboardInterrupt

    before = box.ledger().submissions
    with monkeypatch.context() as patch:
        patch.setattr("lipready.providers.submission.sending.upload", interrupted)
        with pytest.raises(KeyboardInterrupt):
            submit()
    (entry,) = journal.entries()
    assert (entry.stage, entry.video) == ("intended", "clip.mp4")
    with pytest.raises(UsageError, match=r"nothing was paid\. clip\.mp4 came as bytes .*submit it anew"):
        lipready.resume(entry.id)
    task = submit()
    assert (task.status, box.ledger().submissions) == ("queued", before + 1)
