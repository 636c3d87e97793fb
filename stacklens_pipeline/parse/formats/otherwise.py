"""What becomes of lines that are said to be of a format and are not: text."""

from collections.abc import Callable, Mapping

import polars as pl

from stacklens_pipeline.parse.formats.layout import Layout
from stacklens_pipeline.parse.formats.text import parse_text


def or_text(
    lines: pl.DataFrame, holds: pl.Expr, parse: Callable[[pl.DataFrame], pl.DataFrame], timezone: str
) -> pl.DataFrame:
    """Records by `parse` of the lines of which `holds` is true, and of all others as text, in the lines' order."""
    is_held = lines.select(holds.fill_null(False).alias("is_held"))["is_held"]
    if is_held.all():
        return parse(lines)
    lines = lines.with_row_index("row")
    others = parse_text(lines.filter(~is_held).with_columns(pl.lit("text").alias("format")), timezone)
    records = pl.concat([parse(lines.filter(is_held)), others], how="diagonal_relaxed")
    return records.sort("row").drop("row")


def by_layout(
    lines: pl.DataFrame,
    layouts: Mapping[str, Layout],
    records: Callable[[pl.DataFrame, Layout], pl.DataFrame],
    timezone: str,
) -> pl.DataFrame:
    """Records of lines by the first of the layouts whose pattern they match, and of all others as text, in order."""
    left, found = lines.with_row_index("row"), []
    for pattern, layout in layouts.items():
        is_one = left["text"].str.contains(pattern)
        found.append(records(left.filter(is_one), layout))
        left = left.filter(~is_one)
        if not left.height:
            break
    if left.height:
        found.append(parse_text(left.with_columns(pl.lit("text").alias("format")), timezone))
    return pl.concat(found, how="diagonal_relaxed").sort("row").drop("row")
