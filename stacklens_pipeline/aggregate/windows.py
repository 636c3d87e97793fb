"""From records to partial metric rows per window, and from partial rows to fewer of them.

A partial row says what one batch contributed to one window of one series. Partials are merged by adding, so neither
order nor batching nor lateness changes what they come to. All figures are integers but durations: each duration is
rounded to a microsecond before it is added, and a sum is a whole number of microseconds divided by a thousand. Such
sums are exact, hence equal in any order, as long as those of a window stay below 2^51 microseconds (71 years).
"""

from collections.abc import Sequence

import polars as pl

from stacklens_pipeline.aggregate.histograms import bucket, bucket_counts, collect_histograms, with_histograms
from stacklens_pipeline.tables import (
    LEVELS,
    LOG_METRICS_1H,
    LOG_METRICS_1M,
    LOG_METRICS_5M,
    REQUEST_FAILURES_5M,
    WINDOWS,
    Table,
)

FAILED_STATUS = 500
MAX_DURATION_MS = 1e9
"""A duration beyond eleven days is a parsing accident: it is not counted, as NaN and the infinities are not."""

SERIES = ("source", "service_name")
KEYS = ("ingest_hour", "window_start", *SERIES)
FAILURE_KEYS = ("ingest_hour", *REQUEST_FAILURES_5M.key)


def aggregate_records(enriched: pl.DataFrame) -> dict[Table, pl.DataFrame]:
    """The partial rows that records of `enriched/logs` add to every metrics table.

    A record falls into the windows of its own `timestamp`, and stays in the `ingest_hour` it came in. A level that is
    null or none of ours counts as UNKNOWN. A record counts as often as its `weight` says.
    """
    minutes = _minutes(enriched)
    five = roll_up(minutes, "5m")
    return {
        LOG_METRICS_1M: minutes,
        LOG_METRICS_5M: five,
        LOG_METRICS_1H: roll_up(five, "1h"),
        REQUEST_FAILURES_5M: _failures(enriched),
    }


def roll_up(partials: pl.DataFrame, length: str) -> pl.DataFrame:
    """Partial rows of windows of `length` (`5m`, `1h`) from those of shorter windows that fit into them."""
    wider = partials.with_columns(pl.col("window_start").dt.truncate(length))
    return merge_partials(wider, WINDOWS[length])


def merge_partials(partials: pl.DataFrame, table: Table, *, across_hours: bool = False) -> pl.DataFrame:
    """The same totals in fewer rows: one for each key of the table and `ingest_hour`.

    With `across_hours`, records that came in late are added to their window too; `ingest_hour` is then the latest hour
    in which the window got records. Associative and commutative; the rows come sorted by their key.
    """
    keys = table.key if across_hours else ("ingest_hour", *table.key)
    merged = partials.group_by(keys).agg(_merge(name) for name in table.schema if _is_added(name, keys))
    if "duration_histogram" in table.schema:
        merged = with_histograms(merged, collect_histograms(bucket_counts(partials, keys), keys), keys)
    return _finish(merged, table)


def _is_added(name: str, keys: Sequence[str]) -> bool:
    return name not in keys and name != "duration_histogram"


def _merge(name: str) -> pl.Expr:
    """How a column of partial rows is merged; its name tells."""
    column = pl.col(name)
    if name == "duration_ms_sum":
        return _exact_sum(column)
    if name.endswith("_min"):
        return column.min()
    if name.endswith("_max") or name in ("last_seen", "ingest_hour"):
        return column.max()
    return column.sum()


def _exact_sum(milliseconds: pl.Expr, times: pl.Expr | None = None) -> pl.Expr:
    """The sum, of each as often as `times` says, whatever the order: floats add whole microseconds exactly."""
    micros = (milliseconds * 1000).round()
    return (micros if times is None else micros * times).sum() / 1000


def _minutes(enriched: pl.DataFrame) -> pl.DataFrame:
    rows = enriched.lazy().select(
        "ingest_hour",
        pl.col("timestamp").dt.truncate("1m").alias("window_start"),
        *SERIES,
        "level",
        "http_status",
        _duration(),
        "bytes_sent",
        "observed_timestamp",
        "weight",
    )
    weight = _weight(enriched)
    durations = rows.filter(pl.col("duration_ms").is_not_null())
    buckets = durations.select(*KEYS, bucket(pl.col("duration_ms")).alias("bucket"), "weight")
    counts = buckets.group_by(*KEYS, "bucket").agg(_count(weight).alias("count"))
    minutes, counted = pl.collect_all([rows.group_by(KEYS).agg(_measures(weight)), counts])
    return _finish(with_histograms(minutes, collect_histograms(counted, KEYS), KEYS), LOG_METRICS_1M)


def _duration() -> pl.Expr:
    """The duration where it is one: finite and not absurd."""
    value = pl.col("duration_ms")
    return pl.when(value.is_finite() & (value.abs() <= MAX_DURATION_MS)).then(value).alias("duration_ms")


def _weight(records: pl.DataFrame) -> pl.Expr | None:
    """What records count, where some stand for more than themselves."""
    return pl.col("weight").fill_null(1).cast(pl.Int64) if (records["weight"] > 1).any() else None


def _count(weight: pl.Expr | None, where: pl.Expr | None = None) -> pl.Expr:
    """How many records there are, or those among them `where` something holds."""
    if weight is None:
        return pl.len() if where is None else where.sum()
    return weight.sum() if where is None else weight.filter(where).sum()


def _measures(weight: pl.Expr | None) -> list[pl.Expr]:
    duration, status, sent = pl.col("duration_ms"), pl.col("http_status"), pl.col("bytes_sent")
    return [
        _count(weight).alias("count"),
        *_level_counts(weight),
        _count(weight, status.is_not_null()).alias("request_count"),
        _count(weight, status >= FAILED_STATUS).alias("request_error_count"),
        _count(weight, duration.is_not_null()).alias("duration_count"),
        _exact_sum(duration, weight).alias("duration_ms_sum"),
        duration.min().alias("duration_ms_min"),
        duration.max().alias("duration_ms_max"),
        (sent if weight is None else sent * weight).sum().alias("bytes_sent_sum"),
        pl.col("observed_timestamp").max().alias("observed_max"),
    ]


def _level_counts(weight: pl.Expr | None) -> list[pl.Expr]:
    known = [level for level in LEVELS if level != "UNKNOWN"]
    counts = [_count(weight, pl.col("level") == level).alias(f"count_{level.lower()}") for level in known]
    return [*counts, (_count(weight) - _count(weight, pl.col("level").is_in(known))).alias("count_unknown")]


def _failures(enriched: pl.DataFrame) -> pl.DataFrame:
    """Failed requests, from the few rows that are some: no minute table holds their paths."""
    failed = enriched.lazy().filter(pl.col("http_status") >= FAILED_STATUS)
    windowed = failed.with_columns(pl.col("timestamp").dt.truncate("5m").alias("window_start"), _duration())
    weight = _weight(enriched)
    grouped = windowed.group_by(FAILURE_KEYS).agg(
        _count(weight).alias("count"),
        _exact_sum(pl.col("duration_ms"), weight).alias("duration_ms_sum"),
        pl.col("timestamp").max().alias("last_seen"),
    )
    return _finish(grouped.collect(), REQUEST_FAILURES_5M)


def _finish(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    return rows.select(table.schema.names()).cast(table.schema).sort("ingest_hour", *table.key)
