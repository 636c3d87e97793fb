"""The forms of a pattern beside each other: all that Rust's engine is given, and what the `regex` package finds."""

from collections.abc import Sequence

import polars as pl
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.grok import fallback, vectorised
from stacklens_pipeline.parse.grok.compiler import Pattern
from stacklens_pipeline.parse.grok.fields import Column, columns_of, gathered
from stacklens_pipeline.parse.grok.vectorised import ROW, TEXT

BUDGET_S = 0.5
ALL_FORMS = 0
ONE_FORM = 10**9
"""How few texts are few: none, so that each form of a pattern is used, or all, so that one is."""


def _whole(parts: Sequence[pl.DataFrame], rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    schema = {ROW: pl.UInt32, **{c.name: pl.List(pl.String) if c.is_list else pl.String for c in columns}}
    found = pl.concat([pl.DataFrame(schema=schema), *(part.select(list(schema)) for part in parts)])
    found = found.with_columns(pl.lit(True).alias("matched"))
    return rows.join(found, on=ROW, how="left", maintain_order="left")


def assert_alike(pattern: Pattern, texts: Sequence[str]) -> int:
    """What each form gives is what the `regex` package gives of the pattern as it is written; how many texts match."""
    columns = columns_of([pattern.tree])
    rows = vectorised.rows_of(pl.Series(TEXT, texts, dtype=pl.String))
    expression = fallback.python_expression(pattern)
    groups = fallback.matched(expression, rows[TEXT], BUDGET_S).with_columns(rows[ROW])
    slow = groups.filter("matched").select(ROW, *gathered(expression.groups, columns))
    late = groups.filter(pl.col("matched").is_null())[ROW]
    expected = _whole([slow], rows, columns)
    for few in (ALL_FORMS, ONE_FORM):
        found, left = vectorised.extracted(rows, pattern, columns, few=few)
        answered = ~rows[ROW].is_in(pl.concat([left[ROW], late]).implode())
        assert_frame_equal(_whole(found, rows, columns).filter(answered), expected.filter(answered))
    return int(expected["matched"].count())
