"""`--report html=FILE` of every command that has it: what is on the page, and what is not decoded for it."""

import base64
import json
import re
import shutil

import av
import pytest

from lipready.cli.commands.check import check
from lipready.cli.commands.gate import gate
from lipready.cli.commands.prepare import prepare
from lipready.cli.commands.report import report
from lipready.cli.commands.submit import submit
from lipready.cli.output.session import Session

ADDRESSES = re.compile(r'<article class="finding [^>]*id="([^"]+)"')


def run(command, *arguments):
    with command.make_context(command.name, [*map(str, arguments)], obj=Session()) as context:
        return command.invoke(context)


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "page.html"


def pictures_of(text):
    return [base64.b64decode(each) for each in re.findall(r"<image [^>]*base64,([^\"]+)", text)]


def test_check_decodes_once_whether_a_page_is_asked_for_or_not(page, made, monkeypatch, capsys):
    opened = []
    real = av.open
    monkeypatch.setattr(av, "open", lambda *a, **k: opened.append(1) or real(*a, **k))
    run(check, made("two_people.mp4"), "--format", "json")
    plain, count = capsys.readouterr().out, len(opened)
    run(check, made("two_people.mp4"), "--format", "json", "--report", f"html={page}")
    assert json.loads(capsys.readouterr().out) == json.loads(plain)
    assert len(opened) == 2 * count
    text = page.read_text()
    assert "P302-video" in ADDRESSES.findall(text)
    assert all(each.startswith(b"\xff\xd8") for each in pictures_of(text))
    assert len(pictures_of(text)) >= 4


def test_a_quick_check_has_a_page_without_pictures(page, made, capsys):
    run(check, made("two_people.mp4"), "--quick", "--report", f"html={page}")
    assert pictures_of(page.read_text()) == []
    assert "Person 1" not in page.read_text()
    capsys.readouterr()


def test_a_list_of_jobs_and_merged_shards_are_tables(page, made, tmp_path, capsys):
    jobs = tmp_path / "lipready.jobs.toml"
    jobs.write_text(f'[[jobs]]\nreference = "{made("panorama.jpg")}"\n[[jobs]]\nreference = "{made("anna.jpg")}"\n')
    lines = tmp_path / "run.jsonl"
    run(check, "--jobs", jobs, "--report", f"html={page}", "--report", f"jsonl={lines}")
    text = page.read_text()
    assert text.count("<tbody") == 2
    assert len(pictures_of(text)) == 1  # of the one in which something was found
    run(report, "merge", lines, "--report", f"html={page}")
    merged = page.read_text()
    assert ADDRESSES.findall(merged) == ADDRESSES.findall(text)
    assert pictures_of(merged) == []
    capsys.readouterr()


def test_the_gate_takes_pictures_in_its_processes_where_a_page_is_asked_for(page, made, tmp_path, capsys):
    folder = tmp_path / "assets"
    folder.mkdir()
    for name in ("panorama.jpg", "anna.jpg"):
        shutil.copy(made(name), folder)
    assert run(gate, folder, "--workers", 1, "--report", f"html={page}") == 1
    (picture,) = pictures_of(page.read_text())
    assert len(picture) < 20_000
    assert run(gate, folder, "--workers", 1, "--report", f"html={page}") == 1  # known now, by content
    (again,) = pictures_of(page.read_text())
    assert again == picture
    capsys.readouterr()


def test_a_repair_shows_before_and_after_the_commands_and_the_receipt(page, bad_job, tmp_path, capsys):
    _, audio, reference = bad_job
    run(prepare, audio, reference, "-o", tmp_path / "ready", "--report", f"html={page}")
    text = page.read_text()
    receipt = json.loads((tmp_path / "ready" / "receipt.json").read_text())
    assert all(entry["output_sha256"] in text for entry in receipt["files"])
    assert text.count("data-compare") == 2  # the picture's, and the script's
    assert ">ffmpeg -nostdin" in text
    assert {"before-A401-audio", "before-I603-reference"} <= set(ADDRESSES.findall(text))
    capsys.readouterr()


def test_the_receipt_of_a_task_is_on_the_page_of_submit(page, good_job, tmp_path, capsys):
    video, audio, _ = good_job
    sending = ("--quick", "--provider", "sandbox", "--report", f"html={page}", "--format", "json")
    run(submit, video, audio, "-o", tmp_path / "result.mp4", *sending)
    record = json.loads(capsys.readouterr().out)
    text = page.read_text()
    assert record["status"] == "succeeded"
    assert all(record[key] in text for key in ("task", "job", "result"))
    assert text.count('<section class="file" id="result"') == 1
    run(submit, video, audio, "--dry-run", *sending)
    assert "not sent" in page.read_text()
    capsys.readouterr()
