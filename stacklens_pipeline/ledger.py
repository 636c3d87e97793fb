"""The ledger: what each stage took, so that conservation can be proved after the rows themselves have expired."""

from datetime import datetime
from functools import partial
from typing import Protocol

import polars as pl

from stacklens_pipeline.constant import grouped
from stacklens_pipeline.parse import Parsed
from stacklens_pipeline.position import Position, Positions, lacked
from stacklens_pipeline.tables import LEDGER

OF_ROWS_GONE = ("expired", "erased")
"""Outcomes of entries about rows that are no longer there."""
BY = ("topic", "partition", "ingest_hour", "stage", "outcome", "reason")
"""What ledger rows are added up by; their counts add up, offsets and times widen."""

_BATCH = ["topic", "partition", "ingest_hour"]


class Pick(Protocol):
    """Chooses the rows of a frame that entries are made of; `offset` names the column with a record's first offset."""

    def __call__(self, frame: pl.DataFrame, *, offset: str = "offset") -> pl.DataFrame:
        """The rows."""
        ...


def entries(
    lines: pl.DataFrame, parsed: Parsed, enriched: pl.DataFrame, found: Positions, at: datetime
) -> pl.DataFrame:
    """Ledger rows of one microbatch, of what a ledger at `found` lacks.

    `lines` are the raw rows, `parsed` what whole records of them became, `enriched` the rows of that table.
    """
    raw = lacked(lines, _without_open(found)).select(
        *_BATCH, "offset", "appended_at", raw_messages=1, value_bytes=pl.col("value").bin.size()
    )
    past_raw = derived_entries(parsed, enriched, partial(lacked, positions=found), at)
    return pl.concat([_finished(_summary(raw, "raw"), at), past_raw])


def derived_entries(parsed: Parsed, enriched: pl.DataFrame, pick: Pick, at: datetime) -> pl.DataFrame:
    """The entries of all stages past raw, of what `pick` chooses."""
    stored = pick(parsed.line_records, offset="record_offset").with_columns(raw_messages="messages")
    dead = pick(parsed.rejected).select(
        *_BATCH,
        *("offset", "reason"),
        outcome=pl.lit("dead"),
        appended_at="observed_timestamp",
        raw_messages=1,
        value_bytes=pl.col("value").bin.size(),
    )
    records = pick(enriched).select(*_BATCH, "offset", "raw_messages", *_OF_RECORD)
    aggregated = _summary(records, "enriched")
    parts = [
        _summary(stored, "parsed", pl.col("records")),
        _summary(dead, "parsed"),
        *_ruled(parsed, pick),
        aggregated,
        aggregated.with_columns(pl.lit("aggregated").alias("stage")),
    ]
    return _finished(pl.concat(parts), at)


def _finished(rows: pl.DataFrame, at: datetime) -> pl.DataFrame:
    return rows.with_columns(pl.lit(at).alias("committed_at")).select(LEDGER.schema.names())


_OF_RECORD = (pl.col("observed_timestamp").alias("appended_at"), pl.lit(None, pl.Int64).alias("value_bytes"))


def _ruled(parsed: Parsed, pick: Pick) -> list[pl.DataFrame]:
    """Entries of the records that rules left out, and of what they noted of others, which stands for no message."""
    filtered = pick(parsed.filtered).select(
        *_BATCH,
        *("offset", "raw_messages", "value_bytes"),
        outcome=pl.lit("filtered"),
        reason="rule",
        appended_at="observed_timestamp",
    )
    notes = pick(parsed.notes).select(*_BATCH, *("offset", "outcome", "reason"), *_OF_RECORD, raw_messages=0)
    return [_summary(rows, "parsed") for rows in (filtered, notes) if rows.height]


def summed(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Ledger rows added up to one for each topic, partition, hour, stage, outcome and reason."""
    return rows.group_by(BY).agg(
        pl.col("rows", "messages").sum(),
        pl.col("first_offset").min(),
        pl.col("last_offset").max(),
        pl.col("value_bytes").sum(),
        pl.col("appended_at_max", "committed_at").max(),
    )


def _summary(rows: pl.DataFrame, stage: str, count: pl.Expr | None = None) -> pl.DataFrame:
    """One ledger row for each partition, hour, outcome and reason of a stage's rows."""
    by = [*_BATCH, *(name for name in ("outcome", "reason") if name in rows.columns)]
    sums = [
        (pl.len() if count is None else count.sum()).alias("rows"),
        pl.col("raw_messages").sum().alias("messages"),
        pl.col("offset").min().alias("first_offset"),
        pl.col("offset").max().alias("last_offset"),
        pl.when(pl.col("value_bytes").count() > 0).then(pl.col("value_bytes").sum()),
        pl.col("appended_at").max().alias("appended_at_max"),
    ]
    given = {"stage": pl.lit(stage), "outcome": pl.lit("stored"), "reason": pl.lit(None, pl.String)}
    columns = {name: given[name] if name in given and name not in by else pl.col(name) for name in LEDGER.schema}
    del columns["committed_at"]
    cast = (column.cast(LEDGER.schema[name]).alias(name) for name, column in columns.items())
    return grouped(rows, by, sums).select(cast)


def _without_open(positions: Positions) -> Positions:
    """Positions by lines instead of records: a line of an open record is in raw already."""
    return {tp: Position(position.next) for tp, position in positions.items()}
