"""Detection: what each line is, by its first character and one anchored pattern a format; cheap, per line."""

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
        for place in asked:
            if not left.height:
                break
            is_it = left.select(_tests[place].fill_null(False)).to_series()
            if is_it.any():
                found = found.scatter(left["index"].filter(is_it), place)
                left = left.filter(~is_it)
    return pl.Series(texts.name, NAMES, dtype=pl.String).gather(found)


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
