"""Starts a drain when the event log holds lines that raw/logs does not, and its successor before it ends."""

from datetime import datetime, timedelta

import dagster as dg

from assets.jobs import DRAIN_LOGS, MAX_RUNTIME_FACTOR
from stacklens_pipeline.drain import DRAIN_LEASE
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.lease import LIFETIME, Lease
from stacklens_pipeline.planner import unread_messages, utc_now
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.watch import decide

WORKING = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


@dg.sensor(job=DRAIN_LOGS, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def unread_logs(
    context: dg.SensorEvaluationContext,
    lake: dg.ResourceParam[Lake],
    eventlog: dg.ResourceParam[EventLog],
    settings: dg.ResourceParam[Settings],
) -> dg.RunRequest | dg.SkipReason:
    """Waits for messages past the offsets that the lake holds, in all topics and partitions."""
    lease, now = Lease(settings.lake_root, DRAIN_LEASE), utc_now()
    holder, successor = lease.current(), lease.successor()
    asked_at = datetime.fromisoformat(context.cursor) if context.cursor else None
    handover = timedelta(seconds=settings.ingest.handover_s)
    unread = unread_messages(lake, eventlog, settings.ingest)
    decision = decide(unread, holder, successor, asked_at, now, handover)
    if not decision.is_start:
        return dg.SkipReason(decision.reason)
    fail_stuck(context.instance, DRAIN_LOGS.name, {h.name for h in (holder, successor) if h})
    context.update_cursor(now.isoformat())
    runtime = int(settings.ingest.budget_s * MAX_RUNTIME_FACTOR + 60)
    tags = {"dagster/max_runtime_seconds": str(runtime), "stacklens/reason": decision.reason}
    return dg.RunRequest(run_key=f"drain at {now.isoformat()}", tags=tags)


def fail_stuck(instance: dg.DagsterInstance, job_name: str, alive: set[str]) -> None:
    """Mark runs of a job as failed that say they run but hold no lease: their process died without a word."""
    old = utc_now() - 4 * LIFETIME
    stuck = dg.RunsFilter(job_name=job_name, statuses=WORKING, updated_before=old)
    for run in instance.get_runs(stuck, limit=10):
        if run.run_id not in alive:
            instance.report_run_failed(run, "it holds no lease any more: its process has died")
