"""One microbatch: from raw lines to what every table downstream of raw takes of them. Pure; nothing is written here.

The same function serves the drain, the healing after a crash and the back-fill of an hour.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from types import MappingProxyType

import polars as pl

from stacklens_pipeline.aggregate import aggregate_records
from stacklens_pipeline.enrich import enrich
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.lake import Rows, fenced
from stacklens_pipeline.ledger import derived_entries, entries
from stacklens_pipeline.parse import UNCONFIGURED, Parsers, cut, multiline, parse_lines
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.position import Position, Positions, lacking
from stacklens_pipeline.tables import (
    DEAD_LETTERS,
    ENRICHED_LOGS,
    LEDGER,
    LOG_METRICS_1H,
    LOG_METRICS_1M,
    LOG_METRICS_5M,
    PARSED_LOGS,
    RAW_LOGS,
    REQUEST_FAILURES_5M,
    Table,
)
from stacklens_pipeline.written import by_dictionary

METRICS = (LOG_METRICS_1M, LOG_METRICS_5M, LOG_METRICS_1H, REQUEST_FAILURES_5M)
DERIVED = (DEAD_LETTERS, PARSED_LOGS, ENRICHED_LOGS, *METRICS, LEDGER)
"""The tables that are made from raw/logs, in the order in which a microbatch commits them."""


@dataclass(frozen=True)
class Lines:
    """Raw lines of a microbatch, cut: those of `whole` records, in order, those that wait, and where that leads.

    `positions` are those of a table that holds what these lines become. Lines before `resumed` are those of records
    that were open when the microbatch began.
    """

    whole: pl.DataFrame
    waiting: pl.DataFrame
    positions: Positions
    resumed: Mapping[TopicPartition, int]

    @property
    def all(self) -> pl.DataFrame:
        """The lines as rows of raw, those that wait at the end."""
        return pl.concat([self.whole, self.waiting]) if self.waiting.height else self.whole


def cut_lines(
    lines: pl.DataFrame,
    ends: Mapping[TopicPartition, int],
    closed_at: datetime | None,
    parsers: Parsers = UNCONFIGURED,
    resumed: Mapping[TopicPartition, int] = MappingProxyType({}),
) -> Lines:
    """Cut raw rows, in the order of offsets, that reach up to the offsets `ends`.

    Lines before `resumed` are those of records that were open, given again. Records that wait are closed by the clock
    as of `closed_at`: a time at which the event log held no line past these. None closes all.
    """
    found = cut(lines, closed_at, parsers, resumed)
    positions = {tp: Position(end, found.open.get(tp, frozenset())) for tp, end in ends.items()}
    return Lines(found.whole, found.waiting, positions, resumed)


class Microbatch:
    """What raw lines become, worked out as far as it is asked for."""

    def __init__(self, lines: Lines, parsers: Parsers = UNCONFIGURED) -> None:
        self._lines = lines
        self._parsed = parse_lines(lines.whole, parsers, lines.resumed)
        self._records = by_dictionary(self._parsed.parsed)
        self.enriched = enrich(self._records)
        """The records of `enriched/logs`."""
        self._metrics: tuple[Positions, Mapping[Table, pl.DataFrame]] | None = None
        self._lock = Lock()

    @property
    def lines(self) -> pl.DataFrame:
        """The raw rows of whole records."""
        return self._lines.whole

    def rows(self, table: Table, now: Callable[[], datetime]) -> Rows:
        """What a table takes, for `Lake.append`: only what lies past the positions it has."""
        if table is RAW_LOGS:
            return fenced(self._lines.all)
        if table is DEAD_LETTERS:
            return fenced(self._parsed.rejected)
        if table is PARSED_LOGS:
            return fenced(self._records)
        if table is ENRICHED_LOGS:
            return fenced(self.enriched)
        if table is LEDGER:
            return lambda found: entries(self._lines.all, self._parsed, self.enriched, found, now())
        return lambda found: self._aggregated(found)[table]

    def of_hour(self, table: Table, hour: str, held: Positions) -> pl.DataFrame:
        """What a table at `held` has of an hour in this batch, for a rebuild of the hour; of the ledger, past raw."""
        pick = partial(_held_in, hour=hour, held=held)
        if table is LEDGER:
            return derived_entries(self._parsed, self.enriched, pick, utc_now())
        frames = {DEAD_LETTERS: self._parsed.rejected, PARSED_LOGS: self._records}
        rows = pick(frames.get(table, self.enriched))
        return aggregate_records(rows)[table] if table in METRICS else rows

    def _aggregated(self, found: Positions) -> Mapping[Table, pl.DataFrame]:
        with self._lock:  # the tables of metrics are asked for at the same time
            if self._metrics is None or self._metrics[0] != found:
                self._metrics = found, aggregate_records(fenced(self.enriched)(found))
            return self._metrics[1]


def _held_in(frame: pl.DataFrame, *, hour: str, held: Positions, offset: str = "offset") -> pl.DataFrame:
    """The rows of an hour whose records a table at `held` has."""
    return frame.filter(~lacking(held, offset), pl.col("ingest_hour") == hour)


def lines_of_open(lines: pl.DataFrame, positions: Positions) -> pl.DataFrame:
    """The lines, in order, that belong to the records which are open at the positions."""
    return multiline.lines_of_open(lines, {(tp.topic, tp.partition): p.open for tp, p in positions.items()})
