"""From the texts of groups to fields: which groups make one, what type it has, and where it goes in an object."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from stacklens_pipeline.parse.grok.syntax import Alt, Capture, Node, Repeat, Type
from stacklens_pipeline.parse.grok.writing import Group

DTYPES: Mapping[Type, pl.DataType] = {
    Type.TEXT: pl.String(),
    Type.INT: pl.Int64(),
    Type.FLOAT: pl.Float64(),
    Type.BOOLEAN: pl.Boolean(),
}

LEADING_INT = r"^\s*([+-]?[0-9]+)"
LEADING_FLOAT = r"^\s*([+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
"""What Ruby's `to_i` and `to_f` read of a text."""


@dataclass(frozen=True)
class Column:
    """A field of a pattern: the column it makes, its place in an object, and whether a text may give it twice."""

    name: str
    path: tuple[str, ...]
    type: Type
    is_list: bool

    @property
    def dtype(self) -> pl.DataType:
        """Of the column."""
        inner = DTYPES[self.type]
        return pl.List(inner) if self.is_list else inner


def columns_of(trees: Iterable[Node]) -> tuple[Column, ...]:
    """The columns of patterns of which the first that matches counts, in the order in which they are written.

    A field that is captured with different types is text.
    """
    types: dict[tuple[str, ...], set[Type]] = {}
    most: Counter[tuple[str, ...]] = Counter()
    for tree in trees:
        for node in tree.walk():
            if isinstance(node, Capture):
                types.setdefault(node.field.path, set()).add(node.field.type)
        most |= _most(tree)
    names = _names(list(types))
    return tuple(
        Column(names[path], path, found.pop() if len(found) == 1 else Type.TEXT, most[path] > 1)
        for path, found in types.items()
    )


