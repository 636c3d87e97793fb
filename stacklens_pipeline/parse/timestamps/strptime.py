"""Formats of strptime in its dialects (C, Python, Ruby, chrono), such as `%d/%b/%Y:%H:%M:%S %z`, to their pieces."""

import re
from collections.abc import Iterator, Mapping, Sequence

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.timestamps import pieces as p
from stacklens_pipeline.parse.timestamps.pieces import Piece, literal

_TOKENS = re.compile(r"%(?P<flags>[-_0^#EO]?)(?P<width>:{0,3}|\.?[0-9]?)(?P<letter>[A-Za-z+%])|(?P<other>[^%]+)|%")

_POINT_DECIMALS = Piece(r"(?:\.(?P<decimals>[0-9]{1,9}))?")
_DAY, _HOUR = p.padded(p.DAY), p.padded(p.HOUR)
_TIME = (p.HOUR, literal(":"), p.MINUTE, literal(":"), p.SECOND)
_DATE = (p.YEAR, literal("-"), p.MONTH, literal("-"), p.DAY)
_AMERICAN_DATE = (p.MONTH, literal("/"), p.DAY, literal("/"), p.SHORT_YEAR)
_NAMED_DATE = (p.WEEKDAY_NAME, literal(" "), p.MONTH_NAME, literal(" "), _DAY)

_LETTERS: Mapping[str, Sequence[Piece]] = {
    letter: pieces
    for letters, pieces in {
        "YG": (p.YEAR,),
        "y": (p.SHORT_YEAR,),
        "m": (p.MONTH,),
        "bBh": (p.MONTH_NAME,),
        "de": (_DAY,),
        "aA": (p.WEEKDAY_NAME,),
        "j": (p.ORDINAL,),
        "V": (p.WEEK,),
        "u": (p.WEEKDAY,),
        "HIkl": (_HOUR,),
        "M": (p.MINUTE,),
        "S": (p.SECOND,),
        "fLN": (p.DECIMALS,),
        "pP": (p.HALF,),
        "zZ": (p.ZONE,),
        "s": (p.EPOCH,),
        "nt": (literal(" "),),
        "%": (literal("%"),),
        "F": _DATE,
        "Dx": _AMERICAN_DATE,
        "v": (_DAY, literal("-"), p.MONTH_NAME, literal("-"), p.YEAR),
        "TX": _TIME,
        "R": _TIME[:3],
        "r": (*_TIME, literal(" "), p.HALF),
        "c": (*_NAMED_DATE, literal(" "), *_TIME, literal(" "), p.YEAR),
        "+": (*_DATE, Piece("[Tt ]"), *_TIME, _POINT_DECIMALS, p.ZONE),
    }.items()
    for letter in letters
}


def pieces(format: str) -> Iterator[Piece]:
    """The pieces of a format; raises ConfigurationError for a directive that means nothing.

    Flags of padding and widths are taken and mean nothing: a number may be padded or not.
    """
    for token in _TOKENS.finditer(format):
        letter = token["letter"]
        if token["other"]:
            yield literal(token["other"], least_blanks=0)
        elif letter == "f" and token["width"].startswith("."):
            yield _POINT_DECIMALS
        elif letter in _LETTERS:
            yield from _LETTERS[letter]
        else:
            raise ConfigurationError(f"unknown directive {token[0]} in a time format: `{format}`")
