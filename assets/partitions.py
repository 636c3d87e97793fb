"""The one partitioning of all microbatch tables: the hour in which a message entered the lake."""

from datetime import datetime

import dagster as dg

from stacklens_pipeline.tables import HOUR_FORMAT

FIRST_HOUR = datetime(2026, 1, 1)
"""No lake is older than the software."""

HOURLY = dg.HourlyPartitionsDefinition(
    start_date=FIRST_HOUR.strftime(HOUR_FORMAT), fmt=HOUR_FORMAT, timezone="UTC", end_offset=1
)
"""The running hour is a partition too (`end_offset`), so that a drain can report it."""
