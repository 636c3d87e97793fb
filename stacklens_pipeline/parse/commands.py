"""`stacklens parse`: the parsers over a file."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from stacklens_pipeline.filters import Item, Output, Writer, as_time, items, opened, received_at, sliced

if TYPE_CHECKING:
    from stacklens_pipeline.parse.rules import Parsers

SHOWN = ("line", "timestamp", "level", "service_name", "format", "body", "reason")
"""Columns of a table, which has room for few; NDJSON and CSV have all."""


def parse(
    file: Annotated[str, typer.Argument(help="lines to parse; - is standard input, .gz and .zst are read")] = "-",
    parsers: Annotated[str, typer.Option(help="a parsers.yaml with rules for sources; default: no rules")] = "",
    source: Annotated[str, typer.Option(help="name of the source, which rules go by")] = "",
    format: Annotated[str, typer.Option(help="pin one format instead of detecting it")] = "",
    timezone: Annotated[str, typer.Option(help="zone of texts without one; default: UTC")] = "",
    received: Annotated[str, typer.Option(help="when the lines were received, RFC 3339")] = "",
    messages: Annotated[
        bool, typer.Option("--messages", help="each line is a JSON object with raw or raw_b64")
    ] = False,
    output: Annotated[Output | None, typer.Option(help="ndjson, table or csv")] = None,
) -> None:
    """Parse lines: one row a record, and one with a reason for each line that no parser could take."""
    writer = Writer(output, shown=SHOWN)
    refuse_unknown(format, timezone)
    said = chosen(parsers).saying(timezone or None, format or None)
    with opened(file) as stream:
        at = received_at(file, received or None)
        for rows in parsed_rows(items(stream, messages), at, source or None, said):
            writer.write(rows)
    writer.close()


def chosen(path: str) -> "Parsers":
    """The parsers that a file configures; those without rules when none is named. Raises ConfigurationError."""
    from pathlib import Path

    from stacklens_pipeline.parse.rules import UNCONFIGURED
    from stacklens_pipeline.parse.rules.load import read_parsers

    return read_parsers(Path(path)) if path else UNCONFIGURED


def refuse_unknown(format: str, timezone: str) -> None:
    """Raise UsageError for a format or zone that does not exist."""
    from zoneinfo import available_timezones

    from stacklens_pipeline.errors import UsageError
    from stacklens_pipeline.parse.formats import BY_NAME

    if format and format not in BY_NAME:
        raise UsageError(f"unknown format, there are {', '.join(BY_NAME)}: `{format}`")
    if timezone and timezone not in available_timezones():
        raise UsageError(f"unknown time zone: `{timezone}`")


def parsed_rows(
    source: Iterator[Item], at: datetime, name: str | None, parsers: "Parsers"
) -> Iterator[list[dict[str, Any]]]:
    """Rows of records and dead letters in the order of their lines, slice by slice; records may span slices."""
    import polars as pl

    from stacklens_pipeline.parse import cut, parse_lines
    from stacklens_pipeline.tables import RAW_LOGS

    waiting, number, kept = RAW_LOGS.empty(), 1, list[dict[str, Any]]()
    problems: dict[int, str] = {}
    said, by = _Said(None, None), parsers
    for now_said, part in _alike(source):
        if now_said != said:  # what follows is read otherwise: nothing can go on
            kept += _rows(parse_lines(waiting, by), number)
            waiting, said, by = RAW_LOGS.empty(), now_said, parsers.saying(now_said.timezone, now_said.format)
        problems |= {line: item.problem for line, item in enumerate(part, number) if item.problem}
        lines = pl.concat([waiting, raw_frame(part, number, at, name)])
        found = cut(lines, at, by)
        result, waiting = parse_lines(found.whole, by), found.waiting
        *rows, last = _with_blanks([*kept, *_rows(result, number)])
        number += len(part)
        kept = [last] if last else []
        yield [_told(row, problems) for row in rows]
    result = parse_lines(waiting, by)
    yield [_told(row, problems) for row in _with_blanks([*kept, *_rows(result, number)]) if row]


def _told(row: dict[str, Any], problems: Mapping[int, str]) -> dict[str, Any]:
    """The row; of a line that is no message with what is wrong."""
    problem = problems.get(row["line"]) if row.get("reason") == "tombstone" else None
    return row | {"reason": "invalid_message", "detail": problem} if problem else row


class _Said(NamedTuple):
    """What is said about a message beside its text."""

    timezone: str | None
    format: str | None


def _alike(source: Iterator[Item]) -> Iterator[tuple[_Said, list[Item]]]:
    """Slices of items about which the same is said; a zone or format that does not exist is not said."""
    from zoneinfo import available_timezones

    from stacklens_pipeline.parse.formats import BY_NAME

    zones = available_timezones()

    def said(item: Item) -> _Said:
        zone, format = item.extra.get("timezone"), item.extra.get("format")
        return _Said(zone if zone in zones else None, format if format in BY_NAME else None)

    for part in sliced(source):
        for alike, group in groupby(part, said):
            yield alike, list(group)


def _with_blanks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in which an empty line that nothing could take belongs to the record before it; an empty row at least."""
    joined: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: int(row["line"])):
        if row.get("reason") == "empty" and joined and "lines" in joined[-1]:
            joined[-1]["lines"] += 1
        else:
            joined.append(row)
    return joined or [{}]


TOPIC = "file"


def raw_frame(part: list[Item], first: int, at: datetime, name: str | None) -> Any:
    """Rows of `raw/logs` for items: the number of a line is its offset."""
    import polars as pl

    from stacklens_pipeline.tables import RAW_LOGS

    received = [as_time(item.extra["received"]) if "received" in item.extra else at for item in part]
    columns = {
        "offset": range(first, first + len(part)),
        "value": [item.value for item in part],
        "appended_at": received,
        "source": [item.extra.get("source", name) for item in part],
    }
    schema = {column: RAW_LOGS.schema[column] for column in columns}
    missing = [pl.lit(None, dtype).alias(n) for n, dtype in RAW_LOGS.schema.items() if n not in columns]
    frame = pl.DataFrame(columns, schema=schema).with_columns(missing)
    fixed = (pl.lit(TOPIC).alias("topic"), pl.lit(0, pl.Int32).alias("partition"), pl.lit("").alias("ingest_hour"))
    return frame.with_columns(fixed).select(RAW_LOGS.schema.names())


def _rows(result: Any, first: int) -> list[dict[str, Any]]:
    """Records, and dead letters from `first` on: those before it were given with the lines of an open record."""
    import orjson
    import polars as pl

    hidden = ("topic", "partition", "offset", "ingest_hour")
    line = pl.col("offset").alias("line")
    records = result.parsed.select(line, pl.col("raw_messages").alias("lines"), pl.all().exclude(hidden)).to_dicts()
    for record in records:
        record["attributes"] = orjson.loads(record["attributes"] or "{}")
    dead = result.rejected.filter(pl.col("offset") >= first).select(line, "reason", "stage", "detail").to_dicts()
    return [*records, *dead]
