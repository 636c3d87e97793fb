"""Upkeep of the tables: join small files, add up partial rows of past hours, delete what no snapshot needs."""

from collections.abc import Callable

import polars as pl

from stacklens_pipeline.aggregate import merge_partials
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.ledger import summed
from stacklens_pipeline.microbatch import METRICS
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.replay.promote import finish_abandoned
from stacklens_pipeline.settings import RetainSettings
from stacklens_pipeline.tables import HOUR_FORMAT, LEDGER, TABLES, Table

MERGE_FILES = 2
"""A past hour of partial rows with at least so many files is added up to one."""


def keep_up(lake: Lake, retain: RetainSettings) -> dict[str, int]:
    """Look after every table once; returns what was done.

    How many files were joined, partitions added up, files deleted, and hours finished whose promotion had crashed.
    """
    now = utc_now().strftime(HOUR_FORMAT)
    finished = finish_abandoned(lake)
    for table in TABLES:  # first: joining files by the stored schema would drop what it does not name
        lake.add_missing_columns(table)
    joined = sum(_compact(lake, table, now, retain) for table in TABLES)
    merged = sum(_merge(lake, table, now) for table in (*METRICS, LEDGER))
    deleted = sum(lake.vacuum(table, retain.vacuum_hours) for table in TABLES)
    return {"files_joined": joined, "hours_added_up": merged, "files_deleted": deleted, "hours_finished": finished}


def _compact(lake: Lake, table: Table, now: str, retain: RetainSettings) -> int:
    """Join the files of hours that have too many; a past hour that has small files at all is joined once."""
    small = lake.files(table).filter(pl.col("size_bytes") < retain.compact_target_bytes // 2)
    counts = small.group_by("ingest_hour").len().rows()
    due = [hour for hour, count in counts if count > (retain.compact_files if hour in (now, None) else 1)]
    return sum(lake.compact(table, hour, retain.compact_target_bytes) for hour in due)


def _merge(lake: Lake, table: Table, now: str) -> int:
    """Add up the partial rows of past hours whose files were not added up yet."""
    files = lake.files(table).filter(pl.col("ingest_hour") < now)
    due = [hour for hour, count in files.group_by("ingest_hour").len().rows() if count >= MERGE_FILES]
    return sum(_merge_hour(lake, table, hour) for hour in due)


def _merge_hour(lake: Lake, table: Table, hour: str) -> bool:
    replacement = lake.replacement(table, hour)
    rows = replacement.replaced.collect()
    merge: Callable[[pl.DataFrame], pl.DataFrame] = _sum_ledger if table is LEDGER else _sum_metrics(table)
    replacement.write(merge(rows))
    return replacement.commit()


def _sum_ledger(rows: pl.DataFrame) -> pl.DataFrame:
    return summed(rows.lazy()).select(LEDGER.schema.names()).collect()


def _sum_metrics(table: Table) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda rows: merge_partials(rows, table)
