"""Pieces of many objects of one shape: which objects are of it, and the values in their pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_

import orjson
import polars as pl

from stacklens_pipeline.parse.formats.matching import are
from stacklens_pipeline.parse.formats.json_text import rewritten
from stacklens_pipeline.parse.formats.piece_shapes import PLAIN, SCALAR, SIGN, TEXT, Member, Shape
from stacklens_pipeline.parse.formats.remaining import Path

_ESCAPE = "\\"
_WHOLE = "(?:0|-?[1-9][0-9]*)"
_USUAL_NUMBER = rf"^(?:{_WHOLE}|-?[1-9][0-9]{{0,8}}\.(?:0|[0-9]{{0,5}}[1-9])|-?0\.(?:0|0{{0,3}}[1-9](?:[0-9]{{0,8}}[1-9])?))$"
"""Numbers that are written back as they stand, whatever writes them: of at most 15 digits, or whole."""
_ELEMENT = f'(?:true|false|null|{_WHOLE}|"{SIGN}*")'
_USUAL = rf"^(?:true|false|null|\{{\}}|\[\]|\[{_ELEMENT}(?:,{_ELEMENT})*\]|{_USUAL_NUMBER[1:-1]})$"


@dataclass(frozen=True)
class Piece:
    """A member of many objects: what stands in their pieces, and in `inner` the values alone.

    `has_escapes` says that some of the objects hold escapes.
    """

    member: Member
    pieces: pl.Series
    inner: pl.Series
    has_escapes: bool

    @property
    def path(self) -> Path:
        """Where the values lie."""
        return self.member.path

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""
        return self.member.is_text

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
        if before.endswith(lead):
            before = before.removesuffix(lead)
        else:
            pieces = pieces.str.slice(len(lead))
        if after.startswith(tail):
            after = after.removeprefix(tail)
        else:
            pieces = pieces.str.head(-len(tail))
        return before, pieces, after

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
        """Where the piece has a value that JSON has; of texts only `text_holds` says it."""
        if self.is_text or self._is_usual_number:
            return True
        return _match(self.inner, f"^(?:{SCALAR if self.member.is_field else PLAIN})$")

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
        texts = orjson.loads('["' + '","'.join(self.inner.gather(rows)) + '"]')
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
    texts = lines["text"]
    unsure = _unsure(texts, shape.marks)
    has_escapes = bool(unsure.len()) and texts.str.contains(_ESCAPE, literal=True).any()
    inner = lines.select(_inner(str(place), member) for place, member in enumerate(shape.members))
    pieces = [Piece(m, lines[str(p)], inner[str(p)], has_escapes) for p, m in enumerate(shape.members)]
    held = [holds for piece in pieces if (holds := piece.holds()) is not True]
    if unsure.len():
        of_texts = [piece.inner.gather(unsure).str.contains(f"^{TEXT}$") for piece in pieces if piece.is_text]
        held.append(pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True).scatter(unsure, _all(of_texts)))
    return pieces, _all(held) if held else True


def _inner(name: str, member: Member) -> pl.Expr:
    cut = pl.col(name).str.slice(len(member.before)) if member.before else pl.col(name)
    return cut.str.head(-len(member.after)) if member.after else cut


def _all(truths: Sequence[pl.Series]) -> pl.Series:
    return reduce(and_, truths)


def _unsure(texts: pl.Series, marks: int) -> pl.Series:
    """The rows of which the values between quotation marks have to be looked at one by one."""
    if not _are_clean(texts, marks):
        escaped = texts.str.contains(_ESCAPE, literal=True)
        is_clean = escaped.any() and _are_clean(texts.filter(~escaped), marks)
        return escaped.arg_true() if is_clean else pl.int_range(texts.len(), dtype=pl.UInt32, eager=True)
    return pl.Series(dtype=pl.UInt32)


def _are_clean(texts: pl.Series, marks: int) -> bool:
    """Whether no text has an escape or a control character, nor any a quotation mark but those around values.

    Each has at least so many `marks` where the shape says so; so all have just those if there are no more in all.
    """
    if not texts.len():
        return True
    signs = texts.cast(pl.Binary).cast(pl.List(pl.UInt8)).explode()
    lowest = signs.min()
    return (
        isinstance(lowest, int)
        and lowest >= ord(" ")
        and not (signs == ord(_ESCAPE)).any()
        and (signs == ord('"')).sum() == marks * texts.len()
    )


def _match(values: pl.Series, pattern: str) -> pl.Series | bool:
    """Where values match, or True when all do."""
    truth = pl.select(are(values, pattern)).to_series()
    return True if truth.all() else truth
