"""The marts' code location: it imports dbt when it refreshes; the streaming location never waits for that."""

import dagster as dg

from assets.marts import ASSETS, CHECKS, JOBS, TEST_MARTS
from assets.resources import resources
from sensors.changed_tables import changed_tables
from stacklens_pipeline.settings import Settings, load_settings


def build(settings: Settings) -> dg.Definitions:
    """The code location over the lake and the marts file of the settings."""
    hourly = dg.ScheduleDefinition(
        job=TEST_MARTS, cron_schedule="7 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING
    )
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=JOBS,
        schedules=[hourly],
        sensors=[changed_tables],
        resources=resources(settings),
        executor=dg.in_process_executor,
    )


@dg.definitions
def marts() -> dg.Definitions:
    """Built when Dagster loads the location."""
    return build(load_settings())
