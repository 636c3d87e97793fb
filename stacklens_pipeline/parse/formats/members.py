"""Attributes: JSON objects put together from columns, without an object per row in Python."""

from collections.abc import Mapping

import orjson
import polars as pl

_ESCAPED = r'["\\\x00-\x1f]'
_NUMBER = r"^(?:0|-?[1-9][0-9]{0,17})$"


def json_object(members: Mapping[str, pl.Series]) -> pl.Series:
    """A JSON object of the members of each row, as text; null members are left out, and an object without any is null.

    Texts are quoted, numbers and booleans are written as they are. Members that are JSON already are given as `Struct`
    columns of one field `json`.

    >>> json_object({"name": pl.Series(['a "b"', None]), "n": pl.Series([1, None])}).to_list()
    ['{"name":"a \\\\"b\\\\"","n":1}', None]
    """
    jsons = {name: _json(values) for name, values in members.items()}
    there = {name: values for name, values in jsons.items() if values.null_count() < values.len()}
    if not there:
        length = next((values.len() for values in members.values()), 0)
        return pl.repeat(None, length, dtype=pl.String, eager=True)
    parts = [pl.lit(f",{orjson.dumps(name).decode()}:") + pl.lit(values) for name, values in there.items()]
    joined = pl.select(pl.concat_str(parts, ignore_nulls=True).alias("members")).to_series()
    objects = "{" + joined.str.slice(1) + "}"
    if all(values.null_count() for values in there.values()):
        objects = objects.set(joined == "", None)
    return objects


def as_json(texts: pl.Series) -> pl.Series:
    """Texts that are JSON already, as a member of `json_object`."""
    return texts.alias("json").to_frame().to_struct("json")


def quoted(texts: pl.Series) -> pl.Series:
    """Texts as JSON strings; nulls stay."""
    if not texts.str.contains(_ESCAPED).any():
        return '"' + texts + '"'
    known = texts.unique()
    escaped = [None if text is None else orjson.dumps(text).decode() for text in known]
    return texts.replace_strict(known, pl.Series(escaped, dtype=pl.String), return_dtype=pl.String)


def number_or_text(texts: pl.Series) -> pl.Series:
    """Texts as JSON, those that are integers as numbers: what a pid or a port is, which may be a name too."""
    is_number = texts.str.contains(_NUMBER).fill_null(False)
    if is_number.all():
        return as_json(texts)
    return as_json(quoted(texts).zip_with(~is_number, texts) if is_number.any() else quoted(texts))


def _json(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        return quoted(values)
    if isinstance(values.dtype, pl.Struct):
        return values.struct.field("json")
    return values.cast(pl.String)
