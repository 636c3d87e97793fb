"""Values that may become columns, from all objects of a batch: read together, and the best of each record is taken.

To read a column costs much the same for ten values and for a thousand. So values are gathered first, wherever they come
from, and those that are read in the same way are read at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from stacklens_pipeline.parse.formats.fields.names import COLUMNS
from stacklens_pipeline.parse.formats.fields.outputs import OUTPUTS
from stacklens_pipeline.parse.formats.fields.readings import read, repeated


class Source(Protocol):
    """Where values come from."""

    def use(self, chosen: pl.Series) -> None:
        """Leave out the chosen values: a column says all of them."""


@dataclass(frozen=True)
class Values:
    """Values of one name, texts or else numbers as JSON writes them, and the records that they are of.

    `rank` is smaller the better the name is; `wholes` says where a value is all of what stood there, None for
    everywhere.
    """

    places: pl.Series | Sequence[int]
    values: pl.Series | Sequence[str]
    is_text: bool
    rank: int
    source: Source
    wholes: Sequence[bool] | None = None


class Candidates:
    """The values that columns may be taken from."""

    def __init__(self) -> None:
        self._values: dict[str, dict[tuple[str, bool], list[Values]]] = {}

    def offer(self, column: str, reading: str, values: Values) -> None:
        """Take values that may become a column, and how they are read."""
        self._values.setdefault(column, {}).setdefault((reading, values.is_text), []).append(values)

    def columns(self, height: int) -> dict[str, pl.Series]:
        """The columns of so many records; the values that they say all of are left out by their sources."""
        found: dict[str, pl.Series] = {}
        used: list[tuple[Source, pl.Series]] = []
        for column in COLUMNS:
            of_column = self._values.get(column)
            if of_column:
                chosen, is_used = _best([_read(column, *how, values) for how, values in of_column.items()])
                found |= {name: placed(chosen[name], chosen["place"], height) for name in OUTPUTS[column]}
                used += _by_source([one for values in of_column.values() for one in values], is_used)
        for source, chosen_values in used:
            source.use(chosen_values)
        return found


def placed(values: pl.Series, places: pl.Series, height: int) -> pl.Series:
    """Values at their places, null at all others."""
    if values.len() == height and places.is_sorted():
        return values
    order = pl.Series([None], dtype=pl.UInt32).new_from_index(0, height)
    return values.gather(order.scatter(places, pl.int_range(values.len(), dtype=pl.UInt32, eager=True)))


def _read(column: str, reading: str, is_text: bool, values: Sequence[Values]) -> pl.DataFrame:
    """What the values give: `place`, `rank`, the columns, whether each `is_read`, and whether that `is_whole`."""
    together = _together([one.values for one in values], pl.String)
    found = read(column, reading, together, is_text)
    is_whole = repeated(found.is_whole, together.len())
    if any(one.wholes for one in values):
        is_whole &= pl.concat(pl.Series(one.wholes or [True] * len(one.places), dtype=pl.Boolean) for one in values)
    return pl.DataFrame(
        [
            _together([one.places for one in values], pl.UInt32).alias("place"),
            pl.concat(_repeat(one.rank, len(one.places)) for one in values).alias("rank"),
            *(series.alias(name) for name, series in found.columns.items()),
            found.is_read.alias("is_read"),
            is_whole.alias("is_whole"),
        ]
    )


def _best(found: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, pl.Series]:
    """Of each record the best value that could be read, and which of all values these are, where they are whole."""
    every = pl.concat(found)
    chosen = every.with_row_index("order")
    if not every["is_read"].all():
        chosen = chosen.filter("is_read")
    if chosen["place"].n_unique() < chosen.height:
        chosen = chosen.sort("place", "rank").unique("place", keep="first", maintain_order=True)
    if chosen.height == every.height and chosen["is_whole"].all():
        return chosen, every["is_whole"]
    is_used = repeated(False, every.height)
    return chosen, is_used.scatter(chosen["order"].filter(chosen["is_whole"]), True)


def _by_source(values: Sequence[Values], is_used: pl.Series) -> Iterator[tuple[Source, pl.Series]]:
    start = 0
    for one in values:
        used = is_used[start : start + len(one.places)]
        start += len(one.places)
        if used.any():
            yield one.source, used


def _together(parts: Sequence[pl.Series | Sequence[object]], dtype: type[pl.DataType]) -> pl.Series:
    """Columns, and what stands in lists, as one column in their order."""
    columns: list[pl.Series] = []
    values: list[object] = []
    for part in parts:
        if isinstance(part, pl.Series):
            columns += [pl.Series(values, dtype=dtype), part] if values else [part]
            values = []
        else:
            values += part
    if values:
        columns.append(pl.Series(values, dtype=dtype))
    return columns[0] if len(columns) == 1 else pl.concat(columns)


def _repeat(rank: int, height: int) -> pl.Series:
    return pl.Series([rank], dtype=pl.UInt32).new_from_index(0, height)
