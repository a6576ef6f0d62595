"""What is said of files that the provider's own upload does not take."""

from dataclasses import replace
from pathlib import Path

import pytest

from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.profiles.loader import load_profile, profile_names
from lipready.rules.examples import addressed, job, with_file
from lipready.rules.judge import judge

MB = 1_000_000
MIB = 1 << 20


def found(facts: JobFacts, provider: str) -> tuple[Finding, ...]:
    return judge(facts, load_profile(provider), only=("F004",))[0]


@pytest.mark.parametrize("provider", profile_names())
@pytest.mark.parametrize("role", ["video", "audio", "reference"])
@pytest.mark.parametrize(
    ("size", "limit"),
    [
        (100 * MB, None),
        (100 * MB + 1, "≤ 100 MB (100,000,000 bytes)"),
        (100 * MIB, "≤ 100 MB (100,000,000 bytes)"),
        (100 * MIB + 1, "≤ 100 MB (104,857,600 bytes)"),
    ],
)
def test_the_bound_is_exact_in_both_readings_of_mb(provider: str, role: str, size: int, limit: str | None) -> None:
    findings = found(with_file(role, bytes=size), provider)  # type: ignore[arg-type]
    assert [(f.severity, f.role, f.limit, f.remote) for f in findings] == (
        [] if limit is None else [("warning", role, limit, None)]
    )
    for finding in findings:
        assert ("strictest reading" in finding.message) is (size <= 100 * MIB)
        assert "address of your own" in finding.message
        assert f"{size:,} bytes" in finding.message
        assert finding.fix is not None
        assert finding.fix.level == "reencode"


@pytest.mark.parametrize(
    ("provider", "form", "warned"),
    [
        ("evolink", "bmp", 1),
        ("evolink", "tiff", 1),
        *[("evolink", form, 0) for form in ("jpeg", "png", "gif", "webp")],
        ("dashscope", "bmp", 0),
        ("dashscope", "tiff", 0),
    ],
)
def test_the_format_of_a_picture_at_evolink(provider: str, form: str, warned: int) -> None:
    findings = found(with_file("reference", format=form), provider)
    assert [(f.severity, f.measured, f.fix and f.fix.name) for f in findings] == [
        ("warning", form, "convert-image")
    ] * warned


@pytest.mark.parametrize("form", ["avi", "mkv"])
def test_the_formats_of_audio_and_video_are_left_to_the_upload(form: str) -> None:
    assert found(with_file("video", format=form), "evolink") == ()
    assert found(with_file("audio", format="flac"), "evolink") == ()


def test_what_is_at_an_address_is_not_uploaded() -> None:
    video = addressed().video
    assert video is not None
    assert found(job(video=replace(video, bytes=300 * MB)), "dashscope") == ()
    address = video.address
    picture = with_file("reference", format="bmp", address=address, bytes=300 * MB)
    assert found(picture, "evolink") == ()


def test_a_profile_without_upload_says_nothing_of_it() -> None:
    profile = load_profile("evolink").without_upload()
    assert judge(with_file("reference", format="bmp", bytes=200 * MB), profile, only=("F004",))[0] == ()
    assert set(load_profile("evolink").limits) - set(profile.limits) == {"F004"}


def test_a_profile_of_ones_own_says_another_number(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('extends = "evolink"\n[limits.F004]\naccept = { maximum = 5000000 }\n', "utf-8")
    assert [f.limit for f in found(with_file("video", bytes=5_000_001), str(own))] == ["≤ 5 MB (5,000,000 bytes)"]
    assert found(with_file("video", bytes=5_000_000), str(own)) == ()
