"""Rust's engine over a column of texts: the cheapest form of a pattern first, and only what is left by the next."""

from collections.abc import Sequence

import polars as pl

from stacklens_pipeline.parse.grok.compiler import Expression, Form, Pattern
from stacklens_pipeline.parse.grok.fields import Column, gathered
from stacklens_pipeline.parse.grok.rewrites import GUARD

ROW = "\0row"
TEXT = "\0text"
"""Columns beside those of fields, whose names hold no such character."""

FEW = 256
"""For fewer texts another form is not worth its making."""


def rows_of(texts: pl.Series) -> pl.DataFrame:
    """The texts with their numbers."""
    return pl.DataFrame({ROW: pl.int_range(len(texts), dtype=pl.UInt32, eager=True), TEXT: texts})


def extracted(
    rows: pl.DataFrame, pattern: Pattern, columns: Sequence[Column], *, few: int = FEW
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """The numbers and fields of the texts that match, in parts, and the rows that Rust's engine cannot answer for.

    What is given does not depend on `few`.
    """
    found = []
    if rows.height >= few and pattern.direct is not None:
        expression, is_for_light = pattern.direct
        asked, others = _light(rows) if is_for_light else (rows, rows.clear())
        part, left = _matched(asked, expression, columns)
        found, rows = [part], pl.concat([left, others])
    full = pattern.full
    if isinstance(full, str) or rows.height >= few:
        light = pattern.light
        if light is not None and not rows.is_empty():
            asked, rows = _light(rows)
            found += _formed(asked, light, columns, few)
    if isinstance(full, str):
        return found, rows
    return [*found, *_formed(rows, full, columns, few)], rows.clear()


def _light(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that light definitions are for, and the others."""
    is_heavy = rows[TEXT].str.contains(GUARD)
    return (rows.filter(~is_heavy), rows.filter(is_heavy)) if is_heavy.any() else (rows, rows.clear())


def _formed(rows: pl.DataFrame, form: Form, columns: Sequence[Column], few: int) -> list[pl.DataFrame]:
    """A match at the start of a text is the leftmost there is, and cheaper to find; other texts are searched."""
    found = []
    if rows.height >= few and form.anchored is not None:
        part, rows = _matched(rows, form.anchored, columns)
        found = [part]
    return found if rows.is_empty() else [*found, _matched(rows, form.anywhere, columns)[0]]


def _matched(
    rows: pl.DataFrame, expression: Expression, columns: Sequence[Column]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The fields of rows that match, and the rows that do not."""
    groups = rows.select(pl.col(ROW), pl.col(TEXT).str.extract_groups(expression.text).alias("")).unnest("")
    is_matched = groups[str(len(expression.groups))].is_not_null()
    for group, check in expression.checks:
        is_matched &= groups[str(group)].str.contains(check).fill_null(True)
    if is_matched.all():
        left = rows.clear()
    else:
        groups, left = groups.filter(is_matched), rows.filter(~is_matched)
    return groups.select(pl.col(ROW), *gathered(expression.groups, columns)), left
