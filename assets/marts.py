"""The marts: what analysts read, built by dbt from the lake's tables and drained like them.

A run for each refresh would cost ten times the refresh, so that one op refreshes for a time budget.
"""

from collections.abc import Iterator

import dagster as dg

from assets.specs import OWNERS, key
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.lease import Lease
from stacklens_pipeline.serve import duckdb
from stacklens_pipeline.serve.project import Mart, load_marts, project_dir
from stacklens_pipeline.serve.refreshing import MARTS_LEASE, Refreshing, terms
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.shift import stopped_by_signals, work

GROUP = "mart"
DRAIN_TAG = "stacklens/drain"


def mart_key(mart: Mart) -> dg.AssetKey:
    """The asset of a mart."""
    return dg.AssetKey(["mart", mart.name])


def spec(mart: Mart) -> dg.AssetSpec:
    """How a mart looks in the graph; dbt's schema.yml says what it is."""
    columns = [dg.TableColumn(name, kind, description=meaning) for name, (kind, meaning) in mart.columns.items()]
    return dg.AssetSpec(
        mart_key(mart),
        deps=[key(table) for table in mart.sources],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"dbt", "duckdb"},
        description=mart.description,
        skippable=True,
        metadata={"dagster/column_schema": dg.TableSchema(columns), "dagster/table_name": f"mart.{mart.name}"},
        tags={"stacklens/layer": "mart"},
    )


MARTS = load_marts(project_dir())


@dg.multi_asset(specs=[spec(mart) for mart in MARTS], op_tags={"dagster/max_retries": 0})
def refreshed_marts(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]
) -> Iterator[dg.MaterializeResult]:
    """Refreshes the marts every few seconds while the lake's tables change."""
    refreshing = Refreshing(lake, settings.marts_path, lambda done: _log(context, settings, done))
    lease = Lease(settings.lake_root, MARTS_LEASE, context.run.run_id)
    with stopped_by_signals() as stop:
        duckdb.warm_up(settings.marts_path)  # before the lease is asked for: the one who holds it goes on until then
        outcome = work(lease, terms(settings), refreshing.step, stop)
        refreshing.flush()
    context.log.info(f"the refreshing ended because {outcome.value}, after {refreshing.count} refreshes")
    yield from ()  # what was refreshed is logged already


def _log(context: dg.AssetExecutionContext, settings: Settings, done: duckdb.Refreshed) -> None:
    for mart in MARTS:
        metadata = {
            "dagster/row_count": done.rows[mart.name],
            "dagster/uri": str(settings.marts_path),
            "windows_replaced": done.windows,
            "hours_replaced": done.hours,
        }
        context.log_event(dg.AssetMaterialization(mart_key(mart), metadata=metadata))


@dg.asset_check(asset=mart_key(MARTS[0]))
def dbt_tests(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """dbt's tests of all marts: keys are unique, ratios are ratios, reasons are known."""
    failed = duckdb.check(settings.marts_path) if settings.marts_path.exists() else ["there are no marts yet"]
    return dg.AssetCheckResult(passed=not failed, severity=dg.AssetCheckSeverity.WARN, metadata={"failed": failed})


ASSETS = [refreshed_marts]
CHECKS = [dbt_tests]

REFRESH_MARTS = dg.define_asset_job(
    "refresh_marts",
    selection=dg.AssetSelection.assets(*ASSETS).without_checks(),
    description="Refreshes the marts while the lake's tables change, for its time budget.",
    executor_def=dg.in_process_executor,
    tags={DRAIN_TAG: "marts", "dagster/max_retries": "0"},
)
TEST_MARTS = dg.define_asset_job(
    "test_marts",
    selection=dg.AssetSelection.checks(*CHECKS),
    description="Runs dbt's tests over the marts.",
    executor_def=dg.in_process_executor,
)
JOBS = [REFRESH_MARTS, TEST_MARTS]
