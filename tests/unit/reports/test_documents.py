"""The five formats that are one document for a whole run: what they say, and that their readers take them."""

import json
import re
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from lipready.config.settings import FORMATS as CONFIGURABLE
from lipready.facts.finding import Unchecked, Where
from lipready.facts.people import Box
from lipready.reports import markdown
from lipready.reports.ci import github, sarif
from lipready.reports.gathered import by_file
from lipready.reports.page import Page
from lipready.reports.render import DOCUMENTS, FORMATS, render, render_all
from lipready.rules.documentation import documentation
from lipready.rules.registry import find_rule

SCHEMAS = Path(__file__).parent / "schemas"
ANNOTATION = re.compile(r"::(error|warning|notice) file=([^:,\r\n]*),title=([^:,\r\n]*)::([^\r\n]*)")


@cache
def xsd():
    return etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))


@cache
def json_schema(name):
    schema = json.loads((SCHEMAS / name).read_text())
    return jsonschema.validators.validator_for(schema)(schema)


def junit_of(*reports, page=None):
    root = etree.fromstring(render_all(reports, "junit", page or Page()).encode())
    xsd().assertValid(root)
    return root


def sarif_of(*reports):
    data = json.loads(render_all(reports, "sarif", Page()))
    json_schema("sarif-schema-2.1.0.json").validate(data)
    return data["runs"][0]


def gitlab_of(*reports):
    data = json.loads(render_all(reports, "gitlab", Page()))
    json_schema("gitlab-code-quality.json").validate(data)
    assert len({issue["fingerprint"] for issue in data}) == len(data)
    return data


@pytest.fixture
def bad(make_report, container_finding, rotation_finding):
    return make_report(container_finding, rotation_finding).to_dict()


@pytest.fixture
def gap(make_report):
    return make_report(unchecked=[Unchecked("V106", "video", "the size is unknown", required=True)]).to_dict()


def test_the_formats_of_the_configuration_are_those_there_are():
    assert tuple(FORMATS) == CONFIGURABLE


def test_a_clean_file_is_a_suite_with_one_case_that_passes(make_report):
    root = junit_of(make_report().to_dict())

    assert [suite.get("name") for suite in root] == ["clip.webm", "panorama.jpg", "speech.ogg"]
    assert [len(suite) for suite in root] == [1, 1, 1]
    assert (root.get("tests"), root.get("failures")) == ("3", "0")
    assert root.findall(".//testcase/*") == []


def test_an_error_is_a_failure_and_a_warning_passes_with_its_text(bad):
    suite = junit_of(bad)[0]

    failed, passed = suite
    assert failed.get("name") == "V101 video-container"
    assert failed.find("failure").get("message").startswith("The container is webm")
    assert "prevents: InvalidFile.Format" in failed.find("failure").text
    assert passed.find("failure") is None
    assert passed.find("system-out").text.startswith("warning: The picture is rotated")


def test_with_fail_on_warning_a_warning_is_a_failure_and_so_is_a_gap(bad, gap):
    page = Page(fail_on="warning")

    assert junit_of(bad, page=page)[0].get("failures") == "2"
    assert [case.get("name") for case in junit_of(gap, page=page)[0]] == ["V106"]
    assert junit_of(gap, page=page)[0].get("failures") == "1"


def test_rules_that_did_not_run_are_skipped_cases(make_report, unchecked_people):
    suite = junit_of(make_report(unchecked=unchecked_people).to_dict())[0]

    assert [case.get("name") for case in suite] == ["P301", "P302", "nothing found"]
    assert suite[0].find("skipped").get("message") == "--quick decodes nothing"
    assert suite.get("skipped") == "2"


def test_what_is_about_the_job_belongs_to_its_first_file(make_report, container_finding):
    finding = replace(container_finding, role="job", path=None, rule="R705", name="length-mismatch")
    report = make_report(finding, unchecked=[Unchecked("R706", "job", "nobody speaks")]).to_dict()

    assert [case.get("name") for case in junit_of(report)[0]] == ["R705 length-mismatch", "R706"]
    assert gitlab_of(report)[0]["location"]["path"] == "clip.webm"


