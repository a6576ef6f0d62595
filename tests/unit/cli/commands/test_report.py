"""`lipready report merge`: what shards wrote becomes one report."""

import json

import click
import pytest

from lipready.cli.commands.report import report as command
from lipready.cli.input.shards import read_shards
from lipready.cli.output.session import Session
from lipready.errors import UsageError


def report(path="clip.mp4", *, verdict="pass", **changes):
    facts = {"container": None, "bytes": 0, "extension": "mp4", "problem": "is empty", "lfs": None}
    facts |= {"unmeasured": {"media": "is empty"}, "people": None}
    return {
        "schema": "lipready.report/1",
        "provider": "dashscope",
        "verdict": verdict,
        "files": [{"role": "video", "path": path, "address": None, "facts": facts}],
        "request": {"face_threshold": None, "video_extension": False, "callback": None},
        "findings": [] if verdict == "pass" else [finding(path, "error" if verdict == "fail" else "warning")],
        "unchecked": [],
        **changes,
    }


def finding(path, severity):
    texts = {"rule": "F001", "name": "file-unreadable", "severity": severity, "role": "video", "path": path}
    texts |= {"message": f"{path} is empty.", "measured": "0 bytes", "limit": "media", "source": ""}
    return {**texts, "remote": None, "where": None, "fix": None}


@pytest.fixture
def shard(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, *reports):
        (tmp_path / name).write_text("".join(json.dumps(each) + "\n" for each in reports))
        return tmp_path / name

    return write


def merge(*arguments):
    with command.make_context("report", ["merge", *map(str, arguments)], obj=Session()) as context:
        return command.invoke(context)


def test_shards_become_one_report_in_the_order_of_paths(shard, capsys):
    one = shard("one.jsonl", report("c.mp4"), report("b.mp4", verdict="fail"))
    two = shard("two.jsonl", report("a.mp4", verdict="warn"))

    assert merge(one, two) == 1
    assert capsys.readouterr().out.splitlines() == [
        "a.mp4: warning F001 file-unreadable: a.mp4 is empty.",
        "b.mp4: error F001 file-unreadable: b.mp4 is empty.",
        "fail: 1 error, 1 warning in 3 files for dashscope",
    ]


def test_json_comes_out_as_it_went_in(shard, capsys):
    reports = [report("a.mp4"), report("é\n\x1b.mp4", verdict="warn")]

    merge(shard("one.jsonl", reports[1]), shard("two.jsonl", reports[0]), "--format", "jsonl")

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == reports


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_is_read_like_its_lines(shard, tmp_path, capsys, indent):
    reports = [report("a.mp4"), report("b.mp4", verdict="fail")]
    assert merge(shard("one.jsonl", reports[1]), shard("two.jsonl", reports[0]), "--format", "json") == 1
    document = json.loads(capsys.readouterr().out)

    assert document == {
        "schema": "lipready.reports/1",
        "provider": "dashscope",
        "verdict": "fail",
        "shard": None,
        "shard_size": None,
        "counts": {"reports": 2, "files": 2, "errors": 1, "warnings": 0, "notes": 0},
        "reports": reports,
    }
    (tmp_path / "whole.json").write_text(json.dumps(document, indent=indent))
    assert read_shards([tmp_path / "whole.json"]) == reports
    (tmp_path / "whole.json").write_text(json.dumps({**document, "verdict": "pass"}))
    with pytest.raises(UsageError, match="says pass, and what it lists makes it fail"):
        read_shards([tmp_path / "whole.json"])


@pytest.mark.parametrize(
    ("verdict", "fail_on", "status"), [("pass", "warning", 0), ("warn", "error", 0), ("warn", "warning", 1)]
)
def test_the_exit_status_is_that_of_check(shard, verdict, fail_on, status):
    assert merge(shard("one.jsonl", report(verdict=verdict)), "--fail-on", fail_on) == status


