import asyncio
import importlib.util
import socket
import sys
from contextlib import suppress

import httpx2
import pytest

from lipready.errors import ComponentError, UsageError
from lipready.sandbox.serve import SandboxOptions, serving


def test_a_port_that_is_taken_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*`SandboxOptions\(port=0\)`"),
            serving(SandboxOptions(port=port)),
        ):
            pass


def test_an_address_of_somebody_else_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot listen on"), serving(SandboxOptions(host="192.0.2.1")):
        pass


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("lipready.sandbox.serve.find_spec", lambda name: None if name == "uvicorn" else find(name))
    with pytest.raises(ComponentError, match=r"needs uvicorn: pip install 'lipready\[sandbox\]'"), serving():
        pass


def test_several_sandboxes_stand_beside_each_other_and_beside_asyncio() -> None:
    async def ask(url: str) -> int:
        async with httpx2.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{url}/sandbox/ledger")).json()["submissions"]

    async def both() -> list[int]:
        with serving() as one, serving() as other:
            assert one.url != other.url
            return list(await asyncio.gather(ask(one.url), ask(other.url)))

    assert asyncio.run(both()) == [0, 0]


def test_an_error_inside_ends_the_server() -> None:
    urls: list[str] = []

    def fail() -> None:
        with serving() as box:
            urls.append(box.url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(urls[0], trust_env=False)


def test_open_connections_do_not_hold_up_the_end() -> None:
    with serving() as box:
        host, port = box.url.removeprefix("http://").split(":")
        idle = socket.create_connection((host, int(port)), timeout=30)
        idle.sendall(b"GET /v1/tas")
    with idle:
        idle.settimeout(30)
        with suppress(ConnectionResetError):
            assert idle.recv(10) == b""


def test_nothing_is_said_on_the_way(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as box:
        httpx2.get(f"{box.url}/sandbox/ledger", trust_env=False)
    assert capfd.readouterr() == ("", "")


def test_importing_the_interface_is_light() -> None:
    import subprocess

    code = (
        "import sys, lipready.sandbox.serve as s; print(*{'starlette', 'uvicorn', 'httpx2', 'av'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
