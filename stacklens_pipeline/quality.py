"""Quality of the stream as numbers, from the ledger and the files' statistics: cheap enough to ask every minute."""

from datetime import datetime

import polars as pl

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.tables import LEDGER, OFFSET_GAPS, RAW_LOGS, Table

RECENT_HOURS = 2


def newest_append(lake: Lake) -> datetime | None:
    """When the event log took the latest message that raw/logs holds; None of an empty table."""
    newest = lake.files(RAW_LOGS)["max_appended_at"].max()
    assert newest is None or isinstance(newest, datetime)
    return newest


def dead_letter_rate(lake: Lake) -> float:
    """Dead letters per message of the latest `RECENT_HOURS` ingest hours, 0..1."""
    hours = lake.hours(LEDGER)[-RECENT_HOURS:]
    messages = pl.col("messages").filter(pl.col("stage") == "parsed")
    dead = pl.col("messages").filter(pl.col("outcome") == "dead")
    sums = lake.scan(LEDGER, hours=hours).select(dead.sum().alias("dead"), messages.sum().alias("all")).collect()
    lost, total = sums.row(0)
    return lost / total if total else 0.0


def noted(lake: Lake, outcome: str) -> dict[str, int]:
    """How many records of the latest `RECENT_HOURS` ingest hours were redacted, violated or left out, by reason."""
    hours = lake.hours(LEDGER)[-RECENT_HOURS:]
    rows = lake.scan(LEDGER, hours=hours).filter(pl.col("outcome") == outcome)
    return dict(rows.group_by("reason").agg(pl.col("rows").sum()).sort("reason").collect().rows())


def gap_count(lake: Lake) -> int:
    """Rows of raw/offset_gaps."""
    return lake.row_count(OFFSET_GAPS)


def schema_differences(lake: Lake, table: Table) -> list[str]:
    """Columns of a stored table that are not as `tables.py` says."""
    stored = lake.schema(table)
    names = dict.fromkeys([*stored, *table.schema])
    return [name for name in names if stored.get(name) != table.schema.get(name)]