def test_several_formats_in_one_run(shard, tmp_path):
    path = shard("one.jsonl", report(verdict="warn"))

    merge(path, "--fail-on", "warning", "--report", "junit=out.xml", "--report", "sarif=out.sarif", "-q")

    assert 'failures="1"' in (tmp_path / "out.xml").read_text()
    assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"


def test_the_summary_of_a_job_is_added_to(shard, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    merge(shard("one.jsonl", report()), "--report", "markdown=summary.md")

    assert summary.read_text().startswith("before\n### lipready: ✅ pass\n")


def part(shard, size, *paths, **changes):
    return [report(path, **changes, shard=shard, shard_size=size) for path in paths]


def nothing(shard, provider="dashscope"):
    return {"schema": "lipready.shard/1", "provider": provider, "shard": shard, "shard_size": 0}


def document(name, size, *reports):
    counts = dict.fromkeys(("reports", "files", "errors", "warnings", "notes"), 0)
    head = {"schema": "lipready.reports/1", "provider": "dashscope", "verdict": "pass", "counts": counts}
    return {**head, "shard": name, "shard_size": size, "reports": list(reports)}


@pytest.mark.parametrize(
    "files",
    [
        [part("1/2", 2, "a.mp4", "b.mp4"), part("2/2", 1, "c.mp4")],
        [part("1/2", 3, "c.mp4", "b.mp4", "a.mp4"), [nothing("2/2")]],
        [[document("1/2", 0)], [document("2/2", 3, *part("2/2", 3, "a.mp4", "b.mp4", "c.mp4"))]],
        [[*part("1/2", 1, "c.mp4"), *part("2/2", 2, "a.mp4", "b.mp4")]],
        [part("1/2", 1, "b.mp4"), [nothing("2/2")], part("1/1", 1, "c.mp4", provider="evolink"), [report("a.mp4")]],
    ],
)
def test_shards_that_are_all_there_are_the_whole_run(shard, capsys, files):
    assert merge(*(shard(f"{n}.jsonl", *lines) for n, lines in enumerate(files, 1)), "--format", "jsonl") == 0

    merged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["files"][0]["path"] for each in merged] == ["a.mp4", "b.mp4", "c.mp4"]
    assert all("shard" not in each for each in merged)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([part("1/2", 1, "a.mp4")], "shard 2 of 2 is missing."),
        ([part("2/4", 1, "a.mp4"), [nothing("3/4")]], "shards 1 of 4, 4 of 4 are missing."),
        ([part("1/2", 1, "a.mp4"), []], "shard 2 of 2 is missing: 2.jsonl is empty."),
        ([[report("a.mp4")], []], "2.jsonl is empty: what should have written it has not come to its end."),
        ([[]], "1.jsonl is empty: what should have written it has not come to its end."),
        ([[document("1/2", 0)]], "shard 2 of 2 is missing."),
        (
            [part("1/2", 3, "a.mp4", "b.mp4"), [nothing("2/2")]],
            "shard 1 of 2 is cut short: 1.jsonl holds 2 of its 3 reports; run it again.",
        ),
        (
            [part("1/2", 1, "a.mp4"), part("1/2", 1, "a.mp4"), [nothing("2/2")]],
            "shard 1 of 2 is given twice (1.jsonl, 2.jsonl): give each shard once.",
        ),
        (
            [[*part("1/1", 1, "a.mp4"), *part("1/1", 1, "a.mp4")]],
            "shard 1 of 1 is given twice (1.jsonl): give each shard once.",
        ),
        (
            [part("1/2", 1, "a.mp4"), part("2/3", 1, "b.mp4")],
            "1.jsonl is shard 1 of 2, 2.jsonl is shard 2 of 3: give the shards of one run.",
        ),
        (
            [part("1/1", 1, "a.mp4"), part("1/2", 1, "a.mp4", provider="evolink")],
            "shard 2 of 2 is missing for evolink.",
        ),
    ],
)
def test_what_is_not_the_whole_run_is_no_verdict_on_it(shard, capsys, files, said):
    named = [shard(f"{n}.jsonl", *lines).name for n, lines in enumerate(files, 1)]

    assert merge(*named, "--report", "json=out.json") == 3
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"Not everything was checked: {said}\n")


