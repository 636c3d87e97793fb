"""Lines that are objects of named fields: JSON and logfmt."""

import re
from collections.abc import Iterable
from typing import Any

import orjson
import polars as pl

from stacklens_pipeline.parse.fields import to_columns
from stacklens_pipeline.parse.levels import severity_of_number, severity_of_word
from stacklens_pipeline.parse.timestamps import from_epoch, from_iso

_PAIR = re.compile(r'([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))')
_ESCAPED = re.compile(r"\\(.)")


def parse_json(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of JSON objects; a line that is none (cut, or not an object) becomes text with its whole body."""
    loaded = [_load(text) for text in lines["text"]]
    return _records(lines, [item or {} for item in loaded], timezone).with_columns(
        pl.Series("format", ["json" if item is not None else "text" for item in loaded], dtype=pl.String)
    )


def parse_logfmt(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of `key=value key="quoted value"` lines."""
    return _records(lines, [_pairs(text) for text in lines["text"]], timezone)


def _load(text: str) -> dict[str, Any] | None:
    try:
        item = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return item if isinstance(item, dict) else None


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _PAIR.finditer(text):
        name, quoted, plain = match.groups()
        found.setdefault(name, plain if quoted is None else _ESCAPED.sub(r"\1", quoted))
    return found


def _records(lines: pl.DataFrame, objects: Iterable[dict[str, Any]], timezone: str) -> pl.DataFrame:
    columns = to_columns(objects)
    time, level = pl.col("time"), pl.col("level")
    number = level.cast(pl.Float64, strict=False)
    epoch = time.cast(pl.Float64, strict=False)
    path = pl.col("url_path")
    return lines.hstack(columns).with_columns(
        pl.coalesce(from_iso(time, timezone), from_epoch(epoch)).alias("timestamp"),
        pl.coalesce("body", "text").alias("body"),
        pl.when(number.is_null()).then(severity_of_word(level)).otherwise(severity_of_number(number)).alias("severity"),
        pl.when(number.is_null()).then(pl.lit("field")).otherwise(pl.lit("number")).alias("level_source"),
        pl.lit("field").alias("timestamp_source"),
        path.str.replace(r"\?.*$", "").alias("url_path"),
        pl.col("trace_id", "span_id").str.to_lowercase(),
    )
