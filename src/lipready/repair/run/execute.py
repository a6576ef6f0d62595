"""Do what the plan of one file says."""

import errno
import os
from collections.abc import Callable, Sequence
from os import fspath

from lipready.errors import FixError
from lipready.facts.plan import FilePlan
from lipready.repair.image.edit import write_picture
from lipready.repair.run import ffmpeg
from lipready.repair.run.folder import Partial, no_room, place

_NO_SPACE = os.strerror(errno.ENOSPC)
"""What ffmpeg says, too, where the disk is full."""

Share = Callable[[float], None]


def execute(plan: FilePlan, partial: Partial, binary: str | None, tell: Share) -> None:
    """Write the output of one file under its temporary name.

    `binary` is the path of ffmpeg, needed where the plan has commands; `tell` hears of the share that is done (0..1).
    Raises FixError where it fails.
    """
    if plan.picture is not None:
        write_picture(plan.source, plan.picture, partial.path)
    elif plan.commands:
        if binary is None:
            raise FixError(f"{plan.source} needs ffmpeg.")
        _run_all(plan, partial, binary, tell)
    else:
        place(plan.source, partial, "copy")


def _run_all(plan: FilePlan, partial: Partial, binary: str, tell: Share) -> None:
    share = 1 / len(plan.commands)
    for number, command in enumerate(plan.commands):
        step = _slice(tell, number * share, share)
        try:
            ffmpeg.run(_aimed(command, partial, binary), what=plan.source, length=plan.length, tell=step)
        except FixError as error:
            if _NO_SPACE in str(error):
                raise no_room(partial.final) from error
            raise


def _slice(tell: Share, begin: float, share: float) -> Share:
    return lambda done: tell(begin + done * share)


def _aimed(command: Sequence[str], partial: Partial, binary: str) -> list[str]:
    """Put in the binary, and the temporary name wherever the command writes."""
    final, temporary = fspath(partial.final), fspath(partial.path)
    writes = {f"file:{final}": f"file:{temporary}", f"{final}.pass": f"{temporary}.pass"}
    aimed = [binary, *(writes.get(argument, argument) for argument in command[1:])]
    if any(argument in writes for argument in aimed):
        raise FixError(f"{partial.final} would be written under its own name before it is whole.")
    return aimed
