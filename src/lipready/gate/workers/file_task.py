"""The unit of work: one file, small enough to send anywhere."""

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePath

from lipready.check import Settings
from lipready.facts.file import FileFacts, Role
from lipready.facts.pictures import Pictures
from lipready.facts.unmeasured import Unmeasured

TIMEOUT, TIMEOUT_PER_BYTE = 300.0, 1e-6
"""Seconds that any file may take, and each byte on top: a second for a megabyte, whatever it holds."""

EVERY_FRAME_TAKES = 10
"""So many times as long may it take to look at each frame instead of a sample."""

MEMORY = 2 << 30
"""Bytes that the measurement of one file may hold at once, libraries and models included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTask:
    """One file that is to be measured as what `role` asks for.

    `path` is as it shall stand in the facts, relative to the folder `root`. `quick`, `every_frame` and `describe` are
    those of `check`. With `pictured` small pictures are kept as well, and with `moments` (in seconds) those alone are
    made: nothing is measured but what headers tell. `timeout` is in seconds (None: TIMEOUT and more for a large file),
    `memory` in bytes.
    """

    root: str
    path: str
    role: Role
    quick: bool = False
    every_frame: bool = False
    describe: bool = False
    pictured: bool = False
    moments: tuple[Fraction, ...] | None = None
    timeout: float | None = None
    memory: int = MEMORY

    @property
    def settings(self) -> Settings:
        """How to measure it."""
        pictures = Pictures(small=True) if self.pictured else None
        return Settings(quick=self.quick, every_frame=self.every_frame, pictures=pictures)

    def seconds(self) -> float:
        """Return how long the measurement may take, on the machine where the file is."""
        if self.timeout is not None:
            return self.timeout
        usual = TIMEOUT + TIMEOUT_PER_BYTE * (self.size() or 0)
        return usual * EVERY_FRAME_TAKES if self.every_frame else usual

    def size(self) -> int | None:
        """Return how many bytes the file has; None where nobody knows."""
        try:
            return os.stat(os.path.join(self.root, self.path)).st_size  # noqa: PTH116, PTH118 - whatever the name
        except (OSError, ValueError):
            return None

    def failed(self, problem: str) -> FileFacts:
        """Return the facts of a file whose measurement has ended with its process, its time or its memory.

        `problem` is a phrase that continues its name. It is transient, whatever the file may have to do with it: that a
        decoder crashes or hangs is not known to come again before it is tried again.
        """
        reason, size = Unmeasured(problem, transient=True), self.size()
        return FileFacts(
            role=self.role,
            path=self.path,
            bytes=Unmeasured("its size is not known") if size is None else size,
            extension=PurePath(self.path).suffix.lower().removeprefix("."),
            format=reason,
            lfs=None,
            problem=problem,
            media=reason,
            people=reason,
        )
