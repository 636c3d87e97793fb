"""Timestamps: texts to UTC instants. A missing year or zone comes from stored context, never from the clock."""

from functools import partial

import polars as pl

from stacklens_pipeline.tables import UTC_TIME

ISO = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    r"(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"
)
"""What is taken for an ISO 8601 time in a line."""

_USUAL_REST = r"^(?:\.(?:[0-9]{3}){1,2})?Z$"
"""What stands behind the seconds of most ISO times: milliseconds, microseconds or nothing, in UTC."""


def from_iso(text: pl.Expr, timezone: str = "UTC") -> pl.Expr:
    """ISO 8601 with a blank or T, point or comma decimals, with an offset or else in `timezone`; null for others."""
    return text.map_batches(partial(_isos, timezone=timezone), return_dtype=UTC_TIME)


def from_clf(day: pl.Expr, zone: pl.Expr) -> pl.Expr:
    """The time of an access line: `10/Oct/2000:13:55:36` and `-0700`."""
    base = day.str.to_datetime("%d/%b/%Y:%H:%M:%S", time_unit="us", strict=False)
    return in_zone(base - pl.duration(minutes=zone.map_batches(_minutes_east, return_dtype=pl.Int64)), "UTC")


def _isos(texts: pl.Series, timezone: str) -> pl.Series:
    """What is in the usual form is read as such, in a third of the time, and all else in general."""
    time = pl.col("time")
    usual = texts.to_frame("time").select(usual_iso(time)).to_series()
    others = (usual.is_null() & texts.is_not_null()).arg_true()
    if others.len():
        other = texts.gather(others).to_frame("time").select(general_iso(time, timezone)).to_series()
        # as numbers, since some years have no Python date, which scattering goes by
        usual = usual.to_physical().scatter(others, other.to_physical()).cast(UTC_TIME)
    return usual.alias(texts.name)


def usual_iso(text: pl.Expr) -> pl.Expr:
    """Times like `2026-11-24T04:00:00.123456Z`; null for others."""
    base = text.str.head(19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False).to_physical()
    rest = text.str.slice(19)
    micros = rest.str.slice(1, 6).str.strip_suffix("Z").str.pad_end(6, "0").cast(pl.Int64, strict=False)
    return pl.when(rest.str.contains(_USUAL_REST)).then(base + micros).cast(UTC_TIME)


def general_iso(text: pl.Expr, timezone: str) -> pl.Expr:
    """The first 19 characters take a format without fraction or zone: seven times as fast as `%.f%z`."""
    seconds = text.str.head(19).str.replace("T", " ", literal=True)
    base = seconds.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    rest = text.str.slice(19)
    fraction = rest.str.extract(r"^[.,]([0-9]{1,9})", 1).str.pad_end(6, "0").str.head(6).cast(pl.Int64).fill_null(0)
    instant = base + pl.duration(microseconds=fraction)
    zone = rest.str.extract(r"(Z|UTC|[+-][0-9]{2}:?[0-9]{2})$", 1)
    local = in_zone(instant, timezone)
    offset = zone.map_batches(_minutes_east, return_dtype=pl.Int64)
    return pl.when(zone.is_null()).then(local).otherwise(in_zone(instant - pl.duration(minutes=offset), "UTC"))


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


def from_epoch(number: pl.Expr) -> pl.Expr:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size."""
    size = number.abs()
    micros = (
        pl.when(size < 1e11)
        .then(number * 1e6)
        .when(size < 1e14)
        .then(number * 1e3)
        .when(size < 1e17)
        .then(number)
        .otherwise(number / 1e3)
    )
    return micros.round().cast(pl.Int64, strict=False).cast(UTC_TIME)


def in_zone(naive: pl.Expr, timezone: str) -> pl.Expr:
    """A naive time as a UTC instant; of a doubled hour the first, a skipped hour is null."""
    local = naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return local if timezone == "UTC" else local.dt.convert_time_zone("UTC")


def _minutes_east(zones: pl.Series) -> pl.Series:
    """Minutes east of UTC of `Z`, `UTC`, `+01:00`, `-0700`, worked out once for each of them; 0 of others."""
    known = zones.unique()
    minutes = known.to_frame("zone").select(_minutes(pl.col("zone"))).to_series()
    if len(known) <= 1:
        return pl.repeat(minutes.sum(), zones.len(), dtype=pl.Int64, eager=True)
    return zones.replace_strict(known, minutes, return_dtype=pl.Int64)


def _minutes(zone: pl.Expr) -> pl.Expr:
    digits = zone.str.replace_all("[^0-9]", "")
    minutes = digits.str.head(2).cast(pl.Int64, strict=False) * 60 + digits.str.slice(2, 2).cast(pl.Int64, strict=False)
    return pl.when(zone.str.starts_with("-")).then(-minutes).otherwise(minutes).fill_null(0)
