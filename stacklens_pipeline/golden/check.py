"""Parsing golden messages again, and comparing the rows with those that they have to become."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from stacklens_pipeline.golden.files import Case, Message
from stacklens_pipeline.parse import Parsers, parse_lines
from stacklens_pipeline.tables import RAW_LOGS
from stacklens_pipeline.values import as_json

Row = Mapping[str, Any]

_HIDDEN = ("topic", "partition", "ingest_hour", "parser_version", "observed_timestamp", "weight")
"""Columns that say where a row lies, or what made it."""


@dataclass(frozen=True)
class Change:
    """A case whose rows are not as they have to be."""

    expected: Sequence[Row]
    found: Sequence[Row]

    def fields(self) -> Iterator[tuple[str, Any, Any]]:
        """Field, expected and found value, of every difference; whole rows where their number differs."""
        if len(self.expected) != len(self.found):
            yield "rows", list(self.expected), list(self.found)
            return
        for was, now in zip(self.expected, self.found, strict=True):
            for name in dict.fromkeys([*was, *now]):
                if was.get(name) != now.get(name):
                    yield name, was.get(name), now.get(name)


def rows_of(messages: Sequence[Message], parsers: Parsers) -> list[Row]:
    """What the messages become by the parsers: records and dead letters, as JSON holds them, in their order."""
    result = parse_lines(_raw(messages), parsers)
    records = result.parsed.drop(*_HIDDEN, strict=False).sort("offset", "line_index").to_dicts()
    dead = result.rejected.select("offset", "reason", "detail").to_dicts()
    filtered = result.filtered.select("offset", "line_index", pl.col("rule").alias("filtered_by")).to_dicts()
    rows = sorted([*records, *dead, *filtered], key=lambda row: (row["offset"], row.get("line_index", 0)))
    return [orjson.loads(as_json(_present(row))) for row in rows]


def changes(cases: Sequence[Case], parsers: Parsers) -> list[Change]:
    """The cases whose messages become other rows than they have to."""
    found = [Change(case.rows, rows_of(case.messages, parsers)) for case in cases]
    return [change for change in found if any(True for _ in change.fields())]


def _present(row: Row) -> dict[str, Any]:
    """A row without nulls, its attributes as an object."""
    attributes = row.get("attributes")
    told = {**row, "attributes": orjson.loads(attributes)} if attributes else row
    return {name: value for name, value in told.items() if value is not None}


def _raw(messages: Sequence[Message]) -> pl.DataFrame:
    columns = {
        "offset": range(len(messages)),
        "value": [message.value for message in messages],
        "appended_at": [message.received for message in messages],
        "source": [message.source for message in messages],
    }
    frame = pl.DataFrame(columns, schema={name: RAW_LOGS.schema[name] for name in columns})
    fixed = {"topic": pl.lit("golden"), "partition": pl.lit(0, pl.Int32), "ingest_hour": pl.lit("")}
    missing = [pl.lit(None, dtype).alias(n) for n, dtype in RAW_LOGS.schema.items() if n not in (*columns, *fixed)]
    return frame.with_columns(*missing, **fixed).select(RAW_LOGS.schema.names())
