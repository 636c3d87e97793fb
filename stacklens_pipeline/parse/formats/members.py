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
    there = {name: values for name, values in members.items() if _json_of(values).null_count() < values.len()}
    if not there:
        length = next((values.len() for values in members.values()), 0)
        return pl.repeat(None, length, dtype=pl.String, eager=True)
    parts = [part for name, values in there.items() for part in _parts(name, values)]
    joined = pl.select(pl.concat_str(parts, ignore_nulls=True).alias("members")).to_series()
    objects = "{" + joined.str.slice(1) + "}"
    if all(_json_of(values).null_count() for values in there.values()):
        objects = objects.set(joined == "", None)
    return objects


def _parts(name: str, values: pl.Series) -> list[pl.Expr]:
    """What is written of a member, with a comma before it; where it may be null, in one part."""
    key = f",{orjson.dumps(name).decode()}:"
    if values.dtype == pl.String and not values.str.contains(_ESCAPED).any():
        parts = [pl.lit(f'{key}"'), pl.lit(values), pl.lit('"')]
    else:
        parts = [pl.lit(key), pl.lit(_json(values))]
    return [pl.concat_str(parts)] if _json_of(values).null_count() else parts


def _json_of(values: pl.Series) -> pl.Series:
    """The values, or of those that are JSON already the texts, which may be null."""
    return values.struct.field("json") if isinstance(values.dtype, pl.Struct) else values


def as_json(texts: pl.Series) -> pl.Series:
    """Texts that are JSON already, as a member of `json_object`."""
    return texts.alias("json").to_frame().to_struct("json")


def quoted(texts: pl.Series) -> pl.Series:
    """Texts as JSON strings; nulls stay."""
    is_odd = texts.str.contains(_ESCAPED).fill_null(False)
    plain = '"' + texts + '"'
    if not is_odd.any():
        return plain
    odd = is_odd.arg_true()
    return plain.scatter(odd, pl.Series([orjson.dumps(text).decode() for text in texts.gather(odd)], dtype=pl.String))


def number_or_text(texts: pl.Series) -> pl.Series:
    """Texts as JSON, those that are integers as numbers: what a pid or a port is, which may be a name too."""
    is_number = texts.str.contains(_NUMBER).fill_null(False)
    if is_number.all():
        return as_json(texts)
    return as_json(quoted(texts).zip_with(~is_number, texts) if is_number.any() else quoted(texts))


def _json(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        return quoted(values)
    return _json_of(values).cast(pl.String)