def test_sarif_of_a_clean_run_has_no_results(make_report):
    run = sarif_of(make_report().to_dict())

    assert run["results"] == []
    assert run["tool"]["driver"]["name"] == "lipready"


def test_sarif_points_at_line_one_and_keeps_seconds_and_boxes(make_report, container_finding):
    where = Where(Fraction(1, 2), Fraction(5, 2), Box(1, 2, 3, 4))
    run = sarif_of(make_report(replace(container_finding, where=where)).to_dict())

    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "clip.webm", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}}
    assert result["level"] == "error"
    assert result["properties"]["startSeconds"] == 0.5
    assert result["properties"]["box"] == {"left": 1, "top": 2, "width": 3, "height": 4}
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert (rule["id"], rule["name"]) == ("V101", "video-container")
    assert "lipready explain V101" in rule["help"]["text"]


def test_sarif_and_markdown_lead_to_the_page_of_a_rule_and_sarif_has_its_text(make_report, container_finding):
    page = "https://lipready.github.io/lipready/rules/V101/"
    report = make_report(replace(container_finding, help=page)).to_dict()

    (rule,) = sarif_of(report)["tool"]["driver"]["rules"]
    assert rule["helpUri"] == page
    assert rule["fullDescription"]["text"] == documentation(find_rule("V101")).summary
    assert "What the provider says\nDashScope: mp4, avi, mov" in rule["help"]["text"]
    assert "### What the provider says\n\nDashScope: mp4, avi, mov" in rule["help"]["markdown"]
    assert f"| clip.webm | [V101]({page}) video-container |" in render_all([report], "markdown", Page())


def test_a_rule_of_the_callers_own_has_the_page_that_it_names_and_no_text_of_ours(make_report, container_finding):
    own = replace(container_finding, rule="X901", name="video-logo")
    bare, named = (make_report(replace(own, help=page)).to_dict() for page in (None, "https://example.org/(x)"))

    (rule,) = sarif_of(bare)["tool"]["driver"]["rules"]
    assert rule.keys().isdisjoint({"help", "helpUri", "fullDescription"})
    (rule,) = sarif_of(named)["tool"]["driver"]["rules"]
    assert rule["helpUri"] == "https://example.org/(x)"
    assert "| X901 video-logo |" in render_all([bare], "markdown", Page())
    assert "| X901 video-logo |" in render_all([named], "markdown", Page())  # which would end the link too early


@pytest.mark.parametrize("page", ["javascript:alert(1)", "https://x/\x1b]0;x", "https://x y", 7, None])
def test_what_is_no_address_becomes_no_link(make_report, container_finding, page):
    report = make_report(container_finding).to_dict()
    report["findings"][0]["help"] = page

    assert "helpUri" not in sarif_of(report)["tool"]["driver"]["rules"][0]
    assert "](" not in render_all([report], "markdown", Page())
    assert "\x1b]8" not in render_all([report], "concise", Page(links=True))


def test_the_cases_of_a_file_share_the_time_that_it_took(make_report, video_file, container_finding, rotation_finding):
    gone = Unchecked("V106", "video", "not asked for")
    video = replace(video_file, path="./clip.webm", seconds=1.5)
    report = make_report(container_finding, rotation_finding, unchecked=[gone], video=video)
    root = etree.fromstring(render(report, "junit", Page()).encode())
    xsd().assertValid(root)

    assert [suite.get("time") for suite in root] == ["1.500", "0.000", "0.000"]
    assert [case.get("time") for case in root[0]] == ["0.750", "0.750", "0.000"]
    assert root.get("time") == "1.500"
    assert junit_of(report.to_dict()).xpath("//@time") == []  # of merged reports nobody knows


def test_fingerprints_outlast_a_measurement_and_tell_two_findings_of_a_rule_apart(make_report, container_finding):
    def prints(*findings):
        results = sarif_of(make_report(*findings).to_dict())["results"]
        return [result["partialFingerprints"]["lipready/v1"] for result in results]

    other = replace(container_finding, message="It is something else.", measured="avi")
    first, second = prints(container_finding, other)

    assert prints(other) == [first]
    assert first != second


