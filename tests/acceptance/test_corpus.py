"""Every real file ends with a verdict: no traceback, no hang. scripts/bench/corpus_check.py runs the full check."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import lipready.reports
from lipready.probe.containers.signature import kind_of

SCHEMA = json.loads((Path(lipready.reports.__file__).parent / "schema" / "report-1.json").read_text())
# `jsonschema.validate` looks through the schema itself each time.
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
ROLES = {"video": "video", "audio": "audio", "image": "reference", None: "video"}


@pytest.mark.corpus
def test_every_file_of_the_corpus_ends_with_a_verdict(corpus: Path, tmp_path: Path) -> None:
    with (corpus / "truth.csv").open(newline="", encoding="utf-8") as sheet:
        files = [corpus / row["path"] for row in csv.DictReader(sheet)]
    jobs = tmp_path / "jobs.jsonl"
    jobs.write_text("".join(json.dumps({ROLES[kind_of(path)]: str(path)}) + "\n" for path in files))

    done = subprocess.run(
        [sys.executable, "-m", "lipready", "check", "--quick", "--format", "jsonl", "--jobs", jobs],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["files"][0]["path"] for report in reports] == [str(path) for path in files]
    VALIDATOR.check_schema(SCHEMA)
    for report in reports:
        VALIDATOR.validate(report)
        assert report["verdict"] in {"pass", "warn", "fail"}
    # Where the sheet says that a file decodes as video, its headers were measured; the rest has a finding.
    broken = {f["files"][0]["path"] for f in reports if any(x["rule"] == "F001" for x in f["findings"])}
    assert 0 < len(broken) < len(files) / 4
