"""Delimited lines, CSV and TSV: rows of values whose columns somebody has declared, since no line tells them.

Source: RFC 4180. A column's name is taken as a field's name is anywhere: known ones become columns of the record, all
others are attributes. A quoted value may go on over several lines where they arrive as one message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.fields import ALIASES, columns
from stacklens_pipeline.parse.formats.json import object_records
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.pairs import Pairs, joined, texts_as_json


@dataclass(frozen=True)
class Dialect:
    """How rows are written: the names of their columns, what stands between values, and what may stand around one."""

    columns: tuple[str, ...]
    delimiter: str = ","
    quote: str = '"'


def csv_format(name: str, columns: Sequence[str], *, delimiter: str = ",", quote: str = '"') -> Format:
    """The format of rows with these columns, for sources that are said to have it; an empty `quote` is none.

    Raises ConfigurationError for a name that stands twice or is taken, and for marks that are not two characters.
    """
    for place, column in enumerate(columns):
        if column in columns[:place] or column == "rest" or column.startswith("extra."):
            raise ConfigurationError(f"a column is named twice, or has a name that is taken: `{column}`")
    if len(delimiter) != 1 or delimiter in "\r\n":
        raise ConfigurationError(f"a delimiter is one character, and no line end: `{delimiter}`")
    if len(quote) > 1 or quote in ("\r", "\n", delimiter):
        raise ConfigurationError(f"a quotation mark is one character, and not the delimiter: `{quote}`")
    return Format(name, partial(parse_delimited, dialect=Dialect(tuple(columns), delimiter, quote)))


def parse_delimited(lines: pl.DataFrame, timezone: str, dialect: Dialect) -> pl.DataFrame:
    """Records of rows: values that are missing are null, those too many are `extra.1`, `extra.2` ...

    A row that names the columns is a header: its body is the line, and it has no fields.
    """
    values, rest = rows(lines["text"], dialect)
    fields = _declared(values, dialect.columns)
    texts = {name: column.set(column == "", None) for name, column in fields.items() if name in ALIASES}
    jsons = {name: partial(texts_as_json, column) for name, column in fields.items()}
    found = columns(pl.int_range(lines.height, dtype=pl.UInt32, eager=True), texts, jsons)
    attributes = joined(joined(found["attributes"], _extra(values, len(dialect.columns))), json_object({"rest": rest}))
    found = found.drop("index").with_columns(attributes.alias("attributes"))
    return object_records(lines, found.with_columns(pl.when(~_are_headers(values, fields)).then(pl.all())), timezone)


def rows(texts: pl.Series, dialect: Dialect) -> tuple[pl.Series, pl.Series]:
    """The values of each text's first row, and what stands behind that row, null for nothing."""
    texts, rest = _first_rows(texts, dialect)
    mark = dialect.quote or "\n"  # of which no row has any left
    has_quote = texts.str.contains(mark, literal=True)
    if not has_quote.any():
        return texts.str.split(dialect.delimiter), rest
    every = texts.alias("values").to_frame().with_row_index("index")
    plain = every.filter(~has_quote).with_columns(pl.col("values").str.split(dialect.delimiter))
    quoted = every.filter(has_quote).with_columns(_values(pl.col("values"), dialect).alias("values"))
    return pl.concat([plain, quoted]).sort("index")["values"], rest


def _first_rows(texts: pl.Series, dialect: Dialect) -> tuple[pl.Series, pl.Series]:
    """Texts up to the first line end outside of quotation marks, and what follows."""
    nothing = pl.repeat(None, texts.len(), dtype=pl.String, eager=True)
    if not texts.str.contains("\n", literal=True).any():
        return texts, nothing
    quote = _character(dialect.quote)
    row = rf"(?:{quote}(?:[^{quote}]|{quote}{quote})*(?:{quote}|$)|[^{quote}\n])*" if dialect.quote else r"[^\n]*"
    parts = texts.str.extract_groups(rf"(?s)^(?P<row>{row})\n?(?P<rest>.*)$").struct.unnest()
    rest = parts["rest"].str.strip_chars("\r\n")
    return parts["row"].str.strip_suffix("\r"), rest.set(rest == "", None)


def _values(row: pl.Expr, dialect: Dialect) -> pl.Expr:
    """The values of a row with quotation marks; what stands behind a closing one belongs to the value too."""
    quote, delimiter = _character(dialect.quote), _character(dialect.delimiter)
    value = rf"{quote}(?:[^{quote}]|{quote}{quote})*(?:{quote}[^{delimiter}]*|$)|[^{delimiter}]*"
    found = (pl.lit(dialect.delimiter) + row).str.extract_all(rf"{delimiter}(?:{value})")
    text = pl.element().str.slice(1)
    inside = text.str.slice(1).str.strip_suffix(dialect.quote)
    inside = inside.str.replace_all(dialect.quote * 2, dialect.quote, literal=True)
    return found.list.eval(pl.when(text.str.starts_with(dialect.quote)).then(inside).otherwise(text))


def _character(mark: str) -> str:
    """A character as patterns have it, whatever it means there."""
    return rf"\x{{{ord(mark):x}}}"


def _declared(values: pl.Series, names: Sequence[str]) -> dict[str, pl.Series]:
    """The values of each declared column."""
    places = [f"{place}" for place in range(len(names))]
    fields = values.list.head(len(names)).list.to_struct(fields=places).struct.unnest() if names else pl.DataFrame()
    return dict(zip(names, fields.get_columns(), strict=True))


def _are_headers(values: pl.Series, fields: Mapping[str, pl.Series]) -> pl.Series:
    """Whether each row is the names of the columns."""
    is_header = values.list.len() == len(fields)
    for name, column in fields.items():
        is_header &= (column == name).fill_null(False)
        if not is_header.any():
            break
    return is_header


def _extra(values: pl.Series, width: int) -> pl.Series:
    """A JSON object of the values that stand behind the declared columns; null without any."""
    extra = values.list.slice(width).alias("value").to_frame().with_row_index("row")
    extra = extra.filter(pl.col("value").list.len() > 0).explode("value")
    number = pl.int_range(1, pl.len() + 1).over("row").cast(pl.String)
    frame = extra.select("row", (pl.lit("extra.") + number).alias("name"), "value")
    return Pairs(values.len(), frame).objects()


CSV = csv_format("csv", ())
"""Rows of which nobody has said what their columns are: all values are extra."""
