"""Objects of a batch, alike or not, to the columns and attributes of their records."""

from collections.abc import Collection
from itertools import chain

import polars as pl

from stacklens_pipeline.parse.formats.fields.alike import Alike
from stacklens_pipeline.parse.formats.fields.candidates import Candidates, placed
from stacklens_pipeline.parse.formats.fields.meanings import Names, names_among
from stacklens_pipeline.parse.formats.fields.outputs import IMPLIED, completed
from stacklens_pipeline.parse.formats.fields.singles import Group
from stacklens_pipeline.parse.formats.json_text import Item


class Gathered:
    """Objects, each with the place of its record, gathered until their `fields` are asked for.

    With `has_dialects`, the keys that loggers are known by count. With `takes_first`, the first of a list of texts may
    become a column.
    """

    def __init__(self, *, has_dialects: bool = False, takes_first: bool = False) -> None:
        self._has_dialects = has_dialects
        self._takes_first = takes_first
        self._groups: dict[tuple[str, ...], Group] = {}
        self._alike: list[Alike] = []

    def add(self, place: int, item: Item) -> None:
        """Take an object, which is no longer the caller's."""
        keys = tuple(item)
        group = self._groups.get(keys)
        if group is None:
            group = self._groups[keys] = Group(keys, self._names(keys), self._takes_first)
        group.places.append(place)
        group.items.append(item)

    def add_alike(self, alike: Alike) -> None:
        """Take objects that have the same keys."""
        self._alike.append(alike)

    def fields(self, height: int) -> pl.DataFrame:
        """One row for each of so many records, as `FIELDS` says; null where there was no object."""
        candidates = Candidates()
        for alike in self._alike:
            alike.offer(candidates)
        for group in self._groups.values():
            group.offer(candidates)
        found = self._with_implied(completed(candidates.columns(height), height))
        return found.with_columns(self._attributes(height).alias("attributes"))

    def _names(self, keys: Collection[str]) -> Names:
        return names_among(keys if self._has_dialects else ())

    def _attributes(self, height: int) -> pl.Series:
        """What no column says all of, of each record."""
        groups = self._groups.values()
        texts = pl.Series(list(chain.from_iterable(group.attributes() for group in groups)), dtype=pl.String)
        places = pl.Series(list(chain.from_iterable(group.places for group in groups)), dtype=pl.UInt32)
        every = [(texts, places), *((alike.attributes(), alike.places) for alike in self._alike)]
        return placed(pl.concat(text for text, _ in every), pl.concat(at for _, at in every), height)

    def _with_implied(self, fields: pl.DataFrame) -> pl.DataFrame:
        """Fields with the levels that loggers leave out."""
        every: list[Alike | Group] = [*self._alike, *self._groups.values()]
        for objects in every:
            if objects.names.severity:
                places = pl.Series(objects.places, dtype=pl.UInt32)
                places = places.filter(fields["severity"].gather(places).is_null())
                fields = fields.with_columns(
                    fields["severity"].scatter(places, objects.names.severity),
                    fields["level_source"].scatter(places, IMPLIED),
                )
        return fields
