"""Rebuilding an hour by the parsers of today: what it was where they made it, else a promotion of the whole hour."""

from collections.abc import Iterable

import polars as pl

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse import Parsers
from stacklens_pipeline.rebuild import REBUILT, rebuild, refuse_incomplete
from stacklens_pipeline.replay.promote import promote
from stacklens_pipeline.tables import DEAD_LETTERS, PARSED_LOGS, Table


def rebuild_hour(lake: Lake, hour: str, tables: Iterable[Table], parsers: Parsers) -> dict[Table, int]:
    """Rebuild tables of an hour; returns rows by table, of those that are never rebuilt what the hour holds.

    Raises ConfigurationError when other parsers made the hour and not all of its tables are asked for: what one table
    holds would not go with the others. Raises as `rebuild` and `promote` do.
    """
    asked = list(tables)
    refuse_incomplete(lake, hour)
    wanted = [table for table in REBUILT if table in asked]
    if wanted and made_by(lake, hour) <= {parsers.version}:
        rebuild(lake, hour, wanted, parsers=parsers)
    elif wanted == list(REBUILT):
        promote(lake, [hour], parsers)
    elif wanted:
        raise ConfigurationError(
            f"other parsers than those of today made the hour, so all its tables have to be rebuilt together: `{hour}`"
        )
    return {table: _height(lake, table, hour) for table in asked}


def made_by(lake: Lake, hour: str) -> set[str]:
    """The versions of the parsers that made the hour's records and dead letters."""
    rows = [lake.scan(table, hours=[hour]).select("parser_version") for table in (PARSED_LOGS, DEAD_LETTERS)]
    return set(pl.concat(rows).unique().collect()["parser_version"])


def _height(lake: Lake, table: Table, hour: str) -> int:
    rows = lake.scan(table, hours=[hour] if table.is_partitioned else None)
    return int(rows.select(pl.len()).collect().item())
