"""From messages to lines: decoded, taken out of what wraps them, cleaned, and told which format they are of.

A message is one line, or several objects of JSON. Whatever cannot be read gets the reason why.
"""

from functools import partial

import polars as pl

from stacklens_pipeline.parse.characters import cleaned, decoded
from stacklens_pipeline.parse.continuing import CONTINUING, is_later
from stacklens_pipeline.parse.detect import GOES_ON, formats
from stacklens_pipeline.parse.formats.json import JSON
from stacklens_pipeline.parse.formats.rfc3164 import RFC3164
from stacklens_pipeline.parse.formats.rfc5424 import RFC5424
from stacklens_pipeline.parse.formats.syslog_bytes import with_other_encodings
from stacklens_pipeline.parse.rules import Parsers, Rules
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


def read_all(raw: pl.DataFrame, parsers: Parsers) -> pl.DataFrame:
    """The lines of messages of any sources, each read by its rules; those of a source in their order."""
    return pl.concat(read_messages(part, rules) for rules, part in parsers.split(raw))


def read_messages(raw: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The lines of messages, which are rows of `raw/logs`, in their order.

    Beside the columns of raw, a line has its `text`, its `line_index` in the message, `value_bytes` of the message (at
    its first line, else 0), the `reason` why nobody can read it (null when it can be), its `format`, and what its
    wrapper said: `wrapped_at`, `iostream`, and `is_cut`, when the next line goes on with this one's last word.
    `can_grow` says that other lines may continue it, `goes_on` that it continues another that can (or, with `is_plain`,
    that it may: then the line before tells), and `is_joined` (see `multiline.with_joined`) that nobody is asked.
    """
    return pl.concat(in_order(partial(_read, rules=rules), slices(raw)))


def _read(raw: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    size = pl.col("value").bin.size().cast(pl.Int64).alias("value_bytes")
    if "is_joined" not in raw.columns:
        raw = raw.with_columns(pl.lit(False).alias("is_joined"))
    texts = with_other_encodings(decoded(raw["value"], rules.encoding), raw["value"], (RFC5424, RFC3164))
    lines = unwrapped(raw.with_columns(texts.alias("text"), size))
    first = pl.lit(0, pl.Int32).alias("line_index")
    lines = lines.with_columns(cleaned(lines["text"]), _reason().alias("reason"), first)
    lines = apart(lines) if rules.format in (None, JSON) else lines
    found = formats(pl.col("text")) if rules.format is None else pl.lit(rules.format.name)
    return lines.with_columns(found.alias("format")).with_columns(_joining(rules))


def _joining(rules: Rules) -> list[pl.Expr]:
    """How lines join others."""
    text, is_cut = pl.col("text"), pl.col("is_cut")
    if rules.multiline is not None:
        goes_on, can_grow, is_plain = rules.multiline.goes_on(text), pl.lit(rules.multiline.can_grow), pl.lit(False)
    else:
        is_plain = pl.col("format").is_in(CONTINUING)
        goes_on, can_grow = is_plain & is_later(text), pl.col("format").is_in(GOES_ON)
    return [(can_grow | is_cut).alias("can_grow"), goes_on.alias("goes_on"), is_plain.alias("is_plain")]


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
