"""The fixtures are what their recipes say, and are made once."""

import json
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from studio import voice
from studio.make import is_current, make
from studio.recipe import FixtureError, portrait, recipes

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
FOLDER_MAKER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from studio.make import make
make(["bad.ogg"], Path(sys.argv[2]))
"""


def test_every_recipe_is_of_a_known_kind_and_names_known_sources() -> None:
    kinds = {"speech", "talking-heads", "portrait", "panorama", "pattern", "transcode", "film", "truth"}
    names = list(recipes())
    for place, (name, recipe) in enumerate(recipes().items()):
        assert recipe["kind"] in kinds, name
        if "speech" in recipe:
            assert recipe["speech"] in names[:place], name


def test_an_unknown_name_is_refused_with_the_list() -> None:
    with pytest.raises(FixtureError, match=r"no recipe for 'anna\.mov'.*anna\.mp4"):
        make(["anna.mov"])


def test_the_voice_speaks_as_long_as_the_text_takes() -> None:
    short, rate = voice.speak("One.", "en-us", 160)
    long, _ = voice.speak("One. Two. Three. Four. Five.", "en-us", 160)
    assert rate == 22050
    assert len(long) > 2 * len(short) > 0
    assert np.abs(long.astype(int)).max() > 3000


def test_speech_that_is_too_long_is_refused() -> None:
    with pytest.raises(FixtureError, match=r"takes 1\.00 s"):
        voice.fit(np.zeros(100, np.int16), 100, Fraction(1, 2))


def test_loudness_follows_the_sound() -> None:
    samples = np.concatenate([np.zeros(1000), np.tile([9000, -9000], 500), np.zeros(1000)]).astype(np.int16)
    opening = voice.loudness(samples, 1000, Fraction(10), 30)
    assert opening[:8].max() == 0
    assert opening[12:18].min() > 0.9
    assert opening[22:].max() == 0


def test_silence_keeps_the_mouth_shut() -> None:
    assert not voice.loudness(np.zeros(100, np.int16), 100, Fraction(10), 10).any()


def test_making_again_gives_the_same_bytes(tmp_path: Path) -> None:
    names = ["anna.wav", "bad.ogg", "anna.jpg"]
    first, second = make(names, tmp_path / "first"), make(names, tmp_path / "second")
    for name in names:
        assert first[name].read_bytes() == second[name].read_bytes(), name


def test_what_is_current_is_left_alone_and_what_changed_is_made_again(tmp_path: Path) -> None:
    path = make(["anna.wav"], tmp_path)["anna.wav"]
    before = path.stat().st_mtime_ns
    make(["anna.wav"], tmp_path)
    assert path.stat().st_mtime_ns == before
    path.write_bytes(b"cut off")
    assert not is_current("anna.wav", tmp_path)
    make(["anna.wav"], tmp_path)
    assert path.stat().st_size > 100_000
    stamp = tmp_path / ".stamps" / "anna.wav.json"
    stamp.write_text(json.dumps({"fingerprint": "another recipe", "bytes": path.stat().st_size}))
    assert not is_current("anna.wav", tmp_path)


def test_two_processes_at_once_do_not_collide(tmp_path: Path) -> None:
    def run(_: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", FOLDER_MAKER, SCRIPTS, tmp_path]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(run, range(3)))
    assert [result.returncode for result in results] == [0, 0, 0], results[0].stderr
    assert is_current("bad.ogg", tmp_path)
    assert not list(tmp_path.glob(".unfinished*"))


def test_the_portraits_are_the_ones_that_were_measured() -> None:
    for name in ("astronaut", "hopper"):
        with Image.open(portrait(name).path) as image:
            x, y = portrait(name).mouth
            assert 0 < x < image.width
            assert 0 < y < portrait(name).chin < image.height


def test_the_good_job_is_what_it_claims(good_job: tuple[Path, Path, Path]) -> None:
    video, audio, reference = good_job
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        shape = (stream.codec_context.name, stream.width, stream.height, stream.average_rate, stream.pix_fmt)
        assert shape == ("h264", 960, 640, 25, "yuv420p")
        assert stream.frames == 125
    with wave.open(str(audio)) as sound:
        assert sound.getnframes() == 5 * sound.getframerate()
    with Image.open(reference) as image:
        assert image.size == (640, 720)


def test_the_bad_job_is_as_bad_as_it_claims(bad_job: tuple[Path, Path, Path]) -> None:
    video, audio, reference = bad_job
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("vp9", 854, 480)
        assert stream.average_rate == 12
        assert next(container.decode(stream)).rotation == 90
    with av.open(str(audio)) as container:
        assert container.streams.audio[0].codec_context.name == "vorbis"
    with Image.open(reference) as image:
        assert image.size == (1840, 5200)
        assert image.getexif()[0x0112] == 6


def test_a_voice_that_espeak_does_not_have_is_refused() -> None:
    with pytest.raises(FixtureError, match="no voice named 'klingon-x'"):
        voice.speak("One.", "klingon-x", 160)
