"""The inputs of a task, fetched within the provider's time and sizes."""

import asyncio
import ipaddress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import httpx2

from lipready.facts.file import Role
from lipready.sandbox.store import suffix_of
from lipready.sandbox.tasks.task import LARGEST, SandboxTask, SimulatedFailureError, too_large
from lipready.sandbox.world import World

_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of one task; `reference` is None where none was given."""

    video: Path
    audio: Path
    reference: Path | None


async def fetch_inputs(world: World, task: SandboxTask, folder: Path) -> Inputs:
    """Return all inputs, fetched into a folder or where they were uploaded. Raises SimulatedFailureError."""
    asked = task.asked
    video = await _fetch(world, task, asked.video_url, "video", folder)
    audio = await _fetch(world, task, asked.audio_url, "audio", folder)
    reference = await _fetch(world, task, asked.reference_url, "reference", folder) if asked.reference_url else None
    return Inputs(video, audio, reference)


async def _fetch(world: World, task: SandboxTask, url: str, role: Role, folder: Path) -> Path:
    uploaded = url.startswith("oss://") and task.style == "dashscope"
    if uploaded or url.startswith(world.own_files):
        stored = world.oss.find(url.removeprefix("oss://"), world.clock.now()) if uploaded else world.file_at(url)
        if stored is None or (uploaded and stored.account != task.account):
            raise SimulatedFailureError("InvalidURL.ConnectionRefused", url)
        path = stored.path
    else:
        path = folder / f"{role}{suffix_of(named(url))}"
        try:
            await download(world, url, path, LARGEST[role])
        except TooLargeError as error:
            raise too_large(role) from error
    if path.stat().st_size > LARGEST[role]:
        raise too_large(role)
    return path


class TooLargeError(Exception):
    """What is fetched is larger than what may be fetched."""


async def download(world: World, url: str, path: Path, most: int) -> None:
    """Fetch what is at an address, at most so many bytes. Raises SimulatedFailureError, and TooLargeError for more."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise SimulatedFailureError("InvalidURL") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise SimulatedFailureError("InvalidURL")
    try:
        async with asyncio.timeout(world.options.fetch_seconds):
            await _save(url, path, most, proxies=not _is_loopback(host))
    except TimeoutError as error:
        raise SimulatedFailureError("InvalidURL.Timeout", url) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SimulatedFailureError("InvalidURL.ConnectionRefused", url) from error


def named(url: str) -> str:
    """Return the last part of an address's path, as it is meant; "" where there is none."""
    try:
        return PurePosixPath(unquote(urlsplit(url).path)).name
    except ValueError:
        return ""


async def _save(url: str, path: Path, most: int, *, proxies: bool) -> None:
    left = most
    client = httpx2.AsyncClient(follow_redirects=True, max_redirects=_REDIRECTS, timeout=None, trust_env=proxies)
    async with client, client.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
        if not response.is_success:
            raise SimulatedFailureError("InvalidURL.ConnectionRefused", url)
        with path.open("wb") as file:
            async for chunk in response.aiter_bytes():
                left -= len(chunk)
                if left < 0:
                    raise TooLargeError
                file.write(chunk)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
