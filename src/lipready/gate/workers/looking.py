"""Pictures of what is known already: a file whose facts are remembered is opened for the moments that are shown."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction

from lipready.errors import ProbeError
from lipready.facts.file import FileFacts, Role
from lipready.facts.pictures import FilePictures, Pictures
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import run_tasks


@dataclass(frozen=True, slots=True)
class Unseen:
    """A file of the unit with a `number` of which no picture was kept, and the moments that are wanted in seconds."""

    number: int
    role: Role
    path: str
    moments: tuple[Fraction, ...]


def look_again(
    unseen: Iterable[Unseen], root: str, executor: Executor | None = None, workers: int | None = None
) -> Mapping[int, Pictures]:
    """Decode the moments that are wanted, each file in a process of its own, and return pictures by unit.

    A file that cannot be decoded any more has none. Raises ComponentError as `run_tasks` does.
    """
    asked: dict[FileTask, list[int]] = {}
    for each in unseen:
        task = FileTask(root=root, path=each.path, role=each.role, pictured=True, moments=each.moments)
        asked.setdefault(task, []).append(each.number)
    found: dict[int, Pictures] = {}

    def take(task: FileTask, pictures: FilePictures) -> None:
        for number in asked[task]:
            found.setdefault(number, Pictures(small=True)).files[task.role] = pictures

    if asked:
        for _ in run_tasks(iter(asked), executor, workers=workers, pictured=take):
            pass
    return found


def look(path: str, role: Role, moments: Sequence[Fraction]) -> tuple[FileFacts, FilePictures]:
    """Return the facts that the headers of a file give, and small pictures of some moments of it."""
    from lipready.probe.decoding.pictures import LONG_EDGE, PictureKeeper
    from lipready.probe.decoding.still import open_still
    from lipready.probe.decoding.stretch import decode_moments
    from lipready.probe.source import examine

    facts, keeper = examine(path, role, quick=True), PictureKeeper(small=True)
    try:
        if role == "reference":
            still = open_still(path)
            if not isinstance(still, Unmeasured):
                keeper.see(still[0], Fraction(0), still[1], ())
        elif isinstance(facts.media, VideoFacts):
            for frame in decode_moments(path, facts.media, moments, LONG_EDGE):
                keeper.see(frame.image, frame.time, frame.scale, ())
    except ProbeError:
        pass  # what was kept so far is shown
    return facts, keeper.pictures()
