"""What runs by the clock."""

import dagster as dg

from assets.jobs import CHECK_TABLES, KEEP_UP

RUNNING = dg.DefaultScheduleStatus.RUNNING

SCHEDULES = [
    dg.ScheduleDefinition(job=KEEP_UP, cron_schedule="*/5 * * * *", default_status=RUNNING),
    dg.ScheduleDefinition(job=CHECK_TABLES, cron_schedule="*/10 * * * *", default_status=RUNNING),
]
