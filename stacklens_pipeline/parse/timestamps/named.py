"""Times of access and syslog lines, whose parts a parser has told apart: the quickest ways, for the hot path."""

import polars as pl

from stacklens_pipeline.parse.timestamps.clocks import in_zone, minutes_east


def from_clf(day: pl.Expr, zone: pl.Expr) -> pl.Expr:
    """The time of an access line: `10/Oct/2000:13:55:36` and `-0700`."""
    base = day.str.to_datetime("%d/%b/%Y:%H:%M:%S", time_unit="us", strict=False, cache=False)
    return in_zone(base - pl.duration(minutes=zone.map_batches(minutes_east, return_dtype=pl.Int64)), "UTC")


def from_rfc3164(text: pl.Expr, observed: pl.Expr, timezone: str = "UTC") -> pl.Expr:
    """`Oct 11 22:14:15` in the year that puts it nearest before (at most a day after) the time it was observed."""
    return _nearest(text, observed.dt.year(), observed, timezone)


def _nearest(text: pl.Expr, year: pl.Expr, observed: pl.Expr, timezone: str) -> pl.Expr:
    this, last = (_with_year(text, year - back, timezone) for back in (0, 1))
    following = _with_year(text, year + 1, timezone)
    limit = observed + pl.duration(days=1)
    return pl.when(following <= limit).then(following).when(this > limit).then(last).otherwise(this)


def _with_year(text: pl.Expr, year: pl.Expr, timezone: str) -> pl.Expr:
    padded = text.str.replace("  ", " 0", literal=True)
    full = year.cast(pl.String) + " " + padded
    return in_zone(full.str.to_datetime("%Y %b %d %H:%M:%S", time_unit="us", strict=False), timezone)
