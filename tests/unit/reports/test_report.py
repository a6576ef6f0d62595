"""The JSON form of a report, against the schema that ships with it."""

import json
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lipready.facts.address import Fetched
from lipready.facts.finding import Finding, Fix, Unchecked, Where
from lipready.facts.job import JobFacts
from lipready.facts.people import Box
from lipready.facts.speech import Clipping
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.examples import (
    addressed,
    audio_facts,
    callback,
    file,
    heard,
    job,
    people,
    person,
    rate,
    request,
    spans,
    unread,
    video_facts,
    with_audio,
    with_video,
)
from lipready.rules.judge import judge
from lipready.rules.registry import RULES

SCHEMA = json.loads((files("lipready.reports") / "schema" / "report-1.json").read_text("utf-8"))
# What it has found out about references in the schema it keeps.
VALIDATOR = Draft202012Validator(SCHEMA)
PROFILES = {name: load_profile(name) for name in ("dashscope", "evolink")}


def report_on(facts: JobFacts, provider: str = "dashscope", *, quick: bool = False) -> Report:
    profile = PROFILES[provider]
    findings, unchecked = judge(facts, profile, quick=quick)
    return Report(provider=profile.name, facts=facts, findings=findings, unchecked=unchecked)


def valid(report: Report) -> dict[str, Any]:
    """Serialise as the command line does, and check what a reader of the JSON gets."""
    read = json.loads(json.dumps(report.to_dict(), allow_nan=False).encode("utf-8"))
    VALIDATOR.validate(read)
    return read


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_example_of_every_rule_fits_the_schema(rule: Any, provider: str) -> None:
    for facts in (*rule.valid(), *rule.invalid()):
        valid(report_on(facts, provider))
        valid(report_on(facts, provider, quick=True))


def test_facts_of_a_whole_job() -> None:
    read = valid(report_on(with_video(frame_rate=rate("30000/1001"))))
    assert read["schema"] == "lipready.report/1"
    assert read["verdict"] == "pass"
    assert [entry["role"] for entry in read["files"]] == ["video", "audio", "reference"]
    video, audio, image = (entry["facts"] for entry in read["files"])
    assert video["container"] == "mp4"
    assert video["frame_rate"] == 30000 / 1001
    assert video["frame_rate_exact"] == "30000/1001"
    assert video["duration"] == 10.0
    assert video["people"]["people"][0] == {
        "id": 1, "first": 0.0, "last": 9.5, "share": 1.0, "spans": [], "position": "centre", "largest_face": 300,
        "face_height": 300, "frontal_share": 1.0, "yaw": 0.0, "pitch": 0.0, "roll": 0.0, "eye_distance": 120.0,
        "sharpness": 300.0, "light": 0.5, "mouth_covered": {"share": None, "spans": []},
    }  # fmt: skip
    assert image["match"] == {"alike": "same", "person": 1, "distance": 0.25}
    assert "match" not in video
    assert (audio["format"], audio["codec"], audio["sample_rate"], audio["channels"]) == ("wav", "pcm_s16le", 48000, 1)
    assert (image["format"], image["width"], image["height"], image["people"]["count"]) == ("jpeg", 800, 1000, 1)
    assert "people" not in audio
    assert "speech" not in video


def test_what_is_heard() -> None:
    read = valid(report_on(heard(clipping=Clipping(2, 120.5, Fraction(1, 4)), silences=spans(("0", "0.6")))))
    facts = read["files"][1]["facts"]
    assert facts["speech"] == {
        "has_speech": True, "share": 0.96, "spoken": 9.6, "length": 10.0, "spans": [[0.2, 9.8]],
        "silences": [[0.0, 0.6]], "loudness": -20.0, "true_peak": -2.0, "peak": -2.1, "bandwidth": 9000.0,
        "clipping": {"runs": 2, "per_million": 120.5, "first": 0.25},
        "snr": {"mean": 40.0, "median": 45.0, "gated": False}, "background": "silence", "channel_fault": None,
        "dc_offset": 0.0001, "unmeasured": {},
    }  # fmt: skip


