"""Fields by name: objects (of JSON, of logfmt) to the columns of a record, everything else to `attributes`.

Of the fields that may become a column, the first whose value can be read is taken (`names.py`, `readings.py`). All
others, and values of which the column does not say all, are attributes under their own names. Objects come one by one
(`Shapes`), or by the column where many have the same keys (`columns`); both give the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson
import polars as pl

from stacklens_pipeline.parse.formats.fields.alike import Alike
from stacklens_pipeline.parse.formats.fields.gathered import Gathered
from stacklens_pipeline.parse.formats.fields.meanings import ALIASES, names_among
from stacklens_pipeline.parse.formats.fields.outputs import FIELDS
from stacklens_pipeline.parse.formats.fields.remaining import Gone, Path
from stacklens_pipeline.parse.formats.json_text import MOST_FIELDS, Item

__all__ = ["ALIASES", "SCHEMA", "Shapes", "columns", "in_order_of_index", "no_columns"]

SCHEMA = pl.Schema([("index", pl.UInt32()), *FIELDS.items()])


class Shapes:
    """Objects that come one by one, until their `frame` is asked for; of a list of texts a column takes the first."""

    def __init__(self) -> None:
        self._gathered = Gathered(takes_first=True)
        self._indices: list[int] = []

    def add(self, index: int, item: Item) -> None:
        """Take an object, which is no longer the caller's."""
        self._gathered.add(len(self._indices), item)
        self._indices.append(index)

    def frame(self) -> pl.DataFrame:
        """One row an object: its `index`, and `FIELDS`."""
        return _with_index(pl.Series(self._indices, dtype=pl.UInt32), self._gathered)


def columns(
    indices: pl.Series, texts: Mapping[str, pl.Series], jsons: Mapping[str, Callable[[], pl.Series]]
) -> pl.DataFrame:
    """Rows as `Shapes.frame` gives them, of objects that have the same keys.

    `texts` are the values of those fields with a name in `ALIASES` that hold texts; `jsons` gives each field as JSON,
    asked for when no column says all of it, null in the objects that lack it.
    """
    gathered = Gathered(takes_first=True)
    if len(jsons) > MOST_FIELDS:
        for row, values in enumerate(pl.DataFrame({name: json() for name, json in jsons.items()}).iter_rows()):
            gathered.add(row, {name: orjson.loads(text) for name, text in zip(jsons, values, strict=True) if text})
    else:
        fields = [_Text(name, texts.get(name), json) for name, json in jsons.items()]
        places = pl.int_range(indices.len(), dtype=pl.UInt32, eager=True)
        gathered.add_alike(Alike(fields, places, names_among(())))
    return _with_index(indices, gathered)


def no_columns() -> pl.DataFrame:
    """No objects."""
    return pl.DataFrame(schema=SCHEMA)


def in_order_of_index(*frames: pl.DataFrame) -> pl.DataFrame:
    """Frames of objects as one, without the `index` that they are put in order by."""
    together = pl.concat(frames)
    return (together if together["index"].is_sorted() else together.sort("index")).drop("index")


def _with_index(indices: pl.Series, gathered: Gathered) -> pl.DataFrame:
    if not indices.len():
        return no_columns()
    return gathered.fields(indices.len()).insert_column(0, indices.cast(pl.UInt32).alias("index"))


@dataclass(frozen=True)
class _Text:
    """A field of texts whose JSON is known; `texts` are None where it becomes no column."""

    name: str
    texts: pl.Series | None
    json: Callable[[], pl.Series]
    is_text: bool = True

    @property
    def path(self) -> Path:
        return (self.name,)

    @property
    def absent(self) -> Gone:
        return self._json.is_null() if self._json.null_count() else False

    @cached_property
    def _json(self) -> pl.Series:
        return self.json()

    def value(self, *, exactly: bool) -> pl.Series | None:
        del exactly
        return self.texts

    def written(self, before: str, after: str) -> tuple[str, pl.Series, str]:
        return before, self._json, after
