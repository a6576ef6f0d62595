"""From PATH arguments to units."""

from collections.abc import Sequence
from pathlib import Path

from lipready.errors import NothingCheckedError
from lipready.gate.discover import Found, discover, nothing_found
from lipready.gate.manifest import ListedJob, read_manifests
from lipready.gate.pair import Paired, pair
from lipready.job import RequestOptions


def collect(root: Path, patterns: Sequence[str] = (), options: RequestOptions | None = None) -> Paired:
    """Find what is to be checked below a folder, and what of it belongs together.

    Of a manifest those jobs count of which at least one file is asked for, be it there or not; all of them where the
    manifest itself is named. `options` are those of jobs that name none themselves.

    Raises NothingCheckedError where there is nothing, and all that `discover`, `read_manifests` and `pair` raise.
    """
    root = root.resolve()
    found = discover(root, patterns)
    listed = [job for job in read_manifests(root, found.manifests, options) if _is_asked_for(job, found)]
    paired = pair(root, found.paths, listed, options)
    if not paired.units:
        reasons = " ".join(notice.text for notice in paired.notices)
        raise NothingCheckedError(reasons or nothing_found(root, patterns))
    return Paired(paired.units, (*found.notices, *paired.notices))


def _is_asked_for(job: ListedJob, found: Found) -> bool:
    return job.manifest in found.selection.files or any(found.selection.covers(path) for path in job.files())
