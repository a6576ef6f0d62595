"""EvoLink's files, as its pages and its own clients have them."""

import base64
import http.server
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from lipready.sandbox.serve import SandboxOptions, serving

from .conftest import Speaker

PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)
KEYS = {
    "file_id",
    "file_name",
    "original_name",
    "file_size",
    "mime_type",
    "upload_path",
    "file_url",
    "download_url",
    "upload_time",
    "expires_at",
}


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Serve a picture, and nothing else."""

    class Pictures(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200 if self.path.endswith(".png") else 404)
            self.send_header("content-length", str(len(PNG)))
            self.end_headers()
            self.wfile.write(PNG)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def upload(speaker: Speaker, how: str, **body: Any) -> httpx2.Response:
    return speaker.post(f"/api/v1/files/upload/{how}", json=body)


def encoded(data: bytes = PNG) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_base64_is_stored_pure_and_as_a_data_url(speaker: Speaker, head: str) -> None:
    answer = upload(speaker, "base64", base64_data=head + encoded(), upload_path="avatars", file_name="a.png")
    said = answer.json()
    assert (answer.status_code, said["success"], said["code"]) == (200, True, 200)
    assert said["msg"] == "File uploaded successfully"
    data = said["data"]
    assert set(data) == KEYS
    assert (data["file_name"], data["original_name"], data["upload_path"]) == ("a.png", "a.png", "avatars")
    assert (data["file_size"], data["mime_type"]) == (len(PNG), "image/png")
    assert speaker.client.get(data["file_url"]).content == PNG
    assert speaker.client.get(data["download_url"]).content == PNG


def test_an_address_is_fetched_and_stored(speaker: Speaker, host: str) -> None:
    data = upload(speaker, "url", file_url=f"{host}/some/face.png").json()["data"]
    assert set(data) == KEYS
    assert (data["original_name"], data["upload_path"], data["mime_type"]) == ("face.png", "images", "image/png")
    assert data["file_name"] != "face.png"
    assert data["file_name"].endswith(".png")
    assert speaker.client.get(data["file_url"]).content == PNG


@pytest.mark.parametrize("names", [("upload_path", "file_name"), ("uploadPath", "fileName")])
def test_a_stream_names_its_place_in_either_spelling(speaker: Speaker, names: tuple[str, str]) -> None:
    form = {names[0]: "faces/new", names[1]: "mine.png"}
    files = {"file": ("anna.png", PNG, "image/png")}
    data = speaker.post("/api/v1/files/upload/stream", data=form, files=files).json()["data"]
    assert (data["upload_path"], data["file_name"], data["original_name"]) == ("faces/new", "mine.png", "anna.png")


def test_times_are_written_with_their_zone(speaker: Speaker) -> None:
    data = upload(speaker, "base64", base64_data=encoded()).json()["data"]
    begin, end = (datetime.fromisoformat(data[name]) for name in ("upload_time", "expires_at"))
    assert begin.utcoffset() == timedelta(hours=8)
    assert end - begin == timedelta(hours=72)


def test_the_list_has_pages_and_the_keys_that_are_read(speaker: Speaker) -> None:
    names = [upload(speaker, "base64", base64_data=encoded()).json()["data"]["file_id"] for _ in range(3)]
    first = speaker.get("/api/v1/files/list", params={"page": "1", "pageSize": "2"}).json()["data"]
    second = speaker.get("/api/v1/files/list", params={"page": "2", "pageSize": "2"}).json()["data"]
    assert [row["file_id"] for row in (*first["files"], *second["files"])] == names[::-1]
    assert (first["total"], second["total"]) == (3, 3)
    assert {"file_id", "file_name", "file_size", "upload_time"} <= set(first["files"][0])
    assert speaker.get("/api/v1/files/list", params={"pageSize": "101"}).json()["success"] is False
    quota = speaker.get("/api/v1/files/quota").json()["data"]
    assert quota == {"user_group": "default", "used_files": 3, "max_files": 100, "remain_files": 97}
    speaker.client.delete(f"{speaker.box.url}/api/v1/files/{names[0]}", headers=speaker.headers)
    assert speaker.get("/api/v1/files/quota").json()["data"]["remain_files"] == 98


@pytest.mark.parametrize(
    ("how", "body", "status"),
    [
        ("base64", {}, 400),
        ("base64", {"base64_data": 5}, 400),
        ("base64", {"base64_data": "no base64!"}, 400),
        ("base64", {"base64_data": encoded(b"")}, 400),
        ("base64", {"base64_data": encoded(b"BM" + bytes(100))}, 400),
        ("base64", {"base64_data": encoded(), "upload_path": "../up"}, 400),
        ("base64", {"base64_data": encoded(), "upload_path": "/root"}, 400),
        ("base64", {"base64_data": encoded(), "file_name": "a/b.png"}, 400),
        ("base64", {"base64_data": encoded(), "file_name": 1}, 400),
        ("url", {}, 400),
        ("url", {"file_url": "ftp://example.com/a.png"}, 400),
        ("url", {"file_url": "HOST/nothing.jpg"}, 400),
    ],
)
def test_uploads_that_are_refused_leave_nothing(
    speaker: Speaker, host: str, how: str, body: dict[str, Any], status: int
) -> None:
    before = speaker.box.ledger().uploaded
    body = {name: value.replace("HOST", host) if isinstance(value, str) else value for name, value in body.items()}
    answer = upload(speaker, how, **body)
    assert (answer.status_code, answer.json()["success"], answer.json()["data"]) == (status, False, None)
    assert speaker.get("/api/v1/files/quota").json()["data"]["used_files"] == 0
    assert speaker.box.ledger().uploaded == before


@pytest.mark.parametrize("how", ["base64", "url"])
def test_json_is_said_to_be_json_and_comes_with_a_key(speaker: Speaker, how: str) -> None:
    content = b'{"base64_data": "iVBORw0KGgo=", "file_url": "http://127.0.0.1:9/a.png"}'
    assert speaker.post(f"/api/v1/files/upload/{how}", content=content).status_code == 400
    answer = speaker.client.post(f"{speaker.box.url}/api/v1/files/upload/{how}", json={})
    assert (answer.status_code, answer.json()["success"]) == (401, False)


@pytest.mark.parametrize("how", ["base64", "url"])
def test_what_is_too_large_is_refused(speaker: Speaker, host: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipready.sandbox.api.evolink_files.LARGEST", 1000)
    answer = upload(speaker, how, base64_data=encoded(), file_url=f"{host}/a.png")
    assert (answer.status_code, answer.json()["code"]) == (413, 413)


def test_the_quota_ends_and_files_do_too(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipready.sandbox.api.evolink_files.QUOTA", 2)
    with serving(SandboxOptions(pace=0)) as box:
        speaker = Speaker(box, client)
        assert [upload(speaker, "base64", base64_data=encoded()).status_code for _ in range(3)] == [200, 200, 403]
        box.advance(72 * 3600 + 1)
        assert speaker.get("/api/v1/files/quota").json()["data"]["used_files"] == 0
        assert upload(speaker, "base64", base64_data=encoded()).status_code == 200
