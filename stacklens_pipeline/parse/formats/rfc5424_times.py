"""Timestamps of RFC 5424: strictly as it writes them, and what else is written in their place.

Of RFC 3339 it allows capital `T` and `Z` only, no more than six digits of a fraction, and no leap second.
Source: RFC 5424, section 6.2.3.
"""

import polars as pl

from stacklens_pipeline.parse.timestamps import from_iso
from stacklens_pipeline.tables import UTC_TIME

_SECONDS = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-5][0-9]"
_USUAL = rf"^{_SECONDS}(?:\.[0-9]{{3}}(?:[0-9]{{3}})?)?Z$"
_STRICT = rf"^{_SECONDS}(?:\.[0-9]{{1,6}})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
_LENIENT = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt_]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9})[0-9]*)?(Z|z|[+-][0-9:]{2,5})?$"
)
_LENGTH = len("2003-10-11T22:14:15")


def strict_times(texts: pl.Series) -> pl.Series:
    """The instants of texts that are timestamps of RFC 5424; null for all others."""
    times = texts.to_frame("text").select(_usual(pl.col("text"))).to_series()
    others = (times.is_null() & (texts != "-")).fill_null(False).arg_true()
    if not others.len():
        return times
    texts = texts.gather(others)
    found = texts.to_frame("text").select(from_iso(pl.col("text"))).to_series()
    found = found.set(~texts.str.contains(_STRICT), None)
    # as numbers, since some years have no Python date, which scattering goes by
    return times.to_physical().scatter(others, found.to_physical()).cast(UTC_TIME)


def lenient_times(texts: pl.Series, timezone: str) -> pl.Series:
    """The instants of texts that are nearly timestamps: small letters, commas, long fractions, no offset."""
    groups = texts.to_frame("text").select(pl.col("text").str.extract_groups(_LENIENT)).unnest("text")
    day, clock, fraction, zone = (pl.col(name) for name in groups.columns)
    text = pl.concat_str(
        day, pl.lit("T"), clock, pl.lit(".") + fraction, zone.str.to_uppercase().str.replace("^([+-]..)$", "${1}00"),
        ignore_nulls=True,
    )  # fmt: skip
    return groups.select(from_iso(pl.when(day.is_not_null()).then(text), timezone)).to_series()


def _usual(text: pl.Expr) -> pl.Expr:
    """Times in UTC with milliseconds, microseconds or neither, in a third of the time of all others."""
    base = text.str.head(_LENGTH).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False).to_physical()
    micros = text.str.slice(_LENGTH + 1, 6).str.strip_suffix("Z").str.pad_end(6, "0").cast(pl.Int64, strict=False)
    return pl.when(text.str.contains(_USUAL)).then(base + micros).cast(UTC_TIME)
