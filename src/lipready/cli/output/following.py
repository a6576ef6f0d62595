"""Waiting for a task and downloading its result video: for `submit` and for `tasks resume`."""

from typing import TYPE_CHECKING

from lipready.check import stage
from lipready.cli.input.options import Patience
from lipready.cli.output.outcome import Outcome
from lipready.cli.output.progress import progress_bars, waiting_line
from lipready.cli.output.session import CLEAN, FOUND
from lipready.errors import LipreadyError, TaskFailedError

if TYPE_CHECKING:
    from lipready.facts.task import TaskState
    from lipready.task import Task


def download_result(task: "Task", output: str | None, patience: Patience, show: Outcome) -> int:
    """Wait for a task, download its result video to `output`, and show what came of it; gives the exit status.

    Where it is interrupted, says how to go on.
    """
    try:
        with waiting_line(show.session) as say:

            def tell(state: "TaskState") -> None:
                done = "" if state.progress is None else f" {state.progress} %"
                say(f"{task.account.service.name}: {state.said}{done}")

            task = task.wait(deadline=patience.deadline, poll_interval=patience.poll_interval, progress=tell)
        with progress_bars(show.session) as progress:
            result_video = (
                None if output is None else task.download(output, progress=stage("downloading", output, progress))
            )
    except TaskFailedError as error:
        show.failed(task, error)
        return FOUND
    except (KeyboardInterrupt, LipreadyError) as error:
        show.kept(task, error)
        raise
    verified = None
    try:
        verified = None if result_video is None else show.verified(task, result_video)
    finally:  # whatever comes of that, the result is there
        show.show_result(task, result_video, verified)
    return CLEAN
