"""`lipready cache`."""

import json
from dataclasses import asdict

import click

from lipready.cli.input.options import record_format_option, speaking
from lipready.cli.output.session import CLEAN, Session
from lipready.errors import UsageError
from lipready.facts.quantity import counted, plural


@click.group(invoke_without_command=True)
@click.pass_context
def cache(ctx: click.Context) -> None:
    """Show or clear the cache of facts, by which the gate measures no content twice.

    It stands in LIPREADY_CACHE_DIR, else in the user's cache folder. Without a command it is shown.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show_info)


@cache.command(name="info", short_help="Show where the cache is and what it holds.")
@record_format_option
@speaking
def show_info(*, form: str = "full", session: Session) -> int:
    """Show where the cache is, how large it is, what it holds, and how often facts were found in it."""
    from lipready.gate.cache.cache import FactsCache

    cache = FactsCache()
    info = cache.info()
    for trouble in cache.troubles:
        session.complain(trouble)
    if form != "full":
        session.write(json.dumps(asdict(info)) + "\n")
        return CLEAN
    page = session.page()
    asked = info.hits + info.misses
    rows = {
        "file": info.path,
        "size": f"{info.bytes:,} {plural(info.bytes, 'byte')} (at most {info.limit:,})",
        "facts": f"{info.facts:,}",
        "contents": f"{info.blobs:,} by git blob, {info.places:,} by place",
        "found": f"{info.hits:,} of {asked:,} ({info.hits / asked:.0%})" if asked else "nothing was asked for yet",
    }
    lines = []
    for name, value in rows.items():
        lines += page.beside(f"{page.paint(name.ljust(9), 'strong')} ", value, 10)
    session.write(page.finish(lines))
    return CLEAN


@cache.command(name="clear", short_help="Throw the cache away.")
@speaking
def clear_cache(*, session: Session) -> int:
    """Throw the facts away. The face weights, which lie in the same folder, stay."""
    from lipready.gate.cache.cache import FactsCache

    cache = FactsCache()
    info = cache.info()
    try:
        cache.clear()
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"The cache {info.path} cannot be removed ({reason}): remove it by hand.") from error
    if not session.quiet:
        session.complain(
            f"The cache {info.path} is empty: {counted(info.facts, 'fact')} {plural(info.facts, 'was')} thrown away."
        )
    return CLEAN
