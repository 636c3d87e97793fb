"""Which windows of the marts a refresh has to replace: those that the lake's files that came or went have rows of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.serve.project import SOURCES
from stacklens_pipeline.tables import UTC_TIME, Table

FILES = pl.Schema(
    {"name": pl.String(), "uri": pl.String(), "ingest_hour": pl.String(), "first": UTC_TIME, "last": UTC_TIME}
)
"""What a refresh remembers of the files it has seen: table, file, ingest hour, first and last window."""

PART_HOURS = 24
"""So many hours are replaced at once: the memory of a first build over months is that of a day."""


@dataclass(frozen=True)
class Touched:
    """What to replace: five-minute windows, hours of the records' own time, and hours of ingestion."""

    windows: frozenset[datetime]
    hours: frozenset[datetime]
    ingest_hours: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.hours or self.ingest_hours)

    def parts(self) -> "Iterator[Touched]":
        """The same in parts of at most `PART_HOURS` hours of either kind; one part at least."""
        hours, ingest_hours = sorted(self.hours), sorted(self.ingest_hours)
        for start in range(0, max(1, len(hours), len(ingest_hours)), PART_HOURS):
            part = slice(start, start + PART_HOURS)
            some = frozenset(hours[part])
            windows = frozenset(window for window in self.windows if window.replace(minute=0) in some)
            yield Touched(windows, some, frozenset(ingest_hours[part]))


def live_files(lake: Lake) -> pl.DataFrame:
    """The files that the marts' sources consist of now, as `FILES`."""
    return pl.concat([_files(lake, table) for table in SOURCES.values()])


def _files(lake: Lake, table: Table) -> pl.DataFrame:
    files = lake.files(table)
    is_windowed = "window_start" in table.schema
    first, last = ("min_window_start", "max_window_start") if is_windowed else (None, None)
    return files.select(
        pl.lit(table.name).alias("name"),
        "uri",
        "ingest_hour",
        (pl.col(first) if first else pl.lit(None)).cast(UTC_TIME).alias("first"),
        (pl.col(last) if last else pl.lit(None)).cast(UTC_TIME).alias("last"),
    )


def find_touched(came: pl.DataFrame, gone: pl.DataFrame) -> Touched:
    """What files touch that came or went since the last refresh, both as `FILES`.

    Files are read for their windows: one late line must not touch all windows between it and the present. Files that
    are gone lie there for some hours longer; of those that are deleted already their span has to do.
    """
    windowed = pl.col("first").is_not_null()
    lost = gone.filter(windowed)
    is_there = pl.Series("is_there", [Path(uri).exists() for uri in lost["uri"]], dtype=pl.Boolean)
    windows = _windows(pl.concat([came.filter(windowed), lost.filter(is_there)])) | _spans(lost.filter(~is_there))
    hours = {window.replace(minute=0) for window in windows}
    # windows of an hour are replaced together: a file of five-minute windows tells as much as one of hours
    ingest_hours = {hour for frame in (came, gone) for hour in frame["ingest_hour"].drop_nulls()}
    return Touched(frozenset(windows), frozenset(hours), frozenset(ingest_hours))


def _windows(files: pl.DataFrame) -> set[datetime]:
    """The windows that files have rows of; what spans one window only need not be read."""
    single = files.filter(pl.col("first") == pl.col("last"))
    wider = files.filter(pl.col("first") != pl.col("last"))
    tables = [frame["uri"].to_list() for frame in wider.partition_by("name")]
    columns = [pl.scan_parquet(uris).select(pl.col("window_start").unique()).collect().to_series() for uris in tables]
    return {window for column in (single["first"], *columns) for window in column}


def _spans(gone: pl.DataFrame) -> set[datetime]:
    windows: set[datetime] = set()
    for first, last in gone.select("first", "last").unique().rows():
        while first <= last:
            windows.add(first)
            first += timedelta(minutes=5)
    return windows


def needed(files: pl.DataFrame, touched: Touched) -> Mapping[str, list[str]]:
    """By table, the live files that a refresh has to read: those that may hold rows of what is touched."""
    hours = sorted(touched.hours)
    spans = (pl.col("first").is_not_null()) & _any_hour(hours)
    chosen = files.filter(spans | pl.col("ingest_hour").is_in(list(touched.ingest_hours)))
    return {name: chosen.filter(pl.col("name") == name)["uri"].to_list() for name in SOURCES}


def _any_hour(hours: Iterable[datetime]) -> pl.Expr:
    """Whether any of the hours lies in the span of a file."""
    listed = pl.Series("hour", list(hours), dtype=UTC_TIME).sort()
    at = pl.lit(listed).search_sorted(pl.col("first").dt.truncate("1h"))
    following = pl.lit(listed.append(pl.Series([datetime.max], dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")))
    return following.gather(at) <= pl.col("last")
