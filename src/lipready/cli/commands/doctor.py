"""`lipready doctor`."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from lipready import __version__
from lipready.cli.input.options import list_format_option, speaking
from lipready.cli.output.session import CLEAN, TROUBLE, Session
from lipready.errors import LipreadyError
from lipready.providers.journal.state import state_folder

# Distributions, and the module of each that has to load; importing face_recognition_models itself fails on new
# setuptools, and nobody needs it.
_LIBRARIES = {
    "av": "av",
    "click": "click",
    "dlib-bin": "dlib",
    "face_recognition_models": None,
    "ffmpeg-python": "ffmpeg",
    "imageio-ffmpeg": "imageio_ffmpeg",
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "rich": "rich",
    "soundfile": "soundfile",
}
# What an extra is for, and the distributions that it installs.
_EXTRAS = {
    "dask": ("gate on a cluster", ("distributed",)),
    "heif": ("HEIC pictures", ("pillow-heif",)),
    "s3": ("upload to a bucket", ("boto3",)),
    "sandbox": ("a provider on this machine", ("python-multipart", "starlette", "uvicorn")),
}
_NEEDED = ("libx264", "aac", "zscale", "tonemap", "bwdif")
"""Encoders and filters of ffmpeg."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that was examined; `remedy` says what to do where it is not well."""

    subject: str
    well: bool
    detail: str
    remedy: str = ""


def examine_machine(*, fetch: bool) -> Iterator[Symptom]:
    """Examine everything, one thing after the other; `fetch` allows to fetch the face weights."""
    yield Symptom("lipready", well=True, detail=f"{__version__} in {Path(__file__).parents[2]}")
    running = f"{platform.python_version()} at {sys.executable} on {platform.platform()}"
    yield Symptom("Python", well=True, detail=running)
    yield _libraries()
    yield _extras()
    yield _ffmpeg()
    yield _weights(fetch=fetch)
    from lipready.faces.models.weights import models_folder

    if not os.environ.get("LIPREADY_MODELS_DIR"):
        yield _writable("cache folder", models_folder().parent, "LIPREADY_CACHE_DIR")
    yield _writable("state folder", state_folder(), "LIPREADY_STATE_DIR")


def _libraries() -> Symptom:
    found, missing, broken = [], [], []
    for name, module in _LIBRARIES.items():
        try:
            found.append(f"{name} {version(name)}")
            if module is not None:
                import_module(module)
        except PackageNotFoundError:
            missing.append(name)
        except (ImportError, OSError) as error:
            broken.append(f"{name} does not load ({error})")
    if not missing and not broken:
        return Symptom("libraries", well=True, detail=", ".join(found))
    detail = "; ".join([*(f"{name} is missing" for name in missing), *broken])
    remedy = f"{sys.executable} -m pip install {' '.join(missing)}" if missing else ""
    return Symptom("libraries", well=False, detail=detail, remedy=remedy)


def _extras() -> Symptom:
    """Name what is installed only when it is asked for; that it is missing is no fault."""
    told, missing = [], []
    for extra, (purpose, names) in _EXTRAS.items():
        try:
            told.append(f"{extra} ({purpose}): {', '.join(f'{name} {version(name)}' for name in names)}")
        except PackageNotFoundError:
            told.append(f"{extra} ({purpose}): not installed")
            missing.append(extra)
    remedy = f"pip install 'lipready[{','.join(missing)}]' adds what is not installed, if you need it"
    return Symptom("extras", well=True, detail="; ".join(told), remedy=remedy if missing else "")


def _ffmpeg() -> Symptom:
    from lipready.repair.run.ffmpeg import find_ffmpeg

    try:
        binary = find_ffmpeg()
        release, *listings = (_ask(binary.path, question) for question in ("-version", "-encoders", "-filters"))
    except LipreadyError as error:
        return Symptom("ffmpeg", well=False, detail=str(error))
    except (OSError, subprocess.SubprocessError) as error:
        return Symptom("ffmpeg", well=False, detail=f"does not run ({error})", remedy=_FFMPEG_REMEDY)
    release = release.split(" Copyright")[0].splitlines()[0]
    offered = {parts[1] for text in listings for line in text.splitlines() if len(parts := line.split()) > 1}
    lacking = [name for name in _NEEDED if name not in offered]
    place = f"at {binary.path} ({binary.origin})"
    if lacking:
        detail = f"{release} {place} lacks {', '.join(lacking)}"
        return Symptom("ffmpeg", well=False, detail=detail, remedy=_FFMPEG_REMEDY)
    return Symptom("ffmpeg", well=True, detail=f"{release} with {', '.join(_NEEDED)} {place}")


_FFMPEG_REMEDY = "pip install --force-reinstall imageio-ffmpeg, or name a complete ffmpeg in LIPREADY_FFMPEG"


def _ask(binary: str, question: str) -> str:
    command = [binary, "-hide_banner", question]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=True).stdout


def _weights(*, fetch: bool) -> Symptom:
    from lipready.faces.models import weights as models

    try:
        if not fetch:
            absent = [w.name for w in models.FETCHED if not _intact(models.models_folder() / w.name, w.sha256)]
            if absent:
                detail = f"missing or damaged in {models.models_folder()}: {', '.join(absent)}"
                return Symptom("face weights", well=False, detail=detail, remedy="run `lipready doctor` once online")
        found = models.ensure_models()
        found.verified_identity()
    except LipreadyError as error:
        return Symptom("face weights", well=False, detail=str(error))
    return Symptom("face weights", well=True, detail=f"verified in {found.landmarks.parent}")


def _intact(path: Path, digest: str) -> bool:
    with suppress(OSError):
        return sha256(path.read_bytes()).hexdigest() == digest
    return False


def _writable(subject: str, folder: Path, variable: str) -> Symptom:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(prefix=".lipready-", dir=folder):
            return Symptom(subject, well=True, detail=str(folder))
    except OSError as error:
        detail = f"{folder} cannot be written ({error.strerror})"
        return Symptom(subject, well=False, detail=detail, remedy=f"name another folder in {variable}")


SCHEMA = "lipready.doctor/1"
_SUBJECT = 16


@click.command
@click.option("--offline", is_flag=True, help="Fetch nothing; only check whether the face weights are there.")
@list_format_option
@speaking
def doctor(*, offline: bool, form: str, session: Session) -> int:
    """Look at this machine: Python, libraries, ffmpeg, face weights, folders.

    The face weights are fetched where they are missing, so that a later check needs no network. Exit status 0 when
    all is well, 2 otherwise.
    """
    if form == "json":
        examined = list(examine_machine(fetch=not offline))
        well = all(symptom.well for symptom in examined)
        document = {"schema": SCHEMA, "version": __version__, "well": well, "examined": list(map(asdict, examined))}
        session.write(json.dumps(document) + "\n")
        return CLEAN if well else TROUBLE
    page = session.page()
    margin = " " * (_SUBJECT + 3)
    ill = False
    for symptom in examine_machine(fetch=not offline):
        ill = ill or not symptom.well
        if session.quiet and symptom.well:
            continue
        mark = page.paint("✓", "good") if symptom.well else page.paint("✗", "error")
        head = f"{mark} {page.paint(symptom.subject.ljust(_SUBJECT), 'strong')} "
        lines = page.beside(head, symptom.detail, len(margin))
        if symptom.remedy:
            lines += page.wrap(f"→ {symptom.remedy}", indent=margin, hanging=f"{margin}  ")
        session.write(page.finish(lines))
    if not session.quiet:
        session.write(page.finish(["", "Something is missing; see above." if ill else "All is well."]))
    return TROUBLE if ill else CLEAN
