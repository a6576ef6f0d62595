"""A sandbox, and a client that speaks to it as each provider documents."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from lipready.sandbox.serve import Running, SandboxOptions, serving

SYNTHESIS = "/services/aigc/image2video/video-synthesis/"
ASYNC = {"X-DashScope-Async": "enable"}
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
PATIENCE = 120.0


@dataclass
class Speaker:
    """One account at one sandbox; each has a key of its own, so that no test is held up by another one's rate."""

    box: Running
    client: httpx2.Client
    key: str = field(default_factory=lambda: f"sk-{uuid4().hex}")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def get(self, url: str, **how: Any) -> httpx2.Response:
        return self.client.get(self._whole(url), headers=self.headers, **how)

    def post(self, url: str, headers: dict[str, str] | None = None, **how: Any) -> httpx2.Response:
        return self.client.post(self._whole(url), headers=self.headers | (headers or {}), **how)

    def _whole(self, url: str) -> str:
        return url if url.startswith("http") else self.box.url + url

    # DashScope

    def policy(self) -> dict[str, Any]:
        answer = self.get("/api/v1/uploads", params={"action": "getPolicy", "model": "videoretalk"})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def form(self, policy: dict[str, Any], name: str) -> dict[str, str]:
        return {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": f"{policy['upload_dir']}/{name}",
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "200",
        }

    def oss(self, path: Path) -> str:
        policy = self.policy()
        form = self.form(policy, f"{uuid4().hex}{path.suffix}")
        with path.open("rb") as file:
            answer = self.client.post(policy["upload_host"], data=form, files={"file": (path.name, file)})
        assert (answer.status_code, answer.content) == (200, b"")
        return f"oss://{form['key']}"

    def synthesize(self, given: dict[str, Any], parameters: dict[str, Any] | None = None) -> httpx2.Response:
        body = {"model": "videoretalk", "input": given, "parameters": parameters or {}}
        return self.post(f"/api/v1{SYNTHESIS}", headers=ASYNC | RESOLVE, json=body)

    def task(self, given: dict[str, Any], parameters: dict[str, Any] | None = None) -> str:
        answer = self.synthesize(given, parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["output"]["task_id"]

    def state(self, task: str) -> dict[str, Any]:
        return self.get(f"/api/v1/tasks/{task}").json()

    def ended(self, task: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            state = self.state(task)
            # Asked too often is no state; neither is it an end.
            if state.get("output", {}).get("task_status") in {"SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}:
                return state
            time.sleep(0.1)
        raise AssertionError("the task does not end")

    # EvoLink

    def stream(self, path: Path, kind: str = "video/mp4") -> httpx2.Response:
        with path.open("rb") as file:
            return self.post("/api/v1/files/upload/stream", files={"file": (path.name, file, kind)})

    def generate(self, headers: dict[str, str] | None = None, **body: Any) -> httpx2.Response:
        return self.post("/v1/videos/generations", headers=headers, json={"model": "videoretalk", **body})

    def generated(self, task: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            state = self.get(f"/v1/tasks/{task}").json()
            if state["status"] in {"completed", "failed"}:
                return state
            time.sleep(0.1)
        raise AssertionError("the task does not end")


@pytest.fixture(scope="session")
def box() -> Iterator[Running]:
    """Serve one sandbox for all tests that let nothing go wrong."""
    with serving(SandboxOptions(pace=0)) as running:
        yield running


@pytest.fixture(scope="session")
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=60) as made:
        yield made


@pytest.fixture
def speaker(box: Running, client: httpx2.Client) -> Speaker:
    return Speaker(box, client)
