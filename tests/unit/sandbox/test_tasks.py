"""The way of a task, with real files: fetched, judged, rendered, played."""

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import httpx2
import pytest

from lipready.sandbox.serve import SandboxOptions, serving
from lipready.sandbox.tasks.render import lasting
from lipready.sandbox.tasks.task import LARGEST

from .conftest import Speaker

Job = tuple[Path, Path, Path]
Made = Callable[[str], Path]


class Served(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            self.send_response(200)
            self.end_headers()
            while True:
                time.sleep(0.02)
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return
        super().do_GET()


@pytest.fixture(scope="module")
def host(made: Made) -> Iterator[str]:
    """Serve the fixtures over http, as a user's own host would."""
    folder = made("anna.mp4").parent

    def handler(*given: Any) -> Served:
        return Served(*given, directory=str(folder))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def short(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an audio track that is shorter than the video: 3.4 s of 5."""
    return sounding(made("anna.wav"), tmp_path_factory.mktemp("short") / "short.wav", 1, Fraction(17, 5))


@pytest.fixture(scope="module")
def long(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an audio track that is longer than the video: 12.5 s of 5."""
    return sounding(made("anna.wav"), tmp_path_factory.mktemp("long") / "long.wav", 3, Fraction(25, 2))


def sounding(source: Path, path: Path, times: int, seconds: Fraction) -> Path:
    import wave

    with wave.open(str(source)) as before, wave.open(str(path), "wb") as after:
        after.setparams(before.getparams())
        frames = before.readframes(before.getnframes()) * times
        count = int(seconds * before.getframerate())
        after.writeframes(frames[: count * before.getsampwidth() * before.getnchannels()])
    return path


def played(film: bytes, tmp_path: Path) -> tuple[str, str, Fraction, Fraction, int]:
    """Decode a film; gives codecs, the lengths of picture and sound in seconds, and the number of frames."""
    path = tmp_path / "film.mp4"
    path.write_bytes(film)
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        frames = samples = 0
        for frame in container.decode(picture, sound):
            if isinstance(frame, av.VideoFrame):
                frames += 1
            else:
                samples += frame.samples
        rate = picture.average_rate
        assert rate is not None
        lengths = Fraction(frames) / rate, Fraction(samples, sound.rate)
        return picture.codec_context.name, sound.codec_context.name, *lengths, frames


def test_a_result_plays_and_lasts_as_billed(speaker: Speaker, good_job: Job, tmp_path: Path) -> None:
    video, audio, reference = (speaker.oss(path) for path in good_job)
    task = speaker.task(
        {"video_url": video, "audio_url": audio, "ref_image_url": reference}, {"query_face_threshold": 150}
    )
    said = speaker.ended(task)
    assert said["output"]["task_status"] == "SUCCEEDED"
    assert said["usage"] == {"video_duration": 5.0, "size": "960*640", "video_ratio": "standard", "fps": 25}
    film = speaker.client.get(said["output"]["video_url"])
    assert film.headers["content-type"] == "video/mp4"
    picture, sound, shown, heard, frames = played(film.content, tmp_path)
    assert (picture, sound, shown, frames) == ("h264", "aac", 5, 125)
    assert abs(heard - 5) < Fraction(1, 20)


def test_results_come_in_parts(speaker: Speaker, good_job: Job) -> None:
    video, audio, _ = (speaker.oss(path) for path in good_job)
    url = speaker.ended(speaker.task({"video_url": video, "audio_url": audio}))["output"]["video_url"]
    whole = speaker.client.get(url)
    assert (whole.status_code, int(whole.headers["content-length"])) == (200, len(whole.content))
    etag = whole.headers["etag"]
    rest = speaker.client.get(url, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert (rest.status_code, rest.content) == (206, whole.content[1000:])
    assert rest.headers["content-range"] == f"bytes 1000-{len(whole.content) - 1}/{len(whole.content)}"
    changed = speaker.client.get(url, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    assert speaker.client.get(url, headers={"Range": "bytes=999999999-"}).status_code == 416
    assert speaker.client.get(f"{speaker.box.url}/results/guessed.mp4").status_code == 404


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("short", (False, 3.4, 85)),
        ("short", (True, 3.4, 85)),
        ("long", (False, 5.0, 125)),
        ("long", (True, 12.5, 312)),
    ],
)
def test_the_length_follows_the_documented_rules(
    speaker: Speaker, good_job: Job, request: pytest.FixtureRequest, which: str, expected: Any
) -> None:
    extension, seconds, frames = expected
    video, audio = speaker.oss(good_job[0]), speaker.oss(request.getfixturevalue(which))
    said = speaker.ended(speaker.task({"video_url": video, "audio_url": audio}, {"video_extension": extension}))
    assert said["usage"]["video_duration"] == seconds
    film = speaker.client.get(said["output"]["video_url"]).content
    *_, heard, count = played(film, request.getfixturevalue("tmp_path"))
    assert count == frames
    assert abs(float(heard) - seconds) < 0.05


def test_the_length_is_that_of_the_audio_only_with_extension() -> None:
    assert lasting(Fraction(5), Fraction(7), extension=False) == 5
    assert lasting(Fraction(5), Fraction(7), extension=True) == 7
    assert lasting(Fraction(5), Fraction(3), extension=True) == 3


def test_evolink_takes_its_own_files_and_public_ones(
    speaker: Speaker, good_job: Job, host: str, tmp_path: Path
) -> None:
    video = speaker.stream(good_job[0]).json()["data"]["file_url"]
    said = speaker.generated(speaker.generate(video_url=video, audio_url=f"{host}/anna.wav").json()["id"])
    assert (said["status"], said["progress"]) == ("completed", 100)
    assert said["usage"]["credits_used"] == 4.0
    picture, sound, shown, *_ = played(speaker.client.get(said["results"][0]).content, tmp_path)
    assert (picture, sound, shown) == ("h264", "aac", 5)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("bad.webm", "anna.wav"), ("InvalidFile.Format", "MP4, AVI, MOV")),
        (("anna.mp4", "bad.ogg"), ("InvalidFile.Format", "MP4, AVI, MOV")),
        (("anna.mp4", "anna.wav", "panorama.jpg"), ("InvalidFile.ImageSize", "beyond limit")),
        (("anna.mp4", "anna.wav", "grace.jpg"), ("InvalidFile.FaceNotMach", "no matched face")),
        (("anna.mp4", "anna.jpg"), ("InvalidFile.Openerror", "cannot open file")),
        (("anna.mp4", "absent.wav"), ("InvalidURL.ConnectionRefused", "provide avaiable URL")),
    ],
)
def test_what_the_provider_would_refuse_fails_with_its_code(
    speaker: Speaker, made: Made, host: str, files: tuple[str, ...], said: tuple[str, str]
) -> None:
    for name in files:
        if name != "absent.wav":
            made(name)
    fields = ("video_url", "audio_url", "ref_image_url")
    given = {field: f"{host}/{name}" for field, name in zip(fields, files, strict=False)}
    state = speaker.ended(speaker.task(given))
    assert (state["output"]["task_status"], state["output"]["code"]) == ("FAILED", said[0])
    assert said[1] in state["output"]["message"]
    assert "usage" not in state


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "ftp://127.0.0.1/a.mp4", "http://[", "oss"])
def test_only_http_is_fetched(speaker: Speaker, url: str) -> None:
    said = speaker.ended(speaker.task({"video_url": url, "audio_url": url}))
    assert said["output"]["code"] == "InvalidURL"


