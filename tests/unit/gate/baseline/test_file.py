"""The file of a baseline: stable, readable in a diff, and trusted in nothing."""

import json
import os
from fractions import Fraction

import pytest

from lipready.errors import ConfigurationError
from lipready.facts.finding import Reading
from lipready.gate.baseline.file import Accepted, Baseline, read_baseline, write_baseline

LONG = Accepted(
    kind="file",
    of="assets/a.mp4",
    rule="V105",
    severity="error",
    readings=(Reading("length", Fraction(1213, 10), "smaller"),),
)
PROFILE = Accepted(
    kind="file",
    of="assets/a.mp4",
    rule="P304",
    severity="warning",
    readings=(Reading("frontal", Fraction(1, 5), "larger"), Reading("yaw", Fraction(40), "smaller")),
)
ROTATED = Accepted(kind="file", of="über.mp4", rule="V201", severity="warning", texts=("rotated by 90°",))
JOB = Accepted(
    kind="job", of="intro", rule="R705", severity="warning", readings=(Reading("x", Fraction(-1), "smaller"),)
)
STRANGE = Accepted(kind="file", of="a\udcff\n.mp4", rule="F001", severity="error", texts=("is empty", "is empty"))
WHOLE = Baseline.of("dashscope", (ROTATED, LONG, JOB, STRANGE, PROFILE))

ENTRY = {"file": "a.mp4", "rule": "V105", "severity": "error", "at_most": {"length": "1213/10"}}


def content(*entries, **changes):
    return json.dumps({"schema": "lipready.baseline/1", "provider": "dashscope", "entries": list(entries), **changes})


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "lipready-baseline.json"

    for baseline in (WHOLE, Baseline("dashscope"), WHOLE):
        write_baseline(path, baseline)
        assert read_baseline(path) == baseline

    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_each_entry_is_one_line_in_a_stable_order(tmp_path):
    path = tmp_path / "base.json"

    write_baseline(path, Baseline.of("dashscope", (ROTATED, LONG, PROFILE)))

    assert path.read_text(encoding="utf-8") == (
        "{\n"
        '  "schema": "lipready.baseline/1",\n'
        '  "provider": "dashscope",\n'
        '  "entries": [\n'
        '    {"file": "assets/a.mp4", "rule": "P304", "severity": "warning", '
        '"at_most": {"yaw": "40"}, "at_least": {"frontal": "1/5"}},\n'
        '    {"file": "assets/a.mp4", "rule": "V105", "severity": "error", "at_most": {"length": "1213/10"}},\n'
        '    {"file": "über.mp4", "rule": "V201", "severity": "warning", "measured": ["rotated by 90°"]}\n'
        "  ]\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("<<<<<<< HEAD", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"schema": ' + "9" * 5000 + "}", "not JSON"),
        ('{"schema": 1, "schema": 2}', "a key is there twice"),
        ("[]", "its schema is not 'lipready.baseline/1'"),
        (content(schema="lipready.baseline/2"), "its schema is not"),
        (content(provider=3), "it holds schema, provider"),
        (content(entries={}), "it holds schema, provider"),
        (content(more=1), "it holds schema, provider"),
        (content(3), "entry 1: an entry is an object"),
        (content(ENTRY, {**ENTRY, "job": "x"}), "entry 2: an entry has file or job"),
        (content({**ENTRY, "file": ""}), "an entry has file or job"),
        (content({**ENTRY, "file": ["a"]}), "an entry has file or job"),
        (content({**ENTRY, "colour": 1}), "an entry has file or job"),
        (content({**ENTRY, "rule": "V1"}), "rule is not the id of one"),
        (content({**ENTRY, "rule": 105}), "rule is not the id of one"),
        (content({**ENTRY, "severity": "info"}), "severity is not"),
        (content({**ENTRY, "severity": ["error"]}), "severity is not"),
        (content({**ENTRY, "at_most": {"length": 121.3}}), "a number is written as"),
        (content({**ENTRY, "at_most": {"length": "1e999999999"}}), "a number is written as"),
        (content({**ENTRY, "at_most": {"length": "1/0"}}), "a number is written as"),
        (content({**ENTRY, "at_most": {"length": "9" * 5000}}), "a number is written as"),
        (content({**ENTRY, "at_most": {"\x1b[2J": "x"}}), "at_most, \\x1b[2J: a number"),
        (content({**ENTRY, "at_most": []}), "at_most is not a table"),
        (content({**ENTRY, "at_most": {}}), "either numbers"),
        (content({**ENTRY, "measured": ["x"]}), "either numbers"),
        (content({**ENTRY, "measured": [1]}), "measured is not a list"),
        (content({**ENTRY, "measured": "x"}), "measured is not a list"),
        (content(ENTRY, ENTRY), "V105 of a.mp4 is there twice"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence(tmp_path, text, said):
    path = tmp_path / "base.json"
    path.write_text(text)

    with pytest.raises(ConfigurationError) as caught:
        read_baseline(path)

    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


def test_only_a_regular_file_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")

    for name, said in (
        ("pipe.json", "not a regular file"),
        (".", "not a regular file"),
        ("none", "there is no such file"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            read_baseline(tmp_path / name)


def test_no_other_file_is_replaced(tmp_path):
    other = tmp_path / "package.json"
    other.write_text('{"name": "app"}')
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "link.json").symlink_to(tmp_path / "nowhere")

    with pytest.raises(ConfigurationError, match="is not replaced by one"):
        write_baseline(other, WHOLE)
    for path in (tmp_path / "pipe.json", tmp_path / "link.json", tmp_path):
        with pytest.raises(ConfigurationError, match="It is not replaced by a baseline"):
            write_baseline(path, WHOLE)

    assert other.read_text() == '{"name": "app"}'
    assert len(list(tmp_path.iterdir())) == 3


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")

    for path in (tmp_path / "none" / "base.json", tmp_path / "file" / "base.json"):
        with pytest.raises(ConfigurationError, match="the baseline cannot be written"):
            write_baseline(path, WHOLE)
