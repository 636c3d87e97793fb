"""What tests build again and again: a clock that stands still, a lake, lines, and what a lake holds, comparably."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from stacklens_pipeline.drain import Drain
from stacklens_pipeline.errors import LakeError
from stacklens_pipeline.eventlog.base import EventLog, Message
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.serve.project import load_marts, project_dir
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import (
    DEAD_LETTERS,
    ENRICHED_LOGS,
    LOG_METRICS_1H,
    LOG_METRICS_1M,
    LOG_METRICS_5M,
    PARSED_LOGS,
    RAW_LOGS,
    REQUEST_FAILURES_5M,
    Table,
)

TOPIC = "raw-logs"
ROWS = (RAW_LOGS, PARSED_LOGS, DEAD_LETTERS, ENRICHED_LOGS)
METRICS = (LOG_METRICS_1M, LOG_METRICS_5M, LOG_METRICS_1H, REQUEST_FAILURES_5M)


@dataclass
class Clock:
    """A clock that moves when it is told to. It runs ahead of the wall clock, so that no record stays open."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def opened_log(folder: Path) -> SqliteLog:
    log = SqliteLog(folder / "log.sqlite")
    log.create_topics([TOPIC])
    return log


def drained(lake: Lake, log: EventLog, now: Clock, **settings: object) -> Drain:
    """Drain until nothing is left."""
    drain = Drain(lake, log, IngestSettings.model_validate({"topics": (TOPIC,), **settings}), now)
    while not drain.step().is_idle:
        pass
    return drain


def send(log: EventLog, lines: Iterable[bytes | None], source: bytes = b"shop", topic: str = TOPIC) -> None:
    log.append(topic, [Message(line, source, [("source", source)]) for line in lines])


def numbered(count: int, start: int = 0, *, at: str = "2026-11-24T04:00:00Z") -> list[bytes]:
    """JSON lines of three services with durations and failures."""
    return [
        b'{"ts":"%s","level":"%s","service":"s%d","msg":"line %d","status":%d,"path":"/p%d","duration_ms":%d.5}'
        % (at.encode(), b"error" if n % 7 == 0 else b"info", n % 3, n, 503 if n % 7 == 0 else 200, n % 5, n % 100)
        for n in range(start, start + count)
    ]


MIXED = [
    *numbered(6),
    b"2026-11-24 04:01:00 ERROR [main] it failed",
    b"java.lang.IllegalStateException: no",
    b"\tat shop.Pay.run(Pay.java:7)",
    b"Caused by: java.io.IOException",
    b'192.0.2.1 - - [24/Nov/2026:04:00:00 +0000] "GET /a?b=c HTTP/1.1" 500 12 "-" "curl"',
    b"<34>1 2026-11-24T04:02:00Z web su 1 ID47 - failed",
    b"\xff",
    b'level=warn msg="slow" duration_ms=12 ts=2026-11-24T04:03:00Z',
]
"""Lines of most formats, a stack trace and a line that nothing takes among them."""


def offsets(lake: Lake, table: Table) -> list[int]:
    return sorted(lake.scan(table).select("offset").collect().to_series())


def content(lake: Lake, table: Table) -> pl.DataFrame:
    """All rows in one order, without what two runs may differ in."""
    frame = lake.read(table)
    return frame.sort(*table.key)


def totals(lake: Lake, table: Table, without: Sequence[str] = ("ingest_hour", "observed_max")) -> pl.DataFrame:
    """A metrics table with its partial rows added up, whichever hour they came in."""
    from stacklens_pipeline.aggregate import merge_partials

    return merge_partials(lake.read(table), table, across_hours=True).drop(without, strict=False).sort(*table.key)


def mart_rows(marts: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(marts), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query).fetchall()


def marts_content(marts: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every mart as text, in one order."""
    names = [mart.name for mart in load_marts(project_dir())]
    return {name: mart_rows(marts, f"select columns(*)::varchar from mart.{name} order by all") for name in names}


class FailingLake(Lake):
    """A lake whose commit fails when a number of commits was made: before it is made, or after."""

    def __init__(self, root: str, allowed: int) -> None:
        super().__init__(root)
        self.allowed = allowed

    def _has_committed(self, prepared: Any) -> bool:
        if self.allowed == 0:
            raise LakeError(f"the process died before the commit of {prepared.table.path}")
        self.allowed -= 1
        return super()._has_committed(prepared)
