"""What fields become: the frame that objects are made, before it is one of records."""

from collections.abc import Mapping

import polars as pl

from stacklens_pipeline.parse.formats.fields.names import COLUMNS
from stacklens_pipeline.tables import PARSED_LOGS

Types = Mapping[str, pl.DataType | type[pl.DataType]]

_SEVERAL: Mapping[str, Types] = {
    "time": {"timestamp": PARSED_LOGS.schema["timestamp"], "timestamp_source": pl.String, "time": pl.String},
    "level": {"severity": pl.Int32, "level_source": pl.String},
}
_ATTRIBUTES: Types = {"attributes": pl.String}
OUTPUTS: Mapping[str, Types] = {
    column: _SEVERAL.get(column) or {column: PARSED_LOGS.schema[column]} for column in COLUMNS
}
"""What a field may become -> the columns that it gives. `time` is the text of a time that is to be read once more, with
its zone and when it was received."""

FIELDS = pl.Schema({name: dtype for types in (*OUTPUTS.values(), _ATTRIBUTES) for name, dtype in types.items()})
"""One row an object: what its fields became, and the rest of them as a JSON object or null."""

IMPLIED = "field"
"""The source of a level that is what it is because the record names none."""


def completed(found: Mapping[str, pl.Series], height: int) -> pl.DataFrame:
    """A frame of `FIELDS`, null in the columns that were not found."""
    columns = {name: found.get(name, _nothing(dtype, height)).alias(name) for name, dtype in FIELDS.items()}
    return pl.DataFrame(list(columns.values()))


def _nothing(dtype: pl.DataType | type[pl.DataType], height: int) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, height)
