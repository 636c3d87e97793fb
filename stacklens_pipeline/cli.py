"""The `stacklens` command. Commands hold no logic of their own, and import what they need when they are called."""

import sys
from typing import Annotated

import typer

from stacklens_pipeline import __version__, commands
from stacklens_pipeline.collect.commands import collect
from stacklens_pipeline.demo.commands import demo
from stacklens_pipeline.errors import StackLensError, UsageError
from stacklens_pipeline.golden.commands import check_parsers, sample
from stacklens_pipeline.init import init
from stacklens_pipeline.parse.commands import parse
from stacklens_pipeline.parse.grok.commands import grok
from stacklens_pipeline.parse.timestamps.commands import timestamps
from stacklens_pipeline.replay.commands import replay
from stacklens_pipeline.ship.commands import ship

app = typer.Typer(
    help="From a log line to a mart, exactly once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
topics = typer.Typer(help="Topics of the event log.", no_args_is_help=True)
app.add_typer(topics, name="topics")
app.add_typer(grok, name="grok")

app.command()(parse)
app.command()(timestamps)
app.command()(demo)
app.command()(init)
app.command()(collect)
app.command()(ship)
app.command()(commands.drain)
app.command()(commands.status)
app.command()(commands.verify)
app.command()(commands.rebuild)
app.command()(replay)
app.command()(sample)
app.command("check-parsers")(check_parsers)
app.command()(commands.sql)
topics.command("create")(commands.create_topics)
topics.command("list")(commands.list_topics)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"stacklens {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """From a log line to a mart, exactly once."""


def main() -> None:
    """Run a command; an error of ours is one sentence, and exits with 2 for wrong usage or configuration, else 1."""
    try:
        app()
    except StackLensError as error:
        print(f"stacklens: {error}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, UsageError) else 1) from None


if __name__ == "__main__":
    main()
