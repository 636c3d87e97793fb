"""The `regex` package: for patterns that Rust's engine does not know, a line at a time and with a time budget."""

from functools import lru_cache
from typing import Any

import polars as pl
import regex  # type: ignore[import-untyped]

from stacklens_pipeline.parse.grok.compiler import Expression, Pattern
from stacklens_pipeline.parse.grok.writing import Dialect, write

LARGEST = 100_000
"""Nodes of a pattern; the package takes about a kilobyte for each."""
FLAGS = regex.VERSION1 | regex.DOTALL | regex.MULTILINE


@lru_cache(maxsize=64)
def _compiled(text: str) -> Any:
    return regex.compile(text, FLAGS)


def python_expression(pattern: Pattern) -> Expression:
    """The pattern as `regex` reads it; raises ValueError when it does not."""
    try:
        if pattern.tree.unrolled > LARGEST:
            raise ValueError(f"it has more than {LARGEST} parts when repetitions are written out")
        written = write(pattern.tree, Dialect.PYTHON)
        _compiled(written.text)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error
    return Expression(written.text, tuple(written.groups))


def matched(expression: Expression, texts: pl.Series, budget_s: float) -> pl.DataFrame:
    """Texts of the groups, named from "1" on, and `matched`, null for a text that took longer than the budget."""
    search = _compiled(expression.text).search
    width = len(expression.groups)
    rows: list[tuple[str | bool | None, ...]] = []
    nothing = (None,) * width
    for text in texts:
        try:
            found = search(text, timeout=budget_s)
        except TimeoutError:
            rows.append((None, *nothing))
            continue
        rows.append((True, *found.groups()) if found else (False, *nothing))
    schema = {"matched": pl.Boolean, **{str(number + 1): pl.String for number in range(width)}}
    return pl.DataFrame(rows, schema=schema, orient="row")
