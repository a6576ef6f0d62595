"""Which files in the output folder lipready has written itself, and may write again."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lipready.errors import FixError, UsageError
from lipready.facts.plan import FilePlan
from lipready.repair.run.folder import SUFFIX, unwritable
from lipready.repair.run.receipt import entries, read_receipt

_JOURNAL = f"outputs{SUFFIX}"
_LARGEST = 1 << 20


def sha256_of(path: str | Path) -> str:
    """Return the sha256 of a file's bytes, in hex. Raises FixError where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FixError(f"{path} cannot be read: {error.strerror or error}.") from error


def require_free(out: Path, plans: Sequence[FilePlan], sources: Sequence[str]) -> None:
    """Make sure that no output stands in the place of an input, or of a file that lipready did not write as it is.

    Raises UsageError that names the file, and says what to do.
    """
    owned = _owned(out)
    linked = {entry.get("output") for entry in entries(read_receipt(out)) if entry.get("kept") == "link"}
    for name in (each.output for each in plans if not each.stays):
        path = out / name
        if not os.path.lexists(path):
            continue
        same = [source for source in sources if _same(path, source)]
        # A link of lipready's own gives its name away, and the input keeps its bytes.
        own = path.is_file() and ((bool(same) and name in linked) or (name, sha256_of(path)) in owned)
        if same and (not own or any(_beside(path, source) for source in same)):
            raise UsageError(f"{path} is an input of this job and would be overwritten: choose another output folder.")
        if not own:
            raise UsageError(
                f"{path} was not written by lipready, or was changed since: choose another output folder, or move it."
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


def _owned(out: Path) -> set[tuple[str, str]]:
    written = {(str(entry.get("output")), str(entry.get("output_sha256"))) for entry in entries(read_receipt(out))}
    return written | _claims(out)


def _claims(out: Path) -> set[tuple[str, str]]:
    """Read the notes: names and the sha256 of what stands under them, or was about to."""
    with suppress(OSError), (out / _JOURNAL).open("rb") as journal:
        lines = journal.read(_LARGEST).decode("utf-8", "replace").splitlines()
        return {(name, sha256) for sha256, _, name in (line.partition("  ") for line in lines)}
    return set()


def _same(path: Path, source: str) -> bool:
    try:
        return path.samefile(source)
    except OSError:
        return False


def _beside(path: Path, source: str) -> bool:
    """Whether a file that is one with a source stands in the source's own folder, so that it may be the source."""
    return Path(os.path.realpath(path)).parent.samefile(Path(os.path.realpath(source)).parent)
