"""Starts refreshing the marts when the lake has files that they have not seen, and the successor before it ends."""

from datetime import datetime, timedelta

import dagster as dg

from assets.jobs import MAX_RUNTIME_FACTOR
from assets.marts import REFRESH_MARTS
from sensors.unread_logs import fail_stuck
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.lease import Lease
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.serve.duckdb import unseen
from stacklens_pipeline.serve.refreshing import MARTS_LEASE
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.watch import decide


@dg.sensor(job=REFRESH_MARTS, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def changed_tables(
    context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]
) -> dg.RunRequest | dg.SkipReason:
    """Waits for files of the lake that the marts were not made from; missing marts are made at once, empty or not."""
    lease, now = Lease(settings.lake_root, MARTS_LEASE), utc_now()
    holder, successor = lease.current(), lease.successor()
    asked_at = datetime.fromisoformat(context.cursor) if context.cursor else None
    handover = timedelta(seconds=settings.ingest.handover_s)
    changes, what = unseen(lake, settings.marts_path), "changed files are not in the marts"
    if not settings.marts_path.exists():  # its first run loads dbt while the first drain starts
        changes, what = 1, "marts file has to be made"
    decision = decide(changes, holder, successor, asked_at, now, handover, what)
    if not decision.is_start:
        return dg.SkipReason(decision.reason)
    fail_stuck(context.instance, REFRESH_MARTS.name, {h.name for h in (holder, successor) if h})
    context.update_cursor(now.isoformat())
    runtime = int(settings.ingest.budget_s * MAX_RUNTIME_FACTOR + 60)
    tags = {"dagster/max_runtime_seconds": str(runtime), "stacklens/reason": decision.reason}
    return dg.RunRequest(run_key=f"refresh at {now.isoformat()}", tags=tags)
