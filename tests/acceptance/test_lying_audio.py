"""Audio files that lie: what the check says of them is what is in them."""

import json
import struct

import pytest

SECONDS = 5.0


@pytest.fixture
def heard(lipready_run):
    """Check one audio file and give its facts, and the findings by rule."""

    def check(path):
        done = lipready_run("check", path, "--format", "json")
        assert done.stderr == ""
        report = json.loads(done.stdout)
        return report["files"][0]["facts"], {finding["rule"]: finding for finding in report["findings"]}

    return check


@pytest.fixture
def spoken(made, ffmpeg, tmp_path):
    """Write the fixture's voice in another form: `spoken(name, *ffmpeg's arguments)`."""
    return lambda name, *arguments: ffmpeg(tmp_path / name, "-i", made("anna.wav"), *arguments)


def speaks(facts, seconds=SECONDS):
    assert facts["duration"] == pytest.approx(seconds, abs=0.06)
    assert facts["speech"]["has_speech"]
    assert facts["speech"]["length"] == pytest.approx(facts["duration"], abs=0.06)


def test_an_mp3_with_a_large_picture(spoken, heard, ffmpeg, tmp_path):
    cover = ffmpeg(tmp_path / "cover.png", "-f", "lavfi", "-i", "testsrc2=size=1600x1600", "-frames:v", "1")
    plain = spoken("plain.mp3")
    path = ffmpeg(
        tmp_path / "song.mp3", "-i", plain, "-i", cover, "-map", "0:a", "-map", "1:v", "-c", "copy",
        "-disposition:v", "attached_pic", "-id3v2_version", "3",
    )  # fmt: skip
    facts, findings = heard(path)
    speaks(facts)
    assert facts["cover"]
    assert "A501" not in findings


@pytest.mark.parametrize("frames", [10, 100_000])
def test_a_wrong_xing_header(spoken, heard, frames):
    path = spoken("voice.mp3", "-write_xing", "1")
    content = bytearray(path.read_bytes())
    place = max(content.find(b"Xing"), content.find(b"Info"))
    content[place + 8 : place + 12] = struct.pack(">I", frames)
    path.write_bytes(content)
    facts, _ = heard(path)
    speaks(facts)


@pytest.mark.parametrize("claimed", [0, 1000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_with_a_wrong_riff_size(made, heard, tmp_path, claimed):
    content = bytearray(made("anna.wav").read_bytes())
    content[4:8] = struct.pack("<I", claimed)
    path = tmp_path / "voice.wav"
    path.write_bytes(content)
    facts, _ = heard(path)
    speaks(facts)


def test_adts_with_junk_in_front(spoken, heard):
    path = spoken("voice.aac", "-c:a", "aac")
    path.write_bytes(bytes(range(256)) * 2 + path.read_bytes())
    facts, _ = heard(path)
    speaks(facts)


def test_an_m4a_that_is_named_aac(spoken, heard):
    path = spoken("voice.m4a", "-c:a", "aac")
    path = path.rename(path.with_suffix(".aac"))
    facts, findings = heard(path)
    speaks(facts)
    assert "m4a" in findings["A401"]["measured"]


def test_a_wav_without_a_sample(made, heard, tmp_path):
    path = tmp_path / "empty.wav"
    content = bytearray(made("anna.wav").read_bytes()[:44])
    content[40:44] = bytes(4)
    path.write_bytes(content)
    _, findings = heard(path)
    assert set(findings) == {"F001"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("eight.wav", ("-c:a", "pcm_u8")),
        ("deep.wav", ("-c:a", "pcm_s24le")),
        ("float.wav", ("-c:a", "pcm_f32le")),
        ("double.wav", ("-c:a", "pcm_f64le")),
        ("fast.wav", ("-ar", "96000")),
        ("around.wav", ("-ac", "6")),
        ("planar.m4a", ("-c:a", "aac", "-ac", "6")),
    ],
)
def test_every_kind_of_sample_is_heard(spoken, heard, name, arguments):
    facts, findings = heard(spoken(name, *arguments))
    speaks(facts)
    assert facts["speech"]["loudness"] == pytest.approx(-21, abs=12)
    assert "A501" not in findings
