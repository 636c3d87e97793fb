"""Replays: stored hours parsed by new parsers, as a job that people start with the hours and the parsers."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from assets.specs import OWNERS, column_schema, key
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse.rules.load import load_parsers, read_parsers
from stacklens_pipeline.replay.difference import as_rows
from stacklens_pipeline.replay.hours import chosen_hours
from stacklens_pipeline.replay.run import replay_hours
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.tables import RAW_LOGS, REPLAYS


class Replay(dg.Config):
    """What is replayed."""

    hours: str = Field(description="ingest hours, 2026-11-24T04..2026-11-24T06 or a single one (UTC)")
    parsers: str = Field("", description="path of the new parsers.yaml; empty: the one in config/, as it is now")
    promote: bool = Field(False, description="put the result in place in all tables past raw, and in the marts")


@dg.asset(
    key=key(REPLAYS),
    group_name=REPLAYS.layer,
    owners=OWNERS,
    kinds={"polars", "deltalake"},
    deps=[key(RAW_LOGS)],
    metadata={"dagster/column_schema": column_schema(REPLAYS), "dagster/table_name": REPLAYS.path},
    op_tags={"dagster/max_retries": 0},
)
def replays(config: Replay, lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """Stored hours parsed by new parsers: what that changes, and with `promote` the change in place everywhere."""
    parsers = read_parsers(Path(config.parsers)) if config.parsers else load_parsers(settings.config_dir)
    hours = chosen_hours(lake, config.hours)
    done = replay_hours(lake, settings, hours, parsers, put=config.promote)
    counts = {str(row["what"]): row["count"] for row in as_rows(done.difference) if "count" in row}
    about = {"hours": f"{hours[0]}..{hours[-1]}", "parser_version": parsers.version, "promoted": done.is_promoted}
    return dg.MaterializeResult(metadata={**about, **counts})


ASSETS = [replays]
