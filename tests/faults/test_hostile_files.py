"""Every file is hostile: whatever it is, a probe ends with one clear phrase and touches nothing else."""

import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, Role
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.containers.signature import kind_of
from lipready.probe.source import examine

ROLES: tuple[Role, ...] = ("video", "audio", "reference")
CRASH = "cannot be measured"


def looks(path: Path | str) -> Iterator[FileFacts]:
    kind_of(str(path))
    for role in ROLES:
        for quick in (True, False):
            yield examine(str(path), role, quick=quick)


def assert_refused(path: Path | str) -> set[str]:
    problems = set()
    for facts in looks(path):
        assert facts.problem is not None
        assert isinstance(facts.media, Unmeasured)
        assert facts.media.reason == facts.problem
        assert CRASH not in facts.problem
        assert "\n" not in facts.problem
        problems.add(facts.problem)
    return problems


class Listener:
    """A socket on the loopback that remembers whether anybody came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]
        self.visits = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    def _wait(self) -> None:
        while not self._closing.is_set():
            try:
                visitor, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Callable[[], bool]]:
    """A pipe in the place of a media file: whoever opens it for reading is noticed. Called, it tells."""
    pipe = tmp_path / "canary.mp4"
    os.mkfifo(pipe)
    seen: list[bool] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.002):
            try:
                os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                continue
            seen.append(True)

    thread = threading.Thread(target=watch)
    thread.start()
    yield lambda: bool(seen)
    stop.set()
    thread.join()


SCRIPTS = {
    "an HLS playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{file}\n#EXTINF:5,\nhttp://127.0.0.1:{port}/a.ts\n",
    "an HLS playlist of files": "#EXTM3U\n#EXTINF:5,\nfile://{file}\n#EXT-X-ENDLIST\n",
    "a concat script": "ffconcat version 1.0\nfile '{file}'\nfile 'http://127.0.0.1:{port}/a.mp4'\n",
    "an SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "a DASH manifest": "<?xml version='1.0'?>\n<MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'><Period>"
    "<AdaptationSet mimeType='video/mp4'><Representation id='1' bandwidth='1'>"
    "<BaseURL>http://127.0.0.1:{port}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>\n",
    "a playlist": "[playlist]\nFile1={file}\nNumberOfEntries=1\n",
    "a data reference": "data:video/mp4;base64,AAAAIGZ0eXBpc29t\n",
    "an RTSP description": "rtsptext\nrtsp://127.0.0.1:{port}/\n",
    "an SVG that loads": "<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1:{port}/x.png'/></svg>",
}


@pytest.mark.parametrize("what", SCRIPTS)
@pytest.mark.parametrize("name", ["clip.mp4", "speech.wav", "face.png"])
def test_scripts_open_nothing(
    tmp_path: Path, listener: Listener, canary: Callable[[], bool], what: str, name: str
) -> None:
    path = tmp_path / name
    path.write_text(SCRIPTS[what].format(file=tmp_path / "canary.mp4", port=listener.port))
    problems = assert_refused(path)
    assert all(problem.startswith("is ") for problem in problems)
    assert listener.visits == 0
    assert not canary()


def test_the_canary_sings(tmp_path: Path, canary: Callable[[], bool]) -> None:
    descriptor = os.open(tmp_path / "canary.mp4", os.O_RDONLY | os.O_NONBLOCK)
    for _ in range(1000):
        if canary():
            break
        threading.Event().wait(0.002)
    os.close(descriptor)
    assert canary()


@cache
def clip_of(suffix: str, options: tuple[str, ...]) -> bytes:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25"]
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-movflags", "+faststart")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip{suffix}"
        subprocess.run([*command, "-frames:v", "25", *codec, *options, str(path)], check=True, timeout=60)
        return path.read_bytes()


def make_clip(path: Path, *options: str) -> Path:
    path.write_bytes(clip_of(path.suffix, options))
    return path


@pytest.mark.parametrize(
    "name",
    [
        "http:127.0.0.1.mp4",
        "concat:a.mp4|b.mp4",
        "data:x,y",
        "file:x.mp4",
        "-i.mp4",
        "100%25.mp4",
        "%d.mp4",
        "a?b#c.mp4",
        "pipe:0",
        "subfile,,start,0,end,9,,:x",
        "a\nb.mp4",
        "クリップ.mp4",
        "async:clip",
        "cache:clip",
    ],
)
def test_a_name_is_only_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    missing = examine(name, "video", quick=False)
    assert missing.problem == "does not exist"
    shutil.copy(make_clip(tmp_path / "plain.mp4"), tmp_path / name)
    facts = examine(name, "video", quick=False)
    assert facts.problem is None
    assert isinstance(facts.media, VideoFacts)
    assert facts.media.frames == 25


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/clip.mp4", "tcp://127.0.0.1:{port}", "rtmp://127.0.0.1:{port}/x"]
)
def test_an_address_is_a_missing_file(listener: Listener, url: str) -> None:
    assert assert_refused(url.format(port=listener.port)) == {"does not exist"}
    assert listener.visits == 0


def test_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/clip\xff\xfe.mp4"
    shutil.copy(make_clip(tmp_path / "plain.mp4"), raw)
    facts = examine(os.fsdecode(raw), "video", quick=False)
    assert facts.problem is None


@pytest.mark.parametrize("kind", [b"alis", b"url "])
def test_a_movie_that_refers_to_another_file(tmp_path: Path, canary: Callable[[], bool], kind: bytes) -> None:
    path = make_clip(tmp_path / "clip.mov", "-f", "mov")
    raw = path.read_bytes()
    target = str(tmp_path / "canary.mp4").encode()
    entry = b"\0\0\0\0" + target + b"\0"
    reference = struct.pack(">I", len(entry) + 8) + kind + entry
    at = raw.index(b"dref") - 4
    size = int.from_bytes(raw[at : at + 4], "big")
    new = struct.pack(">I", 16 + len(reference)) + b"dref" + bytes(4) + struct.pack(">I", 1) + reference
    # The boxes around `dref` grow with it; offsets into the media no longer matter.
    grown = bytearray(raw[:at] + new + raw[at + size :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        where = grown.index(box) - 4
        length = int.from_bytes(grown[where : where + 4], "big") + len(new) - size
        grown[where : where + 4] = struct.pack(">I", length)
    path.write_bytes(grown)
    for facts in looks(path):
        assert facts.problem is None or CRASH not in facts.problem
    assert not canary()


def test_what_is_not_a_file_at_all(tmp_path: Path) -> None:
    pipe = tmp_path / "clip.mp4"
    os.mkfifo(pipe)
    assert assert_refused(pipe) == {"is a named pipe, not a file"}
    assert assert_refused(tmp_path) == {"is a folder, not a file"}
    assert assert_refused("/dev/null") == {"is a device, not a file"}
    assert assert_refused(tmp_path / "missing.mp4") == {"does not exist"}
    assert assert_refused("") == {"does not exist"}


def test_nothing_and_nearly_nothing(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.touch()
    assert assert_refused(path) == {"is empty"}
    for facts in looks(path):
        assert facts.bytes == 0
    for content in (
        b"\0",
        b"\n",
        b"RIFF",
        b"\0\0\0\x20ftypisom",
        b"\x1a\x45\xdf\xa3",
        b"ID3",
        b"\xff\xfb\x90\x00",
        b"OggS",
        b"fLaC",
        b"RIFF\x04\0\0\0WAVE",
        b"RIFF\x04\0\0\0AVI ",
        b"FLV\x01",
        b"\0\0\0\x08moov",
    ):
        path.write_bytes(content)
        assert_refused(path)


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    path = tmp_path / "clip.mp4"
    path.write_bytes(dice.randbytes(dice.randrange(1, 200_000)))
    for facts in looks(path):
        assert facts.problem is None or CRASH not in facts.problem
    heads = (
        b"\0\0\0\x18ftypisom",
        b"\x1a\x45\xdf\xa3",
        b"RIFF",
        b"OggS\0\2",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
    )
    path.write_bytes(dice.choice(heads) + path.read_bytes())
    for facts in looks(path):
        assert facts.problem is None or CRASH not in facts.problem


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "webm"])
@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes(tmp_path: Path, suffix: str, seed: int) -> None:
    codec = ("-c:v", "libvpx", "-threads", "1", "-deadline", "realtime") if suffix == "webm" else ()
    options = codec if suffix in {"mp4", "webm"} else ()
    path = make_clip(tmp_path / f"clip.{suffix}", *options)
    dice, raw = random.Random(seed), bytearray(path.read_bytes())  # noqa: S311
    for _ in range(30):
        # Headers stand at the start and, in some containers, at the end.
        at = dice.choice((dice.randrange(min(2000, len(raw))), dice.randrange(len(raw))))
        raw[at] = dice.randrange(256)
    path.write_bytes(raw)
    for facts in looks(path):
        assert facts.problem is None or CRASH not in facts.problem


def test_every_prefix_of_a_clip(tmp_path: Path) -> None:
    raw = make_clip(tmp_path / "whole.mp4").read_bytes()
    path = tmp_path / "clip.mp4"
    for length in range(1, len(raw), max(1, len(raw) // 60)):
        path.write_bytes(raw[:length])
        for quick in (True, False):
            facts = examine(str(path), "video", quick=quick)
            assert facts.problem is not None or (isinstance(facts.media, VideoFacts) and facts.media.truncated is True)
            assert CRASH not in (facts.problem or "")


def test_a_hundred_streams_too_many(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4")
    raw = path.read_bytes()
    at = raw.index(b"trak") - 4
    track = raw[at : at + int.from_bytes(raw[at : at + 4], "big")]
    grown = bytearray(raw[:at] + track * 300 + raw[at + len(track) :])
    where = grown.index(b"moov") - 4
    grown[where : where + 4] = struct.pack(">I", int.from_bytes(grown[where : where + 4], "big") + 299 * len(track))
    path.write_bytes(grown)
    for facts in looks(path):
        assert facts.problem is not None
        assert CRASH not in facts.problem


@pytest.mark.parametrize("when", ["removed", "grown", "cut", "replaced"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    from lipready.probe import source

    path = make_clip(tmp_path / "clip.mp4")
    measure = source._measure

    def disturbed(*arguments: object, **options: object) -> object:
        if when == "removed":
            path.unlink()
        elif when == "replaced":
            os.replace(make_clip(tmp_path / "other.mp4"), path)  # noqa: PTH105
        elif when == "grown":
            with path.open("ab") as file:
                file.write(bytes(1000))
        else:
            os.truncate(path, path.stat().st_size // 2)
        return measure(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(source, "_measure", disturbed)
    facts = examine(str(path), "video", quick=False)
    if when in {"removed", "replaced"}:
        assert facts.problem is None
        assert isinstance(facts.media, VideoFacts)
        assert facts.media.frames == 25
    else:
        assert facts.problem is not None
        assert CRASH not in facts.problem
    if when == "grown":
        assert facts.problem == "grew while it was read: wait until it is written completely, then check again"


def test_nothing_is_printed(tmp_path: Path) -> None:
    """FFmpeg and Pillow are chatty about broken files; the embedding program's stderr is not theirs."""
    raw = bytearray(make_clip(tmp_path / "clip.mp4").read_bytes())
    raw[raw.index(b"mdat") + 60 :: 7] = bytes(len(raw[raw.index(b"mdat") + 60 :: 7]))
    (tmp_path / "broken.mp4").write_bytes(raw)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(300))
    program = (
        "import sys; from lipready.probe.source import examine\n"
        "for path in sys.argv[1:]:\n"
        "    for role in ('video', 'audio', 'reference'): examine(path, role, quick=False)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "broken.mp4"), str(tmp_path / "broken.jpg")],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")


def test_sound_of_hostile_length_is_counted_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    seconds, rate = 600, 8000
    header = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
    with path.open("wb") as file:
        file.write(
            b"RIFF" + struct.pack("<I", 36 + seconds * rate) + header + b"data" + struct.pack("<I", seconds * rate)
        )
        file.truncate(44 + seconds * rate)
    facts = examine(str(path), "audio", quick=False)
    assert isinstance(facts.media, AudioFacts)
    assert not isinstance(facts.media.duration, Unmeasured)
    assert facts.media.duration.believed == seconds
