"""The receipt: what was made of what, with which tools, and which files of a folder are known by it."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lipready.errors import FixError, UsageError
from lipready.facts.plan import FilePlan, Kept, Plan, Step
from lipready.probe.local_file import hash_of
from lipready.repair.run.folder import SUFFIX, Partial, unwritable
from lipready.reports.report import Report

SCHEMA = "lipready.receipt/1"
NAME = "receipt.json"
_LARGEST = 64 << 20
_KEPT: dict[Kept, str] = {
    "link": "It is already fine: this is a hard link to it.",
    "copy": "It is already fine: this is a copy of it.",
    "stay": "It is already fine, and stays where it is.",
}

Tools = dict[str, str]
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the job: its plan, and the sha256 of its input and of its output, which may be the input itself."""

    plan: FilePlan
    input_sha256: str
    output_sha256: str

    def entry(self, tools: Tools) -> Plain:
        """Write it as it stands in the receipt; `tools` are all those of the run."""
        plan = self.plan
        return {
            "role": plan.role,
            "source": _text(plan.source),
            "input_sha256": self.input_sha256,
            "output": _text(plan.output),
            "output_sha256": self.output_sha256,
            "already_fine": plan.already_fine,
            "kept": plan.kept,
            "tools": tools_of(plan, tools),
            **recipe_entry(plan),
        }


def tools_of(plan: FilePlan, tools: Tools) -> Tools:
    """Return the tools that had a part in one output."""
    used = "ffmpeg" if plan.commands else "pillow" if plan.role == "reference" and not plan.already_fine else ""
    return {name: version for name, version in tools.items() if name == used}


