"""Text lines: a leading time and level where there are any, and the rest as the body."""

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.levels import TOKEN, severity_of_word
from stacklens_pipeline.parse.timestamps import ISO, from_iso

_HEAD = (
    rf"^(?P<head>\[?(?P<time>{ISO})?\]?[ \t]*(?:-+[ \t]+)?(?:\[[^\]\n]{{1,80}}\][ \t]*)?"
    rf"(?:[\[(<]?(?P<level>{TOKEN})[\])>]?(?:[ \t:|-]+|$))?)"
)
LONGEST_HEAD = 256
"""So many characters are searched first: a pattern over a long text, or over many lines of one, would cost ten times as
much as everything else that happens to it."""


def parse_text(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of text: `2026-11-24 04:00:00,123 ERROR [main] message`, and whatever no other parser took."""
    fields = _headed(lines, pl.col("text").str.head(LONGEST_HEAD))
    is_cut = fields["head"].str.len_chars() == LONGEST_HEAD
    if is_cut.any():
        fields = pl.concat([fields.filter(~is_cut), _headed(lines.filter(is_cut), pl.col("text"))])
    is_headed = pl.col("time").is_not_null() | pl.col("level").is_not_null()
    body = pl.when(is_headed).then(pl.col("text").str.slice(pl.col("head").str.len_chars())).otherwise(pl.lit(""))
    return fields.with_columns(
        from_iso(pl.col("time"), timezone).alias("timestamp"),
        pl.lit("iso").alias("timestamp_source"),
        severity_of_word(pl.col("level")).alias("severity"),
        pl.lit("token").alias("level_source"),
        pl.when(body != "").then(body).otherwise("text").alias("body"),
    )


def _headed(lines: pl.DataFrame, beginning: pl.Expr) -> pl.DataFrame:
    """The lines with `head`, which ends where the body begins, and the `time` and `level` in it."""
    return lines.with_columns(beginning.str.extract_groups(_HEAD).alias("fields")).unnest("fields")


TEXT = Format("text", parse_text, goes_on=True)
