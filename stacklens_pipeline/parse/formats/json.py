"""Lines that are objects of named fields: JSON, and what logfmt shares with it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.fields import Shapes, in_order_of_index
from stacklens_pipeline.parse.formats.flat import flat_objects
from stacklens_pipeline.parse.levels import severity_of_number, severity_of_word
from stacklens_pipeline.parse.timestamps import from_epoch, from_iso


def parse_json(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of JSON objects; a line that is none (cut, or not an object) becomes text with its whole body."""
    flat = flat_objects(lines["text"])
    is_left = pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True).scatter(flat["index"], False)
    left = is_left.arg_true()
    shapes, no_objects = Shapes(), []
    with without_garbage_collection():
        for index, text in zip(left.to_list(), lines["text"].gather(left), strict=True):
            item = _load(text)
            shapes.add(index, item)
            if not item:
                no_objects.append(index)
        columns = in_order_of_index(flat, shapes.frame())
    format = pl.repeat("json", lines.height, dtype=pl.String, eager=True).scatter(no_objects, "text")
    return object_records(lines, columns, timezone).with_columns(format.alias("format"))


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Objects by the hundred thousand and no cycle among them: seeking cycles would take two thirds of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(text: str) -> dict[str, Any]:
    try:
        item = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return item if isinstance(item, dict) else {}


def object_records(lines: pl.DataFrame, columns: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of the lines from their fields, as `Shapes.frame` gives them in the lines' order."""
    severity, level_source = _severity(columns["level"])
    return lines.hstack(columns).with_columns(
        _timestamp(columns["time"], timezone).alias("timestamp"),
        pl.coalesce("body", "text").alias("body"),
        severity.alias("severity"),
        level_source.alias("level_source"),
        pl.lit("field").alias("timestamp_source"),
        _without_query(columns["url_path"]),
        pl.col("trace_id", "span_id").str.to_lowercase(),
    )


def _without_query(paths: pl.Series) -> pl.Series:
    """Paths up to their query, which few services write there."""
    return paths.str.replace(r"\?.*$", "") if paths.str.contains("?", literal=True).any() else paths


def _timestamp(texts: pl.Series, timezone: str) -> pl.Expr:
    """Instants of ISO 8601 texts, or of numbers since 1970."""
    numbers = texts.cast(pl.Float64, strict=False)
    iso = from_iso(pl.lit(texts), timezone)
    return pl.coalesce(iso, from_epoch(pl.lit(numbers))) if numbers.count() else iso


def _severity(levels: pl.Series) -> tuple[pl.Expr, pl.Expr]:
    """Severity numbers of words or of numbers, and which of the two gave them."""
    numbers = levels.cast(pl.Float64, strict=False)
    of_word = severity_of_word(pl.lit(levels))
    if not numbers.count():
        return of_word, pl.lit("field")
    is_word = pl.lit(numbers.is_null())
    of_number = severity_of_number(pl.lit(numbers))
    return (
        pl.when(is_word).then(of_word).otherwise(of_number),
        pl.when(is_word).then(pl.lit("field")).otherwise(pl.lit("number")),
    )


JSON = Format("json", parse_json, pl.col("text").str.starts_with("{"), first="{")
