"""The streaming code location: from the event log to the metrics. Imports Dagster, Polars and Delta only."""

import dagster as dg

from assets import drained, raw, replays, upkeep
from assets.checks import CHECKS
from assets.jobs import JOBS
from assets.partitions import partitioned, since_first_message
from assets.resources import resources
from sensors.schedules import SCHEDULES
from sensors.unread_logs import unread_logs
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import Settings, load_settings


def build(settings: Settings) -> dg.Definitions:
    """The code location over the lake and the event log of the settings."""
    hours = since_first_message(Lake(settings.lake_root, settings.storage_options))
    return dg.Definitions(
        assets=[
            *raw.EXTERNAL,
            *(partitioned(asset, hours) for asset in drained.ASSETS),
            *replays.ASSETS,
            *upkeep.ASSETS,
        ],
        asset_checks=CHECKS,
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[unread_logs],
        resources=resources(settings),
        executor=dg.in_process_executor,
    )


@dg.definitions
def streaming() -> dg.Definitions:
    """Built when Dagster loads the location, not when the module is imported."""
    return build(load_settings())
