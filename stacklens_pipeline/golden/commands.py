"""`stacklens sample` and `stacklens check-parsers`: golden files from stored raw, and their check in a person's CI."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stacklens_pipeline.filters import Output, Writer


def sample(
    folder: Annotated[Path, typer.Argument(help="where to write golden files, one for each source and format")],
    hours: Annotated[
        str, typer.Option(help="ingest hours, 2026-11-24T04..2026-11-24T06 or a single one; default: all")
    ] = "",
    each: Annotated[int, typer.Option(help="messages of each kind", min=1)] = 5,
    parsers: Annotated[Path | None, typer.Option(help="parsers.yaml; default: the one in config/")] = None,
) -> None:
    """Freeze a sample of stored messages with the records that they become, for `check-parsers`.

    Real messages are written: look at them before you keep them. Redactions by a pattern are applied to them.
    """
    from stacklens_pipeline.golden.files import write_cases
    from stacklens_pipeline.golden.sample import sampled
    from stacklens_pipeline.parse.rules.load import load_parsers, read_parsers
    from stacklens_pipeline.replay.hours import chosen_hours
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.stores import existing_lake
    from stacklens_pipeline.tables import RAW_LOGS

    settings = load_settings()
    lake = existing_lake(settings)
    by = read_parsers(parsers) if parsers else load_parsers(settings.config_dir)
    of = chosen_hours(lake, hours) if hours else lake.hours(RAW_LOGS)
    for name, cases in sampled(lake, of, by, each).items():
        write_cases(folder / name, cases)
        typer.echo(f"{folder / name}: {len(cases)} cases")


def check_parsers(
    folder: Annotated[Path, typer.Argument(help="golden files that `stacklens sample` wrote")],
    parsers: Annotated[Path | None, typer.Option(help="parsers.yaml; default: the one in config/")] = None,
    update: Annotated[bool, typer.Option("--update", help="write what the parsers make now")] = False,
    output: Annotated[Output | None, typer.Option(help="ndjson, table or csv")] = None,
) -> None:
    """Parse golden messages again; a row for each field that has changed, and exit status 1 if there is any."""
    from dataclasses import replace

    from stacklens_pipeline.golden.check import changes, rows_of
    from stacklens_pipeline.golden.files import golden_files, read_cases, write_cases
    from stacklens_pipeline.parse.rules.load import load_parsers, read_parsers
    from stacklens_pipeline.settings import load_settings

    by = read_parsers(parsers) if parsers else load_parsers(load_settings().config_dir)
    rows: list[dict[str, Any]] = []
    checked = 0
    for path in golden_files(folder):
        cases = read_cases(path)
        checked += len(cases)
        found = changes(cases, by)
        rows += [
            {"file": str(path.relative_to(folder)), "field": name, "expected": was, "found": now}
            for change in found
            for name, was, now in change.fields()
        ]
        if update and found:
            write_cases(path, [replace(case, rows=rows_of(case.messages, by)) for case in cases])
    if rows:
        writer = Writer(output)
        writer.write(rows)
        writer.close()
    said = f"{checked} cases checked, fields that differ: {len(rows)}"
    typer.echo(f"{said}{', and are written anew' if update and rows else ''}", err=True)
    if rows and not update:
        raise typer.Exit(1)
