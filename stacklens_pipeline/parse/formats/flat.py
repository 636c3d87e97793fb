"""Flat JSON objects by the column: what most services write, taken apart at its commas without a parser.

Objects that one logger writes differ in their values only. So all are cut where a comma and a quotation mark meet, and
the first of those with as many pieces tells what stands in front of and behind the value in each piece. Every other one
is taken if its pieces say the same, and if its values are plain, which proves that it is this object and no other. What
is not taken (escapes, nested values, keys in another order, numbers in an unusual form) is left to a parser. Both ways
give the same fields, so it does not matter who came first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.fields import ALIASES, columns, no_columns
from stacklens_pipeline.parse.formats.matching import are

FEWEST = 64
"""So many objects that look alike make it worth while to take them together."""
LONGEST = 256
"""Longer names become part of no pattern."""
ROUNDS = 4
"""So many objects with the same number of pieces are asked for their shape."""

_COMPACT, _SPACED = ',"', ', "'
"""What objects are cut at: as most languages write them, and as Python does."""

_TEXT = r'[^"\\\x00-\x1f]*'
_PLAIN = r"true|false|null|0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,9})\.(?:0|[0-9]{0,3}[1-9])"
"""Values without quotation marks that Python writes back as they stand."""
_MEMBER = re.compile(
    rf'(?P<before> *(?P<open>\{{?) *"(?P<name>{_TEXT})" *: *)'
    rf'(?:(?P<quote>")(?P<text>{_TEXT})"|(?P<plain>{_PLAIN}))'
    r"(?P<after> *(?P<close>\}?) *)"
)


def flat_objects(texts: pl.Series) -> pl.DataFrame:
    """Fields of those texts that are flat objects in a common form: `index`, and the columns of `Shapes.frame`."""
    every = texts.to_frame("text").with_row_index("index")
    others = every.filter(~pl.col("text").str.contains(_COMPACT, literal=True))
    spaced = others.filter(pl.col("text").str.contains(_SPACED, literal=True))
    is_spaced = pl.repeat(False, every.height, dtype=pl.Boolean, eager=True).scatter(spaced["index"], True)
    parts = {_COMPACT: every.filter(~is_spaced) if spaced.height else every, _SPACED: spaced}
    return pl.concat([no_columns(), *(taken for mark, part in parts.items() for taken in _cut(part, mark))])


@dataclass(frozen=True)
class _Member:
    """What a piece says beside its value: the name, and the text before and after the value."""

    name: str
    before: str
    after: str
    is_text: bool

    def is_in(self, pieces: pl.Series) -> pl.Expr:
        """Whether each piece is this member with a plain value."""
        value = _TEXT if self.is_text else f"(?:{_PLAIN})"
        return are(pieces, f"^{re.escape(self.before)}{value}{re.escape(self.after)}$")

    def value(self, piece: pl.Series) -> pl.Series:
        """The value of pieces that are this member, as text."""
        text = self._cut(piece)
        is_null = text == "null"
        return text.set(is_null, None) if not self.is_text and is_null.any() else text

    def json(self, piece: pl.Series) -> pl.Series:
        """The value of pieces that are this member, as JSON."""
        text = self._cut(piece)
        return '"' + text + '"' if self.is_text else text

    def _cut(self, piece: pl.Series) -> pl.Series:
        cut = piece.str.slice(len(self.before))
        return cut.str.head(-len(self.after)) if self.after else cut


def _cut(texts: pl.DataFrame, mark: str) -> Iterator[pl.DataFrame]:
    """Cut texts at a mark, and take those with as many pieces together."""
    if texts.height < FEWEST:
        return
    cut = texts.select("index", pl.col("text").str.split(mark).alias("pieces"))
    cut = cut.with_columns(pl.col("pieces").list.len().alias("count"))
    for (count,), group in cut.partition_by("count", as_dict=True, maintain_order=True, include_key=False).items():
        names = [str(place) for place in range(count)]
        pieces = pl.col("pieces").list.to_struct(fields=names)
        yield from _taken_of(group.select("index", pieces).unnest("pieces"), names, mark)


def _taken_of(pieces: pl.DataFrame, places: list[str], mark: str) -> Iterator[pl.DataFrame]:
    for _ in range(ROUNDS):
        if pieces.height < FEWEST:
            return
        shape = _shape(pieces.row(0)[1:], mark)
        if shape is None:
            pieces = pieces[1:]
            continue
        held = (member.is_in(pieces[place]) for place, member in zip(places, shape, strict=True))
        is_taken = pieces.select(pl.all_horizontal(held)).to_series()
        members = dict(zip(places, shape, strict=True))
        if is_taken.all():
            yield _taken(pieces, members)
            return
        yield _taken(pieces.filter(is_taken), members)
        pieces = pieces.filter(~is_taken)


def _shape(pieces: Sequence[str], mark: str) -> list[_Member] | None:
    """The members of an object, piece by piece; None unless it is flat, plain, and names nothing twice."""
    lost = mark.removeprefix(",")  # what the cut took from the piece that follows
    members: list[_Member] = []
    for place, piece in enumerate(pieces):
        found = _MEMBER.fullmatch(piece if place == 0 else lost + piece)
        if (
            found is None
            or len(found["before"]) > LONGEST
            or (place == 0) != bool(found["open"])
            or (place == len(pieces) - 1) != bool(found["close"])
        ):
            return None
        quote = found["quote"] or ""
        before = (found["before"] + quote)[0 if place == 0 else len(lost) :]
        members.append(_Member(found["name"], before, quote + found["after"], bool(quote)))
    return members if len({member.name for member in members}) == len(members) else None


def _taken(pieces: pl.DataFrame, members: Mapping[str, _Member]) -> pl.DataFrame:
    """The fields of objects that have the shape."""
    columned = {place: member for place, member in members.items() if member.name in ALIASES}
    texts = {member.name: member.value(pieces[place]) for place, member in columned.items()}
    jsons = {member.name: partial(member.json, pieces[place]) for place, member in members.items()}
    return columns(pieces["index"], texts, jsons)
