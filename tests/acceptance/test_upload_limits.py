"""Files that the model takes and the provider's own upload does not, on real media."""

import json
from pathlib import Path

import pytest
from PIL import Image

from lipready import Settings, check, prepare

QUICK = Settings(quick=True)


@pytest.fixture
def narrow(tmp_path):
    """Write a profile whose upload takes so many bytes: `narrow("dashscope", 200_000)`."""

    def write(base, most):
        path = tmp_path / f"narrow-{base}.toml"
        path.write_text(f'extends = "{base}"\n[limits.F004]\naccept = {{ maximum = {most} }}\n', "utf-8")
        return str(path)

    return write


@pytest.fixture
def padded(made, tmp_path):
    """Make a clip that a `free` box makes larger, whose pictures need no more room than before."""

    def make(size):
        data = made("anna.mp4").read_bytes()
        path = tmp_path / "padded.mp4"
        path.write_bytes(data + (size - len(data)).to_bytes(4, "big") + b"free" + bytes(size - len(data) - 8))
        return path

    return make


@pytest.fixture
def bitmap(made, tmp_path):
    """Make a BMP of the reference image."""
    path = tmp_path / "face.bmp"
    with Image.open(made("anna.jpg")) as image:
        image.convert("RGB").save(path)
    return path


def of_upload(report):
    return [(f.role, f.severity) for f in report.findings if f.rule == "F004"]


def test_a_file_at_the_bound_and_a_byte_more(padded, narrow):
    most = 3_000_000
    assert of_upload(check(padded(most), provider=narrow("dashscope", most), settings=QUICK)) == []
    assert of_upload(check(padded(most + 1), provider=narrow("dashscope", most), settings=QUICK)) == [
        ("video", "warning")
    ]


def test_prepare_makes_a_file_fit_the_upload(padded, narrow, tmp_path):
    video, provider = padded(3_000_000), narrow("dashscope", 2_000_000)
    done = prepare(video, out=tmp_path / "ready", provider=provider, settings=QUICK)
    assert of_upload(done.before) == [("video", "warning")]
    assert of_upload(done.report) == []
    assert Path(done.job.video).stat().st_size <= 2_000_000
    assert [rule for step in done.steps for rule in step.rules].count("F004") == 1


def test_without_upload_nothing_is_repaired_for_it(padded, narrow, tmp_path):
    video, provider = padded(3_000_000), narrow("dashscope", 2_000_000)
    done = prepare(video, out=tmp_path / "ready", provider=provider, settings=QUICK, for_upload=False)
    assert of_upload(done.before) == of_upload(done.report) == []
    assert Path(done.job.video).stat().st_size == 3_000_000


@pytest.mark.parametrize(("provider", "name"), [("evolink", "face.png"), ("dashscope", "face.bmp")])
def test_a_bmp_becomes_a_png_with_the_same_pixels_where_it_is_uploaded_to_evolink(bitmap, tmp_path, provider, name):
    report = check(reference=bitmap, provider=provider, settings=QUICK)
    assert of_upload(report) == ([("reference", "warning")] if provider == "evolink" else [])
    done = prepare(reference=bitmap, out=tmp_path / "ready", provider=provider, settings=QUICK)
    assert Path(done.reference).name == name
    assert of_upload(done.report) == []
    with Image.open(done.reference) as now, Image.open(bitmap) as before:
        assert now.tobytes() == before.tobytes()


def test_the_command_says_which_it_aims_at(bitmap, lipready_run, tmp_path):
    given = ("prepare", bitmap, "--provider", "evolink", "--quick", "--format", "json", "-o")
    done = lipready_run(*given, tmp_path / "up")
    hosted = lipready_run(*given, tmp_path / "hosted", "--no-for-upload")
    assert [(tmp_path / folder / name).is_file() for folder, name in (("up", "face.png"), ("hosted", "face.bmp"))] == [
        True,
        True,
    ]
    rules = [{f["rule"] for f in json.loads(run.stdout)["before"]["findings"]} for run in (done, hosted)]
    assert "F004" in rules[0]
    assert "F004" not in rules[1]
