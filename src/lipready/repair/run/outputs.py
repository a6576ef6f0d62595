"""Carry out a plan: every output under a temporary name first, and under its own when it is whole."""

import errno
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from itertools import pairwise
from os import fspath
from pathlib import Path

from lipready.errors import FixError
from lipready.facts.plan import FilePlan
from lipready.repair.image import write_picture
from lipready.repair.run import ffmpeg
from lipready.repair.run.folder import Partial, make_folder, no_room, place
from lipready.repair.run.receipt import Made, Plain, Tools, claim, entries, recipe_entry, sha256_of, tools_of

Writer = Callable[[FilePlan, Partial], FilePlan]


def find_earlier(plan: FilePlan, out: Path, receipt: Plain | None, tools: Tools) -> Made | None:
    """Find the whole output that an earlier run made by the same recipe, of the same input, with the same tools.

    Of a file that is already fine it is the link to it, or a copy of it, whoever made that. `receipt` is that of the
    output folder, `tools` are those at hand now.
    """
    path = out / plan.output
    if plan.stays or not path.is_file():
        return None
    if plan.kept is not None:
        sha256 = sha256_of(plan.at)
        if path.samefile(plan.at):
            return Made(replace(plan, kept="link"), sha256, sha256)
        return Made(replace(plan, kept="copy"), sha256, sha256) if sha256_of(path) == sha256 else None
    entry = next((each for each in entries(receipt) if each.get("output") == plan.output), None)
    wanted = {"role": plan.role, "tools": tools_of(plan, tools), **recipe_entry(plan)}
    if entry is None or any(entry.get(key) != value for key, value in wanted.items()):
        return None
    hashes = (sha256_of(plan.at), sha256_of(path))
    known = hashes == (entry.get("input_sha256"), entry.get("output_sha256"))
    return Made(plan, *hashes) if known else None


def make(plans: Sequence[FilePlan], out: Path, write: Writer) -> tuple[Made, ...]:
    """Write the outputs of some files; the inputs are hashed meanwhile.

    `write` fills one temporary file, and returns the plan that it carried out. Whatever goes wrong, no half-written
    file stays, and none under a final name.
    """
    make_folder(out)
    with ThreadPoolExecutor(max_workers=1) as pool:
        places = dict.fromkeys(each.at for each in plans)
        hashes = {place: pool.submit(copy_context().run, sha256_of, place) for place in places}
        return tuple(_make_one(each, out, write, hashes[each.at]) for each in plans)


def _make_one(plan: FilePlan, out: Path, write: Writer, source_hash: "Future[str]") -> Made:
    if plan.stays:
        return Made(plan, source_hash.result(), source_hash.result())
    partial = Partial.beside(out / plan.output)
    try:
        plan = write(plan, partial) if plan.kept is None else replace(plan, kept=place(plan.at, partial, plan.kept))
        sha256 = source_hash.result() if plan.kept == "link" else sha256_of(partial.path)
        if plan.kept == "copy" and sha256 != source_hash.result():
            raise FixError(f"{plan.source} was changed while it was copied: try again.")
        claim(out, plan.output, sha256)
        partial.finish(written=plan.kept != "link")
    finally:
        partial.discard()
    return Made(plan, source_hash.result(), sha256)


_NO_SPACE = os.strerror(errno.ENOSPC)
"""What ffmpeg says, too, where the disk is full."""


def execute(plan: FilePlan, partial: Partial, binary: str | None, tell: Callable[[float], None]) -> None:
    """Write the output of one file under its temporary name.

    `binary` is the path of ffmpeg, needed where the plan has commands; `tell` hears of the share that is done (0..1).
    Raises FixError where it fails.
    """
    if plan.picture is not None:
        write_picture(plan.at, plan.picture, partial.path)
        return
    if not plan.commands:
        place(plan.at, partial, "copy")
        return
    if binary is None:
        raise FixError(f"{plan.source} needs ffmpeg.")
    final, temporary = fspath(partial.final), fspath(partial.path)
    # The temporary name stands wherever the command writes, and where it reads the place of what has another name.
    reads = {f"file:{plan.source}": f"file:{plan.at}"}
    writes = {f"file:{final}": f"file:{temporary}", f"{final}.pass": f"{temporary}.pass"}
    share = 1 / len(plan.commands)
    for number, command in enumerate(plan.commands):
        line = [binary]
        for before, argument in pairwise(command):
            line.append((reads if before == "-i" else writes).get(argument, argument))

        def tell_whole(done: float, begin: float = number * share) -> None:
            tell(begin + done * share)

        try:
            ffmpeg.run(line, what=plan.source, length=plan.length, tell=tell_whole)
        except FixError as error:
            if _NO_SPACE in str(error):
                raise no_room(partial.final) from error
            raise
