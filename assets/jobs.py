"""The jobs: what sensors, schedules and people start."""

import dagster as dg

from assets import drained, replays, upkeep
from assets.checks import CHECKS

MAX_RUNTIME_FACTOR = 3
"""A drain that runs so many times its budget is stuck, and is ended by run monitoring."""

DRAIN_LOGS = dg.define_asset_job(
    "drain_logs",
    selection=dg.AssetSelection.assets(*drained.ASSETS).without_checks(),
    description="Drains the event log into the lake, microbatch after microbatch, for its time budget.",
    executor_def=dg.in_process_executor,
    tags={drained.DRAIN_TAG: "drain", "dagster/max_retries": "0", "dagster/priority": "1"},
)

KEEP_UP = dg.define_asset_job(
    "keep_up_lake",
    selection=dg.AssetSelection.assets(*upkeep.ASSETS),
    description="Compacts and vacuums the tables, trims the embedded event log and Dagster's own history.",
    executor_def=dg.in_process_executor,
)

CHECK_TABLES = dg.define_asset_job(
    "check_tables",
    selection=dg.AssetSelection.checks(*CHECKS),
    description="Checks conservation, freshness, dead letters, gaps and schemas.",
    executor_def=dg.in_process_executor,
)

REPLAY_HOURS = dg.define_asset_job(
    "replay_hours",
    selection=dg.AssetSelection.assets(*replays.ASSETS),
    description="Parses stored hours by new parsers: shows the difference, and puts it in place when told to.",
    executor_def=dg.in_process_executor,
    tags={"dagster/max_retries": "0"},
)

JOBS = [DRAIN_LOGS, KEEP_UP, CHECK_TABLES, REPLAY_HOURS]