def test_sarif_leaves_out_the_mildest_where_there_are_more_than_github_takes(bad, monkeypatch):
    monkeypatch.setattr(sarif, "MOST", 1)

    run = sarif_of(bad)

    assert [result["ruleId"] for result in run["results"]] == ["V101"]
    assert "1 finding left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        ("./a//b c%.mp4", {"uri": "a/b%20c%25.mp4", "uriBaseId": "%SRCROOT%"}),
        ("a:b?#.mp4", {"uri": "a%3Ab%3F%23.mp4", "uriBaseId": "%SRCROOT%"}),
        ("/elsewhere/é.mp4", {"uri": "file:///elsewhere/%C3%A9.mp4"}),
        ("https://host/a b.mp4", {"uri": "https://host/a%20b.mp4"}),
    ],
)
def test_sarif_names_files_by_addresses(make_report, container_finding, video_file, path, artifact):
    report = make_report(replace(container_finding, path=path), video=replace(video_file, path=path)).to_dict()

    place = sarif_of(report)["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == artifact


def test_a_file_below_the_working_directory_is_named_from_there(
    make_report, container_finding, video_file, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = str(tmp_path / "assets" / "clip.webm")

    report = make_report(replace(container_finding, path=path), video=replace(video_file, path=path)).to_dict()

    assert gitlab_of(report)[0]["location"]["path"] == "assets/clip.webm"


def test_gitlab_has_severities_and_the_rule_in_its_description(bad):
    assert [(issue["severity"], issue["check_name"]) for issue in gitlab_of(bad)] == [
        ("critical", "V101 video-container"),
        ("minor", "V201 video-rotation"),
    ]
    assert gitlab_of(bad)[0]["description"].startswith("V101 video-container: The container is webm")


def test_a_required_rule_without_a_verdict_is_a_warning_everywhere(gap):
    assert "could not be judged: the size is unknown" in gitlab_of(gap)[0]["description"]
    assert sarif_of(gap)["results"][0]["level"] == "warning"
    assert render_all([gap], "github", Page()).startswith("::warning file=clip.webm,title=V106::A required rule")
    cell = "[V106](https://lipready.github.io/lipready/rules/V106/)"
    assert f"| ⚠️ warning | clip.webm | {cell} |" in render_all([gap], "markdown", Page())


def test_a_file_with_an_error_is_not_told_off_again_for_what_could_not_be_judged(make_report, container_finding):
    gap = Unchecked("V106", "video", "the size is unknown", required=True)
    report = make_report(container_finding, unchecked=[gap]).to_dict()

    assert [issue["check_name"] for issue in gitlab_of(report)] == ["V101 video-container"]
    assert [case.get("name") for case in junit_of(report)[0]] == ["V101 video-container", "V106"]


def test_a_finding_that_two_jobs_share_stands_once(bad, make_report, container_finding):
    other = make_report(container_finding, audio=None, reference=None).to_dict()

    assert len(gitlab_of(bad, other)) == 2
    assert [file.path for file in by_file([other, bad])] == ["clip.webm", "panorama.jpg", "speech.ogg"]


@pytest.mark.parametrize("form", [*sorted(DOCUMENTS), "json", "concise"])
def test_the_order_of_the_reports_makes_no_difference(bad, make_report, container_finding, video_file, form):
    there = [
        make_report(replace(container_finding, path=path), video=replace(video_file, path=path)).to_dict()
        for path in ("z.webm", "b.webm", "a/c.webm")
    ]

    texts = {render_all(reports, form, Page()) for reports in ([bad, *there], [*there, bad], [*reversed(there), bad])}
    assert len(texts) == 1


def test_github_annotates_the_worst_ten_and_lists_the_others(make_report, container_finding, rotation_finding):
    findings = [replace(rotation_finding, message=f"w{n}") for n in range(8)]
    findings += [replace(container_finding, message=f"e{n}") for n in range(4)]

    lines = render_all([make_report(*findings).to_dict()], "github", Page()).splitlines()

    assert [line.split(" ", 1)[0] for line in lines[: github.MOST]] == ["::error"] * 4 + ["::warning"] * 6
    assert lines[github.MOST :] == [
        "GitHub shows 10 annotations of one step; 2 more findings:",
        "warning clip.webm: V201 video-rotation: w6",
        "warning clip.webm: V201 video-rotation: w7",
        "fail: 4 errors, 8 warnings in 3 files for dashscope",
    ]


def test_github_escapes_what_it_would_split_at(make_report, container_finding, video_file):
    path = "50%,a:b\n::error::x.mp4"
    finding = replace(container_finding, path=path, message="50 % of it\nis bad: a, b")

    text = render_all([make_report(finding, video=replace(video_file, path=path)).to_dict()], "github", Page())

    assert text.splitlines()[0] == (
        "::error file=50%25%2Ca%3Ab%0A%3A%3Aerror%3A%3Ax.mp4,title=V101 video-container"
        r"::50 %25 of it\nis bad: a, b"
    )


def test_a_summary_is_never_longer_than_github_takes(make_report, container_finding):
    findings = [replace(container_finding, message=f"{n} " + "|" * 5000) for n in range(200)]

    text = render_all([make_report(*findings).to_dict()], "markdown", Page())

    assert len(text.encode()) <= markdown.LARGEST
    assert re.search(r"\n\d+ more findings for which there is no room here\.\n$", text)


def test_a_clean_summary_is_a_line_and_no_table(make_report):
    text = render_all([make_report().to_dict()], "markdown", Page())

    assert text == "### lipready: ✅ pass\n\nnothing found in 3 files for dashscope\n".replace(
        "nothing", "pass: nothing"
    )


NASTY = (
    "]]>", "::", "##[group]", "|", "`", "<b>", "&amp;", "%", "\r\n", "\n::error::", "\x00", "\x1b[2J", "\x85", "\ufffe",
    "\ud800", "\udcff", "{0}", "[a](b)", "\\", "\u2028", "\u202e", ",", ":", "//", "../", "é", "😀",
)  # fmt: skip
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), min_size=1, max_size=30),
    st.lists(st.sampled_from(NASTY), min_size=1, max_size=8).map("".join),
)


