"""The programs of docs/recipes, run as their first lines say: at a real server, in processes of their own."""

import asyncio
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from runpy import run_path

import httpx2
import psutil
import pytest

from lipready.sandbox import serve

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
UPLOADS, PADDING = 16, 16 << 20


@pytest.fixture(scope="module")
def clip(tmp_path_factory, made, ffmpeg):
    """Give two seconds of a clip with a face in it."""
    target = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return ffmpeg(target, "-i", made("anna.mp4"), "-t", "2", "-c:v", "libx264", "-preset", "ultrafast", "-an")


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.py")), ids=lambda path: path.stem)
def test_a_recipe_is_short_and_says_how_it_is_run(recipe):
    lines = recipe.read_text("utf-8").splitlines()
    assert len(lines) < 40
    assert f"docs/recipes/{recipe.name}" in recipe.read_text("utf-8") or f"{recipe.stem}:app" in lines[3]


class Memory(threading.Thread):
    """Watches how much memory a process holds, and keeps the most of it."""

    def __init__(self, process):
        super().__init__()
        self._process, self._over = process, threading.Event()
        self.begun = self.most = process.memory_info().rss

    def run(self):
        while not self._over.wait(0.01):
            self.most = max(self.most, self._process.memory_info().rss)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()


@contextmanager
def serving(environment):
    """Serve the recipe as its first lines say, on any free port; yields its address and its process."""
    command = [sys.executable, "-m", "uvicorn", "--app-dir", RECIPES, "--port", "0", "fastapi_upload:app"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            said = ""
            while not (found := re.search(r"running on (http://[\d.:]+)", said)):
                said = server.stderr.readline()
                assert said, "the server has ended"
            yield found[1], psutil.Process(server.pid)
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=60)


def upload(address, path, *, full=False):
    with path.open("rb") as file:
        files, data = {"video": (path.name, file, "video/mp4")}, {"full": str(full).lower()}
        return httpx2.post(f"{address}/videos", files=files, data=data, timeout=300)


def test_sixteen_uploads_at_once_are_answered_in_bounded_memory(clip, made, environment, tmp_path):
    large, kept = tmp_path / "large.mp4", tmp_path / "kept"
    large.write_bytes(clip.read_bytes() + struct.pack(">I4s", PADDING, b"free") + bytes(PADDING - 8))
    kept.mkdir()
    with serving(environment | {"UPLOADS": str(kept)}) as (address, process):
        assert upload(address, clip, full=True).status_code == 201  # libraries and models are loaded once
        sent = [(large, False)] * 11 + [(large, True)] * 4 + [(made("bad.webm"), False)]
        with Memory(process) as memory, ThreadPoolExecutor(UPLOADS) as browsers:
            answers = list(browsers.map(lambda each: upload(address, each[0], full=each[1]), sent))
    assert [answer.status_code for answer in answers] == [201] * 15 + [422]
    assert {finding["rule"] for finding in answers[-1].json()["findings"]} >= {"V101", "V103", "V104"}
    names = {answer.json()["kept"] for answer in answers[:-1]}
    assert len(names) == 15
    assert {(kept / name).read_bytes() == large.read_bytes() for name in names} == {True}
    # Held in memory only once, the uploads alone would need more.
    assert memory.most - memory.begun < 15 * PADDING


def test_an_upload_without_a_name_or_a_video_is_refused(environment, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with serving(environment | {"UPLOADS": str(tmp_path)}) as (address, _):
        answer = upload(address, text)
        nothing = httpx2.post(f"{address}/videos", timeout=60)
    assert (answer.status_code, nothing.status_code) == (422, 422)
    assert [finding["rule"] for finding in answer.json()["findings"]] == ["F001"]
    assert list(tmp_path.glob("tmp*")) == []


def test_a_batch_goes_on_where_it_was_killed(clip, environment, tmp_path):
    clips, reports = tmp_path / "clips", tmp_path / "reports"
    clips.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4"):
        os.link(clip, clips / name)
    command = [sys.executable, RECIPES / "batch_folder.py", clips, reports]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as first:
        while first.poll() is None and not list(reports.glob("*.json")):
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)
    # A busy machine may have come to the last one before the first was seen here.
    (reports / "e.mp4.json").unlink(missing_ok=True)
    before = {path: path.stat().st_mtime_ns for path in reports.glob("*.json")}
    assert before
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300)
    assert "100%" in again.stdout
    written = {path.name: json.loads(path.read_text("utf-8")) for path in reports.iterdir()}
    assert sorted(written) == [f"{name}.mp4.json" for name in "abcde"]
    assert len({json.dumps(report["files"][0]["facts"]) for report in written.values()}) == 1  # of one clip
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.fixture
def sandbox(monkeypatch, tmp_path):
    """Let `provider="sandbox"` be a sandbox of the test's own, at which a task takes a fifth of a second."""
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "state"))
    with serve.serving(serve.SandboxOptions(pace=0.2)) as running:
        monkeypatch.setattr(serve, "_embedded", [running])
        monkeypatch.setattr(serve, "_POLL_SECONDS", 2.0)  # twenty ask at once
        yield running


def test_twenty_jobs_are_paid_once_each_though_they_are_interrupted(sandbox, clip, made, tmp_path, capsys):
    with wave.open(str(made("anna.wav"))) as spoken:
        form, samples = spoken.getparams(), spoken.readframes(spoken.getframerate() * 2)
    for number in range(20):
        os.link(clip, tmp_path / f"{number}.mp4")
        with wave.open(str(tmp_path / f"{number}.wav"), "wb") as track:
            track.setparams(form)
            track.writeframes(samples + bytes(2 * form.nchannels * form.sampwidth * number))
    (tmp_path / "results").mkdir()
    jobs = {tmp_path / f"{number}.mp4": tmp_path / "results" / f"{number}.mp4" for number in range(20)}
    fetch_all = run_path(str(RECIPES / "asyncio_jobs.py"))["fetch_all"]

    async def interrupted():
        begun = asyncio.create_task(fetch_all(jobs, "sandbox:evolink"))
        while sandbox.ledger().submissions < 5 and not begun.done():  # noqa: ASYNC110 - it is a server's count
            await asyncio.sleep(0.1)
        begun.cancel()
        await asyncio.wait([begun])

    asyncio.run(interrupted())
    assert sandbox.ledger().submissions < 20
    asyncio.run(fetch_all({job: place for job, place in jobs.items() if not place.exists()}, "sandbox:evolink"))
    assert all(place.stat().st_size for place in jobs.values())
    assert sandbox.ledger().submissions == 20
    assert "Error" not in capsys.readouterr().out
