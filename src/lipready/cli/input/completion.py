"""What a shell offers for an argument that is not finished: files, rules, profiles."""

import click
from click.shell_completion import CompletionItem

Items = list[CompletionItem[str]]


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Let the shell offer its files."""
    return [CompletionItem(incomplete, type="file")]


def rules(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Offer the last of some rules with commas between: ids, and names where letters of one stand there."""
    from lipready.profiles.catalogue import CATALOGUE

    before, comma, last = incomplete.rpartition(",")
    by_id = [(id_, entry.name) for id_, entry in CATALOGUE.items() if id_.startswith(last.upper())]
    by_name = [(entry.name, id_) for id_, entry in CATALOGUE.items() if last and entry.name.startswith(last.lower())]
    return [CompletionItem(f"{before}{comma}{word}", help=told) for word, told in (*by_id, *by_name)]


def profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the profiles of lipready, and files where none begins so: a profile may be one."""
    from lipready.profiles.loader import profile_names

    named: Items = [CompletionItem(name) for name in profile_names() if name.startswith(incomplete)]
    return named or files(ctx, param, incomplete)
