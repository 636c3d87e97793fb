"""The tables that microbatches fill, as one multi-asset: a drain when it runs without a partition, else a rebuild.

One process works for a time budget instead of one microbatch a run, since starting a run costs seconds of CPU.
"""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg

from assets import aggregated, enriched, parsed, raw
from assets.partitions import HOURLY
from assets.specs import key
from stacklens_pipeline.drain import DRAIN_LEASE, Drain
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.lease import Lease
from stacklens_pipeline.microbatch import DERIVED
from stacklens_pipeline.parse import Parsers
from stacklens_pipeline.parse.rules.load import load_parsers
from stacklens_pipeline.progress import Progress, Report
from stacklens_pipeline.replay.rebuilding import rebuild_hour
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.shift import Terms, stopped_by_signals, work
from stacklens_pipeline.tables import OFFSET_GAPS, RAW_LOGS, TABLES, Table

SPECS = [*raw.SPECS, *parsed.SPECS, *enriched.SPECS, *aggregated.SPECS]
BY_KEY = {key(table): table for table in TABLES}

COMMIT_ORDER = (RAW_LOGS, OFFSET_GAPS, *DERIVED)

DRAIN_TAG = "stacklens/drain"


@dg.multi_asset(
    specs=SPECS,
    can_subset=True,
    partitions_def=HOURLY,
    backfill_policy=dg.BackfillPolicy.multi_run(1),
    op_tags={"dagster/max_retries": 0},
)
def drained_logs(
    context: dg.AssetExecutionContext,
    lake: dg.ResourceParam[Lake],
    eventlog: dg.ResourceParam[EventLog],
    settings: dg.ResourceParam[Settings],
) -> Iterator[dg.MaterializeResult]:
    """Drains the event log into all tables; with a partition, rebuilds that hour of the chosen tables from raw."""
    if context.has_partition_key or context.has_partition_key_range:  # a back-fill gives a range, even of one hour
        yield from _rebuilt(context, lake, load_parsers(settings.config_dir))
        return
    lease = Lease(settings.lake_root, DRAIN_LEASE, context.run.run_id)
    with stopped_by_signals() as stop, closing(_drain(lake, eventlog, settings)) as drain:
        progress = Progress(drain, lambda report: _log(context, lake, report))
        outcome = work(lease, terms(settings), progress.step, stop)
        progress.flush()
    context.log.info(f"the drain ended because {outcome.value}, after {progress.messages} messages")


def _drain(lake: Lake, eventlog: EventLog, settings: Settings) -> Drain:
    return Drain(lake, eventlog, settings.ingest, parsers=load_parsers(settings.config_dir))


def terms(settings: Settings) -> Terms:
    """The terms of a drain's shift."""
    ingest = settings.ingest
    return Terms(ingest.budget_s, ingest.interval_s, ingest.idle_s, wait_s=2 * ingest.handover_s + 10)


def _rebuilt(context: dg.AssetExecutionContext, lake: Lake, parsers: Parsers) -> Iterator[dg.MaterializeResult]:
    (hour,) = context.partition_keys  # the back-fill policy says one hour a run
    tables = [BY_KEY[asset] for asset in context.selected_asset_keys]
    rows = rebuild_hour(lake, hour, tables, parsers)
    for table in sorted(rows, key=COMMIT_ORDER.index):  # Dagster wants parents before children
        yield dg.MaterializeResult(key(table), metadata={"dagster/partition_row_count": rows[table], "rebuilt": True})


def _log(context: dg.AssetExecutionContext, lake: Lake, report: Report) -> None:
    """An observation of the event log, and a materialization for each table and hour that was written since."""
    context.log_event(dg.AssetObservation(raw.MESSAGES, metadata=_reading(report)))
    for (table, hour), rows in report.rows.items():
        context.log_event(
            dg.AssetMaterialization(key(table), partition=hour, metadata=_metadata(lake, table, report, rows))
        )


def _metadata(lake: Lake, table: Table, report: Report, rows: int) -> dict[str, object]:
    return {
        "dagster/row_count": lake.row_count(table),
        "dagster/uri": lake.uri(table),
        "rows_added": rows,
        "microbatches": report.microbatches,
        "dead_letter_rate": report.dead_letter_rate,
        **_reading(report),
    }


def _reading(report: Report) -> dict[str, object]:
    """How far the event log is read."""
    offsets = {str(tp): offset for tp, offset in report.reached.items()}
    return {"lag_messages": report.lag, "offsets": offsets}


ASSETS = [drained_logs]
