"""Attributes as Python sees them: for rules that look into them, which only sources that are configured have."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

Attributes = dict[str, Any]


def load(text: str | None) -> Attributes:
    """The attributes of a record; integers keep every digit."""
    return json.loads(text) if text else {}


def dump(attributes: Mapping[str, Any]) -> str | None:
    """The attributes as text; null without any."""
    return json.dumps(attributes, ensure_ascii=False, separators=(",", ":")) if attributes else None


def find(attributes: Mapping[str, Any], name: str) -> Any:
    """The value of a flat key with dots, or of nested ones; None when there is none.

    >>> find({"a.b": 1}, "a.b"), find({"a": {"b": 2}}, "a.b"), find({"a": 3}, "a.b")
    (1, 2, None)
    """
    if name in attributes:
        return attributes[name]
    first, _, rest = name.partition(".")
    inner = attributes.get(first)
    return find(inner, rest) if rest and isinstance(inner, dict) else None


def remove(attributes: Attributes, name: str) -> Any:
    """Take a value out of the attributes, and give it; None when there is none."""
    if name in attributes:
        return attributes.pop(name)
    first, _, rest = name.partition(".")
    inner = attributes.get(first)
    if not rest or not isinstance(inner, dict):
        return None
    value = remove(inner, rest)
    if not inner:
        del attributes[first]
    return value


def as_text(value: Any) -> str | None:
    """A value as a column of text holds it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def texts(records: pl.DataFrame, name: str) -> pl.Series:
    """A field of each record as text: a column of `parsed/logs`, or else an attribute."""
    if name in records.columns and name != "attributes":
        return records[name].cast(pl.String)
    found = [as_text(find(load(text), name)) for text in records["attributes"]]
    return pl.Series(name, found, dtype=pl.String)
