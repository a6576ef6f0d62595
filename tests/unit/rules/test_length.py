"""How long the result will be, and what is billed."""

from fractions import Fraction

import pytest

from lipready.facts.finding import Finding
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.loader import load_profile
from lipready.rules.judge import judge
from lipready.rules.samples import audio_facts, file, job, request, seconds, speech_facts, video_facts

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
        ("5", "8.2", False, "warning", "5 s long", "last 3.2 s of the speech are cut off"),
        ("5", "8.2", True, "info", "8.2 s long", "lengthened by 3.2 s"),
        ("8.2", "5", False, "info", "5 s long", "last 3.2 s of the video are dropped"),
        ("8.2", "5", True, "info", "5 s long", "last 3.2 s of the video are dropped"),
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


def test_evolink_names_no_price() -> None:
    (finding,) = mismatch("5", "8", extension=False, provider="evolink")
    assert "CNY" not in finding.message
    assert "Billed are 5 s without video_extension, 8 s with it." in finding.message


def test_an_unknown_length_is_unchecked() -> None:
    facts = job(video=file("video", media=video_facts(duration=Unmeasured("the index is broken"))))
    findings, unchecked = judge(facts, load_profile("dashscope"), only=("R705",))
    assert findings == ()
    assert "the index is broken" in next(entry.reason for entry in unchecked if entry.rule == "R705")


def test_a_cut_is_a_remark_where_another_rule_knows_what_is_lost() -> None:
    (finding,) = mismatch("5", "8.2", extension=False, speech=speech_facts("8.2"))
    assert (finding.severity, finding.fix) == ("info", None)
    assert "last 3.2 s of the audio are cut off" in finding.message
    (finding,) = mismatch("5", "8.2", extension=False, speech=speech_facts("8.2", speech=()))
    assert finding.severity == "warning"
