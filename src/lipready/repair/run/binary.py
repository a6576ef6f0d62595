"""Which ffmpeg is run."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from lipready.errors import ComponentError

VARIABLE = "LIPREADY_FFMPEG"
_VERSION_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Binary:
    """An ffmpeg that can be run, and where it was found: "LIPREADY_FFMPEG", "imageio-ffmpeg" or "PATH"."""

    path: str
    origin: str

    def version(self) -> str:
        """Name the version, as the receipt writes it down.

        Raises ComponentError where the binary cannot say.
        """
        if self.origin == "imageio-ffmpeg":
            # The wheel's file carries the version in its name, which saves a process.
            return Path(self.path).stem if self.path.endswith(".exe") else Path(self.path).name
        return _ask(self.path)


def find_ffmpeg() -> Binary:
    """Find the ffmpeg to run: LIPREADY_FFMPEG, else the one inside imageio-ffmpeg, else the system's.

    Raises ComponentError where there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise ComponentError(f"{VARIABLE} names {named}, which is no program that can be run.")
        return Binary(found, VARIABLE)
    bundled = _bundled()
    if bundled is not None:
        return Binary(bundled, "imageio-ffmpeg")
    system = shutil.which("ffmpeg")
    if system is None:
        raise ComponentError(
            f"There is no ffmpeg: install imageio-ffmpeg or ffmpeg, or set {VARIABLE} to the path of one."
        )
    return Binary(system, "PATH")


def _bundled() -> str | None:
    """Find the binary inside the wheel, and only there: the package itself would also search other places."""
    from importlib.resources import files

    try:
        folder = files("imageio_ffmpeg") / "binaries"
    except ModuleNotFoundError:
        return None
    found = (
        sorted(str(entry) for entry in folder.iterdir() if entry.name.startswith("ffmpeg")) if folder.is_dir() else []
    )
    return next((path for path in found if os.access(path, os.X_OK)), None)


def _ask(path: str) -> str:
    import subprocess

    try:
        answer = subprocess.run([path, "-version"], capture_output=True, timeout=_VERSION_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ComponentError(f"{path} does not answer as ffmpeg does: {error}") from error
    lines = answer.stdout.decode("utf-8", "replace").splitlines()
    return lines[0].strip()[:200] if lines else "unknown"
