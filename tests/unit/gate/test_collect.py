import os

import pytest

from lipready.batch import check_many
from lipready.errors import NothingCheckedError
from lipready.gate.discovery.pair import collect
from lipready.job import Job

TWO = '[[jobs]]\nname = "one"\nvideo = "a/1.mp4"\naudio = "b/1.wav"\n[[jobs]]\nname = "two"\nvideo = "a/2.mp4"\n'


@pytest.fixture
def tree(tmp_path):
    for name in ("a/1.mp4", "b/1.wav", "b/3.mp4", "b/3.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0")
    (tmp_path / "lipready.jobs.toml").write_text(TWO)
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ([], ["b/3.mp4", "one", "two"]),
        (["a"], ["one", "two"]),
        (["b"], ["b/3.mp4", "one"]),
        (["b/1.wav"], ["one"]),
        (["b/3.wav"], ["b/3.wav"]),
        (["a/2*"], ["two"]),
        (["lipready.jobs.toml"], ["one", "two"]),
    ],
)
def test_a_manifest_counts_as_far_as_it_is_asked_for(tree, patterns, names):
    assert [unit.name for unit in collect(tree, patterns).units] == names


def test_a_missing_file_of_a_manifest_is_a_finding(tree):
    [unit] = collect(tree, ["a/2.*"]).units

    (report,) = check_many([Job(video=str(tree / unit.job.video))])

    assert [finding.rule for finding in report.findings] == ["F001"]


def test_a_manifest_without_jobs_is_nothing(tmp_path):
    (tmp_path / "lipready.jobs.toml").write_text("")

    with pytest.raises(NothingCheckedError, match="there is no video"):
        collect(tmp_path)


def test_named_files_that_are_no_media_are_nothing_and_named(tmp_path):
    (tmp_path / "README").write_text("text")
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NothingCheckedError, match=r"^README: neither its content .* pipe: neither its content"):
        collect(tmp_path, ["pipe", "README"])


def test_notices_of_all_steps_are_handed_on(tree):
    (tree / "b/3.mp3").write_bytes(b"\0")
    (tree / "out.mp4").symlink_to("/etc/hostname")

    found = [notice.text.split(":")[0] for notice in collect(tree, [".", "none/*"]).notices]

    assert found == ["none/*", "out.mp4", "b/3"]
