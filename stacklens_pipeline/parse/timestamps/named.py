"""Times of access and syslog lines, whose parts a parser has told apart: the quickest ways, for the hot path."""

import polars as pl

from stacklens_pipeline.parse.timestamps.clocks import in_zone, minutes_east
from stacklens_pipeline.parse.timestamps.layouts import Layout
from stacklens_pipeline.parse.timestamps.zones import Zone, zone_named
from stacklens_pipeline.tables import UTC_TIME

_RFC3164 = Layout(15, "%b %d %H:%M:%S", is_padded=True)


def from_clf(day: pl.Expr, zone: pl.Expr) -> pl.Expr:
    """The time of an access line: `10/Oct/2000:13:55:36` and `-0700`."""
    base = day.str.to_datetime("%d/%b/%Y:%H:%M:%S", time_unit="us", strict=False, cache=False)
    return in_zone(base - pl.duration(minutes=zone.map_batches(minutes_east, return_dtype=pl.Int64)), "UTC")


def from_rfc3164(text: pl.Expr, observed: pl.Expr, timezone: str = "UTC") -> pl.Expr:
    """`Oct 11 22:14:15` in the year that puts it nearest before (at most a day after) the time it was observed.

    29 February is in the last leap year before.
    """
    zone = zone_named(timezone)
    both = pl.struct(text.alias("text"), observed.alias("observed"))
    return both.map_batches(lambda pairs: _rfc3164(pairs.struct.unnest(), zone), return_dtype=UTC_TIME)


def _rfc3164(pairs: pl.DataFrame, zone: Zone) -> pl.Series:
    return _RFC3164.instants(pairs["text"], pairs["observed"].to_physical(), zone).cast(UTC_TIME)
