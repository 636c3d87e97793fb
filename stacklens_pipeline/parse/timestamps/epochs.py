"""Numbers that count since 1970: seconds, milliseconds, microseconds or nanoseconds, told apart by their size."""

import polars as pl

from stacklens_pipeline.parse.timestamps.clocks import SECOND
from stacklens_pipeline.parse.timestamps.reading import decimals
from stacklens_pipeline.parse.timestamps.zones import Zone
from stacklens_pipeline.tables import UTC_TIME

EPOCH = (
    r"(?P<seconds>[0-9]{9,10})(?:[.,](?P<part>[0-9]{1,12}))?|(?P<millis>[0-9]{13})(?:\.(?P<rest>[0-9]{1,12}))?"
    r"|(?P<micros>[0-9]{16})|(?P<nanos>[0-9]{19})"
)
"""A number whose digits tell its unit, from 1973 (seconds) or 2001 on to 2286."""

SHORT_EPOCH = r"1[0-9]{9}(?:[.,][0-9]{1,9})?|1[0-9]{12}|1[0-9]{15}|1[0-9]{18}"
"""One in a line, up to 2033: other numbers of so many digits are more likely to be something else."""

TAI64N = r"@?(?P<label>4000000[0-9a-fA-F]{17})"
_TAI_AHEAD = 10
"""Seconds that a label is ahead of the time since 1970, as all programs that write them count."""


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


def epoch(fields: pl.DataFrame, observed: pl.Series, default: Zone) -> pl.Series:
    """The instants of whole numbers with decimals, without the rounding of floats."""
    del observed, default
    micros = [_number(name) * unit for name, unit in _UNITS.items() if name in fields]
    micros += [_number("nanos") // 1000] if "nanos" in fields else []
    parts = [decimals(pl.col(name).str.head(6)) * unit // SECOND for name, unit in _PARTS.items() if name in fields]
    return fields.select(pl.coalesce(*micros) + pl.coalesce(*parts, pl.lit(0))).to_series()


_UNITS = {"seconds": SECOND, "millis": 1000, "micros": 1}
_PARTS = {"part": SECOND, "rest": 1000}


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64, strict=False)


def tai64n(fields: pl.DataFrame, observed: pl.Series, default: Zone) -> pl.Series:
    """The instants of TAI64N labels: base 16, seconds and nanoseconds (D. J. Bernstein)."""
    del observed, default
    label = pl.col("label")
    seconds = label.str.slice(1, 15).str.to_integer(base=16, dtype=pl.Int64, strict=False) - _TAI_AHEAD
    nanos = label.str.slice(16, 8).str.to_integer(base=16, dtype=pl.Int64, strict=False)
    return fields.select(pl.when(nanos < 10**9).then(seconds * SECOND + nanos // 1000)).to_series()
