"""The command line, killed at one point: `python killed_run.py STEP NUMBER EFFECTS ARGUMENTS…`.

Right before the flow's effect that comes EFFECTS effects after the NUMBERth exchange of STEP begins (0: before that
exchange itself, 1: when it is done), the process kills itself with SIGKILL. Pauses are no effects. STEP is a part of
the address that is asked, "film" for the download, or "start", for the first effect of all.
"""

import os
import signal
import sys

from lipready.cli.app import main
from lipready.providers.transport import drive as run
from lipready.providers.transport.drive import drive
from lipready.providers.transport.wire import Effect, Flow, Pause, Save, Send, T

step, number, effects = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
since: int | None = 0 if step == "start" else None
met = 0


def address(effect: Effect) -> str:
    """Say where an effect goes."""
    if isinstance(effect, Send):
        return f"{effect.request.method} {effect.request.url}"
    return "film" if isinstance(effect, Save) else ""


def reach(effect: Effect) -> None:
    """Count an effect that is about to be performed, and die where that is the one."""
    global since, met  # noqa: PLW0603 - one process, one count
    if isinstance(effect, Pause):
        return
    if since is None and step in address(effect):
        met += 1
        since = 0 if met == number else None
    if since is not None and since == effects:
        os.kill(os.getpid(), signal.SIGKILL)
    if since is not None:
        since += 1


def mortal(flow: Flow[T]) -> Flow[T]:
    """Ask for what a flow asks for."""
    effect = next(flow)
    while True:
        reach(effect)
        try:
            try:
                result = yield effect
            except GeneratorExit:
                flow.close()
                raise
            except BaseException as error:  # noqa: BLE001 - the flow is told of everything
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
        except StopIteration as end:
            value: T = end.value
            return value


run.drive = lambda flow, transport: drive(mortal(flow), transport)  # type: ignore[assignment]
sys.argv[1:] = sys.argv[4:]
sys.exit(main())
