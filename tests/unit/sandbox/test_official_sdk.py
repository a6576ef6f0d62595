"""The official DashScope SDK, which knows nothing of us, does its whole way at the sandbox."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lipready.sandbox.serve import Running, SandboxOptions, serving

from .official_sdk import WORKSPACE

PROGRAM = Path(__file__).with_name("official_sdk.py")


@pytest.fixture(scope="module")
def boxes() -> Iterator[tuple[Running, Running]]:
    with serving(SandboxOptions(pace=0)) as box, serving(SandboxOptions(pace=4000)) as slow:
        yield box, slow


@pytest.fixture(scope="module")
def said(
    boxes: tuple[Running, Running], good_job: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Run the SDK once, in a process and a home folder of its own, without the network."""
    box, slow = boxes
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("DASHSCOPE")}
    environment |= {
        "DASHSCOPE_HTTP_BASE_URL": box.endpoints("dashscope").api,
        "DASHSCOPE_API_KEY": "sk-official",
        "HOME": str(tmp_path_factory.mktemp("home")),
        "NO_PROXY": "*",
    }
    command = [sys.executable, str(PROGRAM), *map(str, good_job[:2]), slow.endpoints("dashscope").api]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_it_uploads_what_the_sandbox_then_finds(said: dict[str, Any]) -> None:
    assert all(url.startswith("oss://dashscope-instant/") for url in said["uploads"])


def test_it_submits_and_waits_for_a_result(said: dict[str, Any], boxes: tuple[Running, Running]) -> None:
    assert said["submitted"]["status_code"] == 200
    assert said["submitted"]["output"]["task_status"] == "PENDING"
    output = said["ended"]["output"]
    assert (output["task_status"], output["task_id"]) == ("SUCCEEDED", said["submitted"]["output"]["task_id"])
    assert output["video_url"].startswith(f"{boxes[0].url}/results/")
    assert said["ended"]["usage"]["video_duration"] > 2
    assert boxes[0].ledger().submissions == 1


def test_it_lists_its_task_in_its_workspace_only(said: dict[str, Any], boxes: tuple[Running, Running]) -> None:
    listed = said["listed"]["output"]
    assert [row["task_id"] for row in listed["data"]] == [said["submitted"]["output"]["task_id"]]
    assert (listed["total"], listed["page_no"], listed["page_size"]) == (1, 1, 10)
    assert said["elsewhere"]["output"]["task_status"] == "UNKNOWN"
    assert [task.workspace for task in boxes[0].ledger().tasks] == [WORKSPACE]


def test_it_cancels_what_is_pending_and_nothing_else(said: dict[str, Any]) -> None:
    assert said["pending"]["output"]["task_status"] == "PENDING"
    assert said["cancelled"]["status_code"] == 200
    assert said["after"]["output"]["task_status"] == "CANCELED"
    assert (said["again"]["status_code"], said["again"]["code"]) == (400, "UnsupportedOperation")
