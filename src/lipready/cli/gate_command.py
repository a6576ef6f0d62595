"""The command of the gate: it first asks whether the same run would come out the same."""

from typing import Any

import click

from lipready.cli import gate_memo
from lipready.cli.gate_memo import Begun
from lipready.cli.session import Session

_BEGUN, _MEMO = "lipready.gate.begun", "lipready.gate.memo"


class GateCommand(click.Command):
    """A command that first asks whether the same run would come out the same; even its arguments are not read then."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look for the memo of such a run before anything else."""
        begun = None if ctx.resilient_parsing or gate_memo.NO_TIMES else gate_memo.begin(args)
        if begun is not None:
            memo = gate_memo.valid_memo(begun)
            if memo is not None:
                ctx.meta[_MEMO] = memo
                return []
            ctx.meta[_BEGUN] = begun
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run, or say again what the same run has said."""
        memo = ctx.meta.get(_MEMO)
        return super().invoke(ctx) if memo is None else gate_memo.say_again(memo, ctx.find_object(Session) or Session())


def begun_run(ctx: click.Context) -> Begun | None:
    """Give the run that `GateCommand` has begun."""
    begun = ctx.meta.get(_BEGUN)
    return begun if isinstance(begun, Begun) else None
