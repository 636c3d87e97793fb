"""Rebuilding an hour from raw: the same function as the drain's, put in the place of what the partition holds.

A rebuild takes exactly the records that a table has reached in its snapshot, and gives what the hour was, row by row,
for the same parser version. It is refused where raw is no longer complete. Memory is that of a microbatch.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from stacklens_pipeline.errors import CommitConflictError, ConfigurationError, IncompletePartitionError, UsageError
from stacklens_pipeline.eventlog.base import OffsetRange, TopicPartition
from stacklens_pipeline.lake import Lake, Replacement
from stacklens_pipeline.ledger import OF_ROWS_GONE, summed
from stacklens_pipeline.microbatch import DERIVED, Microbatch, cut_lines
from stacklens_pipeline.parse import UNCONFIGURED, Parsers
from stacklens_pipeline.parse.multiline import GAP, LONGEST_RECORD, STREAM
from stacklens_pipeline.parse.waiting import may_go_on
from stacklens_pipeline.position import Positions
from stacklens_pipeline.tables import HOUR_FORMAT, LEDGER, RAW_LOGS, Table

REBUILT = tuple(table for table in DERIVED if table is not LEDGER)
"""Tables that can be rebuilt; raw is immutable, and the ledger says what was."""

IS_KEPT = (pl.col("stage") == "raw") | pl.col("outcome").is_in(OF_ROWS_GONE)
"""Entries of the ledger that another parsing does not change."""

ATTEMPTS = 5
MAX_ROWS = 131_072


def rebuild(
    lake: Lake,
    hour: str,
    tables: Iterable[Table] = REBUILT,
    max_rows: int = MAX_ROWS,
    parsers: Parsers = UNCONFIGURED,
) -> dict[Table, int]:
    """Replace an hour's partition of each table by what raw gives; returns rows by table.

    The parsers have to be those that made the hour: `replay.rebuilding` sees to that. Raises IncompletePartitionError
    when raw no longer holds the hour, and CommitConflictError when the hour is written to faster than it can be rebuilt
    (whoever holds the drain's lease is safe from that).
    """
    asked = list(tables)
    missing = [table for table in REBUILT if table in asked]
    if not missing:
        raise ConfigurationError(f"none of these tables can be rebuilt: {', '.join(t.path for t in asked)}")
    rows: dict[Table, int] = {}
    for _ in range(ATTEMPTS):
        replacements = prepare(lake, hour, missing, max_rows, parsers)
        rows |= {table: r.rows for table, r in replacements.items() if r.commit()}
        missing = [table for table in missing if table not in rows]
        if not missing:
            return rows
    raise CommitConflictError(f"hour {hour} of {missing[0].path} is being written to by others")


def refuse_no_hour(text: str) -> None:
    """Raise UsageError unless the text is an ingest hour.

    >>> refuse_no_hour("2026-11-24T04")
    """
    try:
        is_hour = datetime.strptime(text, HOUR_FORMAT).strftime(HOUR_FORMAT) == text
    except ValueError:
        is_hour = False
    if not is_hour:
        raise UsageError(f"not an hour like 2026-11-24T04: `{text}`")


def refuse_unknown_hour(lake: Lake, hour: str) -> None:
    """Raise UsageError, naming the first and the last hour that the lake knows, when it never had anything of it."""
    known = sorted({*lake.hours(LEDGER), *lake.hours(RAW_LOGS)})
    if hour not in known:
        there_is = f"hours from {known[0]} to {known[-1]}" if known else "none yet"
        raise UsageError(f"the lake, which has {there_is}, has nothing of the hour `{hour}`")


def refuse_incomplete(lake: Lake, hour: str) -> None:
    """Raise IncompletePartitionError unless raw holds every message that the ledger says it took in the hour."""
    of_raw = (pl.col("stage") == "raw") & (pl.col("outcome") == "stored")
    said = summed(lake.scan(LEDGER, hours=[hour]).filter(of_raw)).select("topic", "partition", "rows").collect()
    held = lake.scan(RAW_LOGS, hours=[hour]).group_by("topic", "partition").len("held").collect()
    both = said.join(held, on=["topic", "partition"], how="left").with_columns(pl.col("held").fill_null(0))
    for topic, partition, rows, found in both.filter(pl.col("held") < pl.col("rows")).rows():
        raise IncompletePartitionError(
            f"hour {hour} cannot be rebuilt: of its {rows} raw messages of {topic}/{partition} only {found} are left, "
            f"the others have expired or were erased"
        )


def prepare(
    lake: Lake,
    hour: str,
    tables: Sequence[Table],
    max_rows: int = MAX_ROWS,
    parsers: Parsers = UNCONFIGURED,
    written: Callable[[Table, pl.DataFrame], None] = lambda table, rows: None,
) -> Mapping[Table, Replacement]:
    """The tables' new files, written but not committed; `written` hears of the rows.

    Raw is looked at after the tables' snapshots were taken, so it holds all that they hold; and all is done on one
    snapshot of it, whatever expires meanwhile. The ledger keeps what it says of raw, and of rows that are gone.
    """
    replacements = {table: lake.replacement(table, hour) for table in tables}
    lake = lake.snapshot([LEDGER, RAW_LOGS])
    refuse_incomplete(lake, hour)

    def write(table: Table, rows: pl.DataFrame) -> None:
        replacements[table].write(rows)
        written(table, rows)

    if LEDGER in replacements:
        write(LEDGER, replacements[LEDGER].replaced.filter(IS_KEPT).collect())
    extents = _extents(lake, hour, parsers)
    held = {table: {e.partition: r.held(e.partition) for e in extents} for table, r in replacements.items()}
    for batch in _batches(lake, extents, max_rows, parsers):
        for table in replacements:
            write(table, batch.of_hour(table, hour, held[table]))
    return replacements


def hour_batches(lake: Lake, hour: str, parsers: Parsers, max_rows: int = MAX_ROWS) -> Iterator[Microbatch]:
    """Microbatches, parsed by the parsers, that hold all records of an hour, and some of the hours around it.

    Raises IncompletePartitionError when raw no longer holds the hour.
    """
    frozen = lake.snapshot([LEDGER, RAW_LOGS])
    refuse_incomplete(frozen, hour)
    return _batches(frozen, _extents(frozen, hour, parsers), max_rows, parsers)


def held_by(lake: Lake, table: Table, hour: str) -> Positions:
    """How far a table is in each partition that the hour has messages of."""
    partitions = [TopicPartition(*row[:2]) for row in _bounds(lake.scan(RAW_LOGS, hours=[hour])).rows()]
    return lake.positions(table, partitions)


@dataclass(frozen=True)
class _Extent:
    """Where an hour lies in a partition, with the lines around it that may share a record with its own."""

    partition: TopicPartition
    offsets: OffsetRange


def _extents(lake: Lake, hour: str, parsers: Parsers) -> list[_Extent]:
    own = _bounds(lake.scan(RAW_LOGS, hours=[hour]))
    around = neighbours(lake.hours(RAW_LOGS), hour)
    extents = []
    for topic, partition, low, high, *span in own.rows():
        offsets = _widened(lake, around, OffsetRange(topic, partition, low, high), span)
        if offsets.start == low:
            _refuse_beheaded(lake, hour, offsets, span[0], parsers)
        extents.append(_Extent(TopicPartition(topic, partition), offsets))
    return extents


def _refuse_beheaded(lake: Lake, hour: str, own: OffsetRange, began: datetime, parsers: Parsers) -> None:
    """Raise IncompletePartitionError if the hour may begin inside a record whose first lines raw does not hold."""
    here = (pl.col("topic") == own.topic) & (pl.col("partition") == own.partition)
    earlier = here & (pl.col("stage") == "raw") & (pl.col("outcome") == "stored") & (pl.col("ingest_hour") < hour)
    last = lake.scan(LEDGER).filter(earlier).select(pl.col("appended_at_max").max()).collect().item()
    if last is None or last + GAP <= began:
        return
    lines = lake.scan_offsets(RAW_LOGS, TopicPartition(own.topic, own.partition), own.start, own.end)
    near = lines.filter(pl.col("appended_at") < last + GAP).collect().sort("offset")
    if may_go_on(near.unique(STREAM, keep="first", maintain_order=True), parsers):
        raise IncompletePartitionError(
            f"hour {hour} cannot be rebuilt: it may begin inside a record of {own.topic}/{own.partition} "
            f"whose first lines have expired or were erased, before offset {own.start}"
        )


def _bounds(lines: pl.LazyFrame) -> pl.DataFrame:
    """topic, partition, first offset, end offset, first and last append time."""
    offset, at = pl.col("offset"), pl.col("appended_at")
    return (
        lines.group_by("topic", "partition")
        .agg(offset.min().alias("low"), (offset.max() + 1).alias("high"), at.min().alias("from"), at.max().alias("to"))
        .sort("topic", "partition")
        .collect()
    )


def _widened(lake: Lake, hours: list[str], own: OffsetRange, span: list) -> OffsetRange:  # type: ignore[type-arg]
    """The range, widened by lines of neighbouring hours that were appended within a record's longest duration."""
    near = pl.col("appended_at").is_between(span[0] - LONGEST_RECORD, span[1] + LONGEST_RECORD)
    here = (pl.col("topic") == own.topic) & (pl.col("partition") == own.partition)
    around = _bounds(lake.scan(RAW_LOGS, hours=hours).filter(here & near))
    lows, highs = around["low"].to_list(), around["high"].to_list()
    return OffsetRange(own.topic, own.partition, min([own.start, *lows]), max([own.end, *highs]))


def _batches(lake: Lake, extents: Iterable[_Extent], max_rows: int, parsers: Parsers) -> Iterator[Microbatch]:
    for extent in extents:
        waiting = RAW_LOGS.empty()
        for start in range(extent.offsets.start, extent.offsets.end, max_rows):
            end = min(start + max_rows, extent.offsets.end)
            lines = lake.scan_offsets(RAW_LOGS, extent.partition, start, end).collect().sort("offset")
            is_last = end == extent.offsets.end
            closed_at = None if is_last or not lines.height else lines["appended_at"][-1]
            following = cut_lines(pl.concat([waiting, lines]), {extent.partition: end}, closed_at, parsers)
            waiting = following.waiting
            yield Microbatch(following, parsers)


def neighbours(hours: list[str], hour: str) -> list[str]:
    """The hours with rows next to `hour`.

    >>> neighbours(["2026-01-01T00", "2026-01-01T01", "2026-01-01T05"], "2026-01-01T01")
    ['2026-01-01T00', '2026-01-01T05']
    """
    return [h for h in hours if h < hour][-1:] + [h for h in hours if h > hour][:1]
