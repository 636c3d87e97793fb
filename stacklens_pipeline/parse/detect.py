"""Detection: what each line is, by its first character and one anchored pattern a format; cheap, per line."""

import polars as pl

from stacklens_pipeline.parse.formats import FORMATS, Format
from stacklens_pipeline.parse.formats.text import TEXT

GOES_ON = tuple(format.name for format in FORMATS if format.goes_on)
"""Formats whose records lines of text may continue."""
NAMES = tuple(format.name for format in FORMATS)
FIRST = {format.gate: "".join(its.first for its in FORMATS if its.gate == format.gate) for format in FORMATS}
"""The characters with which lines may begin that pass a gate."""


def formats(text: pl.Expr) -> pl.Expr:
    """The name of each line's format; what nothing recognises is text."""
    return text.map_batches(_formats, return_dtype=pl.String)


def _formats(texts: pl.Series) -> pl.Series:
    """The first test that a line passes names it; so every test is asked only of lines that passed none before."""
    left = pl.DataFrame({"text": texts, "first": texts.str.head(1)}).with_row_index("index")
    found = pl.repeat(NAMES.index(TEXT.name), texts.len(), dtype=pl.UInt8, eager=True)
    gated: dict[str, pl.DataFrame] = {}
    for place, format in enumerate(FORMATS):
        if format.test is None:
            continue
        asked = _behind(format, left, gated)
        hits = asked.filter(format.test.fill_null(False))["index"] if asked.height else asked["index"]
        if hits.len():
            found = found.scatter(hits, place)
            left = left.filter(found.gather(left["index"]) != place)
            gated = {gate: lines.filter(found.gather(lines["index"]) != place) for gate, lines in gated.items()}
    return pl.Series(texts.name, NAMES, dtype=pl.String).gather(found)


def _behind(format: Format, left: pl.DataFrame, gated: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Those of the lines that are left that may be of the format, by their first character and its gate."""
    if format.gate:
        if format.gate not in gated:
            may_be = _beginning(left, FIRST[format.gate])
            gated[format.gate] = may_be.filter(pl.col("text").str.contains(format.gate).fill_null(False))
        left = gated[format.gate]
    return _beginning(left, format.first)


def _beginning(lines: pl.DataFrame, first: str) -> pl.DataFrame:
    """The lines that begin with one of the characters; with any when there are none."""
    return lines.filter(lines["first"].is_in(list(first))) if first and lines.height else lines
