import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import lipready.reports
from lipready.facts.unmeasured import Unmeasured
from lipready.reports.full import brief_report
from lipready.reports.page import Page
from lipready.reports.render import FORMATS, render, render_all
from lipready.reports.report import Shard

SCHEMAS = Path(lipready.reports.__file__).parent / "schema"
SCHEMA = SCHEMAS / "report-1.json"
SHARD = Shard("dashscope", "2/4", 2)


def test_every_format_renders_an_empty_and_a_full_report(make_report, container_finding):
    for form in FORMATS:
        for report in (make_report(), make_report(container_finding)):
            text = render(report, form, Page())
            assert text.endswith("\n")
            assert "\x1b" not in text


def test_json_is_one_ascii_line_that_fits_the_schema(make_report, container_finding, unchecked_people):
    hostile = replace(container_finding, path="clip\n\x1b[2J口.webm")

    text = render(make_report(hostile, unchecked=unchecked_people), "json", Page())

    assert text.isascii()
    assert text.count("\n") == 1
    data = json.loads(text)
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert data["schema"] == "lipready.report/1"
    assert data["verdict"] == "fail"
    assert data["findings"][0]["path"] == "clip\n\x1b[2J口.webm"


@pytest.mark.parametrize("shard", [None, SHARD])
def test_json_of_a_run_is_one_document_that_fits_its_schema(
    make_report, container_finding, rotation_finding, shard, fits
):
    reports = [make_report().to_dict(), make_report(container_finding, rotation_finding).to_dict()]

    text = render_all(reports, "json", Page(), shard)

    assert text.count("\n") == 1
    data = json.loads(text)
    fits(data)
    assert (data["provider"], data["verdict"]) == ("dashscope", "fail")
    assert data["counts"] == {"reports": 2, "files": 3, "errors": 1, "warnings": 1, "notes": 0}
    part = (None, None) if shard is None else ("2/4", 2)
    assert (data["shard"], data["shard_size"]) == part
    assert [(each.get("shard"), each.get("shard_size")) for each in data["reports"]] == [part, part]


def test_a_line_of_a_shard_says_so_and_an_empty_shard_is_one_line(make_report, container_finding, fits):
    lines = render_all([make_report(container_finding).to_dict()] * 2, "jsonl", Page(), SHARD).splitlines()
    assert len(lines) == 2
    for line in lines:
        fits(json.loads(line))
        assert json.loads(line)["shard_size"] == 2

    (line,) = render_all([], "jsonl", Page(), Shard("dashscope", "3/4", 0)).splitlines()
    fits(json.loads(line))
    empty = {"schema": "lipready.shard/1", "provider": "dashscope", "shard": "3/4", "shard_size": 0}
    assert json.loads(line) == empty
    assert render_all([], "jsonl", Page()) == ""


def test_concise_is_one_line_for_each_finding_and_a_summary(make_report, container_finding, rotation_finding):
    text = render(make_report(container_finding, rotation_finding), "concise", Page())

    assert text.splitlines() == [
        "clip.webm: error V101 video-container: The container is webm; the provider reads mp4, avi and mov.",
        "clip.webm: warning V201 video-rotation: The picture is rotated by its metadata.",
        "fail: 1 error, 1 warning in 3 files for dashscope",
    ]


def test_concise_stays_one_line_whatever_the_path(make_report, container_finding):
    text = render(make_report(replace(container_finding, path="a\nb\x1b.webm")), "concise", Page(brief=True))

    assert text.startswith(r"a\nb\x1b.webm: error V101 ")
    assert text.count("\n") == 1


def test_concise_names_the_job_where_there_is_no_path(make_report, container_finding):
    finding = replace(container_finding, role="job", path=None, rule="R705", name="length-mismatch")

    assert render(make_report(finding), "concise", Page()).startswith("job: error R705 length-mismatch: ")


def test_concise_says_how_many_rules_did_not_run(make_report, unchecked_people):
    text = render(make_report(unchecked=unchecked_people), "concise", Page())

    assert text == "pass: nothing found in 3 files for dashscope; 2 rules not checked\n"


def test_full_shows_facts_findings_and_verdict(make_report, container_finding, rotation_finding, unchecked_people):
    text = render(make_report(container_finding, rotation_finding, unchecked=unchecked_people), "full", Page(width=80))

    assert "webm · vp9 · 480×854 · rotated -90° · 29.97 fps · 4.004 s · 118 kB · 1 person" in text
    assert "✗ V101 video-container" in text
    assert "    measured  webm\n    limit     mp4, avi, mov\n    prevents  InvalidFile.Format\n" in text
    assert "    fix       Write an mp4. (reencode)\n" in text
    assert "▲ V201 video-rotation" in text
    assert "P301, P302: --quick decodes nothing" in text
    assert text.index("speech.ogg") < text.index("panorama.jpg") < text.index("not checked")
    assert text.splitlines()[-2:] == [
        "✗ fail for dashscope: 1 error, 1 warning",
        "`lipready prepare` repairs 1 of 2.",
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_full_keeps_to_the_width_where_words_allow(make_report, container_finding, width):
    text = render(make_report(container_finding), "full", Page(width=width))

    assert max(map(len, text.splitlines())) <= width


def test_full_in_colour_says_the_same(make_report, container_finding, unchecked_people):
    report = make_report(container_finding, unchecked=unchecked_people)

    colored = render(report, "full", Page(color=True))

    assert "\x1b[31;1m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == render(report, "full", Page())


def test_where_there_are_links_the_id_of_a_rule_is_one_and_else_not(make_report, container_finding):
    report = make_report(replace(container_finding, help="https://example.org/V101/"))
    link = "\x1b]8;;https://example.org/V101/\x1b\\V101\x1b]8;;\x1b\\"

    for form, before in (("full", "✗ "), ("concise", "error ")):
        assert f"{before}{link} video-container" in render(report, form, Page(links=True))
        assert "example.org" not in render(report, form, Page(color=True))
    assert link in "\n".join(brief_report("before", report, Page(links=True)))


def test_full_without_unicode_is_ascii(make_report, container_finding):
    assert render(make_report(container_finding), "full", Page(unicode=False)).isascii()


def test_full_escapes_paths_and_messages(make_report, video_file, container_finding):
    path = "clip\x1b]0;owned\x07.webm"
    finding = replace(container_finding, path=path, message=f"The file {path} is bad.\x9b2J")

    text = render(make_report(finding, video=replace(video_file, path=path)), "full", Page())

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert r"clip\x1b]0;owned\x07.webm" in text


def test_brief_leaves_out_what_is_well(make_report, container_finding):
    brief = render(make_report(container_finding), "full", Page(brief=True))

    assert "speech.ogg" not in brief
    assert "29.97 fps" not in brief
    assert "V101" in brief


def test_a_file_whose_rules_did_not_run_is_not_called_clean(make_report, unchecked_people, audio_file):
    report = make_report(unchecked=unchecked_people, audio=None, reference=None)

    assert "✓ nothing found" not in render(report, "full", Page())
    assert "✓ nothing found" in render(make_report(video=None, reference=None, audio=audio_file), "full", Page())


def test_what_is_not_known_is_left_out(make_report, video_file):
    lost = Unmeasured("is empty")
    report = make_report(video=replace(video_file, format=lost, media=lost, people=lost, bytes=0))

    assert "  0 bytes\n" in render(report, "full", Page())
