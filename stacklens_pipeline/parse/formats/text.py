"""Text lines of applications: a head (time, level, thread, logger ...) where there is one, and the rest as the body.

`timed` finds the time in the first line of a text, `headed` what the words beside it are. A level is taken as a word of
the head only, in its place, never from the message.
"""

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.exceptions import has_lines, with_exceptions
from stacklens_pipeline.parse.formats.groups import attributes
from stacklens_pipeline.parse.formats.headed import headed
from stacklens_pipeline.parse.formats.timed import timed
from stacklens_pipeline.parse.levels import UPPER, severity_of_token

LONGEST_HEAD = 256
"""A head is within so many characters, and within the first line: to search more would cost more than all else."""

_JUL = rf"^[^\n]* (?P<logger>[A-Za-z_][A-Za-z0-9_.$]*) (?P<function>[A-Za-z0-9_$<>]+)\n(?P<level>{UPPER}): "
"""Java's own logging has its level and message on a second line."""


def parse_text(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of text: `2026-11-24 04:00:00,123 ERROR [main] org.x.Y: message`, and whatever no other parser took."""
    texts = lines["text"]
    several = has_lines(texts)
    times = timed(_first_lines(texts, several), lines["appended_at"], timezone)
    fields = times.select("timestamp", "timestamp_source").hstack(headed(times)).with_columns(texts)
    if several:
        fields = with_exceptions(_with_second_line(fields), texts)
    return lines.hstack(
        fields.select(
            "timestamp",
            "timestamp_source",
            _severity(fields),
            pl.lit("token").alias("level_source"),
            _body(fields, several),
            attributes(fields).alias("attributes"),
        )
    )


def _first_lines(texts: pl.Series, several: bool) -> pl.Series:
    """The first lines, each with a blank at its end; those that are longer than heads are cut, and have none."""
    beginning = texts.str.head(LONGEST_HEAD)
    if several:
        beginning = beginning.str.extract(r"^[^\n]*", 0)
    whole = beginning.to_frame("text").select(
        pl.when(pl.col("text").str.len_bytes() < LONGEST_HEAD).then(pl.col("text") + " ").otherwise("text")
    )
    return whole.to_series()


def _body(fields: pl.DataFrame, several: bool) -> pl.Series:
    """What follows the head; the whole text where that is nothing."""
    body = fields.select(pl.col("text").str.slice(pl.col("behind")).alias("body")).to_series()
    if several:  # what has lines may begin on the second
        has_several = fields["text"].str.contains("\n", literal=True)
        body = body.zip_with(~has_several, body.str.strip_chars_start(" \t\n"))
    is_empty = body == ""
    return body.zip_with(~is_empty, fields["text"]) if is_empty.any() else body


def _severity(fields: pl.DataFrame) -> pl.Series:
    """Severity numbers; few words are levels, so that each is looked up once."""
    if "level" not in fields.columns:
        return pl.repeat(0, fields.height, dtype=pl.Int32, eager=True).alias("severity")
    words = fields["level"].unique()
    numbers = words.to_frame("word").select(severity_of_token(pl.col("word"))).to_series()
    return fields["level"].replace_strict(words, numbers, return_dtype=pl.Int32).alias("severity")


def _with_second_line(fields: pl.DataFrame) -> pl.DataFrame:
    """The fields; of a record of Java's own logging with what its first two lines say."""
    found = fields.select(pl.col("text").str.extract_groups(_JUL).alias("jul")).unnest("jul")
    is_so = found["level"].is_not_null() & fields["timestamp"].is_not_null()
    if not is_so.any():
        return fields
    behind = fields["text"].str.extract(_JUL, 0).str.len_chars().cast(pl.Int64)
    known = {name: pl.col(name) if name in fields.columns else pl.lit(None) for name in (*found.columns, "behind")}
    values = {**found.to_dict(), "behind": behind}
    return fields.with_columns(
        pl.when(pl.lit(is_so)).then(pl.lit(values[name])).otherwise(old).alias(name) for name, old in known.items()
    )


TEXT = Format("text", parse_text, goes_on=True)
