"""Objects that are taken one by one, as dictionaries, gathered by shape: what a key means is decided once for each.

A shape is the keys of an object in their order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import orjson
import polars as pl

from stacklens_pipeline.parse.formats.fields.candidates import Candidates, Values
from stacklens_pipeline.parse.formats.fields.meanings import Names, rank_of
from stacklens_pipeline.parse.formats.fields.readings import AS_WRITTEN
from stacklens_pipeline.parse.formats.fields.special import SPECIAL, plain_value
from stacklens_pipeline.parse.formats.json_text import Digits, Item, dump

Link = tuple[Item, str, Any]
"""An object, the key in it of the object that is meant, and the link of the former, or None."""

_NUMBERS = frozenset({int, float, Digits})
_NESTED = frozenset({dict, list})


@dataclass(eq=False)
class Group:
    """Objects of one shape: the places of their records, and the links of those that lie in others.

    `gone` are the keys of which columns say all in every one of them.
    """

    keys: tuple[str, ...]
    names: Names
    takes_first: bool = False
    places: list[int] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def offer(self, candidates: Candidates, prefix: str = "", start: int = 0) -> None:
        """Offer what may become a column."""
        for order, key in enumerate(self.keys, start):
            name = prefix + key
            for column, rank, reading in self.names.targets.get(name, ()):
                for values in self._values(key, column, reading, rank_of(rank, order)):
                    candidates.offer(column, reading, values)
            if name in self.names.prefixes:
                for group in self._inner(key):
                    group.offer(candidates, f"{name}.", order)

    def attributes(self) -> list[str | None]:
        """What is left of each object as JSON; None where nothing is."""
        return [dump(item) if item else None for item in self._left()]

    def _left(self) -> Iterable[Item]:
        if not self.gone:
            return self.items
        kept = [key for key in self.keys if key not in self.gone]
        return ({key: item[key] for key in kept if key in item} for item in self.items)

    def _inner(self, key: str) -> Iterable["Group"]:
        """The objects under a key, by their own keys."""
        found: dict[tuple[str, ...], Group] = {}
        for order, item in enumerate(self.items):
            value = item[key]
            if type(value) is dict:
                keys = tuple(value)
                group = found.get(keys) or found.setdefault(keys, Group(keys, self.names, self.takes_first))
                group.places.append(self.places[order])
                group.items.append(value)
                group.links.append((item, key, self.links[order] if self.links else None))
        return found.values()

    def _values(self, key: str, column: str, reading: str, rank: int) -> Iterator[Values]:
        """The values of a key that are texts, and those that are numbers."""
        values, wholes = [item[key] for item in self.items], None
        kinds = set(map(type, values))
        if not kinds.isdisjoint(_NESTED) and (column in SPECIAL or self.takes_first):
            values, wholes = self._plain_values(column, key, values)
            kinds = set(map(type, values))
        if kinds == {str}:
            yield Values(self.places, values, True, rank, _Source(self, key), wholes)
        elif kinds <= _NUMBERS:
            yield Values(self.places, _numbers(values, kinds, reading), False, rank, _Source(self, key), wholes)
        else:
            kinds_of_text: set[type] = {str}
            for is_text, of_kind in ((True, kinds_of_text), (False, kinds & _NUMBERS)):
                rows = [row for row, value in enumerate(values) if type(value) in of_kind]
                if rows:
                    some = [values[row] for row in rows]
                    yield Values(
                        [self.places[row] for row in rows],
                        some if is_text else _numbers(some, of_kind, reading),
                        is_text,
                        rank,
                        _Source(self, key, rows),
                        [wholes[row] for row in rows] if wholes else None,
                    )

    def _plain_values(self, column: str, key: str, values: Sequence[Any]) -> tuple[list[Any], list[bool]]:
        """Values, objects and lists as what they stand for, and where that is all that they say."""
        plain: list[tuple[Any, bool]] = []
        for value in values:
            if type(value) not in _NESTED:
                plain.append((value, True))
            elif self.takes_first and type(value) is list:
                plain.append((next(iter(value), None), False))
            else:
                plain.append(plain_value(column, key, value))
        return [value for value, _ in plain], [is_whole for _, is_whole in plain]


@dataclass(frozen=True)
class _Source:
    """A key of objects of one shape; of some `rows` of them only."""

    group: Group
    key: str
    rows: Sequence[int] | None = None

    def use(self, chosen: pl.Series) -> None:
        """Take the chosen values out of their objects, and objects that are empty then out of those around them."""
        items, links = self.group.items, self.group.links
        if not links and self.rows is None and chosen.all():
            self.group.gone.add(self.key)
            return
        for row in compress(range(len(items)) if self.rows is None else self.rows, chosen):
            _remove(items[row], self.key, links[row] if links else None)


def _remove(item: Item, key: str, link: Link | None) -> None:
    item.pop(key, None)
    while link and not item:
        item, key, link = link
        item.pop(key, None)


def _numbers(values: Sequence[Any], kinds: set[type], reading: str) -> list[str]:
    """Numbers as texts, as JSON writes them where that matters."""
    if kinds == {int} or (Digits not in kinds and reading not in AS_WRITTEN):
        return list(map(str, values))
    return [value.text if type(value) is Digits else orjson.dumps(value).decode() for value in values]
