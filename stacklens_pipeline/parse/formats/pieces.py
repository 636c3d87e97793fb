"""Pieces of many objects of one shape: which objects are of it, and the values in their pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_

import orjson
import polars as pl

from stacklens_pipeline.parse.formats.fields.remaining import Path
from stacklens_pipeline.parse.formats.json_text import rewritten
from stacklens_pipeline.parse.formats.matching import are
from stacklens_pipeline.parse.formats.piece_shapes import PLAIN, SCALAR, SIGN, TEXT, Member, Shape

_MANY = 4_096
"""So many values make it worth while to see whether they are repeated."""
_ESCAPE = "\\"
_WHOLE = "(?:0|-?[1-9][0-9]{0,99})"
_USUAL_NUMBER = (
    rf"^(?:{_WHOLE}|-?[1-9][0-9]{{0,8}}\.(?:0|[0-9]{{0,5}}[1-9])|-?0\.(?:0|0{{0,3}}[1-9](?:[0-9]{{0,8}}[1-9])?))$"
)
"""Numbers that are written back as they stand, whatever writes them: of at most 15 digits, or whole."""
_ELEMENT = f'(?:true|false|null|{_WHOLE}|"{SIGN}*")'
_USUAL = rf"^(?:true|false|null|\{{\}}|\[\]|\[{_ELEMENT}(?:,{_ELEMENT})*\]|{_USUAL_NUMBER[1:-1]})$"


@dataclass(frozen=True)
class Piece:
    """A member of many objects: what stands in their pieces, and their `values` alone where these were cut already.

    `has_escapes` says that some of the objects hold escapes.
    """

    member: Member
    pieces: pl.Series
    values: pl.Series | None
    has_escapes: bool

    @property
    def path(self) -> Path:
        """Where the values lie."""
        return self.member.path

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""
        return self.member.is_text

    @property
    def absent(self) -> bool:
        """Whether there are objects without it."""
        return False

    def value(self, *, exactly: bool) -> pl.Series:
        """Texts, or numbers, which are `exactly` as JSON writes them if that is asked for; null for what is neither."""
        if self.is_text:
            return self._unescaped()
        if self._is_usual_number:
            return self.inner
        is_number = self.inner.str.contains("^[-0-9]")
        numbers = self.inner if is_number.all() else self.inner.set(~is_number, None)
        return self._rewritten(numbers) if exactly else numbers

    def written(self, before: str, after: str) -> tuple[str, pl.Series, str]:
        """The values as JSON, and what of the texts around them is still to be written before and after.

        Where the pieces hold these texts too, they need not be cut.
        """
        if not self._is_usual:
            inner = '"' + self.inner + '"' if self.is_text else self.inner
            return before, self._rewritten(inner), after
        quote = len('"') if self.is_text else 0
        lead, tail = self.member.before[: len(self.member.before) - quote], self.member.after[quote:]
        pieces = self.pieces
        if self.is_text and not self.member.before:  # the mark took the quotation mark of an element of a list
            before += '"'
        elif before.endswith(lead):
            before = before.removesuffix(lead)
        else:
            pieces = pieces.str.slice(len(lead))
        if after.startswith(tail):
            after = after.removeprefix(tail)
        else:
            pieces = pieces.str.head(-len(tail))
        return before, pieces, after

    @cached_property
    def inner(self) -> pl.Series:
        """What stands between the texts before and after the value."""
        if self.values is not None:
            return self.values
        return self.pieces.to_frame("0").select(_value("0", self.member)).to_series()

    @cached_property
    def _is_usual(self) -> bool:
        """Whether all values are written as JSON would be written here."""
        if self.is_text:
            return not (self.has_escapes and self._is_escaped_otherwise.any())
        return self._is_usual_number or _match(self.inner, _USUAL) is True

    @cached_property
    def _is_usual_number(self) -> bool:
        return _match(self.inner, _USUAL_NUMBER) is True

    @property
    def _is_escaped_otherwise(self) -> pl.Series:
        return self.pieces.str.contains_any([r"\/", r"\u"])

    def holds(self) -> pl.Series | bool:
        """Where there is a value that JSON has, of those without quotation marks."""
        if self._is_usual_number:
            return True
        return _match(self.inner, f"^(?:{SCALAR if self.member.is_field else PLAIN})$")

    def text_holds(self, has_controls: bool) -> pl.Series:
        """Where the text between quotation marks is one that JSON has."""
        if has_controls:
            return self.inner.str.contains(f"^{TEXT}$")
        has_mark = self.inner.str.contains('"', literal=True)
        if not self.has_escapes:
            return ~has_mark
        rows = self.inner.str.contains(_ESCAPE, literal=True).arg_true()
        return (~has_mark).scatter(rows, self.inner.gather(rows).str.contains(f"^{TEXT}$"))

    def _rewritten(self, values: pl.Series) -> pl.Series:
        unusual = (self._is_escaped_otherwise if self.is_text else ~values.str.contains(_USUAL)).arg_true()
        known: dict[str, str] = {}
        new = [known.get(v) or known.setdefault(v, rewritten(v)) for v in values.gather(unusual)]
        return values.scatter(unusual, pl.Series(new, dtype=pl.String))

    def _unescaped(self) -> pl.Series:
        if not self.has_escapes:
            return self.inner
        rows = self.inner.str.contains(_ESCAPE, literal=True).arg_true()
        if not rows.len():
            return self.inner
        texts = orjson.loads('["' + '","'.join(self.inner.gather(rows).to_list()) + '"]')
        return self.inner.clone().scatter(rows, pl.Series(texts, dtype=pl.String))


def parted(lines: pl.DataFrame, shape: Shape) -> tuple[list[Piece], pl.DataFrame, pl.DataFrame]:
    """The pieces of those lines that are of the shape, these lines, and the others."""
    is_like = _is_like(lines, shape.members)
    like, others = (lines, lines.clear()) if is_like.all() else (lines.filter(is_like), lines.filter(~is_like))
    pieces, is_held = _pieces(like, shape)
    if is_held is True:
        return pieces, like, others
    held = like.filter(is_held)
    return _pieces(held, shape)[0], held, pl.concat([others, like.filter(~is_held)])


def _is_like(lines: pl.DataFrame, members: Sequence[Member]) -> pl.Series:
    """Whether each piece begins and ends as the shape says."""
    tests: list[pl.Expr] = []
    for place, member in enumerate(members):
        piece = pl.col(str(place))
        tests += [piece.str.starts_with(member.before), piece.str.ends_with(member.after)]
        if member.is_text:  # else one quotation mark could do for both
            tests.append(piece.str.len_bytes() >= len((member.before + member.after).encode()))
    return lines.select(pl.all_horizontal(tests)).to_series()


def _pieces(lines: pl.DataFrame, shape: Shape) -> tuple[list[Piece], pl.Series | bool]:
    """The pieces of lines that look like the shape, and where lines are of it."""
    signs = _Signs.of(lines["text"])
    # each line has the marks of its shape; so it has no other if there are no more in all
    is_clean = not signs.has_controls and not signs.has_escapes and signs.marks == shape.marks * lines.height
    looked_at = {str(p): m for p, m in enumerate(shape.members) if not is_clean or m.is_field or not m.is_text}
    values = lines.select(_value(name, member) for name, member in looked_at.items())
    pieces = [
        Piece(member, lines[name], values[name] if name in looked_at else None, signs.has_escapes)
        for name, member in zip(map(str, range(len(shape.members))), shape.members, strict=True)
    ]
    holds = [piece.holds() for piece in pieces if not piece.is_text]
    if not is_clean:
        holds += [piece.text_holds(signs.has_controls) for piece in pieces if piece.is_text]
    partly = [one for one in holds if isinstance(one, pl.Series) and not one.all()]
    return pieces, reduce(and_, partly) if partly else True


def _value(name: str, member: Member) -> pl.Expr:
    """What stands between the texts before and after a value."""
    cut = pl.col(name).str.slice(len(member.before)) if member.before else pl.col(name)
    return cut.str.head(-len(member.after)) if member.after else cut


@dataclass(frozen=True)
class _Signs:
    """What there is in texts in all: quotation marks, escapes, control characters."""

    marks: int
    has_escapes: bool
    has_controls: bool

    @classmethod
    def of(cls, texts: pl.Series) -> "_Signs":
        """Those of many texts, looked at byte by byte."""
        signs = texts.cast(pl.Binary).cast(pl.List(pl.UInt8)).explode()
        has_controls = bool((signs < ord(" ")).any())
        return cls(int((signs == ord('"')).sum()), bool((signs == ord(_ESCAPE)).any()), has_controls)


def _match(values: pl.Series, pattern: str) -> pl.Series | bool:
    """Where values match, or True when all do."""
    is_few = values.len() < _MANY
    truth = values.str.contains(pattern) if is_few else pl.select(are(values, pattern)).to_series()
    return True if truth.all() else truth