def test_what_could_not_be_heard_is_null_with_its_reason() -> None:
    gone = Unmeasured("the pauses are too short")
    changes = dict.fromkeys(("loudness", "true_peak", "peak", "noise", "background", "bandwidth"), gone)
    speech = valid(report_on(heard(**changes)))["files"][1]["facts"]["speech"]
    keys = ("loudness", "true_peak", "peak", "snr", "background", "bandwidth")
    assert [speech[key] for key in keys] == [None] * 6
    assert speech["unmeasured"] == dict.fromkeys(keys, "the pauses are too short")
    facts = valid(report_on(job(audio=file("audio", speech=gone))))["files"][1]["facts"]
    assert (facts["speech"], facts["unmeasured"]["speech"]) == (None, "the pauses are too short")


def test_people_whose_number_is_uncertain() -> None:
    seen = replace(people(30, 600), count_low=1, count_high=2)
    read = valid(report_on(job(video=file("video", people=seen), reference=None)))["files"][0]["facts"]["people"]
    assert (read["count"], read["count_low"], read["count_high"], read["certain"]) == (2, 1, 2, False)
    assert (read["at_least"], read["turned"]) == (False, None)
    assert [person["position"] for person in read["people"]] == ["left", "right"]


def test_a_count_that_is_certain_is_its_own_bounds() -> None:
    read = valid(report_on(job()))["files"][0]["facts"]["people"]
    assert (read["count_low"], read["count_high"], read["certain"]) == (1, 1, True)


def test_spans_are_pairs_of_seconds_and_what_was_never_measured_is_null() -> None:
    bare = replace(person(1, 0), looks=(), spans=((Fraction(1, 3), Fraction(2)), (Fraction(3), Fraction(4))))
    read = valid(report_on(job(video=file("video", people=replace(people(0), people=(bare,))))))
    one = read["files"][0]["facts"]["people"]["people"][0]
    assert one["spans"] == [[1 / 3, 2.0], [3.0, 4.0]]
    assert [one[key] for key in ("position", "face_height", "yaw", "sharpness", "light")] == [None] * 5


def test_a_descriptor_never_leaves() -> None:
    secret = replace(people(0), people=(replace(person(1, 0), descriptor=(0.1234567,) * 128),))
    text = json.dumps(report_on(job(video=file("video", people=secret))).to_dict())
    assert "descriptor" not in text
    assert "0.1234567" not in text


def test_a_match_that_could_not_be_made_is_null_with_its_reason() -> None:
    read = valid(report_on(job(match=Unmeasured("the video shows no face"))))
    facts = read["files"][2]["facts"]
    assert facts["match"] is None
    assert facts["unmeasured"]["match"] == "the video shows no face"
    assert {"rule": "P307", "role": "reference", "reason": "the video shows no face", "required": True} in read[
        "unchecked"
    ]


def test_what_was_not_measured_is_null_with_its_reason() -> None:
    gone = Unmeasured("the index is broken")
    read = valid(report_on(with_video(frame_rate=gone, duration=gone, stillness=gone, key_frames=gone)))
    facts = read["files"][0]["facts"]
    for key in ("frame_rate", "duration", "stillness", "key_frames"):
        assert facts[key] is None
        assert facts["unmeasured"][key] == "the index is broken"
    assert facts["variable_frame_rate"] is None
    assert read["verdict"] == "warn"
    assert {"rule": "V104", "role": "video", "reason": "the index is broken", "required": True} in read["unchecked"]


def test_a_file_that_cannot_be_read() -> None:
    facts = job(video=unread("video", "is empty"), audio=unread("audio", "is empty"), reference=None)
    read = valid(report_on(facts))
    assert read["files"][0]["facts"]["problem"] == "is empty"
    assert read["files"][0]["facts"]["unmeasured"]["media"]
    assert read["verdict"] == "fail"


def test_a_path_that_is_not_utf8_is_escaped() -> None:
    broken = file("video", path="in/\udcff.mp4", format="webm")
    read = valid(report_on(job(video=broken)))
    assert read["files"][0]["path"] == "in/\\udcff.mp4"
    assert read["findings"][0]["path"] == "in/\\udcff.mp4"


