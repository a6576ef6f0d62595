"""`lipready sandbox`."""

import signal
import threading
from collections.abc import Sequence

import click

from lipready.cli.input.options import speaking
from lipready.cli.output.session import Session

_PORT = 8765
_USAGE = """\
The sandbox listens on {url} and imitates both providers. Ctrl-C ends it.

DashScope:
  export DASHSCOPE_HTTP_BASE_URL={url}/api/v1
  export DASHSCOPE_API_KEY=sandbox
EvoLink:
  export EVOLINK_BASE_URL={url}
  export EVOLINK_FILES_BASE_URL={url}
  export EVOLINK_API_KEY=sandbox

What was counted: curl {url}/sandbox/ledger
"""


@click.command
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="0 takes any free one.")
@click.option("--pace", type=click.FloatRange(0), default=1.0, show_default=True, help="Seconds a task takes at least.")
@click.option(
    "--upload-limit",
    type=click.IntRange(1),
    metavar="MB",
    default=100,
    show_default=True,
    help="Largest file of DashScope's storage.",
)
@click.option(
    "--local-callbacks", is_flag=True, help="Let callbacks go to this machine, by http too, which EvoLink refuses."
)
@click.option("--moving-mouth", is_flag=True, help="Let the speaker's mouth move with the audio track in results.")
@click.option("--fault", "faults", metavar="FAULT", multiple=True, help="Let something go wrong; repeatable.")
@speaking
def sandbox(
    *,
    host: str,
    port: int,
    pace: float,
    upload_limit: int,
    local_callbacks: bool,
    moving_mouth: bool,
    faults: Sequence[str],
    session: Session,
) -> int:
    """Run a local server that behaves as DashScope and EvoLink document, until Ctrl-C.

    Any key but "invalid" is an account of its own. It takes uploads, judges what it is given by the documented limits,
    and returns a result video that plays; nothing leaves this machine but the downloads of inputs. The mouth in it does
    what it does in the video, as where a model fails and is paid, unless --moving-mouth is given.

    Faults are written STEP:KIND[=VALUE][*COUNT] and hit the next COUNT requests of the step (1; `*` alone: all).
    STEP is one of policy, upload, submit, poll, list, cancel, download; KIND one of delay=SECONDS,
    reset-before, reset-after, lost, 429, 429-after=SECONDS, 500, 500-after, 503, truncated, half, expired,
    slow=BYTES_PER_SECOND, broken=BYTES, quota, huge, nested, html, redirect=URL.

    Some happen beside any other fault of the step: list:lag=SECONDS (younger tasks are not listed) and
    submit:ignore-key (the Idempotency-Key is not looked at) last unless a COUNT is given; poll:unknown=SECONDS (tasks
    are not known) ends so long after the first poll; list:foreign lists a colleague's task with another result, as if
    submitted when this account last did; submit:fail lets the task fail that is submitted. Seconds are those of the
    sandbox's clock: a POST of {"advance": SECONDS} to /sandbox/clock sets it ahead.
    """
    from lipready.sandbox.faults.fault import Fault
    from lipready.sandbox.serve import SandboxOptions, serving

    wanted = tuple(Fault.parse(text) for text in faults)
    log = (lambda _line: None) if session.quiet else session.complain
    options = SandboxOptions(
        host=host,
        port=port,
        pace=pace,
        faults=wanted,
        log=log,
        upload_megabytes=upload_limit,
        local_callbacks=local_callbacks,
        moving_mouth=moving_mouth,
    )
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: told.set())
    with serving(options) as on:
        session.write(_USAGE.format(url=on.url))
        while not told.wait(1.0):
            pass
    return 0
