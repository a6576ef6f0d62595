import shutil
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from lipready.facts.audio import AudioFacts
from lipready.facts.video import Duration
from lipready.probe.source import examine

Make = Callable[..., Path]
SINE = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=3")
BOTH = pytest.mark.parametrize("quick", [False, True], ids=["full", "quick"])


def audio_of(path: Path, *, quick: bool = False) -> AudioFacts:
    facts = examine(str(path), "audio", quick=quick)
    assert facts.problem is None
    assert isinstance(facts.media, AudioFacts)
    return facts.media


def length_of(facts: AudioFacts) -> Duration:
    assert isinstance(facts.duration, Duration)
    return facts.duration


@BOTH
@pytest.mark.parametrize(
    ("name", "format_name", "codec", "slack"),
    [
        ("a.wav", "wav", "pcm_s16le", 0),
        ("a.flac", "flac", "flac", 0),
        ("a.mp3", "mp3", "mp3", 0),
        ("a.aac", "aac", "aac", 2048),
        ("a.m4a", "m4a", "aac", 2048),
        ("a.mp4", "m4a", "aac", 2048),
        ("a.ogg", "ogg", "vorbis", 1024),
        ("a.aiff", "aiff", "pcm_s16be", 0),
        ("a.mov", "mov", "aac", 2048),
        ("a.mka", "mkv", "aac", 2048),
    ],
)
def test_formats_and_their_lengths(
    make: Make, name: str, format_name: str, codec: str, slack: int, *, quick: bool
) -> None:
    codecs = ("-c:a", "libvorbis") if name.endswith("ogg") else ("-c:a", "aac") if name.endswith("mka") else ()
    path = make(*SINE, *codecs, name)
    facts = examine(str(path), "audio", quick=quick)
    media = audio_of(path, quick=quick)
    assert (facts.format, media.codec, media.sample_rate, media.channels) == (format_name, codec, 44100, 1)
    assert 0 <= length_of(media).believed - 3 <= Fraction(slack, 44100)
    assert length_of(media).source == "samples" or quick
    assert media.cover is False


def test_samples_are_counted_exactly(make: Make) -> None:
    path = make(
        "-f",
        "lavfi",
        "-i",
        "sine=sample_rate=48000:duration=1",
        "-af",
        "atrim=end_sample=95999,apad=whole_len=95999",
        "-ac",
        "2",
        "a.wav",
    )
    facts = audio_of(path)
    assert length_of(facts).believed == Fraction(95999, 48000)
    assert length_of(facts).source == "samples"
    assert facts.channels == 2


@BOTH
def test_a_xing_header_that_lies_is_not_believed(make: Make, *, quick: bool) -> None:
    path = make(*SINE, "-b:a", "64k", "lie.mp3")
    raw = bytearray(path.read_bytes())
    at = max(raw.find(b"Xing"), raw.find(b"Info"))
    assert at > 0
    raw[at + 8 : at + 12] = struct.pack(">I", 9000)
    path.write_bytes(raw)
    length = length_of(audio_of(path, quick=quick))
    assert length.stream is not None
    assert length.stream > 200
    assert abs(length.believed - 3) < Fraction(1, 10)


@BOTH
@pytest.mark.parametrize("claimed", [0, 0xFFFFFFFF, 100_000_000])
def test_a_wav_with_a_wrong_size(make: Make, claimed: int, *, quick: bool) -> None:
    path = make(*SINE, "lie.wav")
    raw = bytearray(path.read_bytes())
    raw[4:8] = struct.pack("<I", claimed)
    data = raw.index(b"data")
    raw[data + 4 : data + 8] = struct.pack("<I", claimed or 0xFFFFFFFF)
    path.write_bytes(raw)
    facts = audio_of(path, quick=quick)
    assert length_of(facts).believed == 3
    assert facts.truncated is (claimed == 100_000_000)


