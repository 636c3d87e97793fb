"""Days since 1970 of dates, and what a date without a year (or a time without a date) gets from the time of receipt."""

import polars as pl

from stacklens_pipeline.parse.timestamps.clocks import DAY

AHEAD = DAY
"""So much later than it was received may a time without a year be: clocks differ, and so do zones."""

LATEST = DAY * 14 // 24
"""A time of day that is later than its receipt by more than this is of the day before: no zone is further ahead."""


def days(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Days since 1970-01-01 in the Gregorian calendar, null where there is no such date.

    The years are counted from March, so that the leap day is the last one of its year.
    """
    of_march = year - (month <= 2).cast(pl.Int32)
    since_march = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    number = of_march * 365 + of_march // 4 - of_march // 100 + of_march // 400 + since_march - 719_468
    is_date = month.is_between(1, 12) & day.is_between(1, 31) & (number.cast(pl.Date).dt.day() == day)
    return pl.when(is_date).then(number.cast(pl.Int64))


def days_of_week(year: pl.Expr, week: pl.Expr, weekday: pl.Expr) -> pl.Expr:
    """Days since 1970-01-01 of an ISO 8601 week date; Monday is 1. The first week has the year's first Thursday."""
    fourth = days(year, pl.lit(1), pl.lit(4))
    first = fourth - (fourth + 3) % 7
    found = first + (week - 1) * 7 + weekday - 1
    is_week = (week >= 1) & weekday.is_between(1, 7) & (found.cast(pl.Int32).cast(pl.Date).dt.iso_year() == year)
    return pl.when(is_week).then(found)


def days_of_ordinal(year: pl.Expr, ordinal: pl.Expr) -> pl.Expr:
    """Days since 1970-01-01 of the n-th day of a year."""
    found = days(year, pl.lit(1), pl.lit(1)) + ordinal - 1
    is_day = (ordinal >= 1) & (found.cast(pl.Int32).cast(pl.Date).dt.year() == year)
    return pl.when(is_day).then(found)


def with_year(dates: pl.DataFrame) -> pl.Series:
    """Naive microseconds of dates without a year: the latest that are not after `observed` by more than `AHEAD`.

    Of columns `month`, `day`, `clock` (microseconds since midnight) and `observed` (naive, in the same zone).
    """
    # step by step, since the planner would see each year's expression over again wherever it is used
    limit = pl.col("observed") + AHEAD
    dates = dates.with_columns(limit.alias("limit"), limit.cast(pl.Datetime("us")).dt.year().alias("year"))
    dates = dates.with_columns(_having_day().alias("year"))
    dates = dates.with_columns(_naive().alias("latest"), (pl.col("year") - 1).alias("year"))
    is_past = pl.col("latest") <= pl.col("limit")
    if dates.select(is_past.all()).item():
        return dates["latest"]
    dates = dates.with_columns(_having_day().alias("year"))
    return dates.select(pl.when(is_past).then(pl.col("latest")).otherwise(_naive())).to_series()


def _naive() -> pl.Expr:
    return days(pl.col("year"), pl.col("month"), pl.col("day")) * DAY + pl.col("clock")


def _having_day() -> pl.Expr:
    """The year, or of 29 February the latest one up to it that has such a day."""
    year = pl.col("year")
    fourth = year - year % 4
    leap = pl.when((fourth % 100 == 0) & (fourth % 400 != 0)).then(fourth - 4).otherwise(fourth)
    is_leap_day = (pl.col("month") == 2) & (pl.col("day") == 29)
    return pl.when(is_leap_day).then(leap).otherwise(year)


def with_date(times: pl.DataFrame) -> pl.Series:
    """Naive microseconds of times of day: on the day of `observed`, or the day before when that is far ahead.

    Of columns `clock` and `observed`, as `with_year` has them.
    """
    seen = pl.col("observed")
    today = seen - seen % DAY + pl.col("clock")
    return times.select(pl.when(today - seen > LATEST).then(today - DAY).otherwise(today)).to_series()
