"""What is left of many objects of one shape when columns have taken their share: JSON, put together by the column."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

import orjson
import polars as pl

Path = tuple[str | int, ...]
"""The keys, and places in lists, that lead to a value."""

Gone = pl.Series | bool
"""Where a value is not to be written."""


class Leaf(Protocol):
    """A value of each of many objects, at the same place in all of them."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def absent(self) -> "Gone":
        """Where there is no such value."""

    def written(self, before: str, after: str) -> tuple[str, pl.Series, str]:
        """The values as JSON, and what of the texts around them is still to be written before and after."""


Left = Sequence[tuple[Leaf, Gone]]

_PLACE = "\0"
_MARK = '"\\u0000"'
"""How JSON writes a text that no plain name holds."""


def remaining(leaves: Left, height: int) -> pl.Series:
    """A JSON object of each row, of the leaves that are not gone; null where all are."""
    left = [(leaf, either(gone, leaf.absent)) for leaf, gone in leaves if gone is not True]
    if not left:
        return pl.repeat(None, height, dtype=pl.String, eager=True)
    return _json(left, 0)


def either(first: Gone, second: Gone) -> Gone:
    """Where one of the two is so."""
    if first is True or second is False:
        return first
    return second if first is False or second is True else first | second


def _json(left: Left, depth: int) -> pl.Series:
    """What lies beneath `depth` keys that all leaves share."""
    if all(gone is False for _, gone in left):
        return _whole([leaf for leaf, _ in left], depth)
    members = []
    for key, group in groupby(left, key=lambda one: one[0].path[depth]):
        inner = list(group)
        members.append(pl.lit(f",{orjson.dumps(key).decode()}:") + pl.lit(_member(inner, depth + 1)))
    joined = pl.select(pl.concat_str(members, ignore_nulls=True)).to_series()
    return ("{" + joined.str.slice(1) + "}").set(joined == "", None)


def _member(left: Left, depth: int) -> pl.Series:
    leaf, gone = left[0]
    if len(leaf.path) > depth:
        return _json(left, depth)
    json = leaf.written("", "")[1]
    return json if isinstance(gone, bool) else json.set(gone, None)


def _whole(leaves: Sequence[Leaf], depth: int) -> pl.Series:
    """All of the leaves, between texts that are the same in every row."""
    fixed = orjson.dumps(_skeleton([leaf.path[depth:] for leaf in leaves])).decode().split(_MARK)
    parts: list[pl.Expr] = []
    before = fixed[0]
    for leaf, after in zip(leaves, fixed[1:], strict=True):
        before, values, after = leaf.written(before, after)
        parts += [pl.lit(before), pl.lit(values)] if before else [pl.lit(values)]
        before = after
    return pl.select(pl.concat_str([*parts, pl.lit(before)])).to_series()


def _skeleton(paths: Sequence[Path]) -> Any:
    """Nested objects and lists with a mark in the place of each value."""
    if paths == [()]:
        return _PLACE
    inner = [(key, _skeleton([path[1:] for path in group])) for key, group in groupby(paths, key=lambda path: path[0])]
    return [value for _, value in inner] if isinstance(inner[0][0], int) else dict(inner)
