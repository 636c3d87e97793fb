"""Upkeep: what keeps the lake, the embedded event log and Dagster's own history small."""

import dagster as dg

from assets.specs import OWNERS, key
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.retain import expire_messages, keep_up
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.tables import TABLES

GROUP = "upkeep"
POOL = "lake_upkeep"


@dg.asset(group_name=GROUP, owners=OWNERS, kinds={"deltalake"}, pool=POOL, deps=[key(table) for table in TABLES])
def compacted_tables(lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """Tables with their small files joined, partial rows of past hours added up, and files nobody needs deleted."""
    return dg.MaterializeResult(metadata=keep_up(lake, settings.retain))


@dg.asset(group_name=GROUP, owners=OWNERS, kinds={"sqlite"}, deps=[key(TABLES[0])])
def trimmed_eventlog(
    eventlog: dg.ResourceParam[EventLog], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult:
    """The embedded event log without messages older than its retention; Kafka has a retention of its own."""
    return dg.MaterializeResult(metadata={"messages_deleted": expire_messages(eventlog, settings)})


@dg.asset(group_name=GROUP, owners=OWNERS, kinds={"dagster"})
def pruned_history(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """Dagster's own history without old finished runs; its retention settings cover ticks only."""
    return dg.MaterializeResult(
        metadata={"runs_deleted": prune(context.instance, settings.retain.dagster_history_hours)}
    )


def prune(instance: dg.DagsterInstance, hours: float, limit: int = 500) -> int:
    """Delete finished runs, with their events, that were last updated more than `hours` ago; returns how many."""
    from datetime import timedelta

    from stacklens_pipeline.planner import utc_now

    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = dg.RunsFilter(statuses=finished, updated_before=utc_now() - timedelta(hours=hours))
    run_ids = [run.run_id for run in instance.get_runs(old, limit=limit)]
    for run_id in run_ids:
        instance.delete_run(run_id)
    return len(run_ids)


ASSETS = [compacted_tables, trimmed_eventlog, pruned_history]
