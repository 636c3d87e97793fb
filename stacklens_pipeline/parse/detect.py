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
    left = pl.DataFrame({"text": texts, "first": texts.str.head(1)}).with_row_index("index")
    found = pl.repeat(NAMES.index(TEXT.name), texts.len(), dtype=pl.UInt8, eager=True)
    for place, format in enumerate(FORMATS):
        if format.test is None:
            continue
        asked = left.filter(left["first"].is_in(list(format.first))) if format.first else left
        hits = asked.filter(format.test.fill_null(False))["index"] if asked.height else asked["index"]
        if hits.len():
            found = found.scatter(hits, place)
            left = left.filter(found.gather(left["index"]) != place)
    return pl.Series(texts.name, NAMES, dtype=pl.String).gather(found)