def _names(paths: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Dotted names; `[a][b]` beside a field `a.b` keeps its brackets."""
    names: dict[tuple[str, ...], str] = {}
    for path in sorted(paths, key=len):
        dotted = ".".join(path)
        names[path] = dotted if dotted not in names.values() else "".join(f"[{part}]" for part in path)
    return names


def _most(node: Node, *, in_loop: bool = False) -> Counter[tuple[str, ...]]:
    """How often each field may be captured at once; branches exclude each other, but not in a loop."""
    if not node.captures:
        return Counter()
    in_loop = in_loop or (isinstance(node, Repeat) and node.most != 1)
    found: Counter[tuple[str, ...]] = Counter()
    for child in node.children:
        inside = _most(child, in_loop=in_loop)
        found = found | inside if isinstance(node, Alt) and not in_loop else found + inside
    if isinstance(node, Capture):
        found[node.field.path] += 1
    return found


def gathered(groups: Sequence[Group | None], columns: Sequence[Column]) -> list[pl.Expr]:
    """Expressions over groups named "1", "2" ... that give the texts of each column; an empty text is none."""
    pieces: dict[tuple[str, ...], dict[int, list[int]]] = {}
    for number, group in enumerate(groups, 1):
        if group is not None:
            pieces.setdefault(group.field.path, {}).setdefault(group.value, []).append(number)
    return [_gathered(pieces.get(column.path, {}), column).alias(column.name) for column in columns]


def _gathered(values: Mapping[int, list[int]], column: Column) -> pl.Expr:
    if not values:
        return pl.lit(None, pl.List(pl.String) if column.is_list else pl.String)
    if not column.is_list:
        return pl.coalesce([_text_of(numbers) for numbers in values.values()])
    placed = dict(place for numbers in values.values() for place in _places(numbers))
    listed = pl.concat_list([placed[number] for number in sorted(placed)]).list.drop_nulls()
    return pl.when(listed.list.len() > 0).then(listed)


def _text_of(numbers: Sequence[int]) -> pl.Expr:
    """The text whose pieces are in these groups."""
    groups = [pl.col(str(number)) for number in numbers]
    text = groups[0] if len(groups) == 1 else pl.concat_str(groups, ignore_nulls=True)
    return pl.when(text != "").then(text)


def _places(numbers: Sequence[int]) -> Iterator[tuple[int, pl.Expr]]:
    """The text at the first of its groups that holds a piece of it, so that values keep the order of the text."""
    text = _text_of(numbers)
    for place, number in enumerate(numbers):
        earlier = [pl.col(str(other)).is_null() for other in numbers[:place]]
        yield number, pl.when(pl.all_horizontal(pl.col(str(number)).is_not_null(), *earlier)).then(text)


def typed(texts: pl.DataFrame, columns: Sequence[Column]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The columns with their types, and in columns of the same names the texts that cannot be cast, where any are.

    Numbers are read as Ruby reads them, from the start of the text: `0.1 s` is the float 0.1.
    """
    found = [_cast(texts[column.name], column) for column in columns]
    lost = [_lost(texts[column.name], values) for column, values in zip(columns, found, strict=True)]
    return pl.DataFrame(found), pl.DataFrame([left for left in lost if left is not None])


def _lost(texts: pl.Series, values: pl.Series) -> pl.Series | None:
    """The texts of which nothing came, None when there are none."""
    if isinstance(values.dtype, pl.List):
        is_lost = values.list.eval(pl.element().is_null()).list.any()
    else:
        is_lost = values.is_null() & texts.is_not_null()
    return pl.select(pl.when(is_lost).then(texts).alias(texts.name)).to_series() if is_lost.any() else None


def _cast(texts: pl.Series, column: Column) -> pl.Series:
    if column.type is Type.TEXT:
        return texts
    if column.is_list:
        return texts.list.eval(_value(pl.element(), column.type)).cast(column.dtype)
    if column.type is Type.INT:  # nearly always all that there is to do
        values = texts.cast(column.dtype, strict=False)
        if values.null_count() == texts.null_count():
            return values
    return texts.to_frame().select(_value(pl.col(column.name), column.type).alias(column.name)).to_series()


def _value(text: pl.Expr, type: Type) -> pl.Expr:
    match type:
        case Type.INT:
            fraction = pl.when(text.str.contains(r"^\s*[+-]?\.[0-9]")).then(pl.lit(0, pl.Int64))
            leading = text.str.extract(LEADING_INT).cast(pl.Int64, strict=False)
            return pl.coalesce(text.cast(pl.Int64, strict=False), leading, fraction)
        case Type.FLOAT:
            leading = text.str.extract(LEADING_FLOAT).cast(pl.Float64, strict=False)
            value = pl.coalesce(text.cast(pl.Float64, strict=False), leading)
            return pl.when(value.is_finite()).then(value)
        case Type.BOOLEAN:
            lower = text.str.to_lowercase()
            return pl.when(lower == "true").then(True).when(lower == "false").then(False)
    return text


def nested(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """The object of a row of columns: nested as `[a][b]` says, absent where null, a list where there are several.

    A field that would have to be both a value and an object keeps its brackets as a key of its own.

    >>> columns = [Column("a.b", ("a", "b"), Type.INT, True), Column("c", ("c",), Type.TEXT, False)]
    >>> nested({"a.b": [1], "c": None}, columns)
    {'a': {'b': 1}}
    """
    found: dict[str, Any] = {}
    for column in columns:
        value = row[column.name]
        if value is None:
            continue
        if column.is_list and len(value) == 1:
            value = value[0]
        if not _is_put(found, column.path, value):
            found["".join(f"[{part}]" for part in column.path)] = value
    return found


def _is_put(found: dict[str, Any], path: tuple[str, ...], value: object) -> bool:
    *parents, name = path
    for parent in parents:
        inner = found.setdefault(parent, {})
        if not isinstance(inner, dict):
            return False
        found = inner
    if name in found:
        return False
    found[name] = value
    return True
