import json
import os
import stat

import pytest

from lipready.cli.commands.check import check
from lipready.cli.output.report_files import refuse_inputs, write_report, write_reports
from lipready.cli.output.session import Session
from lipready.errors import UsageError
from lipready.facts.job import JobFacts, RequestFacts
from lipready.job import Job
from lipready.reports.report import Report


@pytest.fixture
def report():
    request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
    facts = JobFacts(video=None, audio=None, reference=None, request=request)
    return Report(provider="dashscope", facts=facts, findings=(), unchecked=())


def test_every_report_of_a_run_goes_into_each_file(tmp_path, report):
    lines, text = tmp_path / "out.jsonl", tmp_path / "out.txt"
    lines.write_text("old")

    write_reports([("jsonl", lines), ("full", text)], [report, report])

    assert [json.loads(line)["verdict"] for line in lines.read_text().splitlines()] == ["pass", "pass"]
    assert text.read_text().count("pass for dashscope") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "out.txt"]
    assert stat.S_IMODE(lines.stat().st_mode) & 0o400


def test_a_link_stays_and_its_target_is_replaced(tmp_path, report):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    link.symlink_to(target)

    write_report([("json", link)], report)

    assert link.is_symlink()
    assert json.loads(target.read_text())["provider"] == "dashscope"


def test_a_pipe_is_written_to_and_stays(tmp_path, report):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_report([("json", pipe)], report)

    assert json.loads(os.read(reader, 100_000))["verdict"] == "pass"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_report_that_cannot_be_written_is_said_and_leaves_nothing(tmp_path, report):
    with pytest.raises(UsageError, match="the report cannot be written"):
        write_reports([("json", tmp_path / "gone" / "x.json")], [report])
    assert list(tmp_path.iterdir()) == []


def test_an_input_is_never_overwritten(tmp_path):
    clip, link = tmp_path / "clip.mp4", tmp_path / "link"
    clip.touch()
    link.symlink_to(clip)

    with pytest.raises(UsageError, match="a report would overwrite it"):
        refuse_inputs([("json", link)], [Job(video=str(clip))])
    refuse_inputs([("json", tmp_path / "other")], [Job(video=str(clip))])


def test_of_some_formats_there_is_one_document_for_the_run(tmp_path, report):
    write_reports([("junit", tmp_path / "x.xml"), ("gitlab", tmp_path / "x.json")], [report, report], "warning")

    assert (tmp_path / "x.xml").read_text().count("<?xml") == 1
    assert json.loads((tmp_path / "x.json").read_text()) == []


def test_check_writes_one_document_for_all_jobs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("b.mp4", "a.mp4"):
        (tmp_path / name).write_bytes(b"no film")
    (tmp_path / "jobs.jsonl").write_text('{"video": "b.mp4"}\n{"video": "a.mp4"}\n')

    with check.make_context(
        "check", ["--jobs", "jobs.jsonl", "--quick", "--format", "github"], obj=Session()
    ) as context:
        assert check.invoke(context) == 1

    *annotations, summary = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in annotations] == ["::error file=a.mp4", "::error file=b.mp4"]
    assert summary.startswith("fail: 2 errors, ")
