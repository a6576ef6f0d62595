"""`lipready completion`."""

import click
from click.shell_completion import get_completion_class

from lipready.cli.input.options import speaking
from lipready.cli.output.session import CLEAN, Session
from lipready.errors import ComponentError

VARIABLE = "_LIPREADY_COMPLETE"
"""By which the script asks: `lipready.cli.run` looks for it."""
_SHELLS = ("bash", "zsh", "fish")


@click.command
@click.argument("shell", type=click.Choice(_SHELLS))
@speaking
def completion(*, shell: str, session: Session) -> int:
    """Print the script that lets SHELL complete commands, options, rules, profiles and files.

    \b
    bash (4.4 or later; in ~/.bashrc):
      eval "$(lipready completion bash)"
    zsh (in ~/.zshrc, after compinit):
      eval "$(lipready completion zsh)"
    fish:
      lipready completion fish > ~/.config/fish/completions/lipready.fish
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    root = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    if kind is None:
        raise ComponentError(f"This click completes nothing in {shell}: pip install --upgrade click.")
    session.write(kind(root, {}, "lipready", VARIABLE).source().rstrip("\n") + "\n")
    return CLEAN
