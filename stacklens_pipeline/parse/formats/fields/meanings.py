"""From the tables of names to what the fields of an object may become."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from stacklens_pipeline.parse.formats.fields.dialects import DIALECTS
from stacklens_pipeline.parse.formats.fields.names import (
    COLUMNS,
    CONTAINERS,
    HEADER_CASES,
    HEADER_CONTAINERS,
    NAMES,
    TRACE_CONTAINERS,
    TRACE_HEADERS,
    TRACE_NAMES,
)


class Target(NamedTuple):
    """A column that a field may become, its place among the names of that column, and how its values are read."""

    column: str
    rank: int
    reading: str


Targets = Mapping[str, tuple[Target, ...]]


@dataclass(frozen=True, eq=False)
class Names:
    """What names mean.

    `prefixes` are the objects in which names lie deeper (`http`, `http.response`), and `severity` is that of a record
    that names no level.
    """

    targets: Targets
    prefixes: frozenset[str]
    severity: int = 0


def names_among(keys: Collection[str]) -> Names:
    """What names mean in an object with these keys: as everywhere, or to the logger that writes such keys."""
    known = frozenset(keys)
    return _names(tuple(place for place, dialect in enumerate(DIALECTS) if any(s <= known for s in dialect.signs)))


@lru_cache(maxsize=256)
def _names(dialects: tuple[int, ...]) -> Names:
    if not dialects:
        return Names(ALIASES, _prefixes(ALIASES))
    first = [entry for place in dialects for entry in _entries(DIALECTS[place].names)]
    targets = _ranked([*first, *_every_entry()])
    return Names(targets, _prefixes(targets), max(DIALECTS[place].severity for place in dialects))


def rank_of(rank: int, order: int) -> int:
    """A rank that also says which of an object's fields comes first, where one name stands in it in two ways."""
    return rank * _MOST_FIELDS + min(order, _MOST_FIELDS - 1)


_MOST_FIELDS = 2**16
_Entry = tuple[str, str, str]
"""A name, a column and a reading."""


def _entries(names: Mapping[str, str]) -> Iterator[_Entry]:
    for column, written in names.items():
        for word in written.split():
            name, _, reading = word.partition(":")
            yield name, column, reading or COLUMNS[column]


def _every_entry() -> Iterator[_Entry]:
    """All that is known without a dialect; what lies within a container comes after what does not."""
    plain, trace = list(_entries(NAMES)), list(_entries(TRACE_NAMES))
    headers = list(_headers())
    yield from (*plain, *trace, *headers)
    yield from _within(CONTAINERS, (entry for entry in plain if "." in entry[0]))
    yield from _within(TRACE_CONTAINERS, (*trace, *headers))
    yield from _within(HEADER_CONTAINERS, headers)


def _headers() -> Iterator[_Entry]:
    for name in (*TRACE_HEADERS, *HEADER_CASES):
        for column, reading in TRACE_HEADERS[name.lower()].items():
            yield name, column, reading


def _within(containers: Iterable[str], entries: Iterable[_Entry]) -> Iterator[_Entry]:
    known = list(entries)
    for container in containers:
        for name, column, reading in known:
            yield f"{container}.{name}", column, reading


def _ranked(entries: Iterable[_Entry]) -> Targets:
    targets: dict[str, dict[str, Target]] = {}
    for rank, (name, column, reading) in enumerate(entries):
        targets.setdefault(name, {}).setdefault(column, Target(column, rank, reading))
    return {name: tuple(columns.values()) for name, columns in targets.items()}


def _prefixes(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name[:place] for name in names for place, sign in enumerate(name) if sign == ".")


ALIASES: Targets = _ranked(_every_entry())
"""A field's name as services write it -> what it may become."""
