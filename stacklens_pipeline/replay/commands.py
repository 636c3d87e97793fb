"""`stacklens replay`: what other parsers would make of stored hours, and putting it in place."""

from pathlib import Path
from typing import Annotated

import typer

from stacklens_pipeline.filters import Output, Writer

SHOWN = ("what", "count", "example")


def replay(
    hours: Annotated[str, typer.Option(help="ingest hours, 2026-11-24T04..2026-11-24T06 or a single one (UTC)")],
    parsers: Annotated[
        Path | None, typer.Option(help="the new parsers.yaml; default: the one in config/, as it is now")
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="put the result in place, in all tables past raw")] = False,
    output: Annotated[Output | None, typer.Option(help="ndjson, table or csv")] = None,
) -> None:
    """Parse stored raw hours by new parsers and show what that changes; nothing is written without --promote."""
    from stacklens_pipeline.parse.rules.load import load_parsers, read_parsers
    from stacklens_pipeline.replay.difference import as_rows
    from stacklens_pipeline.replay.hours import chosen_hours
    from stacklens_pipeline.replay.run import replay_hours
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.stores import existing_lake

    settings = load_settings()
    chosen = read_parsers(parsers) if parsers else load_parsers(settings.config_dir)
    lake = existing_lake(settings)
    of = chosen_hours(lake, hours)
    writer = Writer(output, shown=SHOWN)
    done = replay_hours(lake, settings, of, chosen, put=promote)
    writer.write(as_rows(done.difference))
    writer.close()
    if promote:
        marts = "as are the marts" if done.are_marts_fresh else "the marts follow with Dagster"
        typer.echo(f"{of[0]}..{of[-1]} are now what parsers {chosen.version} make of them, {marts}", err=True)
    if promote and parsers:
        place = settings.config_dir / "parsers.yaml"
        typer.echo(f"new lines are parsed so too once {parsers} is {place}", err=True)
