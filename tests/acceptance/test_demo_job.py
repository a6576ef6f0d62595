"""The bad job of scripts/demo through the library: judged, repaired, judged again as ready."""

import hashlib
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import lipready

WRONG = {
    ("video", "V101", "error", "InvalidFile.Format"),
    ("video", "V102", "error", "InvalidFile.Format"),
    ("video", "V103", "error", "InvalidFile.Resolution"),
    ("video", "V104", "error", "InvalidFile.FPS"),
    ("video", "V201", "warning", None),
    ("audio", "A401", "error", "InvalidFile.Format"),
    ("reference", "I603", "error", "InvalidFile.ImageSize"),
    ("reference", "I604", "error", "InvalidFile.ImageSize"),
    ("reference", "I608", "warning", None),
}


@pytest.fixture(scope="module")
def prepared(bad_job: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory) -> lipready.Prepared:
    return lipready.prepare(*bad_job, out=tmp_path_factory.mktemp("ready"))


def test_every_fault_is_found_and_nothing_else(prepared: lipready.Prepared) -> None:
    found = {(f.role, f.rule, f.severity, f.remote) for f in prepared.before.findings}
    assert found == WRONG
    assert prepared.before.verdict == "fail"
    assert all(finding.fix is not None for finding in prepared.before.findings)


def test_the_plan_answers_every_finding(prepared: lipready.Prepared) -> None:
    answered = {rule for step in prepared.steps for rule in step.rules}
    assert answered >= {rule for _, rule, _, _ in WRONG}
    assert prepared.plan.undecided == ()


def test_what_comes_out_passes_a_check_of_its_own(prepared: lipready.Prepared) -> None:
    assert prepared.ready
    report = lipready.check(prepared.job.video, prepared.job.audio, prepared.reference)
    assert report.findings == ()
    assert report.verdict == "pass"


def test_the_inputs_are_untouched(prepared: lipready.Prepared, bad_job: tuple[Path, Path, Path]) -> None:
    receipt = (Path(prepared.job.video or "").parent / "receipt.json").read_text()
    for path in bad_job:
        assert hashlib.sha256(path.read_bytes()).hexdigest() in receipt, path.name


def test_the_video_is_what_a_decoder_of_its_own_says(
    prepared: lipready.Prepared, bad_job: tuple[Path, Path, Path]
) -> None:
    with av.open(str(prepared.job.video)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert container.format.name.startswith("mov,mp4")
        assert min(stream.width, stream.height) >= 640
        assert max(stream.width, stream.height) <= 2048
        assert stream.height > stream.width
        assert 15 <= stream.average_rate <= 60
        first = next(container.decode(stream))
        assert first.rotation == 0
        after = _gray(first.to_ndarray(format="gray"), (120, 214))
    with av.open(str(bad_job[0])) as container:
        frame = next(container.decode(container.streams.video[0]))
        # A display matrix of 90° asks a player for a quarter turn counter-clockwise, as numpy.rot90 makes it.
        before = _gray(np.rot90(frame.to_ndarray(format="gray")), (120, 214))
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.98
    assert np.corrcoef(before.ravel(), after[::-1, ::-1].ravel())[0, 1] < 0.9


def test_the_reference_shows_the_person_upright(prepared: lipready.Prepared) -> None:
    with Image.open(prepared.reference or "") as image:
        assert image.getexif().get(0x0112, 1) == 1
        assert max(image.size) <= 4096
        assert max(image.size) <= 2 * min(image.size)
    (face,) = lipready.check(reference=prepared.reference).to_dict()["files"][0]["facts"]["people"]["people"]
    assert face["largest_face"] >= 250


def test_a_second_run_finds_the_work_done(prepared: lipready.Prepared, bad_job: tuple[Path, Path, Path]) -> None:
    out = Path(prepared.job.video or "").parent
    before = _written(out)
    again = lipready.prepare(*bad_job, out=out)
    assert again.already_prepared
    assert again.ready
    assert again.steps == ()
    assert _written(out) == before


def test_a_good_job_is_passed_on_untouched(good_job: tuple[Path, Path, Path], tmp_path: Path) -> None:
    job = [Path(shutil.copy(path, tmp_path)) for path in good_job]  # a file can be linked within one file system
    out = tmp_path / "ready"
    prepared = lipready.prepare(*job, out=out)
    assert prepared.before.verdict == "pass"
    assert prepared.steps == ()
    assert [prepared.job.video, prepared.job.audio, prepared.reference] == [str(out / path.name) for path in job]
    assert all((out / path.name).samefile(path) for path in job)


def test_two_people_and_nobody_are_told_apart(made) -> None:
    assert {f.rule for f in lipready.check(made("two_people.mp4")).findings} == {"P302"}
    assert {f.rule for f in lipready.check(made("nobody.mp4")).findings} == {"P301"}


def _written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != "receipt.json"}


def _gray(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size), float)