def test_stored_files_belong_to_their_account(speaker: Speaker, good_job: Job) -> None:
    other = Speaker(speaker.box, speaker.client)
    stolen = other.oss(good_job[1])
    said = speaker.ended(speaker.task({"video_url": stolen, "audio_url": stolen}))
    assert said["output"]["code"] == "InvalidURL.ConnectionRefused"


def test_inputs_have_a_time_and_a_size(
    client: httpx2.Client, host: str, good_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    del good_job
    monkeypatch.setitem(LARGEST, "audio", 1000)
    with serving(SandboxOptions(pace=0, fetch_seconds=0.3)) as box:
        speaker = Speaker(box, client)
        slow = speaker.ended(speaker.task({"video_url": f"{host}/slow", "audio_url": f"{host}/anna.wav"}))
        assert slow["output"]["code"] == "InvalidURL.Timeout"
    with serving(SandboxOptions(pace=0)) as box:
        other = Speaker(box, client)
        large = other.ended(other.task({"video_url": f"{host}/anna.mp4", "audio_url": f"{host}/anna.wav"}))
        assert large["output"]["code"] == "InvalidFile.Size"
        assert "30MB" in large["output"]["message"]


def test_equal_jobs_are_judged_and_rendered_once(speaker: Speaker, good_job: Job, made: Made) -> None:
    video = speaker.stream(good_job[0]).json()["data"]["file_url"]
    audio = speaker.stream(made("anna.wav")).json()["data"]["file_url"]
    tasks = [speaker.generate(video_url=video, audio_url=audio).json()["id"] for _ in range(40)]
    results = {speaker.generated(task)["results"][0] for task in tasks}
    films = {speaker.client.get(url).headers["etag"] for url in results}
    assert (len(results), len(films)) == (40, 1)


def test_one_task_runs_at_a_time_and_the_rest_can_be_cancelled(client: httpx2.Client) -> None:
    with serving(SandboxOptions(pace=4)) as box:
        speaker = Speaker(box, client)
        url = {"video_url": f"{box.url}/nothing.mp4", "audio_url": f"{box.url}/nothing.wav"}
        first = speaker.task(url)
        task = _next(speaker, url)
        assert speaker.post(f"/api/v1/tasks/{task}/cancel").json().keys() == {"request_id"}
        assert speaker.state(task)["output"]["task_status"] == "CANCELED"
        assert speaker.ended(first)["output"]["task_status"] == "FAILED"
        assert speaker.state(task)["output"]["task_status"] == "CANCELED"
        statuses = {entry.id: entry.status for entry in box.ledger().tasks}
        assert statuses == {first: "FAILED", task: "CANCELED"}


def _next(speaker: Speaker, url: dict[str, str]) -> str:
    """Submit as soon as the rate allows it."""
    while True:
        answer = speaker.synthesize(url)
        if answer.status_code == 200:
            return answer.json()["output"]["task_id"]
        time.sleep(0.05)


def test_a_task_passes_through_the_documented_states(client: httpx2.Client, good_job: Job) -> None:
    with serving(SandboxOptions(pace=2)) as box:
        speaker = Speaker(box, client)
        video, audio, _ = (speaker.oss(path) for path in good_job)
        task = speaker.task({"video_url": video, "audio_url": audio})
        files = [speaker.stream(path).json()["data"]["file_url"] for path in good_job[:2]]
        other = speaker.generate(video_url=files[0], audio_url=files[1]).json()["id"]
        seen: list[str] = []
        progress: list[tuple[str, int]] = []
        while "SUCCEEDED" not in seen or ("completed", 100) not in progress:
            output = speaker.state(task).get("output")
            seen.append(output["task_status"] if output else seen[-1])
            said = speaker.get(f"/v1/tasks/{other}").json()
            progress.append((said["status"], said["progress"]))
            time.sleep(0.1)
        assert list(dict.fromkeys(seen)) == ["PENDING", "PRE-PROCESSING", "RUNNING", "POST-PROCESSING", "SUCCEEDED"]
        words = ["pending", "processing", "completed"]
        assert list(dict.fromkeys(word for word, _ in progress)) == words
        assert [share for _, share in progress] == sorted(share for _, share in progress)


def test_the_callback_hears_what_a_query_tells(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipready.sandbox.tasks.work.PAUSES", (0.0, 0.0, 0.0))
    heard: list[dict[str, Any]] = []
    done = threading.Event()

    class Ear(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204 if len(heard) == 3 else 500)
            self.end_headers()
            if len(heard) == 3:
                done.set()

    options = SandboxOptions(pace=0, local_callbacks=True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server, serving(options) as box:
        speaker = Speaker(box, client)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        nothing = f"{speaker.box.url}/nothing"
        task = speaker.generate(video_url=nothing, audio_url=nothing, callback_url=url).json()["id"]
        assert done.wait(60)
        server.shutdown()
        assert heard == [speaker.get(f"/v1/tasks/{task}").json()] * 3
    assert heard[0]["status"] == "failed"


def test_leaving_in_the_middle_of_a_task_is_quick_and_clean(client: httpx2.Client, good_job: Job) -> None:
    with serving(SandboxOptions(pace=0)) as box:
        speaker = Speaker(box, client)
        video, audio, _ = (speaker.oss(path) for path in good_job)
        task = speaker.task({"video_url": video, "audio_url": audio})
        while speaker.state(task)["output"]["task_status"] == "PENDING":
            time.sleep(0.06)
    with pytest.raises(httpx2.ConnectError):
        speaker.get("/sandbox/ledger")
