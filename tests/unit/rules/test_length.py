"""How long the result will be, and what is billed."""

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.finding import Finding
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.loader import load_profile
from lipready.rules.examples import audio_facts, file, job, lasting, request, seconds, speech_facts, video_facts
from lipready.rules.judge import judge

UNHEARD = Unmeasured("nothing was listened to")


def mismatch(
    video: str, audio: str, *, extension: bool, provider: str = "dashscope", speech: SpeechFacts | Unmeasured = UNHEARD
) -> tuple[Finding, ...]:
    facts = job(
        video=file("video", media=video_facts(duration=seconds(video))),
        audio=file("audio", media=audio_facts(duration=seconds(audio)), speech=speech),
        request=request(video_extension=extension),
    )
    return judge(facts, load_profile(provider), only=("R705",))[0]


@pytest.mark.parametrize(
    ("video", "audio", "extension", "severity", "result", "lost"),
    [
        ("5", "8.2", False, "warning", "5 s long", "last 3.2 s of the speech (39 % of it) is cut off"),
        ("5", "8.2", True, "info", "8.2 s long", "lengthened by 3.2 s"),
        ("8.2", "5", False, "info", "5 s long", "last 3.2 s of the video (39 % of it) is dropped"),
        ("8.2", "5", True, "info", "5 s long", "last 3.2 s of the video (39 % of it) is dropped"),
    ],
)
def test_result_and_bill(*, video: str, audio: str, extension: bool, severity: str, result: str, lost: str) -> None:
    (finding,) = mismatch(video, audio, extension=extension)
    assert (finding.severity, finding.role, finding.path) == (severity, "job", None)
    assert result in finding.message
    assert lost in finding.message
    shorter, spoken = min(Fraction(video), Fraction(audio)), Fraction(audio)
    for length, price in ((shorter, shorter * 8 / 100), (spoken, spoken * 8 / 100)):
        assert f"{float(length):g} s (about {float(price):.2f} CNY)" in finding.message


def test_the_tolerance_is_exact() -> None:
    assert mismatch("10", "10.5", extension=False) == ()
    (finding,) = mismatch("10", "10.5000001", extension=False)
    assert finding.severity == "warning"
    assert finding.limit == "difference ≤ 0.5 s"
    assert finding.measured == "video 10 s, audio 10.5000001 s"
    assert "last 0.5000001 s" in finding.message


@given(video=st.fractions(1, 200), beyond=st.integers(1, 50), longer=st.booleans())
def test_the_lengths_as_written_differ_by_more_than_the_tolerance(
    *, video: Fraction, beyond: int, longer: bool
) -> None:
    short, long = video, video + Fraction(1, 2) + Fraction(1, 10**beyond)
    (finding,) = mismatch(*map(str, (long, short) if longer else (short, long)), extension=False)
    picture, sound = (Fraction(length) for length in re.findall(r"(?:video|audio) (\S+) s", finding.measured))
    assert abs(picture - sound) > Fraction(1, 2)


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
@pytest.mark.parametrize("extension", [False, True])
@pytest.mark.parametrize(
    ("video", "audio", "severity", "share"),
    [
        ("100", "5", "warning", "95 %"),
        ("20", "10", "warning", "50 %"),
        ("20", "10.0000001", "info", "49.9999995 %"),
        ("40", "20.0000001", "info", "49.9999998 %"),
        ("19.9999999", "9.9999999", "warning", "50.0000003 %"),
        ("19.9999998", "9.9999999", "info", "50 %"),
        ("12", "5", "info", "58 %"),
        ("120", "100", "info", "17 %"),
    ],
)
def test_a_video_of_which_much_is_dropped(
    *, video: str, audio: str, severity: str, share: str, extension: bool, provider: str
) -> None:
    """A share and a length have to be reached, by exact arithmetic, whatever is heard in the audio."""
    for speech in (UNHEARD, speech_facts(audio)):
        (finding,) = mismatch(video, audio, extension=extension, provider=provider, speech=speech)
        assert (finding.severity, finding.fix is not None) == (severity, severity == "warning")
        assert f"of the video ({share} of it) is dropped" in finding.message
        if finding.fix is not None:
            assert (finding.fix.name, finding.fix.level) == ("trim", "editorial")
            assert "Check that both files belong together" in finding.message
            assert finding.limit == "< 10 s or < 50 % of a file lost"


@pytest.mark.parametrize(
    ("video", "audio", "severity"),
    [("5", "100", "warning"), ("10", "20", "warning"), ("10.0000001", "20", "info"), ("2", "11.9", "info")],
)
def test_an_audio_track_of_which_much_is_cut_off(video: str, audio: str, severity: str) -> None:
    (finding,) = mismatch(video, audio, extension=False, speech=speech_facts(audio))
    assert (finding.severity, finding.fix is not None) == (severity, severity == "warning")
    (finding,) = mismatch(video, audio, extension=True, speech=speech_facts(audio))
    assert (finding.severity, finding.fix) == ("info", None)
    assert "forward and backward" in finding.message


def test_a_file_that_is_not_in_the_result_at_all_is_no_rounded_share() -> None:
    (finding,) = mismatch("1000", "0.1", extension=False)
    assert "99.99 % of it" in finding.message


def test_evolink_names_no_price() -> None:
    (finding,) = mismatch("5", "8", extension=False, provider="evolink")
    assert "CNY" not in finding.message
    assert "Billed: 5 s without video_extension, 8 s with it." in finding.message


def test_an_unknown_length_is_unchecked() -> None:
    facts = job(video=file("video", media=video_facts(duration=Unmeasured("the index is broken"))))
    findings, unchecked = judge(facts, load_profile("dashscope"), only=("R705",))
    assert findings == ()
    assert "the index is broken" in next(entry.reason for entry in unchecked if entry.rule == "R705")


def test_a_cut_is_a_remark_where_another_rule_knows_what_is_lost() -> None:
    (finding,) = mismatch("5", "8.2", extension=False, speech=speech_facts("8.2"))
    assert (finding.severity, finding.fix) == ("info", None)
    assert "last 3.2 s of the audio (39 % of it) is cut off" in finding.message
    (finding,) = mismatch("5", "8.2", extension=False, speech=speech_facts("8.2", speech=()))
    assert finding.severity == "warning"


def test_a_bound_of_a_profile_of_ones_own_is_written_as_it_is(tmp_path: Path) -> None:
    """A value next to it would else lie on its other side."""
    own = tmp_path / "own.toml"
    own.write_text(
        'schema = "lipready.profile/1"\nextends = "dashscope"\nname = "own"\n'
        '[limits.R705]\nbands = { tolerance = "0.12345", lost_share = "0.3333", lost_seconds = "2.0005" }\n'
        '[limits.R706]\nbands = { lost = "0.125", silence = 2 }\n'
    )
    profile = load_profile(str(own))
    (finding,) = judge(lasting("6.0016", "4.0011"), profile, only=("R705",))[0]
    assert finding.limit == "< 2.0005 s or < 33.33 % of a file lost"
    assert "the last 2.0005 s of the video (33.333 % of it) is dropped" in finding.message
    (finding,) = judge(lasting("4.2", "4.0011"), profile, only=("R705",))[0]
    assert finding.limit == "difference ≤ 0.12345 s"
