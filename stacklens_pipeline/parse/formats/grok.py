"""Lines of sources whose patterns somebody has written in Grok; see `parse.grok`."""

from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.fields import ALIASES, columns
from stacklens_pipeline.parse.formats.json import object_records
from stacklens_pipeline.parse.formats.members import as_json, json_object, quoted
from stacklens_pipeline.parse.formats.text import TEXT, parse_text
from stacklens_pipeline.parse.grok import Extracted, Grok


def grok_format(grok: Grok) -> Format:
    """The format of lines that a source's patterns are for; other lines of it are text."""
    return Format("grok", partial(parse_grok, grok=grok), goes_on=True)


def parse_grok(lines: pl.DataFrame, timezone: str, grok: Grok) -> pl.DataFrame:
    """Records with the fields that the first pattern which matches gives; a line that none matches becomes text.

    Lines that are too long, or take too long, are `refused`.
    """
    found = grok.extract(lines["text"])
    numbered = lines.with_row_index("row")
    parts = [
        _records(numbered, found, timezone).filter(found.matched),
        parse_text(numbered.filter(~found.matched), timezone).with_columns(pl.lit(TEXT.name).alias("format")),
    ]
    refused = pl.DataFrame({"refused": found.reason}).with_row_index("row")
    records = pl.concat([part for part in parts if part.height] or parts[:1], how="diagonal_relaxed")
    return records.join(refused, on="row", how="left", maintain_order="left").sort("row").drop("row")


def _records(lines: pl.DataFrame, found: Extracted, timezone: str) -> pl.DataFrame:
    fields = {name: _text_or_json(found, name) for name in found.fields.columns}
    texts = {name: values for name, values in fields.items() if name in ALIASES and values.dtype == pl.String}
    taken = {ALIASES[name]: name for name in reversed(texts)}
    chosen = {name: texts[name] for name in taken.values()}
    index = pl.int_range(lines.height, dtype=pl.UInt32, eager=True)
    named = columns(index, chosen, {}).drop("index", "attributes")
    members = {name: _member(found, name, values) for name, values in fields.items() if name not in chosen}
    attributes = json_object(members).alias("attributes") if members else pl.lit(None, pl.String).alias("attributes")
    return object_records(lines, named.with_columns(attributes), timezone)


def _text_or_json(found: Extracted, name: str) -> pl.Series:
    """A field's values as text, those that cannot be cast as they stand; of a list, JSON."""
    values = found.fields[name]
    if isinstance(values.dtype, pl.List):
        inner = values.cast(pl.List(pl.String)).to_frame().select(pl.col(name).list.eval(_quoted(values.dtype)))
        return as_json(("[" + inner.to_series().list.join(",") + "]").alias(name))
    text = values.cast(pl.String)
    return text.zip_with(text.is_not_null(), found.uncast[name]) if name in found.uncast.columns else text


def _quoted(dtype: pl.List) -> pl.Expr:
    return pl.element().map_batches(quoted, return_dtype=pl.String) if dtype.inner == pl.String else pl.element()


def _member(found: Extracted, name: str, values: pl.Series) -> pl.Series:
    """A field as a member of an object: numbers stay numbers, unless some could not be cast."""
    typed = found.fields[name]
    if typed.dtype in (pl.String, pl.List) or isinstance(values.dtype, pl.Struct):
        return values
    is_text = typed.is_null() & values.is_not_null()
    return as_json(values.zip_with(~is_text, quoted(values))) if is_text.any() else typed
