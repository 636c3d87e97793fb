"""Contracts: what a source promised of its records, and what is done when it is not kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl

from stacklens_pipeline.parse.rules.attributes import find, load

Policy = Literal["keep", "warn", "dead_letter"]


@dataclass(frozen=True)
class Promise:
    """What one field is: its type, whether it is always there, the values that it may have."""

    field: str
    type: Literal["string", "integer", "number", "boolean", "time"] | None = None
    is_required: bool = False
    allowed: tuple[str, ...] = ()
    policy: Policy = "warn"

    def broken_by(self, value: Any) -> str | None:
        """How a value breaks the promise, as the end of a sentence about the field; None when it does not."""
        if value is None:
            return "is missing" if self.is_required else None
        if self.type and not _TYPES[self.type](value):
            return f"is no {self.type}"
        if self.allowed and str(value) not in self.allowed:
            return "has a value that is not allowed"
        return None


def violations(records: pl.DataFrame, contract: Sequence[Promise]) -> list[list[tuple[Promise, str]]]:
    """Of each record, which promises it breaks and how."""
    columns = [promise.field for promise in contract if promise.field in records.columns]
    found = []
    for row in records.select("attributes", *columns).iter_rows(named=True):
        attributes = load(row["attributes"])
        values = {promise: _value(promise.field, row, attributes) for promise in contract}
        found.append([(promise, how) for promise, value in values.items() if (how := promise.broken_by(value))])
    return found


def _value(field: str, row: Mapping[str, Any], attributes: Mapping[str, Any]) -> Any:
    """A field's value; of a measure that did not fit its column, what the record had instead."""
    value = row.get(field)
    return find(attributes, field) if value is None else value


def _is_time(value: Any) -> bool:
    if isinstance(value, datetime):
        return True
    try:
        return bool(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return False


_TYPES = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "time": _is_time,
}
TYPES = tuple(_TYPES)
