"""The one partitioning of all microbatch tables: the hour in which a message entered the lake."""

from datetime import datetime

import dagster as dg

from stacklens_pipeline.errors import LakeError
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.tables import HOUR_FORMAT, LEDGER

FIRST_HOUR = datetime(2026, 1, 1).strftime(HOUR_FORMAT)
"""No lake is older than the software."""


def hourly(first: str) -> dg.HourlyPartitionsDefinition:
    """The hours from the first on; the running one is a partition too, so that a drain can report it."""
    return dg.HourlyPartitionsDefinition(start_date=first, fmt=HOUR_FORMAT, timezone="UTC", end_offset=1)


HOURLY = hourly(FIRST_HOUR)


def since_first_message(lake: Lake) -> dg.HourlyPartitionsDefinition:
    """The hours since the lake's first message: the UI would show all before as missing, which nobody misses.

    All hours when the lake cannot be read now.
    """
    try:
        hours = lake.hours(LEDGER)
    except LakeError:
        return HOURLY
    return hourly(hours[0] if hours else utc_now().strftime(HOUR_FORMAT))


def partitioned(asset: dg.AssetsDefinition, hours: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The asset with other partitions."""
    return asset.map_asset_specs(lambda spec: spec.replace_attributes(partitions_def=hours))
