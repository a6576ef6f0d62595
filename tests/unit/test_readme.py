"""What the README shows is true: its Python runs, its transcript and its table are real, its links lead somewhere."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from lipready.rules.registry import RULES

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_library_example_runs(good_job: tuple[Path, Path, Path], tmp_path: Path) -> None:
    example = "".join(blocks("python"))
    for source, name in zip(good_job, ("clip.mp4", "speech.wav", "person.jpg"), strict=True):
        shutil.copy(source, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", example],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "LIPREADY_STATE_DIR": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pass")


def test_the_library_examples_have_about_ten_lines() -> None:
    for example in blocks("python"):
        assert len([line for line in example.splitlines() if line.strip()]) <= 12


def test_the_transcript_is_what_prepare_says(bad_job: tuple[Path, Path, Path], tmp_path: Path) -> None:
    said, expected = replayed("$ lipready prepare fixtures/made/bad", bad_job, tmp_path)
    assert without_sizes(said) == without_sizes(expected)


def test_the_table_of_people_is_what_people_says(made: Callable[[str], Path], tmp_path: Path) -> None:
    said, expected = replayed("$ lipready people ", (made("two_people.mp4"),), tmp_path)
    assert without_sizes(said) == without_sizes(expected)
    assert (tmp_path / "people.jpg").is_file()


def test_the_transcript_of_submitting_is_what_submit_says(bad_job: tuple[Path, Path, Path], tmp_path: Path) -> None:
    replayed("$ lipready prepare fixtures/made/bad", bad_job, tmp_path)
    said, expected = replayed("$ lipready submit demo/ready/", (), tmp_path)
    assert without_ids(without_sizes(said)) == without_ids(without_sizes(expected))
    assert (tmp_path / "demo" / "result.mp4").is_file()


def without_ids(text: str) -> str:
    return re.sub(r"[0-9a-f-]{12,}", "ID", " ".join(text.split()))


def replayed(prompt: str, fixtures: Iterable[Path], folder: Path) -> tuple[str, str]:
    """Run the command of the one example that begins so, on copies of fixtures; what it says, and what README shows."""
    (shown,) = [text for text in blocks("console") if text.startswith(prompt)]
    place = folder / "fixtures" / "made"
    place.mkdir(parents=True, exist_ok=True)
    for source in fixtures:
        shutil.copy(source, place)
    command, expected = shown.split("\n", 1)
    done = subprocess.run(
        [sys.executable, "-m", "lipready", *command.split()[2:]],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "src"),
            "LIPREADY_STATE_DIR": str(folder / "state"),
            "COLUMNS": "100",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, expected


def without_sizes(text: str) -> str:
    """Blank out what another encoder, or the rounding of another processor, changes."""
    text = re.sub(r"[\d.]+ [kM]B", "SIZE", text)
    text = re.sub(r"\d+ px \(\d+%\)", "HEIGHT", text)
    return re.sub(r" {2,}[+-]?\d+° *", "  ANGLE  ", text).strip()


def test_the_table_of_rules_is_the_registry() -> None:
    rows = re.findall(r"^\| ([A-Z]\d{3}) \| ([a-z0-9-]+) \|", README, re.MULTILINE)
    assert rows == [(rule.id, rule.name) for rule in RULES]


def test_every_local_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (REPOSITORY / target).exists(), target
