"""PATH arguments become files, and files units: the jobs of manifests, files of one stem, and single files."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lipready.config.unit import Notice, Unit
from lipready.errors import ConfigurationError, NothingCheckedError
from lipready.gate.discovery.discover import Found, discover, nothing_found
from lipready.gate.discovery.kinds import ROLES, Kind, kind_by_content, kind_by_extension
from lipready.gate.discovery.manifest import ListedJob, read_manifests
from lipready.job import Job, RequestOptions

_REFERENCE = ".ref"


@dataclass(frozen=True, slots=True)
class Paired:
    """The units, sorted by name, and what is to be said of files that could not be paired."""

    units: tuple[Unit, ...]
    notices: tuple[Notice, ...] = ()


def pair(
    root: Path, paths: Sequence[str], listed: Sequence[ListedJob] = (), options: RequestOptions | None = None
) -> Paired:
    """Make units of files (relative to the root, with slashes) and of the jobs that manifests list.

    Files of a listed job are no units of their own. Of the others, those of one stem in one folder are a job:
    `anna.mp4`, `anna.wav`, `anna.ref.jpg`, or the video with one of the other two; `options` are those of such jobs.
    A stem with two videos, two audio tracks or two references is left unpaired, with a notice. Everything else is
    checked for itself. The kind is told by the extension, and by the content only where that says nothing.

    Raises ConfigurationError where the name of a listed job is the path of another unit.
    """
    used = frozenset[str]().union(*(job.reached for job in listed))
    kinds = {path: kind_by_extension(path) or kind_by_content(str(root / path)) for path in paths if path not in used}
    unknown = sorted(path for path, kind in kinds.items() if kind is None)
    notices = [Notice(f"{path}: neither its content nor its name says what it is; not checked.") for path in unknown]
    units = list(_listed_units(listed))
    by_stem = _by_stem({path: kind for path, kind in kinds.items() if kind is not None})
    for stem, group in by_stem.items():
        twice = next((kind for kind, several in group.items() if len(several) > 1), None)
        if twice is not None and len(group) > 1 and "video" in group:
            notices.append(_ambiguous(stem, twice, group[twice]))
        units.extend(_of_stem(group, options or RequestOptions()))
    _require_unique(units)
    notices.sort(key=lambda notice: notice.text)
    return Paired(tuple(sorted(units, key=lambda unit: unit.name)), tuple(notices))


def _by_stem(kinds: Mapping[str, Kind]) -> dict[str, dict[Kind, list[str]]]:
    """Group files by folder and stem; an image without `.ref` has a stem that nothing else has."""
    groups: dict[str, dict[Kind, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path, kind in sorted(kinds.items()):
        folder, slash, name = path.rpartition("/")
        stem = name.rpartition(".")[0] or name
        if kind == "image":
            is_reference = len(stem) > len(_REFERENCE) and stem.lower().endswith(_REFERENCE)
            stem = stem[: -len(_REFERENCE)] if is_reference else f"{name}/"
        groups[f"{folder}{slash}{stem}"][kind].append(path)
    return groups


def _of_stem(group: Mapping[Kind, list[str]], options: RequestOptions) -> Iterator[Unit]:
    together = "video" in group and len(group) > 1 and all(len(paths) == 1 for paths in group.values())
    if together:
        video, audio, reference = (next(iter(group.get(kind, ())), None) for kind in ROLES)
        yield Unit(name=group["video"][0], job=Job.of(video, audio, reference, options))
        return
    for kind, paths in group.items():
        for path in paths:
            yield Unit(name=path, job=Job.of(**{ROLES[kind]: path}, options=None))


def _ambiguous(stem: str, kind: Kind, paths: Sequence[str]) -> Notice:
    nouns: dict[Kind, str] = {"video": "videos", "audio": "audio tracks", "image": "reference images"}
    return Notice(
        f"{stem}: {' and '.join(paths)} are {len(paths)} {nouns[kind]} of one name, so each file is checked for "
        "itself; say what belongs together in lipready.jobs.toml."
    )


def _listed_units(listed: Sequence[ListedJob]) -> Iterator[Unit]:
    """Yield units; a job without a name has that of its first file, of all its files, or a number behind that."""
    first = Counter(job.files()[0] for job in listed if job.name is None)
    seen: Counter[str] = Counter()
    for job in listed:
        name = job.name
        if name is None:
            files = job.files()
            name = files[0] if first[files[0]] == 1 else " + ".join(files)
            seen[name] += 1
            name = name if seen[name] == 1 else f"{name} ({seen[name]})"
        yield Unit(name=name, job=job.job)


def _require_unique(units: Sequence[Unit]) -> None:
    for name, count in Counter(unit.name for unit in units).items():
        if count > 1:
            raise ConfigurationError(
                f"lipready.jobs.toml: the name {name!r} is that of another file or job as well; "
                "call the job differently."
            )


def collect(root: Path, patterns: Sequence[str] = (), options: RequestOptions | None = None) -> Paired:
    """Return what is to be checked below a folder, and what of it belongs together.

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
