"""From messages to lines: decoded, taken out of what wraps them, cleaned, and told which format they are of.

A message is one line, or several objects of JSON. Whatever cannot be read gets the reason why.
"""

from functools import partial

import polars as pl

from stacklens_pipeline.parse.characters import cleaned, utf8
from stacklens_pipeline.parse.detect import GOES_ON, formats
from stacklens_pipeline.parse.formats.json import JSON
from stacklens_pipeline.parse.several import apart
from stacklens_pipeline.parse.wrappers import unwrapped
from stacklens_pipeline.threads import in_order, slices

MAX_BYTES = 1_048_576
"""A longer message, or one that a collector has cut, is a dead letter `oversize`."""

DETAILS = {
    "tombstone": "the message has no value",
    "oversize": "the message is longer than 1 MiB; its first part was kept",
    "invalid_utf8": "the message is not UTF-8 text",
}
"""Why a message is a dead letter before anybody parses it."""


def read_messages(raw: pl.DataFrame, format: str | None = None) -> pl.DataFrame:
    """The lines of messages, which are rows of `raw/logs`, in their order.

    Beside the columns of raw, a line has its `text`, its `line_index` in the message, `value_bytes` of the message (at
    its first line, else 0), the `reason` why nobody can read it (null when it can be), its `format`, and what its
    wrapper said: `wrapped_at`, `iostream`, and `is_cut`, when the next line goes on with this one's last word.
    `can_grow` says that other lines may continue it. `format` pins a format instead of detecting it.
    """
    return pl.concat(in_order(partial(_read, format=format), slices(raw)))


def _read(raw: pl.DataFrame, format: str | None) -> pl.DataFrame:
    size = pl.col("value").bin.size().cast(pl.Int64).alias("value_bytes")
    lines = unwrapped(raw.with_columns(utf8(raw["value"]).alias("text"), size))
    lines = lines.with_columns(
        cleaned(lines["text"]), _reason().alias("reason"), pl.lit(0, pl.Int32).alias("line_index")
    )
    lines = apart(lines) if format in (None, JSON.name) else lines
    found = formats(pl.col("text")) if format is None else pl.lit(format)
    lines = lines.with_columns(found.alias("format"))
    return lines.with_columns((pl.col("format").is_in(GOES_ON) | pl.col("is_cut")).alias("can_grow"))


def _reason() -> pl.Expr:
    """Why a message is a dead letter before anybody reads it; null when it can be read."""
    value = pl.col("value")
    is_cut = pl.col("headers").list.eval(pl.element().struct.field("name") == "original_length").list.any()
    return (
        pl.when(value.is_null())
        .then(pl.lit("tombstone"))
        .when(is_cut.fill_null(False) | (value.bin.size() > MAX_BYTES))
        .then(pl.lit("oversize"))
        .when(pl.col("text").is_null())
        .then(pl.lit("invalid_utf8"))
    )
