"""Objects that have the same keys, by the column: what a key means is decided once, and none is looked at by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from stacklens_pipeline.parse.formats.fields.candidates import Candidates, Values
from stacklens_pipeline.parse.formats.fields.meanings import Names, rank_of
from stacklens_pipeline.parse.formats.fields.readings import AS_WRITTEN
from stacklens_pipeline.parse.formats.fields.remaining import Gone, Leaf, Path, either, remaining


class Field(Leaf, Protocol):
    """A value of each of many objects that may become a column."""

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""

    def value(self, *, exactly: bool) -> pl.Series | None:
        """Texts, or numbers, which are `exactly` as JSON writes them if that is asked for; null for what is neither.

        None for a field that becomes no column.
        """


class Alike:
    """Objects of one shape: their fields, and the places of their records."""

    def __init__(self, fields: Sequence[Field], places: pl.Series, names: Names) -> None:
        self.places = places
        self.names = names
        self._fields = fields
        self._gone: list[Gone] = [False] * len(fields)

    def offer(self, candidates: Candidates) -> None:
        """Offer what may become a column."""
        for order, field in enumerate(self._fields):
            for column, rank, reading in self.names.targets.get(name_of(field.path), ()):
                values = field.value(exactly=reading in AS_WRITTEN)
                if values is not None:
                    source = _Source(self._gone, order)
                    one = Values(self.places, values, field.is_text, rank_of(rank, order), source)
                    candidates.offer(column, reading, one)

    def attributes(self) -> pl.Series:
        """What no column says all of, as JSON objects or null."""
        return remaining(list(zip(self._fields, self._gone, strict=True)), self.places.len())


def name_of(path: Path) -> str:
    """The name of a field by where it lies; empty for what lies in a list."""
    names = [key for key in path if isinstance(key, str)]
    return ".".join(names) if len(names) == len(path) else ""


@dataclass(frozen=True)
class _Source:
    """A field of objects of one shape."""

    gone: list[Gone]
    order: int

    def use(self, chosen: pl.Series) -> None:
        """Note where the field's values are in columns."""
        self.gone[self.order] = either(self.gone[self.order], chosen.all() or chosen)
