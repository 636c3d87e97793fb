"""Times of BSD syslog lines from their parts; a missing year comes from the time of receipt, never from the clock."""

from datetime import timedelta

import polars as pl

from stacklens_pipeline.parse.timestamps import in_zone

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
PARTS = ("year", "month", "day", "clock", "fraction", "zone")
"""The parts of a time, as they stand in the text; the month is a number or the first letters of its name."""

AHEAD = timedelta(days=1)
"""A line may be dated so long after it was received: clocks differ, and so do zones."""

_MOST_BETWEEN_LEAP_YEARS = 8
_DIGITS = 6
"""Digits of a fraction that count: those of microseconds."""

_NUMBERS = {name.lower(): f"{number:02}" for number, name in enumerate(MONTHS.split("|"), 1)}
_OFFSETS = {
    "Z": 0, "UTC": 0, "GMT": 0, "UCT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MET": 60,
    "MEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "IST": 330, "WIB": 420, "HKT": 480, "SGT": 480,
    "AWST": 480, "JST": 540, "KST": 540, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300,
    "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600, "BRT": -180,
}  # fmt: skip
"""Minutes east of UTC; of names that several zones share, what most senders of syslog mean."""

ZONES = "|".join(sorted(_OFFSETS, key=len, reverse=True))


def times(parts: pl.DataFrame, timezone: str) -> pl.Series:
    """The instants of `PARTS`, null where there are none.

    Without a year it is that which puts the time nearest before `observed`, at most a day after. 29 February belongs to
    the latest leap year. Without a zone it is a time of `timezone`.
    """
    texts = parts.select(
        "year",
        "observed",
        pl.concat_str(_month(), pl.col("day").str.zfill(2), separator="-").alias("day"),
        pl.col("clock").str.zfill(len("hh:mm:ss")),
        _micros(parts["fraction"]).alias("micros"),
        pl.col("zone").str.to_uppercase(),
    )
    offset = _minutes_east(texts["zone"])
    if texts["year"].null_count() == 0:
        return texts.select(_in_year(pl.col("year"), offset, timezone)).to_series()
    usual = _nearest(offset, timezone)
    if texts["year"].null_count() < texts.height:
        usual = pl.when(pl.col("year").is_null()).then(usual).otherwise(_in_year(pl.col("year"), offset, timezone))
    found = texts.select(usual).to_series()
    is_leap = (texts["day"] == "02-29").fill_null(False) & texts["year"].is_null()
    return found.zip_with(~is_leap, texts.select(_latest(offset, timezone)).to_series()) if is_leap.any() else found


def _month() -> pl.Expr:
    return pl.col("month").str.to_lowercase().replace(_NUMBERS)


def _micros(fractions: pl.Series) -> pl.Expr:
    if fractions.null_count() == fractions.len():
        return pl.lit(0, pl.Int64)
    digits = pl.lit(fractions).str.head(_DIGITS).str.pad_end(_DIGITS, "0")
    return digits.cast(pl.Int64, strict=False).fill_null(0)


def _minutes_east(zones: pl.Series) -> pl.Expr | None:
    """Minutes east of UTC of names and offsets such as `+0100`, null for what nobody knows; None without any zone."""
    if zones.null_count() == zones.len():
        return None
    zone = pl.col("zone")
    hours, minutes = (zone.str.extract("^[+-]([0-9]{2}):?([0-9]{2})?$", group).cast(pl.Int64) for group in (1, 2))
    east = hours * 60 + minutes.fill_null(0)
    named = zone.replace_strict(_OFFSETS, default=None, return_dtype=pl.Int64)
    return pl.coalesce(named, pl.when(zone.str.starts_with("-")).then(-east).otherwise(east))


def _nearest(offset: pl.Expr | None, timezone: str) -> pl.Expr:
    """In the year that puts a time nearest before the time of receipt, or a day after."""
    limit, year = pl.col("observed") + AHEAD, pl.col("observed").dt.year()
    following, this, last = (_in_year(year + 1 - back, offset, timezone) for back in range(3))
    return pl.when(following <= limit).then(following).when(this > limit).then(last).otherwise(this)


def _latest(offset: pl.Expr | None, timezone: str) -> pl.Expr:
    """In the latest year that has such a day."""
    limit, year = pl.col("observed") + AHEAD, pl.col("observed").dt.year()
    each = (_in_year(year + 1 - back, offset, timezone) for back in range(_MOST_BETWEEN_LEAP_YEARS + 2))
    return pl.coalesce(pl.when(at <= limit).then(at) for at in each)


def _in_year(year: pl.Expr, offset: pl.Expr | None, timezone: str) -> pl.Expr:
    text = pl.concat_str(year, pl.lit("-"), "day", pl.lit(" "), "clock")
    naive = text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False) + pl.duration(microseconds="micros")
    if offset is None:
        return in_zone(naive, timezone)
    in_utc = in_zone(naive - pl.duration(minutes=offset), "UTC")
    return pl.when(offset.is_null()).then(in_zone(naive, timezone)).otherwise(in_utc)
