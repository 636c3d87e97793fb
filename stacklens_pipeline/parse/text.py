"""Text lines: a leading time and level where there are any, and the rest as the body."""

import polars as pl

from stacklens_pipeline.parse.levels import TOKEN, severity_of_word
from stacklens_pipeline.parse.timestamps import ISO, from_iso

_TEXT = (
    rf"(?s)^\[?(?P<time>{ISO})?\]?[ \t]*(?:-+[ \t]+)?(?:\[[^\]\n]{{1,80}}\][ \t]*)?"
    rf"(?:[\[(<]?(?P<level>{TOKEN})[\])>]?(?:[ \t:|-]+|$))?(?P<body>.*)$"
)


def parse_text(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of text: `2026-11-24 04:00:00,123 ERROR [main] message`, and whatever no other parser took."""
    fields = lines.with_columns(pl.col("text").str.extract_groups(_TEXT).alias("fields")).unnest("fields")
    is_headed = pl.col("time").is_not_null() | pl.col("level").is_not_null()
    return fields.with_columns(
        from_iso(pl.col("time"), timezone).alias("timestamp"),
        pl.lit("iso").alias("timestamp_source"),
        severity_of_word(pl.col("level")).alias("severity"),
        pl.lit("token").alias("level_source"),
        pl.when(is_headed & (pl.col("body") != "")).then("body").otherwise("text").alias("body"),
    )
