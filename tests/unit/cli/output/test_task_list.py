"""What `lipready tasks` shows of the journal."""

import json
import re
import time
from dataclasses import fields, replace

import pytest

from lipready.cli.output.task_list import entry_as_json, entry_lines, list_lines
from lipready.providers.journal.entry import STAGES, JournalEntry
from lipready.reports.page import Page

PAGE = Page(width=100, color=False, unicode=True)


@pytest.fixture
def entry(account, entry_of):
    now = time.time()
    return entry_of(account("dashscope"), stage="submitted", task_id="t-1", video="/v.mp4", audio="/a.wav", posted=now)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_words(entry, stage):
    at = replace(entry, stage=stage)
    header, line = list_lines([at], PAGE)
    assert header.split() == ["job", "when", "provider", "state", "files", "cost", "expires"]
    assert line.startswith(entry.id)
    assert line[header.index("state") :].startswith(stage)
    assert "  v.mp4 + a.wav  " in line
    text = "\n".join(entry_lines(at, PAGE))
    assert f"{stage} (" in text
    assert ("tasks resume" in text) == at.open
    assert ("deletes the result video" in text) == (stage == "succeeded")


def test_a_sandbox_that_ended_is_not_resumed(entry):
    assert "tasks resume" not in "\n".join(entry_lines(replace(entry, provider="sandbox:dashscope"), PAGE))


def test_what_a_provider_says_does_not_reach_the_terminal_raw(entry):
    told = replace(entry, code="X", message="\x1b[31mred\nnext", video="/a\x1bb.mp4")
    assert all("\x1b" not in line and "\n" not in line for line in entry_lines(told, PAGE))


@pytest.mark.parametrize(
    ("code", "message", "shown"),
    [
        ("InvalidFile.FaceNotMach", "no match", "InvalidFile.FaceNotMach, that is InvalidFile.FaceNotMatch no match"),
        ("Odd", "未找到匹配人脸", "Odd, that is InvalidFile.FaceNotMatch 未找到匹配人脸"),
        ("InvalidFile.FPS", "15 ~ 60", "  error      InvalidFile.FPS 15 ~ 60"),
        (None, "broke", "  error      broke"),
    ],
)
def test_a_code_is_shown_as_it_came_with_ours_beside_it(entry, code, message, shown):
    for service in ("dashscope", "evolink", "gone"):
        text = "\n".join(entry_lines(replace(entry, code=code, message=message, service=service), PAGE))
        assert (shown in text) is (service != "gone" or "that is" not in shown)


def test_json_has_all_of_it_in_one_line(entry):
    text = entry_as_json(entry)
    assert text.count("\n") == 1
    assert set(json.loads(text)) == {"schema", "cost", *(field.name for field in fields(JournalEntry))}


def test_nothing_to_list():
    assert list_lines([], PAGE) == ["No job was submitted from here yet."]


@pytest.mark.parametrize(("seconds", "said"), [(5.0, "5 s"), (5.0000001, "5 s"), (1234567.5, "1234567.5 s")])
def test_what_is_billed_is_rounded_for_people_and_exact_in_json(entry, seconds, said):
    paid = replace(entry, stage="downloaded", seconds=seconds)
    (line,) = (line for line in entry_lines(paid, PAGE) if "billed" in line)
    assert line.split(maxsplit=1)[1] == said
    assert json.loads(entry_as_json(paid))["seconds"] == seconds


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({"stage": "submitted"}, "~0.58 CNY"),
        ({"stage": "downloaded", "seconds": 7.5}, "0.60 CNY"),
        ({"stage": "submitted", "price_per_second": None}, "7.2 s"),
        ({"stage": "downloaded", "price_per_second": None, "credits": 1.0}, "1 credit"),
        ({"stage": "failed"}, "–"),
        ({"stage": "failed", "seconds": 5.0}, "0.40 CNY"),
        ({"stage": "refused"}, "–"),
        ({"stage": "forgotten", "posted": None}, "–"),
        ({"stage": "forgotten"}, "~0.58 CNY"),
        ({"stage": "submitted", "expected_seconds": None}, "–"),
        ({"stage": "downloaded", "provider": "sandbox:dashscope"}, "nothing"),
    ],
)
def test_what_a_job_costs(entry, changes, cost):
    priced = replace(entry, expected_seconds=7.2, price_per_second="0.08", currency="CNY")
    _, line = list_lines([replace(priced, **changes)], PAGE)
    assert re.split(r" {2,}", line)[-2] == cost


def test_until_when_a_result_can_be_downloaded(entry):
    now = time.time()
    done = replace(entry, stage="succeeded", updated=now)
    assert not list_lines([done], PAGE)[1].endswith(("expired", "–"))
    assert list_lines([replace(done, updated=now - 24 * 3600 - 1)], PAGE)[1].endswith("expired")
