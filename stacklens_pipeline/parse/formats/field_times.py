"""Times of fields: ISO 8601 and numbers since 1970 are read quickly, everything else by what `recognise` knows.

Whether a value is a time depends neither on a zone nor on when it was received; only which instant it is does. So what
does not say its zone, or its year, is read twice: at once, to see that it is a time, and with what is known of its line.
"""

import polars as pl

from stacklens_pipeline.parse.timestamps import from_iso, usual_iso
from stacklens_pipeline.tables import UTC_TIME

FIELD, EPOCH = "field", "epoch"
"""What `timestamp_source` says: a field that held an ISO 8601 time, or a number. Others are named by their kind."""

_SECOND = 1_000_000
_UNITS = (
    (10**8, 10**10, lambda number: number * _SECOND),
    (10**12, 10**13, lambda number: number * 1_000),
    (10**15, 10**16, lambda number: number),
    (10**18, 2**63, lambda number: number // 1_000),
)
"""Numbers that are seconds (from 1973 on), milliseconds, microseconds and nanoseconds (from 2001 on): by their digits."""


def read_times(values: pl.Series, is_text: bool) -> dict[str, pl.Series]:
    """`timestamp` and `timestamp_source` of values, and `time`, the text of those that are to be read once more."""
    quick = values.to_frame("time").select(usual_iso(pl.col("time"))).to_series() if is_text else _nothing(values)
    missed = (quick.is_null() & values.is_not_null()).arg_true()
    source = pl.Series([FIELD]).new_from_index(0, values.len())
    if not quick.null_count():
        return {"timestamp": quick, "timestamp_source": source, "time": _no_text(values)}
    left = values.gather(missed)
    micros = epoch_micros(left)
    others = (micros.is_null()).arg_true()
    found, kind, time = micros, pl.Series([EPOCH]).new_from_index(0, left.len()), _no_text(left)
    if others.len():
        texts = left.gather(others)
        recognised = _recognised(texts, texts.is_null().cast(UTC_TIME), "UTC")
        instants = recognised["timestamp"].to_physical()
        found, kind = found.scatter(others, instants), kind.scatter(others, recognised["source"])
        time = time.scatter(others, texts.set(instants.is_null(), None))
    micros = quick.to_physical().scatter(missed, found)
    return {
        "timestamp": micros.cast(UTC_TIME),
        "timestamp_source": source.scatter(missed, kind).set(micros.is_null(), None),
        "time": _no_text(values).scatter(missed, time),
    }


def read_again(fields: pl.DataFrame, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """Fields whose times are those of the zone, and of the year that fits to when each was received."""
    unsure = fields["time"].is_not_null()
    if timezone == "UTC":  # then ISO times are what they were read as
        unsure = unsure & (fields["timestamp_source"] != FIELD)
    rows = unsure.arg_true()
    if not rows.len():
        return fields
    recognised = _recognised(fields["time"].gather(rows), observed.gather(rows), timezone)
    instants = fields["timestamp"].to_physical().scatter(rows, recognised["timestamp"].to_physical())
    return fields.with_columns(instants.cast(UTC_TIME).alias("timestamp"))


def epoch_micros(values: pl.Series) -> pl.Series:
    """Microseconds since 1970 of numbers whose digits tell their unit; null for others."""
    whole, real = values.cast(pl.Int64, strict=False), values.cast(pl.Float64, strict=False)
    numbers = pl.DataFrame({"whole": whole, "real": real})
    of_whole = [
        pl.when(pl.col("whole").is_between(low, high, closed="left")).then(micros(pl.col("whole")))
        for low, high, micros in _UNITS
    ]
    of_real = [
        pl.when(pl.col("real").is_between(low, high, closed="left")).then((pl.col("real") * factor).round())
        for low, high, factor in ((1e8, 1e10, 1e6), (1e12, 1e13, 1e3))
    ]
    every = pl.coalesce(*of_whole, pl.when(pl.col("whole").is_null()).then(pl.coalesce(*of_real).cast(pl.Int64)))
    return numbers.select(every).to_series()


def _recognised(texts: pl.Series, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """`timestamp` and `source` of texts, which are no numbers since 1970."""
    del observed
    found = texts.to_frame("time").select(from_iso(pl.col("time"), timezone).alias("timestamp"))
    return found.with_columns(pl.lit(FIELD).alias("source"))


def _nothing(values: pl.Series) -> pl.Series:
    return pl.repeat(None, values.len(), dtype=UTC_TIME, eager=True)


def _no_text(values: pl.Series) -> pl.Series:
    return pl.repeat(None, values.len(), dtype=pl.String, eager=True)
