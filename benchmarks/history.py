"""A lake with a past: days of metrics of many services, as upkeep leaves hours whose records have expired.

One day is made of records, by the engine; the other days are that day again. The ledger says that the records
came and went, so that `verify` has nothing to object to.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import polars as pl

from stacklens_pipeline.aggregate import aggregate_records
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.position import Position
from stacklens_pipeline.tables import (
    ENRICHED_LOGS,
    HOUR_FORMAT,
    LEDGER,
    LOG_METRICS_1M,
    PARSED_LOGS,
    RAW_LOGS,
    Table,
)

SOURCE = TopicPartition("earlier-logs", 0)
SERVICES = 50
PATHS = 20
SMALLEST, LARGEST = 20, 80
"""Records of a service a minute, at night and at noon."""
BYTES = 250
"""Of a message, about as many as a line has."""
HOURS = 24


def fill(lake: Lake, days: int, services: int = SERVICES) -> int:
    """Write the hours before the present one, a commit a day and table; returns the records that they count."""
    present = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    metrics = [_of_hour(present - timedelta(hours=HOURS - hour), hour, services) for hour in range(HOURS)]
    taken = 0
    for ago in reversed(range(days)):
        hours = [_shifted(tables, timedelta(days=-ago)) for tables in metrics]
        day = {table: pl.concat([hour[table] for hour in hours]) for table in metrics[0]}
        ledger = pl.concat(list(_ledger(day[LOG_METRICS_1M], taken)))
        taken += int(day[LOG_METRICS_1M]["count"].sum())
        for table, rows in {**day, LEDGER: ledger}.items():
            lake.append(table, {SOURCE: Position(taken)}, lambda _, frame=rows: frame)
    return taken


def _of_hour(begin: datetime, hour: int, services: int) -> Mapping[Table, pl.DataFrame]:
    """The metrics of an hour's records."""
    minutely = SMALLEST + (LARGEST - SMALLEST) * (12 - abs(12 - hour)) // 12
    count = 60 * services * minutely
    at = pl.lit(begin) + pl.duration(microseconds=pl.col("n") * (3_600_000_000 // count))
    normal = (-2 * _uniform(1).log()).sqrt() * (2 * 3.141592653589793 * _uniform(2)).cos()  # Box and Muller
    is_failed = _uniform(3) < 0.01
    records = pl.select(pl.int_range(count).alias("n")).select(
        pl.lit(begin.strftime(HOUR_FORMAT)).alias("ingest_hour"),
        at.alias("timestamp"),
        at.alias("observed_timestamp"),
        pl.lit("shop").alias("source"),
        pl.format("service-{}", pl.col("n") % services).alias("service_name"),
        pl.when(is_failed).then(pl.lit("ERROR")).otherwise(pl.lit("INFO")).alias("level"),
        pl.lit("GET").alias("http_method"),
        pl.format("/api/{}", (_uniform(4) * PATHS).cast(pl.Int32)).alias("url_path"),
        pl.when(is_failed).then(503).otherwise(200).cast(pl.Int32).alias("http_status"),
        (3.2 + 0.8 * normal).exp().alias("duration_ms"),
        (_uniform(5) * 40_000).cast(pl.Int64).alias("bytes_sent"),
    )
    return aggregate_records(records)


def _uniform(seed: int) -> pl.Expr:
    """Numbers in (0, 1], the same for each row of every run."""
    return (pl.col("n").hash(seed) % 2**32 + 1) / 2**32


def _shifted(tables: Mapping[Table, pl.DataFrame], by: timedelta) -> dict[Table, pl.DataFrame]:
    """The same metrics on another day."""
    return {
        table: rows.with_columns(
            (pl.col(pl.Datetime) + by),
            (pl.col("window_start").dt.truncate("1h") + by).dt.strftime(HOUR_FORMAT).alias("ingest_hour"),
        )
        for table, rows in tables.items()
    }


def _ledger(minutes: pl.DataFrame, taken: int) -> Iterator[pl.DataFrame]:
    """What the ledger says of each hour: every stage stored its records, and those of the first three expired."""
    hours = minutes.group_by("ingest_hour").agg(pl.col("count").sum(), pl.col("observed_max").max()).sort("ingest_hour")
    last = pl.col("count").cum_sum() + taken - 1
    for stage, outcome, reason in (
        *((stage, "stored", None) for stage in ("raw", "parsed", "enriched", "aggregated")),
        ("raw", "expired", RAW_LOGS.path),
        ("parsed", "expired", PARSED_LOGS.path),
        ("enriched", "expired", ENRICHED_LOGS.path),
    ):
        yield hours.select(
            pl.lit(SOURCE.topic).alias("topic"),
            pl.lit(SOURCE.partition, pl.Int32).alias("partition"),
            "ingest_hour",
            pl.lit(stage).alias("stage"),
            pl.lit(outcome).alias("outcome"),
            pl.lit(reason, pl.String).alias("reason"),
            pl.col("count").alias("rows"),
            pl.col("count").alias("messages"),
            (last - pl.col("count") + 1).alias("first_offset"),
            last.alias("last_offset"),
            (pl.col("count") * BYTES).alias("value_bytes"),
            pl.col("observed_max").alias("appended_at_max"),
            pl.col("observed_max").alias("committed_at"),
        ).select(LEDGER.schema.names())
