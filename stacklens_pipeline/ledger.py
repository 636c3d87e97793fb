"""The ledger: what each stage took, so that conservation can be proved after the rows themselves have expired."""

from datetime import datetime

import polars as pl

from stacklens_pipeline.constant import grouped
from stacklens_pipeline.position import Position, Positions, lacked
from stacklens_pipeline.tables import LEDGER

BY = ("topic", "partition", "ingest_hour", "stage", "outcome", "reason")
"""What ledger rows are added up by; their counts add up, offsets and times widen."""

_BATCH = ["topic", "partition", "ingest_hour"]


def entries(
    lines: pl.DataFrame,
    taken: pl.DataFrame,
    rejected: pl.DataFrame,
    records: pl.DataFrame,
    found: Positions,
    at: datetime,
) -> pl.DataFrame:
    """Ledger rows of one microbatch, of what a ledger at `found` lacks.

    `lines` are the raw rows; `taken` has one row for each of them that became (part of) a record, with `record_offset`,
    `value_bytes`, `appended_at` and the number of `records` that begin with it; `rejected` are the dead letters;
    `records` are the enriched rows.
    """
    raw = lacked(lines, _without_open(found)).select(
        *_BATCH, "offset", "appended_at", raw_messages=1, value_bytes=pl.col("value").bin.size()
    )
    stored = lacked(taken, found, offset="record_offset").with_columns(raw_messages=1)
    dead = lacked(rejected, found).select(
        *_BATCH,
        *("offset", "reason"),
        outcome=pl.lit("dead"),
        appended_at="observed_timestamp",
        raw_messages=1,
        value_bytes=pl.col("value").bin.size(),
    )
    enriched = lacked(records, found).select(
        *_BATCH, "offset", "raw_messages", appended_at="observed_timestamp", value_bytes=pl.lit(None, pl.Int64)
    )
    aggregated = _summary(enriched, "enriched")
    parts = [
        _summary(raw, "raw"),
        _summary(stored, "parsed", pl.col("records")),
        _summary(dead, "parsed"),
        aggregated,
        aggregated.with_columns(pl.lit("aggregated").alias("stage")),
    ]
    return pl.concat(parts).with_columns(pl.lit(at).alias("committed_at")).select(LEDGER.schema.names())


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
