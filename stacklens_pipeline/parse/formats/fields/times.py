"""Times of fields: ISO 8601 and numbers since 1970 are read quickly, everything else by what `recognise` knows.

Whether a value is a time depends neither on a zone nor on when it was received; only which instant it is does. So what
does not say its zone, or its year, is read twice: to see that it is a time, and with what is known of its line.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl

from stacklens_pipeline.parse.timestamps import recognise, usual_iso
from stacklens_pipeline.tables import UTC_TIME

FIELD, EPOCH, ISO = "field", "epoch", "iso"
"""What `timestamp_source` says of a field that held an ISO 8601 time, or a number. Others are named by their kind."""

_SECOND = 1_000_000
_FINE_REST = r"\.[0-9]{6,9}Z$"
_FIRST = (datetime.min - datetime(1970, 1, 1)) // timedelta(microseconds=1)
"""Times before have no date: they are none here."""
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def read_times(values: pl.Series, is_text: bool) -> dict[str, pl.Series]:
    """`timestamp` and `timestamp_source` of values, and `time`, the text of those that are to be read once more."""
    source = pl.Series([FIELD]).new_from_index(0, values.len())
    quick = _quick_iso(values) if is_text else _nothing(values, UTC_TIME)
    if not quick.null_count():
        return {"timestamp": quick, "timestamp_source": source, "time": _nothing(values, pl.String())}
    missed = (quick.is_null() & values.is_not_null()).arg_true()
    micros, kinds, time = _others(values.gather(missed))
    found = quick.to_physical().scatter(missed, micros)
    return {
        "timestamp": found.cast(UTC_TIME),
        "timestamp_source": source.scatter(missed, kinds).set(found.is_null(), None),
        "time": _nothing(values, pl.String()).scatter(missed, time),
    }


def _quick_iso(values: pl.Series) -> pl.Series:
    """The instants of texts in a usual form in UTC; null for others."""
    if not values.head(1).str.contains(_FINE_REST).any():
        micros = _read(values, usual_iso)
    else:
        micros = _read(values, _fine_iso)
        rows = micros.is_null().arg_true()
        if rows.len():
            micros = micros.scatter(rows, _read(values.gather(rows), usual_iso))
    if (micros < _FIRST).any():
        micros = micros.set((micros < _FIRST).fill_null(False), None)
    return micros.cast(UTC_TIME)


def _read(values: pl.Series, form: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    return values.to_frame("time").select(form(pl.col("time"))).to_series().to_physical()


def _fine_iso(text: pl.Expr) -> pl.Expr:
    """Times with six to nine decimals, in half the time of the usual forms."""
    base = text.str.head(19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False, cache=False)
    micros = text.str.slice(20, 6).cast(pl.Int64, strict=False)
    is_fine = text.str.slice(19).str.contains(f"^{_FINE_REST}")
    return pl.when(is_fine).then(base.to_physical() + micros).cast(UTC_TIME)


def _others(values: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Microseconds and sources of values in another form, and the texts of what is no number since 1970."""
    micros, texts = epoch_micros(values), _nothing(values, pl.String())
    kinds = pl.Series([EPOCH]).new_from_index(0, values.len())
    rows = micros.is_null().arg_true()
    if not rows.len():
        return micros, kinds, texts
    left = values.gather(rows)
    found = recognise(left, pl.Series([_SOME_DAY], dtype=UTC_TIME).new_from_index(0, left.len()))
    is_iso = found["source"].str.starts_with(ISO)
    source = found["source"].set(is_iso.fill_null(False), FIELD)
    times = left.set(found["timestamp"].is_null(), None)
    return (
        micros.scatter(rows, found["timestamp"].to_physical()),
        kinds.scatter(rows, source),
        texts.scatter(rows, times),
    )


def read_again(fields: pl.DataFrame, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """Fields whose times are those of the zone, and of the year that fits to when each was received."""
    unsure = fields["time"].is_not_null()
    if timezone == "UTC":  # then times with a year are what they were read as
        unsure = unsure & (fields["timestamp_source"] != FIELD)
    rows = unsure.arg_true()
    if not rows.len():
        return fields
    found = recognise(fields["time"].gather(rows), observed.gather(rows), timezone)["timestamp"]
    instants = fields["timestamp"].to_physical().scatter(rows, found.to_physical())
    return fields.with_columns(instants.cast(UTC_TIME).alias("timestamp"))


def epoch_micros(values: pl.Series) -> pl.Series:
    """Microseconds since 1970 of numbers whose digits tell their unit; null for others.

    Seconds are from 1973 on, milliseconds, microseconds and nanoseconds from 2001 on, and all end in 2286.
    """
    whole, real = pl.col("whole"), pl.col("real")
    of_whole = (
        pl.when(whole.is_between(10**8, 10**10, closed="left"))
        .then(whole * _SECOND)
        .when(whole.is_between(10**12, 10**13, closed="left"))
        .then(whole * 1_000)
        .when(whole.is_between(10**15, 10**16, closed="left"))
        .then(whole)
        .when(whole >= 10**18)
        .then(whole // 1_000)
    )
    of_real = (
        pl.when(real.is_between(1e8, 1e10, closed="left"))
        .then(real * 1e6)
        .when(real.is_between(1e12, 1e13, closed="left"))
        .then(real * 1e3)
    )
    micros = pl.when(whole.is_null()).then(of_real.round().cast(pl.Int64)).otherwise(of_whole)
    numbers = {"whole": values.cast(pl.Int64, strict=False), "real": values.cast(pl.Float64, strict=False)}
    return pl.DataFrame(numbers).select(micros).to_series()


def _nothing(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, values.len())
