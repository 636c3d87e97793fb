"""The engine: parse, aggregate and commit mixed lines, beside pygrok and `json` on the same lines, line by line."""

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.harness import Spent, best_of, measured, publish
from stacklens_pipeline.drain import Drain
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import RAW_LOGS
from stacklens_pipeline.testing import LogMaker
from stacklens_pipeline.testing.player import by_source

AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
LINES = 131_072
ROUNDS = 80
PEER_LINES = 6_000
TOPIC = "raw-logs"
CLAIMED_LINES_S = 12_500
"""End to end, by the description of the earlier micro-services; nobody can measure them any more."""
BATCH = 5_000


def main() -> None:
    """Measure and publish."""
    lines = LogMaker(1).lines(LINES, AT, spread=timedelta(seconds=60))
    values = [line.value for line in lines]
    size = sum(map(len, values)) / len(values)
    rows = [
        row("parse", LINES, size, best_of(3, lambda: parse_lines(_raw(lines)))),
        drained(lines, size),
        row("pygrok and json, per line", PEER_LINES, size, best_of(1, lambda: _peer(values[:PEER_LINES]))),
        {"what": "the system that this one replaces, as it claimed", "lines_s": CLAIMED_LINES_S},
    ]
    publish("engine", rows)


def row(what: str, count: int, size: float, spent: Spent) -> dict[str, object]:
    """A line of the result: rates per core count the CPU seconds of all threads and processes."""
    return {
        "what": what,
        "lines_s": int(count / spent.wall_s),
        "lines_s_per_core": int(count / spent.cpu_s),
        "mb_s_per_core": round(count * size / spent.cpu_s / 1e6, 1),
    }


def drained(lines: list, size: float) -> dict[str, object]:  # type: ignore[type-arg]
    """From the event log to all tables: read, parse, aggregate, commit.

    The first step warms up: it makes the tables, begins to start the workers and touches memory for the first time. Its
    lines do not count in lines/s, and all it spends counts in the rates per core.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog(Path(folder, "log.sqlite"))
        log.create_topics([TOPIC])
        for _ in range(ROUNDS):
            send(log, by_source(lines))
        drain, count = Drain(Lake(str(Path(folder, "lake"))), log, IngestSettings(topics=(TOPIC,))), 0
        with measured() as whole:
            first = drain.step().messages
            with measured() as spent:
                while not (step := drain.step()).is_idle:
                    count += step.messages
        drain.close()
        log.close()
    rates = row("read, parse, aggregate, commit", first + count, size, whole)
    return {**rates, "lines_s": int(count / spent.wall_s)}


def send(log: SqliteLog, lines: Mapping[str, list[bytes]]) -> None:
    """Append the lines of each source, as the collector would."""
    for source, values in lines.items():
        for start in range(0, len(values), BATCH):
            headers = [("source", source.encode())]
            log.append_values(TOPIC, values[start : start + BATCH], key=source.encode(), headers=headers)


def _raw(lines: list) -> pl.DataFrame:  # type: ignore[type-arg]
    frame = pl.DataFrame(
        {
            "value": pl.Series([line.value for line in lines], dtype=pl.Binary),
            "source": pl.Series([line.source for line in lines], dtype=pl.String),
        }
    ).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("offset"),
        pl.lit(TOPIC).alias("topic"),
        pl.lit(0).alias("partition"),
        pl.lit("2026-11-24T04").alias("ingest_hour"),
        pl.lit(AT).alias("appended_at"),
    )
    missing = [pl.lit(None).alias(name) for name in RAW_LOGS.schema if name not in frame.columns]
    return frame.with_columns(missing).cast(dict(RAW_LOGS.schema)).select(RAW_LOGS.schema.names())  # type: ignore[arg-type]


def _peer(values: list[bytes]) -> int:
    """What a script does: JSON where it is JSON, else Grok patterns one after another."""
    from pygrok import Grok

    patterns = [
        Grok(pattern)
        for pattern in (
            "%{COMBINEDAPACHELOG}",
            "<%{NONNEGINT:pri}>%{SYSLOGTIMESTAMP:time} %{SYSLOGHOST:host} %{SYSLOGPROG}: %{GREEDYDATA:message}",
            "<%{NONNEGINT:pri}>%{NONNEGINT:version} %{TIMESTAMP_ISO8601:time} %{GREEDYDATA:rest}",
            "%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} %{GREEDYDATA:message}",
        )
    ]
    taken = 0
    for value in values:
        text = value.decode(errors="replace")
        if text.startswith("{"):
            try:
                taken += bool(json.loads(text))
            except ValueError:
                continue
        else:
            taken += any(pattern.match(text) for pattern in patterns)
    return taken


if __name__ == "__main__":
    main()
