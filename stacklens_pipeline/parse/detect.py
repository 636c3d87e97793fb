"""Detection: what each line is, by its first character and one anchored pattern a format; cheap, per line."""

from functools import cache
from itertools import groupby

import polars as pl

from stacklens_pipeline.parse.formats import FORMATS
from stacklens_pipeline.parse.formats.text import TEXT

GOES_ON = tuple(format.name for format in FORMATS if format.goes_on)
"""Formats whose records lines of text may continue."""
NAMES = tuple(format.name for format in FORMATS)


def formats(text: pl.Expr) -> pl.Expr:
    """The name of each line's format; what nothing recognises is text."""
    return text.map_batches(_formats, return_dtype=pl.String)


def _formats(texts: pl.Series) -> pl.Series:
    """The first test that a line passes names it; so every test is asked only of lines that passed none before."""
    lines = pl.DataFrame({"text": texts, "group": _groups(texts.str.head(1))}).with_row_index("index")
    found = pl.repeat(NAMES.index(TEXT.name), texts.len(), dtype=pl.UInt8, eager=True)
    for group, asked in enumerate(GROUPS):
        left = lines.filter(pl.col("group") == group)
        for begins, places in _together(asked):
            if not left.height:
                break
            may_be = left["text"].str.contains(begins).fill_null(False) if begins else None
            if may_be is None or may_be.all():
                found, left = _asked_in_turn(places, left, found)
            elif may_be.any():
                found, others = _asked_in_turn(places, left.filter(may_be), found)
                left = pl.concat([left.filter(~may_be), others])
    return pl.Series(texts.name, NAMES, dtype=pl.String).gather(found)


def _asked_in_turn(places: tuple[int, ...], left: pl.DataFrame, found: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """What was found, with what these formats recognise among the lines; and the lines that are left."""
    for place in places:
        is_it = left.select(_tests[place].fill_null(False)).to_series()
        if is_it.any():
            found = found.scatter(left["index"].filter(is_it), place)
            left = left.filter(~is_it)
    return found, left


@cache
def _together(asked: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Formats that are asked one after the other, those in a row that say how their lines begin with one pattern."""
    parts: list[tuple[str, tuple[int, ...]]] = []
    for has_beginning, run in groupby(asked, lambda place: bool(FORMATS[place].begins)):
        places = tuple(run)
        begins = "|".join(dict.fromkeys(FORMATS[place].begins for place in places))
        parts += [(f"^(?:{begins})", places)] if has_beginning else [("", (place,)) for place in places]
    return parts


_tests = {place: format.test for place, format in enumerate(FORMATS) if format.test is not None}


def _asked(first: str) -> tuple[int, ...]:
    """The places of the formats whose lines may begin with a character."""
    return tuple(place for place in _tests if not FORMATS[place].first or first in [*FORMATS[place].first])


_FIRSTS = sorted({first for format in FORMATS for first in format.first})
GROUPS = tuple(dict.fromkeys(_asked(first) for first in ("", *_FIRSTS)))
"""Lines whose first characters let the same formats be asked are asked together."""
_GROUP = {first: GROUPS.index(_asked(first)) for first in _FIRSTS}


def _groups(firsts: pl.Series) -> pl.Series:
    """The group of each first character; those that no format names are in the first."""
    return firsts.replace_strict(_GROUP, default=0, return_dtype=pl.UInt8)
