"""What a demo shows: figures of the lake and the marts, and the tables that they are printed in."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.table import Table as RichTable

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.ledger import summed
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, LEDGER, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import Account


@dataclass(frozen=True)
class Figures:
    """Where the lake and the marts are."""

    raw: int
    parsed: int
    dead_letters: int
    enriched: int
    microbatches: int
    newest_s_ago: float | None
    marts: dict[str, int]
    mart_records: int


def figures(lake: Lake, marts: Path) -> Figures:
    """The figures as they are now, from statistics: it reads no log line."""
    newest = summed(lake.scan(LEDGER)).select("appended_at_max").max().collect().item()
    rows = _mart_rows(marts)
    return Figures(
        raw=lake.row_count(RAW_LOGS),
        parsed=lake.row_count(PARSED_LOGS),
        dead_letters=lake.row_count(DEAD_LETTERS),
        enriched=lake.row_count(ENRICHED_LOGS),
        microbatches=max(0, lake.version(ENRICHED_LOGS)),
        newest_s_ago=None if newest is None else (utc_now() - newest).total_seconds(),
        marts=rows,
        mart_records=_mart_records(marts) if rows else 0,
    )


def _mart_rows(marts: Path) -> dict[str, int]:
    try:
        with duckdb.connect(str(marts), read_only=True) as connection:
            names = [name for (name,) in connection.execute(_TABLES).fetchall()]
            counts = [connection.execute(f'select count(*) from mart."{name}"').fetchone() for name in names]
    except duckdb.Error:  # not built yet
        return {}
    return {name: int(count[0]) for name, count in zip(names, counts, strict=True) if count}


def _mart_records(marts: Path) -> int:
    with duckdb.connect(str(marts), read_only=True) as connection:
        counted = connection.execute("select coalesce(sum(records), 0) from mart.service_health_5m").fetchone()
    return int(counted[0]) if counted else 0


_TABLES = "select table_name from information_schema.tables where table_schema = 'mart' order by table_name"


def table(now: Figures, account: Account, lines_in: int, earlier: int = 0) -> RichTable:
    """The figures as a table; messages are records, lines inside them and dead letters. `earlier` lines came before."""
    shown = RichTable(title="What became of the logs", show_header=False)
    shown.add_column()
    shown.add_column(justify="right")
    shown.add_row("lines in", f"{lines_in:,}")
    if earlier:
        shown.add_row("lines of earlier runs", f"{earlier:,}")
    shown.add_row("messages in raw/logs", f"{account.messages:,}")
    shown.add_row("records in parsed/logs and enriched/logs", f"{account.records:,}")
    shown.add_row("lines inside records of several lines", f"{account.joined:,}")
    shown.add_row("dead letters", f"{account.dead_letters:,}")
    shown.add_row("microbatches", f"{now.microbatches:,}")
    shown.add_row("newest message is so old", "-" if now.newest_s_ago is None else f"{now.newest_s_ago:.1f} s")
    shown.add_section()
    for name, rows in now.marts.items():
        shown.add_row(f"mart.{name}", f"{rows:,} rows")
    return shown
