"""No number stands before a plural in a message without one function that knows "1 frame"."""

import ast
import re
from pathlib import Path

import pytest

import lipready

SOURCES = sorted(Path(lipready.__file__).parent.rglob("*.py"))
COUNTED = re.compile(
    r"\s+(?:more |required )?(?:annotations|attempts|bytes|channels|characters|credits|cuts|entries|errors|faces|facts|"
    r"files|findings|frames|jobs|limits|lines|notes|packets|people|persons|redirects|repairs|reports|rules|samples|"
    r"seconds|shards|stars|tasks|things|times|tracks|units|videos|warnings)\b"
)


def unguarded(source: str) -> list[str]:
    """Find interpolated values before a plural; constants (in capitals) are known to be more than one."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if not isinstance(value, ast.FormattedValue) or not isinstance(text, ast.Constant):
                continue
            counts = COUNTED.match(str(text.value)) and not ast.unparse(value.value).strip("_").isupper()
            if counts:
                found.append(f"line {value.lineno}: {ast.unparse(value)}{text.value}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: "/".join(path.parts[-2:]))
def test_numbers_before_plurals_are_written_by_counted(path: Path) -> None:
    assert unguarded(path.read_text(encoding="utf-8")) == []


def test_such_a_number_is_found() -> None:
    assert len(unguarded("f'{n} frames were looked at, {LIMIT} frames at most, {n} more times, {said}'")) == 2
