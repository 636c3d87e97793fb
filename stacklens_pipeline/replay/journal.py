"""The journal of replays: what is put in whose place, written before the first table changes; and of parsers in use.

Tables are committed one after another. Between the first and the last of them counts cannot agree across tables; the
journal says what each table held before and will hold after, so that any moment can be verified, and a crash finished.
It also keeps the configuration of each version of parsers that a drain has used, so that what it left can be healed.
"""

from collections.abc import Iterable
from datetime import datetime

import orjson
import polars as pl
import structlog

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse import Parsers
from stacklens_pipeline.parse.rules.load import parsers_of
from stacklens_pipeline.tables import DEAD_LETTERS, LEDGER, PARSED_LOGS, REPLAYS, Table

logger = structlog.get_logger(__name__)

FIGURES = pl.Schema(
    {"hour": pl.String, "table": pl.String, "topic": pl.String, "partition": pl.Int32, "rows": pl.Int64}
    | {"messages": pl.Int64}
)
"""What a table holds of an hour and partition: rows, and the messages that they stand for."""

_PLACE = ["hour", "table", "topic", "partition"]


def figures(table: Table, hour: str, rows: pl.LazyFrame) -> pl.DataFrame:
    """The figures of rows of an hour of a table; of the ledger, the messages that rules left out."""
    messages = {
        PARSED_LOGS: pl.col("raw_messages").sum(),
        DEAD_LETTERS: pl.len(),
        LEDGER: pl.col("messages").filter(pl.col("outcome") == "filtered").sum(),
    }.get(table, pl.lit(0))
    by = rows.group_by("topic", "partition").agg(pl.len().alias("rows"), messages.alias("messages"))
    placed = by.with_columns(pl.lit(hour).alias("hour"), pl.lit(table.path).alias("table"))
    return placed.select(pl.col(name).cast(dtype) for name, dtype in FIGURES.items()).collect()


def begin(lake: Lake, replay: str, before: pl.DataFrame, after: pl.DataFrame, parsers: Parsers, at: datetime) -> None:
    """Note that tables which hold the figures `before` are about to hold those `after`."""
    both = before.join(after, on=_PLACE, how="full", coalesce=True, suffix="_after")
    rows = both.select(
        pl.lit(replay).alias("replay"),
        pl.lit("begun").alias("phase"),
        *_PLACE,
        pl.col("rows").fill_null(0).alias("rows_before"),
        pl.col("rows_after").fill_null(0),
        pl.col("messages").fill_null(0).alias("messages_before"),
        pl.col("messages_after").fill_null(0),
        *(pl.lit(value).alias(name) for name, value in _said(parsers).items()),
        pl.lit(at).alias("at"),
    )
    _add(lake, rows)


def finish(lake: Lake, replays: Iterable[str], at: datetime) -> None:
    """Note that all tables hold what comes after."""
    _add(lake, pl.DataFrame([{"phase": "done", "replay": replay, "at": at} for replay in replays]))


def begun(lake: Lake) -> pl.DataFrame:
    """The rows of replays that were begun, the oldest first."""
    return lake.scan(REPLAYS).filter(pl.col("phase") == "begun").sort("at", maintain_order=True).collect()


def finished(lake: Lake) -> pl.DataFrame:
    """The ids of replays that are done, as `replay`."""
    return lake.scan(REPLAYS).filter(pl.col("phase") == "done").select("replay").unique().collect()


def unfinished(lake: Lake) -> pl.DataFrame:
    """The rows of replays that were begun and are not done, the oldest first."""
    return begun(lake).join(finished(lake), on="replay", how="anti", maintain_order="left")


def note_use(lake: Lake, parsers: Parsers, at: datetime) -> None:
    """Note that rows are made by these parsers from now on, unless those before were the same."""
    latest = _latest_use(lake)
    if not latest.height or latest["parser_version"][0] != parsers.version:
        _add(lake, pl.DataFrame([{"phase": "used", **_said(parsers), "at": at}]))


def last_used(lake: Lake) -> Parsers | None:
    """The parsers that made the latest rows; None before the first, or when this software would parse otherwise."""
    latest = _latest_use(lake)
    parsers = parsers_in(latest) if latest.height else None
    if parsers is None or parsers.version == latest["parser_version"][0]:
        return parsers
    logger.warning("the software has changed since the latest rows were made", made_by=latest["parser_version"][0])
    return None


def _latest_use(lake: Lake) -> pl.DataFrame:
    return lake.scan(REPLAYS).filter(pl.col("phase") == "used").sort("at").tail(1).collect()


def _said(parsers: Parsers) -> dict[str, str]:
    return {"parser_version": parsers.version, "configuration": orjson.dumps(parsers.files).decode()}


def _add(lake: Lake, rows: pl.DataFrame) -> None:
    """Add rows, whose other columns are null."""
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in REPLAYS.schema.items() if name not in rows.columns]
    lake.add(REPLAYS, rows.with_columns(missing).select(pl.col(n).cast(dtype) for n, dtype in REPLAYS.schema.items()))


def parsers_in(rows: pl.DataFrame) -> Parsers:
    """The parsers that rows of a replay were begun with; the software may have changed since, and so their version."""
    files = orjson.loads(rows["configuration"][0])
    return parsers_of(tuple((path, text) for path, text in files))
