"""From the fields of a time, as the groups of its pattern give them, to its instant."""

from collections.abc import Callable, Collection
from typing import TypeAlias

import polars as pl

from stacklens_pipeline.parse.timestamps.calendar import days, days_of_ordinal, days_of_week, with_date, with_year
from stacklens_pipeline.parse.timestamps.clocks import DAY, SECOND, Zones
from stacklens_pipeline.parse.timestamps.patterns import MONTHS
from stacklens_pipeline.parse.timestamps.pieces import MONTH_WORDS
from stacklens_pipeline.parse.timestamps.zones import Zone

Reader: TypeAlias = Callable[[pl.DataFrame, pl.Series, Zone], pl.Series]
"""Fields, when each was observed (UTC microseconds) and the zone of those without one -> UTC microseconds or null."""

PIVOT = 69
"""Two digits from this on are a year of the last century: so POSIX has it, and so it is whatever the clock says."""

_POWERS = pl.Series([10**power for power in range(7)], dtype=pl.Int64)


def dated(fields: pl.DataFrame, observed: pl.Series, default: Zone) -> pl.Series:
    """The instants of dates and times of day; what is not written comes from when they were observed."""
    zones, have = _zones(fields, default), fields.columns
    numbers = fields.select(_year(have), *_month_and_day(have), *_others(have), _clock(have))
    if "year" in have:
        return zones.instants(numbers.select(_day(have) * DAY + pl.col("clock")).to_series())
    numbers = numbers.with_columns(zones.local(observed).alias("observed"))
    is_dated = not {"month", "name", "word", "day"}.isdisjoint(have)
    return zones.instants(with_year(numbers) if is_dated else with_date(numbers))


def month_first(fields: pl.DataFrame, observed: pl.Series, default: Zone) -> pl.Series:
    """The instants of dates like `12/13/2026`: the first number is the month, unless it can only be the day.

    When a time of day follows and the year has two digits, what can be no month is the year: `17/06/09 20:10:40`.
    """
    first, last = pl.col("first"), pl.col("last")
    is_no_month = first.cast(pl.Int32) > 12
    is_year = is_no_month & (last.str.len_bytes() == 2) & pl.col("hour").is_not_null()
    return dated(_ordered(fields, is_no_month & ~is_year, is_year), observed, default)


def day_first(fields: pl.DataFrame, observed: pl.Series, default: Zone) -> pl.Series:
    """The instants of dates like `13.12.2026`: the first number is the day, unless the second can be no month.

    A date alone has its month first, if it can: so have the parsers that know such dates.
    """
    first, other = pl.col("first").cast(pl.Int32), pl.col("other").cast(pl.Int32)
    is_day = (first > 12) | ((other <= 12) & pl.col("hour").is_not_null())
    return dated(_ordered(fields, is_day, pl.lit(False)), observed, default)


def _ordered(fields: pl.DataFrame, is_day: pl.Expr, is_year: pl.Expr) -> pl.DataFrame:
    """The fields with `year`, `month` and `day` for three numbers, of which the first is the month or as told."""
    first, other, last = pl.col("first"), pl.col("other"), pl.col("last")
    return fields.with_columns(
        pl.when(is_year).then(first).otherwise(last).alias("year"),
        pl.when(is_day | is_year).then(other).otherwise(first).alias("month"),
        pl.when(is_year).then(last).when(is_day).then(first).otherwise(other).alias("day"),
    )


def _zones(fields: pl.DataFrame, default: Zone) -> Zones:
    said = [fields[name] for name in ("zone", "zone_behind") if name in fields.columns]
    if all(texts.null_count() == fields.height for texts in said):
        return Zones(None, default)
    texts = fields.select(pl.coalesce(*(texts.name for texts in said), pl.lit("")).alias("zone")).to_series()
    return Zones(texts, default)


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int32, strict=False)


def _year(have: Collection[str]) -> pl.Expr:
    if "year" not in have:
        return pl.lit(None, pl.Int32).alias("year")
    text = pl.col("year").str.strip_prefix("'")
    number = text.cast(pl.Int32, strict=False)
    century = pl.when(number < PIVOT).then(2000).otherwise(1900)
    return pl.when(text.str.len_bytes() == 2).then(number + century).otherwise(number).alias("year")


def _month_and_day(have: Collection[str]) -> tuple[pl.Expr, pl.Expr]:
    """Both as numbers; the first where the text names none."""
    month, day = pl.lit(1, pl.Int32), pl.lit(1, pl.Int32)
    if "month" in have:
        month = _number("month")
    elif "name" in have:
        letters = pl.col("name").str.head(3).str.to_lowercase()
        month = letters.replace_strict(MONTHS, default=None, return_dtype=pl.Int32)
    elif "word" in have:
        month = pl.col("word").str.to_lowercase().replace_strict(MONTH_WORDS, default=None, return_dtype=pl.Int32)
    if "day" in have:
        day = _number("day").fill_null(1)
    return month.alias("month"), day.alias("day")


def _others(have: Collection[str]) -> list[pl.Expr]:
    return [_number(name) for name in ("week", "weekday", "ordinal") if name in have]


def _day(have: Collection[str]) -> pl.Expr:
    """Days since 1970-01-01."""
    if "week" in have:
        weekday = pl.col("weekday").fill_null(1) if "weekday" in have else pl.lit(1, pl.Int32)
        return days_of_week(pl.col("year"), pl.col("week"), weekday)
    if "ordinal" in have:
        return days_of_ordinal(pl.col("year"), pl.col("ordinal"))
    return days(pl.col("year"), pl.col("month"), pl.col("day"))


def _clock(have: Collection[str]) -> pl.Expr:
    """Microseconds since midnight; null of what no clock shows, but for 24:00 and the second 60 of a minute."""
    if "hour" not in have:
        return pl.lit(0, pl.Int64).alias("clock")
    hour = _number("hour").fill_null(0)
    minute, second = (_number(name).fill_null(0) if name in have else pl.lit(0) for name in ("minute", "second"))
    within = _fraction(have)
    is_end = (hour == 24) & (minute == 0) & (second == 0) & (within == 0)
    is_time = ((hour <= 23) | is_end) & (minute <= 59) & (second <= 60)
    if "half" in have:
        half = pl.col("half").str.head(1).str.to_lowercase()
        is_time &= half.is_null() | (hour <= 12)
        hour = pl.when(half.is_null()).then(hour).otherwise(hour % 12 + 12 * (half == "p").cast(pl.Int32))
    seconds = (hour * 60 + minute) * 60 + second
    return pl.when(is_time).then(seconds.cast(pl.Int64) * SECOND + within).alias("clock")


def _fraction(have: Collection[str]) -> pl.Expr:
    """Microseconds within the second: of decimals behind a sign, or of milliseconds behind a colon."""
    if "decimals" in have:
        return decimals(pl.col("decimals").str.head(6)).fill_null(0)
    if "fraction" not in have:
        return pl.lit(0, pl.Int64)
    text = pl.col("fraction")
    is_count = text.str.starts_with(":") & (text.str.len_bytes() <= 4)
    micros = decimals(text.str.slice(1, 6))
    count = pl.when(is_count).then(text.str.slice(1, 3)).cast(pl.Int64, strict=False) * 1000
    return pl.coalesce(count, micros).fill_null(0)


def decimals(digits: pl.Expr) -> pl.Expr:
    """Millionths of up to six digits behind a point."""
    places = (6 - digits.str.len_bytes().cast(pl.Int32)).clip(0, 6)
    return digits.cast(pl.Int64, strict=False) * pl.lit(_POWERS).gather(places)
