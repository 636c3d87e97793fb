"""What formats are made of, whichever language they are written in: literal text, numbers, names; put together to a
pattern with fields.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stacklens_pipeline.parse.timestamps.zones import SHORT_ZONE

_WORDS = {
    1: "jan january januar janvier janv enero ene gennaio gen janeiro januari",
    2: "feb february februar février fevrier févr fév fev febrero febbraio fevereiro februari",
    3: "mar march märz maerz mrz mär mars marzo março maart mrt",
    4: "apr april avril avr abril abr aprile",
    5: "may mai mayo maggio mag maio mei",
    6: "jun june juni juin junio giugno giu junho",
    7: "jul july juli juillet juil julio luglio lug julho",
    8: "aug august août aout aoû agosto ago augustus",
    9: "sep september septembre septiembre settembre setembro sept set",
    10: "oct october oktober okt octobre octubre ottobre ott outubro out",
    11: "nov november novembre noviembre novembro",
    12: "dec december dezember dez décembre déc diciembre dic dicembre dezembro",
}

MONTH_WORDS: Mapping[str, int] = {word: number for number, words in _WORDS.items() for word in words.split()}
"""Months in English, German, French, Spanish, Italian, Portuguese and Dutch, in small letters."""


@dataclass(frozen=True)
class Piece:
    """A part of a format: `pattern`, for the value of a `field` unless it is literal.

    `digits` is how many digits a number has when another number follows at once; 0 where it is no number. `before` is a
    pattern for what may stand before the value.
    """

    pattern: str
    field: str = ""
    digits: int = 0
    before: str = ""


def literal(text: str, least_blanks: int = 1) -> Piece:
    """Text as it is; a blank stands for any number of them, but for `least_blanks`."""
    return Piece(re.sub(r"(?:\\\s)+", f" {{{least_blanks},}}", re.escape(text)))


def number(field: str, digits: int, least: int = 1) -> Piece:
    """A number of `least` to `digits` digits, or of just `digits` where another number follows."""
    return Piece(f"[0-9]{{{least},{digits}}}", field, digits)


YEAR = number("year", 4)
SHORT_YEAR = number("year", 2, 2)
MONTH, DAY, HOUR, MINUTE, SECOND = (number(field, 2) for field in ("month", "day", "hour", "minute", "second"))
ORDINAL, WEEK, WEEKDAY = number("ordinal", 3), number("week", 2), number("weekday", 1)
DECIMALS = number("decimals", 9)
MONTH_NAME = Piece(r"[^0-9 .,:;/_-]{3,12}", "word")
WEEKDAY_NAME = Piece(r"[^0-9 ,:;/_-]{2,12}")
HALF = Piece(r"[AaPp]\.?[Mm]\.?", "half")
ZONE = Piece(SHORT_ZONE, "zone")
EPOCH = Piece("[0-9]{1,11}", "seconds")


def padded(piece: Piece) -> Piece:
    """A number that may have a blank in place of its first digit."""
    return replace(piece, before=" ?")


def joined(pieces: Sequence[Piece]) -> str:
    """The pattern of pieces in a row. A field that comes twice counts where it comes first."""
    seen: set[str] = set()
    parts = []
    for piece, following in zip(pieces, [*pieces[1:], Piece("")], strict=True):
        pattern = f"[0-9]{{{piece.digits}}}" if piece.digits and following.digits else piece.pattern
        is_new = piece.field and piece.field not in seen
        group = f"?P<{piece.field}>" if is_new else "?:"
        parts.append(f"{piece.before}({group}{pattern})" if piece.field else pattern)
        seen.add(piece.field)
    return "".join(parts)
