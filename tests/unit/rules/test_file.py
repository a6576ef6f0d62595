"""Names against content."""

import pytest

from lipready.profiles.loader import load_profile
from lipready.rules.examples import video_facts, with_file
from lipready.rules.judge import judge


@pytest.mark.parametrize(
    ("role", "extension", "content", "severity", "rename"),
    [
        ("video", "mp4", "mp4", None, None),
        ("video", "mov", "mov", None, None),
        ("video", "mkv", "mkv", None, None),
        ("video", "webm", "webm", None, None),
        ("video", "mp4", "mov", "info", None),
        ("video", "mov", "mp4", "info", None),
        ("video", "mp4", "3gp", "info", None),
        ("video", "bin", "mp4", "error", "mp4"),
        ("video", "", "mp4", "error", "mp4"),
        ("video", "m4v", "mp4", "error", "mp4"),
        ("video", "mp4", "webm", "error", None),
        ("video", "mp4", "avi", "warning", "avi"),
        ("video", "wav", "mp4", "warning", "mp4"),
        ("audio", "aac", "m4a", "error", None),
        ("audio", "m4a", "m4a", None, None),
        ("audio", "mp3", "wav", "warning", "wav"),
        ("audio", "wave", "wav", "error", "wav"),
        ("reference", "jpeg", "jpeg", None, None),
        ("reference", "jpg", "jpeg", None, None),
        ("reference", "jfif", "jpeg", "error", "jpg"),
        ("reference", "png", "jpeg", "warning", "jpg"),
        ("reference", "heic", "heic", None, None),
        ("reference", "jpg", "heic", "error", None),
        ("reference", "xyz", "xyz", None, None),
    ],
)
def test_extension(role: str, extension: str, content: str, severity: str | None, rename: str | None) -> None:
    facts = with_file(role, path=f"file.{extension}", extension=extension, format=content)  # type: ignore[arg-type]
    found = [f for f in judge(facts, load_profile("dashscope"), only=("F003",))[0] if f.role == role]
    assert [f.severity for f in found] == ([severity] if severity else [])
    for finding in found:
        fix = finding.fix
        assert (fix is not None and f".{rename}." in fix.text) if rename else fix is None


def test_extension_at_evolink_only_warns() -> None:
    facts = with_file("video", path="clip.bin", extension="bin")
    (finding,) = judge(facts, load_profile("evolink"), only=("F003",))[0]
    assert finding.severity == "warning"


def test_m4a_is_fine_at_evolink() -> None:
    facts = with_file("audio", path="speech.m4a", extension="m4a", format="m4a")
    findings = judge(facts, load_profile("evolink"), only=("F003", "A401"))[0]
    # The sample's codec is PCM, which an M4A does not usually hold.
    assert [f.severity for f in findings] == ["warning"]


def test_a_truncated_file_is_unreadable_and_the_rest_is_still_judged() -> None:
    facts = with_file("video", media=video_facts(truncated=True, codec="vp9"))
    assert [f.rule for f in judge(facts, load_profile("dashscope"))[0]] == ["F001", "V102"]