def wave(path: Path, stated: int, held: int = 96_000, *, large: int | None = None) -> Path:
    """Write a mono WAV of `held` bytes at 16 kHz whose header states other sizes; `large` makes it an RF64."""
    samples = b"".join(struct.pack("<h", (n * 997) % 9001 - 4500) for n in range(held // 2))
    ds64 = b"" if large is None else b"ds64" + struct.pack("<IQQQI", 28, large + 72, large, large // 2, 0)
    head = b"WAVE" + ds64 + b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
    odd_chunk = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    name = b"RIFF" if large is None else b"RF64"
    outer = struct.pack("<I", min(stated + 36, 0xFFFFFFFF))
    path.write_bytes(name + outer + head + odd_chunk + b"data" + struct.pack("<I", stated) + samples)
    return path


@BOTH
@pytest.mark.parametrize(
    "stated", [0, 0x7FFFEFFE, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0x80000024, 0xFFFFFFDB, 0xFFFFFFFF, 96_002, 96_058]
)
def test_a_wav_whose_size_was_never_known_ends_where_the_file_ends(tmp_path: Path, stated: int, *, quick: bool) -> None:
    facts = audio_of(wave(tmp_path / "a.wav", stated), quick=quick)
    assert (facts.truncated, facts.size_wrong, length_of(facts).believed) == (False, True, 3)


@BOTH
@pytest.mark.parametrize("stated", [100_000, 192_000, 30_000_000])
def test_a_wav_that_lacks_what_its_header_promises_is_cut(tmp_path: Path, stated: int, *, quick: bool) -> None:
    facts = audio_of(wave(tmp_path / "a.wav", stated), quick=quick)
    assert (facts.truncated, facts.size_wrong) == (True, False)


@BOTH
@pytest.mark.parametrize(("held", "truncated"), [(96_000, False), (48_000, True)])
def test_the_64_bit_size_of_an_rf64_counts(tmp_path: Path, held: int, *, truncated: bool, quick: bool) -> None:
    facts = audio_of(wave(tmp_path / "a.wav", 0xFFFFFFFF, held, large=96_000), quick=quick)
    assert (facts.truncated, facts.size_wrong) == (truncated, False)


@BOTH
def test_adts_is_counted_since_it_has_no_length(make: Make, *, quick: bool) -> None:
    silence_then_noise = "aevalsrc='if(lt(t,3),0,random(0))':s=44100:d=6"
    facts = audio_of(make("-f", "lavfi", "-i", silence_then_noise, "-b:a", "128k", "a.aac"), quick=quick)
    length = length_of(facts)
    assert length.source == ("packets" if quick else "samples")
    assert abs(length.believed - 6) <= Fraction(2048, 44100)


@BOTH
def test_an_mp3_with_a_cover_picture_is_its_sound(make: Make, *, quick: bool) -> None:
    cover = make("-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1", "cover.jpg")
    path = make("-i", cover, *SINE, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic", "a.mp3")
    facts = audio_of(path, quick=quick)
    assert (facts.codec, facts.cover) == ("mp3", True)
    assert abs(length_of(facts).believed - 3) < Fraction(1, 50)


@BOTH
def test_an_mp4_named_aac_is_m4a(make: Make, tmp_path: Path, *, quick: bool) -> None:
    path = tmp_path / "speech.aac"
    shutil.move(make(*SINE, "a.m4a"), path)
    facts = examine(str(path), "audio", quick=quick)
    assert (facts.extension, facts.format) == ("aac", "m4a")


@BOTH
def test_sound_of_a_video_file(clip: Make, *, quick: bool) -> None:
    path = clip("clip.mp4", frames=50, sound=True)
    facts = examine(str(path), "audio", quick=quick)
    assert facts.format == "mp4"
    assert isinstance(facts.media, AudioFacts)
    assert abs(length_of(facts.media).believed - 2) < Fraction(1, 10)


@BOTH
def test_the_default_track_is_meant_not_the_first(make: Make, *, quick: bool) -> None:
    path = make(
        "-f", "lavfi", "-i", "sine=duration=1", "-f", "lavfi", "-i", "sine=duration=4", "-map", "0", "-map", "1",
        "-c:a", "aac", "-disposition:a:0", "0", "-disposition:a:1", "default", "two.mka",
    )  # fmt: skip
    assert length_of(audio_of(path, quick=quick)).believed > 3


@BOTH
def test_a_file_without_a_sample(tmp_path: Path, *, quick: bool) -> None:
    path = tmp_path / "empty.wav"
    header = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" + struct.pack("<I", 0)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(header)) + header)
    assert examine(str(path), "audio", quick=quick).problem == "holds no audio samples"


def test_an_mp4_that_claims_sound_and_holds_none(make: Make) -> None:
    path = make(*SINE, "-movflags", "+faststart", "a.m4a")
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"mdat") + 4])
    problem = examine(str(path), "audio", quick=False).problem
    assert problem is not None
    assert problem == "holds no audio samples" or problem.startswith("cannot be decoded")


@BOTH
def test_a_recording_that_breaks_off(make: Make, *, quick: bool) -> None:
    path = make(*SINE, "-movflags", "+faststart", "a.m4a")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)
    facts = audio_of(path, quick=quick)
    assert facts.truncated is True
    if not quick:
        assert length_of(facts).believed < Fraction(5, 2)


@BOTH
def test_a_wav_whose_outer_size_is_a_few_bytes_too_large_is_whole(make: Make, *, quick: bool) -> None:
    path = make(*SINE, "-bitexact", "a.wav")
    content = bytearray(path.read_bytes())
    content[4:8] = (int.from_bytes(content[4:8], "little") + 4).to_bytes(4, "little")
    path.write_bytes(content)
    facts = audio_of(path, quick=quick)
    assert length_of(facts).believed == 3
    assert facts.truncated is False


@pytest.mark.parametrize(("lost", "truncated"), [(200, False), (60_000, True)])
def test_a_damaged_last_packet_counts_where_more_than_a_moment_is_lost(
    make: Make, lost: int, *, truncated: bool
) -> None:
    path = make(
        "-f", "lavfi", "-i", "anoisesrc=duration=3:sample_rate=44100:amplitude=0.5", "-frame_size", "1152", "a.flac"
    )
    path.write_bytes(path.read_bytes()[:-lost])
    assert audio_of(path).truncated is truncated
