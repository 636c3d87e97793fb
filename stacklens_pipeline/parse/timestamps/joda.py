"""Formats of Joda and java.time, such as `yyyy-MM-dd HH:mm:ss,SSS Z`, to the pieces that they are made of."""

import re
from collections.abc import Iterator, Mapping

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.timestamps import pieces as p
from stacklens_pipeline.parse.timestamps.pieces import Piece, literal

_TOKENS = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<letter>[A-Za-z])(?P=letter)*|(?P<other>[^A-Za-z']+|')")

_LETTERS: Mapping[str, Piece] = {
    letter: piece
    for letters, piece in {
        "d": p.DAY,
        "HkhK": p.HOUR,
        "m": p.MINUTE,
        "s": p.SECOND,
        "Sn": p.DECIMALS,
        "a": p.HALF,
        "D": p.ORDINAL,
        "w": p.WEEK,
        "e": p.WEEKDAY,
        "Ec": p.WEEKDAY_NAME,
        "zZXOV": p.ZONE,
        "G": Piece("(?:AD|BC|CE)"),
    }.items()
    for letter in letters
}
"""Letters that mean the same however often they stand."""


def pieces(format: str) -> Iterator[Piece]:
    """The pieces of a format; raises ConfigurationError for a letter that means nothing.

    What stands in brackets may be missing, as java.time has it, and so may the brackets, which Joda wants. `x` is the
    year of a week where the format has a week, as in Joda, and otherwise an offset.
    """
    if format.count("'") % 2:
        raise ConfigurationError(f"a quote is not closed in a time format: `{format}`")
    for token in _TOKENS.finditer(format):
        if token["letter"]:
            yield _of_letter(token["letter"], len(token[0]), format)
        elif token["quoted"] is not None:
            yield literal(token["quoted"].replace("''", "'") or "'")
        else:
            yield from map(_other, re.findall(r"\[|\]|[^\[\]]+", token["other"]))


def _of_letter(letter: str, count: int, format: str) -> Piece:
    if letter in "yYu" or (letter == "x" and "w" in format):
        return p.SHORT_YEAR if count == 2 else p.YEAR
    if letter in "ML":
        return p.MONTH_NAME if count > 2 else p.MONTH
    if letter == "x":
        return p.ZONE
    if letter not in _LETTERS:
        raise ConfigurationError(f"unknown letter {letter} in a time format: `{format}`")
    return _LETTERS[letter]


def _other(text: str) -> Piece:
    optional = {"[": r"(?:\[?", "]": r"\]?)?"}
    return Piece(optional[text]) if text in optional else literal(text)
