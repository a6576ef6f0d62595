"""The receipt: what was made of what, with which tools, and what was found before and after."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lipready.errors import FixError, UsageError
from lipready.facts.plan import FilePlan, Plan
from lipready.facts.report import Report
from lipready.fixes.folder import Partial

SCHEMA = "lipready.receipt/1"
NAME = "receipt.json"
_LARGEST = 64 << 20

Tools = dict[str, str]
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the job: its plan, and the sha256 of its input and of its output, which may be the input itself."""

    plan: FilePlan
    tools: Tools
    input_sha256: str
    output_sha256: str

    def entry(self) -> Plain:
        """Write it as it stands in the receipt."""
        plan = self.plan
        return {
            "role": plan.role,
            "source": _text(plan.source),
            "input_sha256": self.input_sha256,
            "output": _text(plan.output),
            "output_sha256": self.output_sha256,
            "already_fine": plan.already_fine,
            "tools": tools_of(plan, self.tools),
            **recipe_entry(plan),
        }


def tools_of(plan: FilePlan, tools: Tools) -> Tools:
    """Take the tools that had a part in one output."""
    used = "ffmpeg" if plan.commands else "pillow" if plan.role == "reference" and not plan.already_fine else ""
    return {name: version for name, version in tools.items() if name == used}


def recipe_entry(plan: FilePlan) -> Plain:
    """Write what is done to a file as it stands in the receipt; equal recipes on equal files make equal outputs."""
    return {
        "steps": [{**asdict(step), "rules": list(step.rules)} for step in plan.steps],
        "commands": [[_text(argument) for argument in command] for command in plan.commands],
        "picture": None if plan.picture is None else json.loads(json.dumps(asdict(plan.picture))),
    }


def read_receipt(out: Path) -> Plain | None:
    """Read the receipt of an output folder; None where there is none.

    Raises UsageError where a file of that name is no receipt of lipready, so that it must not be overwritten.
    """
    path = out / NAME
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        receipt = json.loads(data) if len(data) <= _LARGEST else None
    except (ValueError, RecursionError):
        receipt = None
    if not isinstance(receipt, dict) or receipt.get("schema") != SCHEMA:
        raise UsageError(f"{path} is not a receipt of lipready: choose another output folder, or move that file away.")
    return receipt


def entries(receipt: Plain | None) -> list[Plain]:
    """Return the entries of all outputs that a receipt knows, however damaged it is."""
    lists = [] if receipt is None else [receipt.get("files"), receipt.get("earlier")]
    return [entry for files in lists if isinstance(files, list) for entry in files if isinstance(entry, dict)]


def write_receipt(
    out: Path, made: tuple[Made, ...], *, plan: Plan, tools: Tools, before: Report, after: Report, version: str
) -> None:
    """Write the receipt, whole or not at all; outputs of earlier runs that this one did not make stay known.

    Raises FixError where it cannot be written.
    """
    outputs = {each.plan.output for each in made}
    earlier = [entry for entry in entries(read_receipt(out)) if not entry.get("already_fine")]
    content = {
        "schema": SCHEMA,
        "lipready": version,
        "provider": after.provider,
        "verdict": after.verdict,
        "tools": tools,
        "files": [each.entry() for each in made],
        "earlier": [entry for entry in earlier if entry.get("output") not in outputs],
        "undecided": [list(gap) for gap in plan.undecided],
        "before": before.to_dict(),
        "after": after.to_dict(),
    }
    partial = Partial.beside(out / NAME)
    try:
        partial.path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.finish()
    except OSError as error:
        raise FixError(f"{partial.final} cannot be written: {error.strerror or error}.") from error
    finally:
        partial.discard()


def _text(text: str) -> str:
    """Make the bytes of a name that is no UTF-8 visible, since JSON has no place for them."""
    return text.encode("utf-8", "backslashreplace").decode()
