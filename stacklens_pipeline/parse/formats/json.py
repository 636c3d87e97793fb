"""Lines that are objects of named fields: JSON, and what logfmt shares with it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.fields.gathered import Gathered
from stacklens_pipeline.parse.formats.fields.times import read_again
from stacklens_pipeline.parse.formats.flat import alike_objects
from stacklens_pipeline.parse.formats.json_text import dump, load
from stacklens_pipeline.parse.formats.text import TEXT, parse_text


def parse_json(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of JSON objects; a line that is none (cut, or not an object) becomes text."""
    fields, no_objects = json_fields(lines["text"])
    if not no_objects:
        return object_records(lines, fields, timezone)
    is_object = pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True).scatter(no_objects, False)
    numbered = lines.with_row_index("row")
    records = object_records(numbered.filter(is_object), fields.filter(is_object), timezone)
    texts = numbered.filter(~is_object).with_columns(pl.lit(TEXT.name).alias("format"))
    others = parse_text(texts, timezone)
    both = pl.concat(
        [records, others.select(name for name in others.columns if name in records.columns)], how="diagonal"
    )
    return both.sort("row").drop("row")


def json_fields(texts: pl.Series) -> tuple[pl.DataFrame, list[int]]:
    """The fields of texts that are objects, as `FIELDS` says, and the places of texts that are none."""
    gathered, no_objects = Gathered(has_dialects=True), list[int]()
    left = pl.int_range(texts.len(), dtype=pl.UInt32, eager=True)
    is_left = pl.repeat(True, texts.len(), dtype=pl.Boolean, eager=True)
    for alike in alike_objects(texts):
        gathered.add_alike(alike)
        is_left = is_left.scatter(alike.places, False)
    left = left.filter(is_left)
    with without_garbage_collection():
        for place, text in zip(left.to_list(), texts.gather(left).to_list(), strict=True):
            item = load(text)
            if item:
                gathered.add(place, item)
            else:
                no_objects.append(place)
        fields = gathered.fields(texts.len())
        del gathered
    return fields, no_objects


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


def object_records(lines: pl.DataFrame, fields: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of the lines from their fields, as `Shapes.frame` gives them in the lines' order."""
    fields = read_again(fields, lines["appended_at"], timezone)
    return lines.hstack(_with_lost(fields).drop("time")).with_columns(pl.coalesce("body", "text"))


def _with_lost(fields: pl.DataFrame) -> pl.DataFrame:
    """Times that there are not in the zone, such as in the hour that summer time leaves out, as attributes."""
    lost = (fields["timestamp"].is_null() & fields["time"].is_not_null()).arg_true()
    if not lost.len():
        return fields
    pairs = fields.select("time", "attributes")[lost].rows()
    new = [dump({"_time": time, **(load(attributes or "{}", exactly=True) or {})}) for time, attributes in pairs]
    return fields.with_columns(fields["attributes"].scatter(lost, pl.Series(new, dtype=pl.String)))


JSON = Format("json", parse_json, pl.col("text").str.starts_with("{"), first="{")
