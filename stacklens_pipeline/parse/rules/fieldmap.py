"""Field maps: attributes of a source that are columns of `parsed/logs` under another name."""

from collections.abc import Mapping

import polars as pl

from stacklens_pipeline.parse.levels import severity_of_number, severity_of_word
from stacklens_pipeline.parse.rules.attributes import as_text, dump, find, load, remove
from stacklens_pipeline.parse.timestamps import from_epoch, from_iso

TEXT_COLUMNS = (
    *("service_name", "host_name", "body", "trace_id", "span_id", "client_address", "user_id"),
    *("http_method", "url_path", "http_status", "duration_ms", "bytes_sent"),
)
COLUMNS = (*TEXT_COLUMNS, "timestamp", "level")
"""What a field may become."""
NUMBERS = ("http_status", "duration_ms", "bytes_sent")


def map_fields(records: pl.DataFrame, fields: Mapping[str, str], timezone: str) -> pl.DataFrame:
    """The records with values of attributes in columns; `fields` maps an attribute's name to a column's.

    A value that fits its column leaves the attributes; one that does not stays there.
    """
    loaded = [load(text) for text in records["attributes"]]
    for field, column in fields.items():
        values = pl.Series([as_text(find(attributes, field)) for attributes in loaded], dtype=pl.String)
        records, fits = _put(records, column, values, timezone)
        for attributes, is_taken in zip(loaded, fits, strict=True):
            if is_taken:
                remove(attributes, field)
    texts = pl.Series("attributes", [dump(attributes) for attributes in loaded], dtype=pl.String)
    return records.with_columns(texts)


def _put(records: pl.DataFrame, column: str, values: pl.Series, timezone: str) -> tuple[pl.DataFrame, pl.Series]:
    """The records with the values in the column where they fit, and where they do."""
    if column == "timestamp":
        numbers = values.cast(pl.Float64, strict=False)
        found = pl.select(pl.coalesce(from_iso(pl.lit(values), timezone), from_epoch(pl.lit(numbers)))).to_series()
        return _placed(records, found, column, "timestamp_source")
    if column == "level":
        numbers = values.cast(pl.Float64, strict=False)
        number, word = severity_of_number(pl.lit(numbers)), severity_of_word(pl.lit(values))
        found = pl.select(pl.when(pl.lit(numbers.is_null())).then(word).otherwise(number)).to_series()
        return _placed(records, found.set(found == 0, None), "severity", "level_source")
    if column in NUMBERS:
        values = values.set(values.cast(pl.Float64, strict=False).is_null(), None)
    kept = records[column].cast(pl.String)
    return records.with_columns(values.zip_with(values.is_not_null(), kept).alias(column)), values.is_not_null()


def _placed(records: pl.DataFrame, found: pl.Series, column: str, source: str) -> tuple[pl.DataFrame, pl.Series]:
    fits = found.is_not_null()
    records = records.with_columns(
        pl.when(fits).then(pl.lit(found)).otherwise(column).alias(column),
        pl.when(fits).then(pl.lit("field")).otherwise(source).alias(source),
    )
    return records, fits