@pytest.mark.parametrize("value", [Fraction(10**400), Fraction(-(10**400))])
def test_a_number_too_large_for_json_is_null(value: Fraction) -> None:
    duration = Duration(container=value, stream=None, packets=value, believed=value, source="packets")
    facts = valid(report_on(with_audio(duration=duration)))["files"][1]["facts"]
    assert facts["duration"] is None
    assert facts["duration_readings"] == {"container": None, "stream": None, "packets": None, "believed": "packets"}


def test_nan_is_null() -> None:
    still = replace(video_facts().stillness, black=float("nan"))  # type: ignore[type-var]
    facts = valid(report_on(with_video(stillness=still)))["files"][0]["facts"]
    assert facts["stillness"] == {"black": None, "frozen": 0.0}


def test_a_callback_keeps_its_secret() -> None:
    target = callback("https://example.com/hook?token=s3cret", "93.184.216.34")
    report = report_on(job(request=request(callback=target)), "evolink")
    assert valid(report)["request"]["callback"] == {"scheme": "https", "host": "example.com"}
    assert "s3cret" not in json.dumps(report.to_dict())


def test_where_an_address_leads() -> None:
    read = valid(report_on(addressed(redirects=("https://a/b?…",), fetched=Fetched(900_000, 2.0, whole=True))))
    assert read["files"][0]["path"] == "https://example.com/clip.mp4?…"
    assert read["files"][0]["address"] == {
        "scheme": "https", "host": "example.com", "addresses": ["93.184.216.34"], "redirects": ["https://a/b?…"],
        "problem": None, "status": 200, "content_type": "video/mp4", "encoding": None, "length": 900_000,
        "ranges": True, "fetched": {"bytes": 900_000, "seconds": 2.0, "whole": True}, "unmeasured": {},
    }  # fmt: skip
    assert read["files"][1]["address"] is None


def test_an_address_in_trouble_says_why() -> None:
    gone = dict.fromkeys(("status", "content_type", "length", "ranges", "fetched"), Unmeasured("it is silent"))
    address = valid(report_on(addressed("timeout", "is silent", **gone)))["files"][0]["address"]
    assert address["problem"] == {"kind": "timeout", "text": "is silent"}
    assert [address[key] for key in gone] == [None] * 5
    assert address["unmeasured"] == dict.fromkeys(gone, "it is silent")


def test_place_and_repair_of_a_finding() -> None:
    finding = Finding(
        rule="P303", name="face-too-small", severity="warning", role="video", path="clip.mp4", message="Small.",
        measured="20 px", limit="≥ 64 px", remote=None, where=Where(Fraction(3, 2), None, Box(1, 2, 3, 4)),
        fix=Fix("crop", "editorial", "Crop it."),
    )  # fmt: skip
    report = Report(provider="x", facts=job(), findings=(finding,), unchecked=(Unchecked("V207", "video", "no time"),))
    read = valid(report)
    assert read["findings"][0]["where"] == {"start": 1.5, "end": None, "box": [1, 2, 3, 4]}
    assert read["findings"][0]["fix"] == {"name": "crop", "level": "editorial", "text": "Crop it."}
    assert read["unchecked"] == [{"rule": "V207", "role": "video", "reason": "no time", "required": False}]


def test_verdict_counts_only_gaps_that_are_required() -> None:
    plain = Report(provider="x", facts=job(), findings=(), unchecked=(Unchecked("V207", "video", "no time"),))
    assert plain.verdict == "pass"
    gap = replace(plain, unchecked=(Unchecked("V104", "video", "no index", required=True),))
    assert gap.verdict == "warn"


def test_schema_refuses_what_a_report_never_holds() -> None:
    good = valid(report_on(job(audio=file("audio", media=audio_facts(codec="mp3")))))
    for change in (
        {"verdict": "ok"},
        {"extra": 1},
        {"findings": [{**good["findings"][0], "severity": "fatal"}]},
        {"findings": [{key: value for key, value in good["findings"][0].items() if key != "remote"}]},
        {"files": [{**good["files"][0], "facts": {**good["files"][0]["facts"], "width": "720"}}]},
    ):
        assert not VALIDATOR.is_valid({**good, **change}), change
