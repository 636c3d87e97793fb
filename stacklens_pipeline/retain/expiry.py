"""Expiry: rows and messages that are older than they are kept, and the ledger's note of them."""

from datetime import timedelta

import polars as pl

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.tables import LEDGER, Table


def expire_hours(lake: Lake, table: Table, stage: str, before: str) -> list[str]:
    """Drop a table's hours before `before` and note in the ledger how many rows of which partitions went.

    The note is written first: after a crash in between, the ledger says less is there than there is, and the next
    expiry, which looks at what is really left, puts it right.
    """
    rows = lake.scan(table).filter(pl.col("ingest_hour") < before)
    gone = _noted(rows.collect_schema().names(), rows, stage, table)
    noted = lake.scan(LEDGER).filter(pl.col("outcome") == "expired", pl.col("reason") == table.path)
    fresh = gone.join(noted.collect(), on=["topic", "partition", "ingest_hour"], how="anti")
    if fresh.height:
        lake.add(LEDGER, fresh)
    return lake.expire(table, before)


def _noted(columns: list[str], rows: pl.LazyFrame, stage: str, table: Table) -> pl.DataFrame:
    """Ledger rows with outcome `expired`, one for each topic, partition and hour."""
    messages = pl.col("raw_messages").sum() if "raw_messages" in columns else pl.len()
    times = "appended_at" if "appended_at" in columns else "observed_timestamp"
    size = pl.col("value").bin.size().sum() if "value" in columns else pl.lit(0)
    return (
        rows.group_by("topic", "partition", "ingest_hour")
        .agg(
            pl.lit(stage).alias("stage"),
            pl.lit("expired").alias("outcome"),
            pl.lit(table.path).alias("reason"),
            pl.len().alias("rows"),
            messages.alias("messages"),
            pl.col("offset").min().alias("first_offset"),
            pl.col("offset").max().alias("last_offset"),
            size.alias("value_bytes"),
            pl.col(times).max().alias("appended_at_max"),
            pl.lit(utc_now()).alias("committed_at"),
        )
        .cast(dict(LEDGER.schema))  # type: ignore[arg-type]
        .select(LEDGER.schema.names())
        .collect()
    )


def expire_messages(log: EventLog, settings: Settings) -> int:
    """Delete messages of the embedded event log that are past its retention; returns how many.

    Kafka keeps its own retention. Messages that the lake has not read yet go too, as Kafka's would: the gap is noted.
    """
    if settings.is_kafka:
        return 0
    from stacklens_pipeline.eventlog.sqlite import SqliteLog

    assert isinstance(log, SqliteLog)
    return log.expire(utc_now() - timedelta(hours=settings.retain.eventlog_hours))