def hostile_report(path, message, reason):
    text = {"name": "video-container", "rule": "V101", "severity": "error", "role": "video", "source": ""}
    finding = {**text, "path": path, "message": message, "measured": message, "limit": reason, "remote": reason}
    return {
        "provider": reason,
        "verdict": "fail",
        "files": [{"role": "video", "path": path}],
        "findings": [{**finding, "where": None, "fix": None}],
        "unchecked": [{"rule": "V106", "role": "video", "reason": reason, "required": True}],
    }


@given(path=HOSTILE, message=HOSTILE, reason=HOSTILE)
def test_no_path_and_no_message_breaks_a_document(path, message, reason):
    report = hostile_report(path, message, reason)
    (file,) = by_file([report])

    assert len(junit_of(report)) == 1
    uri = sarif_of(report)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*", uri)
    assert unquote(uri).removeprefix("file://") == file.path or "://" in path
    assert gitlab_texts(report) == [file.path]
    for form in FORMATS.keys() - {"full"}:
        text = render_all([report], form, Page())
        assert text.encode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)


def gitlab_texts(report):
    data = json.loads(render_all([report], "gitlab", Page()))
    return [issue["location"]["path"] for issue in data]


@given(path=HOSTILE, message=HOSTILE, reason=HOSTILE)
def test_no_path_and_no_message_becomes_a_command_or_markup(path, message, reason):
    report = hostile_report(path, message, reason)

    *annotations, summary = render_all([report], "github", Page()).splitlines()
    assert len(annotations) == 1
    for line in annotations:
        assert ANNOTATION.fullmatch(line)
    assert "##[" not in summary
    rows = render_all([report], "markdown", Page()).splitlines()[6:]
    assert len(rows) == 1
    for row in rows:
        assert row.count("|") == 7
        assert not re.search(r"[<>`\[\]\\]", row)
