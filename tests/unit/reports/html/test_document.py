import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from lipready.reports.html.content import RULES, PageEntry
from lipready.reports.html.document import embedded, page_of
from lipready.reports.html.figures import figures_of_job
from lipready.reports.page import with_options
from lipready.reports.report import Report

LARGEST_SCRIPT = 15_000


class Elements(HTMLParser):
    """Gathers the elements of a page, and what stands in scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.found and self.found[-1][0] in {"script", "style"}:
            self.texts.setdefault((self.found[-1][0], self.found[-1][1].get("type")), data)


@pytest.fixture
def page(make_report, person_file, pictures, moment_finding, container_finding):
    told = replace(container_finding, help="https://lipready.github.io/lipready/rules/V101/")
    report = make_report(told, moment_finding, moment_finding, video=person_file)
    return page_of([PageEntry(report=report.to_dict(), figures=figures_of_job(report, pictures))])


def test_a_page_is_one_file_that_asks_for_nothing(page):
    elements = Elements(page)
    addresses = [value for _, attrs in elements.found for name, value in attrs.items() if name in {"src", "href"}]
    kinds = {re.split(r"[:#]", address)[0] for address in addresses}
    assert kinds <= {"", "data", "https"}
    assert {tag for tag, attrs in elements.found if attrs.get("href", "").startswith("https")} == {"a"}
    assert not [attrs for _, attrs in elements.found if any(name.startswith("on") or name == "style" for name in attrs)]


def test_the_policy_names_what_is_on_the_page_and_nothing_else(page):
    elements = Elements(page)
    policy = next(attrs["content"] for tag, attrs in elements.found if attrs.get("http-equiv"))
    for kind in ("script", "style"):
        text = elements.texts[kind, None]
        assert f"{kind}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
        assert with_options(text) == text  # which reports in files go through
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert len(elements.texts["script", None].encode()) <= LARGEST_SCRIPT


def test_every_address_on_a_page_leads_somewhere_once(page):
    elements = Elements(page)
    ids = [attrs["id"] for _, attrs in elements.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {"V101-video", "P304-video", "P304-video-2", "video", "audio", "reference"} <= set(ids)
    assert {attrs["href"][1:] for _, attrs in elements.found if attrs.get("href", "").startswith("#")} <= set(ids)


def test_a_picture_stands_on_a_page_once(page, jpegs):
    assert page.count(f'href="data:image/jpeg;base64,{jpegs[3]}"') <= 1
    assert page.count('<use href="#p') > page.count("<image ")


def test_a_plain_report_makes_a_page_without_pictures(make_report, moment_finding):
    text = make_report(moment_finding).to_html()
    assert 'id="P304-video"' in text
    assert "<image " not in text
    assert Report.from_json(make_report(moment_finding).to_json()).to_html() == text


def test_a_report_of_before_leads_to_the_rules_as_well(make_report, container_finding):
    report = make_report(container_finding).to_dict()
    told = [
        page_of([PageEntry(report={**report, "findings": [finding]})]) for finding in _with_and_without_help(report)
    ]
    assert ["rules/V101/" in each for each in told] == [True, False, False, True]


def _with_and_without_help(report):
    (finding,) = report["findings"]
    bare = {key: value for key, value in finding.items() if key != "help"}
    yield from (bare, {**bare, "help": None}, {**bare, "help": "javascript:1"}, {**bare, "help": f"{RULES}V101/"})


def test_what_it_costs_is_on_top_where_it_is_known(make_report):
    report = {**make_report().to_dict(), "price": {"seconds": 5.0, "amount": "0.4", "currency": "CNY"}}
    assert "0.40 CNY · 5 s of result video" in page_of([PageEntry(report=report)])
    assert ">Price<" not in page_of([PageEntry(report={**report, "price": None})])


def test_embedded_json_ends_no_script_and_is_what_it_was():
    content = {"a": "</script><!--<script>", "b": "\u2028\u2029&amp;", "c": [1.5, None]}
    text = embedded(content)
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == content


def test_a_rule_of_the_callers_own_has_no_page(make_report, container_finding):
    text = make_report(replace(container_finding, rule="own-rule", path='"<b>')).to_html()
    assert 'id="own-rule-video"' in text
    assert "rules/own-rule" not in text
    assert "<b>" not in text.replace("<b>Speech</b>", "")


def test_a_run_is_a_table_with_a_row_for_each_job(make_report, container_finding, rotation_finding):
    good, bad = make_report().to_dict(), make_report(container_finding, rotation_finding).to_dict()
    text = page_of([PageEntry(report=bad, name="one"), PageEntry(report=good, name="two")])
    elements = Elements(text)
    rows = [attrs for tag, attrs in elements.found if tag == "tbody"]
    assert [(row["data-verdict"], row["data-errors"], row["data-warnings"]) for row in rows] == [
        ("fail", "1", "1"),
        ("pass", "0", "0"),
    ]
    assert 'id="j1-V101-video"' in text
    assert 'data-sort="result"' not in text
    assert page_of([], run=True).count("<tbody") == 0


def test_a_run_says_what_came_of_each_job(make_report, container_finding):
    good, bad = make_report().to_dict(), make_report(container_finding).to_dict()
    here, error = {"result": "<b>.mp4", "error": None}, {"code": "Told", "meaning": "", "message": "No.", "rules": []}
    entries = [
        PageEntry(report=good, name="bad", state="downloaded", task=here, came=PageEntry(report=bad)),
        PageEntry(report=good, name="good", state="downloaded", task=here, came=PageEntry(report=good)),
        PageEntry(report=good, name="unseen", state="downloaded", task=here),
        PageEntry(report=good, name="failed", state="failed", task={"result": None, "error": error}),
        PageEntry(report=good, name="kept", state="not sent"),
    ]
    text = page_of(entries, run=True, notes=(("Joined video", "<i>.mp4"),))
    rows = [attrs for tag, attrs in Elements(text).found if tag == "tbody"]
    assert [(row["data-verdict"], row["data-result"], row["data-errors"]) for row in rows] == [
        ("fail", "fail", "1"),
        ("pass", "pass", "0"),
        ("pass", "", "0"),
        ("fail", "fail", "0"),
        ("warn", "warn", "0"),
    ]
    assert text.count("downloaded, not verified") == 1
    assert 'id="j1-V101-video"' in text
    assert "<title>fail: " in text
    assert "<dt>Joined video</dt><dd>&lt;i&gt;.mp4</dd>" in text
    assert "&lt;b&gt;.mp4" in text
    assert "Told</h4>" in text