def recipe_entry(plan: FilePlan) -> Plain:
    """Write what is done to a file as it stands in the receipt; equal recipes on equal files make equal outputs."""
    steps = plan.steps if plan.kept is None else [Step("already-fine", "lossless", _KEPT[plan.kept])]
    return {
        "steps": [{**asdict(step), "rules": list(step.rules)} for step in steps],
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
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.", path=str(path)) from error
    try:
        receipt = json.loads(data) if len(data) <= _LARGEST else None
    except (ValueError, RecursionError):
        receipt = None
    if not isinstance(receipt, dict) or receipt.get("schema") != SCHEMA:
        raise UsageError(
            f"{path} is not a receipt of lipready: choose another output folder, or move that file away.",
            path=str(path),
        )
    return receipt


def entries(receipt: Plain | None) -> list[Plain]:
    """Return the entries of all outputs that a receipt knows, however damaged it is."""
    lists = [] if receipt is None else [receipt.get("files"), receipt.get("earlier")]
    return [entry for files in lists if isinstance(files, list) for entry in files if isinstance(entry, dict)]


def left_over(receipt: Plain | None) -> set[tuple[str, str]]:
    """Return name and sha256 of the outputs of earlier runs that are no part of the job that a receipt is about."""
    names = None if receipt is None else receipt.get("left_over")
    known = {(str(entry.get("output")), str(entry.get("output_sha256"))) for entry in entries(receipt)}
    return {(name, sha256) for name, sha256 in known if isinstance(names, list) and name in names}


def write_receipt(
    out: Path, made: tuple[Made, ...], *, plan: Plan, tools: Tools, before: Report, after: Report
) -> None:
    """Write the receipt, whole or not at all; outputs of earlier runs that this one did not make stay known.

    Raises FixError where it cannot be written.
    """
    from lipready import __version__

    outputs = {each.plan.output for each in made}
    others = [entry for entry in entries(read_receipt(out)) if entry.get("output") not in outputs]
    # What stayed where it was is no output.
    earlier = [entry for entry in others if not entry.get("already_fine") or entry.get("kept") in {"link", "copy"}]
    in_use = {os.path.realpath(file.path) for file in after.facts.files()}
    content = {
        "schema": SCHEMA,
        "lipready": __version__,
        "provider": after.provider,
        "verdict": after.verdict,
        "tools": tools,
        "files": [each.entry(tools) for each in made],
        "earlier": earlier,
        "left_over": [e["output"] for e in earlier if os.path.realpath(out / str(e.get("output"))) not in in_use],
        "set_aside": None if plan.set_aside is None else _text(plan.set_aside),
        "undecided": [list(gap) for gap in plan.undecided],
        "before": before.to_dict(),
        "after": after.to_dict(),
    }
    partial = Partial.beside(out / NAME)
    try:
        partial.path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.finish()
    except OSError as error:
        raise unwritable(partial.final, error) from error
    finally:
        partial.discard()


def _text(text: str) -> str:
    """Make the bytes of a name that is no UTF-8 visible, since JSON has no place for them."""
    return text.encode("utf-8", "backslashreplace").decode()


_JOURNAL = f"outputs{SUFFIX}"
_LARGEST_JOURNAL = 1 << 20


def sha256_of(path: str | Path) -> str:
    """Return the sha256 of a file's bytes, in hex. Raises FixError where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hash_of(file)
    except OSError as error:
        raise FixError(f"{path} cannot be read: {error.strerror or error}.", path=str(path)) from error


def require_free(out: Path, plans: Sequence[FilePlan], sources: Sequence[str]) -> None:
    """Make sure that no output stands in the place of an input, or of a file that lipready did not write as it is.

    Raises UsageError that names the file, and says what to do.
    """
    known = entries(read_receipt(out))
    owned = {(str(entry.get("output")), str(entry.get("output_sha256"))) for entry in known} | _claims(out)
    linked = {entry.get("output") for entry in known if entry.get("kept") == "link"}
    for name in (each.output for each in plans if not each.stays):
        path = out / name
        if not os.path.lexists(path):
            continue
        same = [source for source in sources if _same(path, source)]
        # A link of lipready's own gives its name away, and the input keeps its bytes.
        own = path.is_file() and ((bool(same) and name in linked) or (name, sha256_of(path)) in owned)
        # A file that is one with a source may be the source itself where it stands in the same folder.
        folder = Path(os.path.realpath(path)).parent
        if same and (not own or any(folder.samefile(Path(os.path.realpath(source)).parent) for source in same)):
            raise UsageError(
                f"{path} is an input of this job and would be overwritten: choose another output folder.",
                path=str(path),
            )
        if not own:
            raise UsageError(
                f"{path} was not written by lipready, or was changed since: choose another output folder, or move it.",
                path=str(path),
            )


def claim(out: Path, name: str, sha256: str) -> None:
    """Note down that a file of this content is about to appear under this name.

    The receipt comes last; a run that is killed before it leaves this note, so that the next one may go on.

    Raises FixError where it cannot be noted down.
    """
    try:
        with (out / _JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(f"{sha256}  {name}\n")
            journal.flush()
            os.fsync(journal.fileno())
    except OSError as error:
        raise unwritable(out / name, error) from error


def forget_claims(out: Path) -> None:
    """Remove the notes, once the receipt holds them all."""
    with suppress(OSError):
        (out / _JOURNAL).unlink()


@contextmanager
def whole_or_taken_back(out: Path, plans: Sequence[FilePlan]) -> Iterator[None]:
    """Remove what was written of these outputs where the block does not come to its end; the notes go in any case.

    Half a job would look like a whole one to whoever submits what the folder holds, and is made anew anyway.
    """
    try:
        yield
    except BaseException:
        claims = _claims(out)
        for name in (each.output for each in plans if not each.stays):
            with suppress(OSError, FixError):
                # What stands there may still be the output of an earlier run.
                if (name, sha256_of(out / name)) in claims:
                    (out / name).unlink()
        raise
    finally:
        forget_claims(out)


def _claims(out: Path) -> set[tuple[str, str]]:
    """Read the notes: names and the sha256 of what stands under them, or was about to."""
    with suppress(OSError), (out / _JOURNAL).open("rb") as journal:
        lines = journal.read(_LARGEST_JOURNAL).decode("utf-8", "replace").splitlines()
        return {(name, sha256) for sha256, _, name in (line.partition("  ") for line in lines)}
    return set()


def _same(path: Path, source: str) -> bool:
    try:
        return path.samefile(source)
    except OSError:
        return False
