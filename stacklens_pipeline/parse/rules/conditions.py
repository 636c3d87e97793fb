"""Conditions on records: what `when` of a rule says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.rules.attributes import texts


@dataclass(frozen=True)
class Condition:
    """What one field has to be: one of `values`, a match of `pattern`, at least `least`, or at most `most`.

    The field is a column of `parsed/logs` or an attribute; a record without it does not meet the condition.
    """

    field: str
    values: tuple[str, ...] = ()
    pattern: str | None = None
    least: float | None = None
    most: float | None = None

    def holds(self, records: pl.DataFrame) -> pl.Series:
        """Whether each record meets the condition."""
        found = texts(records, self.field)
        if self.values:
            return found.is_in(list(self.values)).fill_null(False)
        if self.pattern is not None:
            return found.str.contains(self.pattern).fill_null(False)
        numbers = found.cast(pl.Float64, strict=False)
        low = -math.inf if self.least is None else self.least
        return numbers.is_between(low, math.inf if self.most is None else self.most).fill_null(False)


def all_hold(conditions: Sequence[Condition], records: pl.DataFrame) -> pl.Series:
    """Whether each record meets every condition; later ones are asked only of records that met those before."""
    places = pl.int_range(records.height, eager=True)
    for condition in conditions:
        if places.len():
            places = places.filter(condition.holds(records[places]))
    return pl.repeat(False, records.height, dtype=pl.Boolean, eager=True).scatter(places, True)
