"""What the result holds of the speech, and how long the mouth is closed."""

import pytest

from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.loader import load_profile
from lipready.rules.examples import audio_facts, file, job, request, seconds, spans, speech_facts, video_facts
from lipready.rules.judge import judge

Parts = tuple[tuple[str, str], ...]


def spoken(video: str, audio: str, *said: tuple[str, str], extension: bool = False) -> JobFacts:
    return job(
        video=file("video", media=video_facts(duration=seconds(video))),
        audio=file(
            "audio", media=audio_facts(duration=seconds(audio)), speech=speech_facts(audio, speech=spans(*said))
        ),
        request=request(video_extension=extension),
    )


def findings(facts: JobFacts, provider: str = "dashscope") -> tuple[Finding, ...]:
    return judge(facts, load_profile(provider), only=("R706",))[0]


def only(facts: JobFacts) -> Finding:
    (found,) = findings(facts)
    return found


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ((("0.5", "5"),), None),
        ((("0.5", "5.2"),), None),
        ((("0.5", "5.2000000001"),), "warning"),
        ((("0.5", "4"), ("6", "6.2")), None),
        ((("0.5", "4"), ("6", "6.3")), "warning"),
        ((("5", "9"),), "warning"),
        ((("1.99", "5"),), None),
        ((("2", "5"),), "info"),
        ((("0.5", "3"),), "info"),
        ((("0.5", "3.01"),), None),
    ],
)
def test_bands_of_a_video_of_five_seconds(said: Parts, severity: str | None) -> None:
    found = findings(spoken("5", "9", *said))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_which_seconds_are_lost() -> None:
    found = only(spoken("5", "9", ("0.5", "3"), ("4", "8"), ("8.2", "8.9")))
    assert "clip.mp4 ends at 0:05, while somebody speaks: of the speech in speech.wav 0:05–0:08 and 0:08.2–0:08.9 is lost (3.7 s, 51 % of it)" in found.message  # fmt: skip  # noqa: E501
    assert found.where is not None
    assert (found.where.start, found.where.end) == (5, 8)
    assert (found.role, found.path) == ("job", None)
    assert found.fix is not None
    assert (found.fix.name, found.fix.level) == ("extend", "editorial")


def test_a_cut_between_words_breaks_nothing_off() -> None:
    assert "while somebody speaks" not in only(spoken("5", "9", ("0.5", "3"), ("6", "8"))).message


def test_speech_that_begins_after_the_video_has_ended() -> None:
    found = only(spoken("5", "12", ("5", "11")))
    assert "ends at 0:05, before the speech in speech.wav begins (at 0:05)" in found.message
    assert "not a word" in found.message


@pytest.mark.parametrize(("video", "fix"), [("5", "trim-silence"), ("3.5", "trim-silence"), ("3.4", "extend")])
def test_silence_is_cut_where_the_speech_fits_then(video: str, fix: str) -> None:
    found = only(spoken(video, "9", ("5.5", "8.5")))
    assert found.fix is not None
    assert found.fix.name == fix


def test_nothing_is_lost_where_the_video_is_lengthened() -> None:
    assert findings(spoken("5", "9", ("0.5", "8.9"), extension=True)) == ()
    assert "0:03" in only(spoken("5", "9", ("0.5", "3"), extension=True)).message


@pytest.mark.parametrize(
    ("facts", "words", "billed"),
    [
        (spoken("20", "20", ("5", "8")), "before 0:05 and after 0:08", "17 s (about 1.36 CNY) of the 20 s"),
        (spoken("20", "10", ("0.1", "8")), "after 0:08", "2 s (about 0.16 CNY) of the 10 s"),
        (spoken("5", "30", ("0.1", "3")), "after 0:03", "2 s (about 0.16 CNY) of the 5 s"),
        (spoken("5", "30", ("0.1", "3"), extension=True), "after 0:03", "27 s (about 2.16 CNY) of the 30 s"),
    ],
)
def test_a_closed_mouth_has_its_price(facts: JobFacts, words: str, billed: str) -> None:
    found = only(facts)
    assert found.severity == "info"
    assert f"Nobody speaks in speech.wav {words}, while clip.mp4 goes on: {billed} that are billed" in found.message
    assert found.fix is not None
    assert (found.fix.name, found.fix.level) == ("trim-silence", "editorial")
    (elsewhere,) = findings(facts, "evolink")
    assert "CNY" not in elsewhere.message


def test_what_the_header_leaves_out_is_not_spoken() -> None:
    """Speech is found in decoded samples, of which there may be more than the length that is believed."""
    facts = spoken("5", "5", ("0.5", "6.5"))
    assert findings(facts) == ()


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (spoken("5", "9"), "no speech was heard in the audio track"),
        (job(audio=file("audio", speech=Unmeasured("it is too long"))), "it is too long"),
        (
            job(video=file("video", media=video_facts(duration=Unmeasured("no index")))),
            "the lengths of both files are not known: no index",
        ),
    ],
)
def test_what_is_not_known_is_no_pass(facts: JobFacts, reason: str) -> None:
    found, unchecked = judge(facts, load_profile("dashscope"), only=("R706",))
    assert found == ()
    assert [entry.reason for entry in unchecked if entry.rule == "R706"] == [reason]


def test_each_rule_has_its_own_message() -> None:
    facts = spoken("5", "8.2", ("0.2", "8"))
    found = judge(facts, load_profile("dashscope"), only=("R705", "R706"))[0]
    assert [(finding.rule, finding.severity) for finding in found] == [("R706", "warning"), ("R705", "info")]
    assert "lost" not in found[1].message
    assert "CNY" not in found[0].message