def test_a_file_cut_in_the_middle_of_a_line_is_said(shard, capsys):
    path = shard("1.jsonl", *part("1/1", 2, "a.mp4", "b.mp4"))
    path.write_bytes(path.read_bytes()[:-20])

    assert merge(path.name) == 3
    assert capsys.readouterr().err == (
        "Not everything was checked: 1.jsonl, line 2: ends in the middle of a report: "
        "run the shard that wrote it again.\n"
    )


def test_an_input_is_not_overwritten_and_full_cannot_be_made(shard):
    path = shard("one.jsonl", report())

    with pytest.raises(UsageError, match="would overwrite it"):
        merge(path, "--report", f"json={path}")
    for option in (("--report", "full=x.txt"), ("--format", "full")):
        with pytest.raises(click.BadParameter):
            merge(path, *option)


def test_the_same_files_twice_are_refused_with_both_places(shard):
    one, two = shard("one.jsonl", report("a.mp4"), report("b.mp4")), shard("two.jsonl", report("b.mp4"))

    with pytest.raises(UsageError, match=r"two.jsonl, line 1: reports on 'b.mp4', as .*one.jsonl, line 2 does"):
        read_shards([one, two])


def test_one_file_with_other_options_or_at_another_provider_is_another_job(shard):
    request = {"face_threshold": 150, "video_extension": False, "callback": None}
    path = shard("one.jsonl", report(), report(request=request), report(provider="evolink"))

    assert len(read_shards([path])) == 3


LINE = json.dumps(report(verdict="fail"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LINE[:200] + "\n", "line 1: is not JSON"),
        (b"\xff\xfe\n", "line 1: is not JSON"),
        ("[" * 100_000 + "\n", "line 1: is not JSON"),
        ("NaN\n", "line 1: is not JSON: NaN is not a number"),
        ("[]\n", "line 1: is no report"),
        ("{}\n", "line 1: is no report"),
        (LINE.replace("report/1", "report/2"), "is 'lipready.report/2', and this release"),
        (LINE.replace('"error"', '"fatal"'), r"at 'findings\[0\].severity'"),
        (LINE.replace('"F001"', '"F001\\n"'), r"at 'findings\[0\].rule'"),
        (LINE.replace('"remote": null, ', ""), r"at 'findings\[0\]'"),
        (LINE.replace('"fail"', '"pass"'), "says pass, and what it lists makes it fail"),
        (json.dumps(report(files=[])), "one to three files"),
        (json.dumps(report(files=report()["files"] * 2)), "one to three files"),
        (json.dumps(report(more=1)), "at 'it'"),
        (json.dumps(report(shard="1/2")), "at 'shard'"),
        (json.dumps(report(shard="3/2", shard_size=1)), "'3/2' names no shard"),
        (json.dumps(document("1/1", 1, report(verdict="fail") | {"verdict": "pass"})), "says pass"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(tmp_path, text, said):
    path = tmp_path / "shard.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(UsageError, match=said) as raised:
        read_shards([path])
    assert len(str(raised.value)) < len(str(path)) + 200


def test_a_document_may_be_longer_than_a_report(tmp_path, monkeypatch):
    monkeypatch.setattr("lipready.cli.input.shards._LONGEST_LINE", 1 << 10)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document(None, None, report("a.mp4"), report("b.mp4"))) + "\n")

    assert len(read_shards([path])) == 2


def test_a_line_too_long_and_a_file_that_is_not_there_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr("lipready.cli.input.shards._LONGEST_LINE", 1 << 20)
    path = tmp_path / "shard.jsonl"
    path.write_bytes(b"[" * (2 << 20))

    with pytest.raises(UsageError, match="more than 1 MiB"):
        read_shards([path])
    with pytest.raises(UsageError, match=r"shard\.json: there is no such file; did you mean .*/shard\.jsonl\?"):
        read_shards([tmp_path / "shard.json"])
    with pytest.raises(UsageError, match="cannot be read"):
        read_shards([tmp_path])
