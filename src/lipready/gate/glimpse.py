"""The first thing that is wrong, seen in the headers while everything else is still being measured."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event, Thread

from lipready.errors import LipreadyError
from lipready.facts.finding import Finding
from lipready.gate.store import Store
from lipready.gate.survey import Survey, examine_units
from lipready.gate.unit import Unit

_FEW = 64


@contextmanager
def glimpsing(units: Sequence[Unit], survey: Survey, say: Callable[[Finding], None]) -> Iterator[None]:
    """Look quickly at the first units beside the block, and say the first error or warning that shows."""
    ended = Event()
    thread = Thread(target=_glimpse, args=(units[:_FEW], survey, say, ended), name="lipready-glimpse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _glimpse(units: Sequence[Unit], survey: Survey, say: Callable[[Finding], None], ended: Event) -> None:
    settings = replace(survey.settings, quick=True, every_frame=False)
    quick = replace(
        survey, settings=settings, store=Store(survey.root, None), executor=None, workers=1, told=lambda _path: None
    )
    try:
        with closing(examine_units(units, quick)) as verdicts:
            for verdict in verdicts:
                found = next((each for each in verdict.report.findings if each.severity != "info"), None)
                if found is not None:
                    say(found)
                if found is not None or ended.is_set():
                    return
    except LipreadyError:
        return  # what is missing here is missing there, where it is told
