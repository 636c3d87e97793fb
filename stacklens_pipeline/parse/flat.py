"""Flat JSON objects by the column: what most services write, taken apart at its quotation marks without a parser.

Objects that one logger writes differ in their values only. So the first object with some number of quotation marks
tells where names and values stand; every other one is cut at its quotation marks, and is taken if all that stands
between the values is the same. What is not taken (escapes, nested values, keys in another order, numbers in an unusual
form) is left to a parser. Both ways give the same fields, so it does not matter who came first.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.fields import ALIASES, columns, no_columns

FEWEST = 64
"""So many objects that look alike make it worth while to take them together."""

_UNUSUAL = r"[\\\x00-\x1f]"
_PLAIN = r"true|false|null|0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,9})\.(?:0|[0-9]{0,3}[1-9])"
"""Values without quotation marks that Python writes back as they stand."""

_COLON = re.compile(r" *: *")
_NEXT = re.compile(r" *, *")
_END = re.compile(r" *\} *")
_PLAIN_MEMBER = re.compile(rf"( *: *)({_PLAIN})( *[,}}] *)")


def flat_objects(texts: pl.Series) -> pl.DataFrame:
    """Fields of those texts that are flat objects in a common form: `index`, and the columns of `Shapes.frame`."""
    usual = pl.DataFrame({"text": texts}).with_row_index("index").filter(~pl.col("text").str.contains(_UNUSUAL))
    marks = pl.col("text").str.count_matches('"', literal=True).alias("marks")
    alike = usual.with_columns(marks).partition_by("marks", maintain_order=True)
    shapes = ((group, _shape(group["text"][0])) for group in alike if group.height >= FEWEST)
    return pl.concat([no_columns(), *(_taken(group.drop("marks"), shape) for group, shape in shapes if shape)])


@dataclass(frozen=True)
class _Shape:
    """An object's pieces between quotation marks, by their places: members by name, and the rest, which is fixed."""

    pieces: int
    quoted: Mapping[str, int]
    plain: Mapping[str, tuple[int, str, str]]
    """Place of the piece with the value, and what stands in it before and after the value."""
    fixed: Mapping[int, str]

    @property
    def names(self) -> list[str]:
        """The members' names in their order."""
        return sorted([*self.quoted, *self.plain], key=lambda name: self.quoted.get(name) or self.plain[name][0])


def _shape(text: str) -> _Shape | None:
    """The shape of an object without escapes; None unless it is flat and names nothing twice."""
    pieces = text.split('"')
    if len(pieces) == 1 or len(pieces) % 2 == 0 or not re.fullmatch(r" *\{ *", pieces[0]):
        return None
    quoted: dict[str, int] = {}
    plain: dict[str, tuple[int, str, str]] = {}
    place = 1
    while place < len(pieces) - 1:
        name = pieces[place]
        if name in quoted or name in plain:
            return None
        if member := _PLAIN_MEMBER.fullmatch(pieces[place + 1]):
            plain[name] = place + 1, member[1], member[3]
            after = member[3]
            place += 2
        elif _COLON.fullmatch(pieces[place + 1]) and place + 3 < len(pieces):
            quoted[name] = place + 2
            after = pieces[place + 3]
            place += 4
        else:
            return None
        is_last = place >= len(pieces)
        if not (_END if is_last else _NEXT).fullmatch(after):
            return None
    places = {*quoted.values(), *(place for place, _, _ in plain.values())}
    return _Shape(len(pieces), quoted, plain, {p: piece for p, piece in enumerate(pieces) if p not in places})


def _taken(group: pl.DataFrame, shape: _Shape) -> pl.DataFrame:
    """The fields of those objects in a group that have the shape."""
    cut = pl.col("text").str.split_exact('"', shape.pieces - 1).struct
    pieces = group.select("index", cut.rename_fields([str(p) for p in range(shape.pieces)]).alias("cut")).unnest("cut")
    is_taken = pieces.select(pl.all_horizontal(_holds(shape))).to_series()
    if not is_taken.all():
        pieces = pieces.filter(is_taken)
    texts: dict[str, pl.Series] = {}
    jsons: dict[str, Callable[[], pl.Series]] = {}
    for name in shape.names:
        texts[name], jsons[name] = _member(pieces, shape, name)
    return columns(pieces["index"], {name: text for name, text in texts.items() if name in ALIASES}, jsons)


def _holds(shape: _Shape) -> Iterator[pl.Expr]:
    for place, piece in shape.fixed.items():
        yield pl.col(str(place)) == piece
    for place, before, after in shape.plain.values():
        yield pl.col(str(place)).str.contains(f"^{re.escape(before)}(?:{_PLAIN}){re.escape(after)}$")


def _member(pieces: pl.DataFrame, shape: _Shape, name: str) -> tuple[pl.Series, Callable[[], pl.Series]]:
    """A member as text, and as JSON."""
    if name in shape.quoted:
        text = pieces[str(shape.quoted[name])]
        return text, lambda: '"' + text + '"'
    place, before, after = shape.plain[name]
    value = pieces[str(place)].str.strip_prefix(before).str.strip_suffix(after)
    return value.replace("null", None), lambda: value
