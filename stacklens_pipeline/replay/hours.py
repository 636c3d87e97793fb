"""Which hours a replay is about."""

from stacklens_pipeline.errors import UsageError
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.rebuild import refuse_no_hour, refuse_unknown_hour
from stacklens_pipeline.tables import RAW_LOGS


def chosen_hours(lake: Lake, text: str) -> list[str]:
    """The hours of raw that `2026-11-24T04..2026-11-24T06`, or a single hour, names; the last one is among them.

    Raises UsageError for what is no such range, and when raw holds none of it.
    """
    first, _, last = text.partition("..")
    for hour in (first, last or first):
        refuse_no_hour(hour)
    held = lake.hours(RAW_LOGS)
    found = [hour for hour in held if first <= hour <= (last or first)]
    if not found:
        refuse_unknown_hour(lake, first)
        raise UsageError(f"raw/logs has nothing left of the hours `{text}`")
    return found
