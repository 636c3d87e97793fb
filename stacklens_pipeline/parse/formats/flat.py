"""Objects that look alike, by the column: taken apart at the commas between their fields, without a parser.

Objects that one logger writes differ in their values only. So all are cut where a comma and a quotation mark meet, and
the first of those with as many pieces tells what stands in front of and behind the value in each piece; objects in
objects are as good as flat, since their braces are part of that. Every other one is taken if its pieces say the same,
and if its values are plain, which proves that it is this object and no other. What is not taken (keys in another order,
lists of another length, what no JSON is) is left to a parser. Both ways give the same fields, so it does not matter who
came first.
"""

from collections.abc import Iterator

import polars as pl

from stacklens_pipeline.parse.formats.fields.alike import Alike
from stacklens_pipeline.parse.formats.piece_shapes import shape_of
from stacklens_pipeline.parse.formats.pieces import parted

FEWEST = 256
"""So many objects that look alike make it worth while to take them together: with fewer it costs more than to look at
each."""
MOST_PIECES = 512
"""Objects of more pieces are left to the parser."""
ROUNDS, MISSES = 64, 8
"""So many objects with the same number of pieces are asked for their shape, and so many of them in vain."""

_COMPACT, _SPACED = ',"', ', "'
"""What objects are cut at: as most languages write them, and as Python does."""


def alike_objects(texts: pl.Series) -> Iterator[Alike]:
    """Those texts that are objects in a common form, shape by shape; their places are those of the texts."""
    every = pl.DataFrame({"text": texts}).with_row_index("index")
    pieces = texts.str.split(_COMPACT)
    is_whole = pieces.list.len() == 1
    if not is_whole.any():
        yield from _cut(every, pieces, _COMPACT)
        return
    is_spaced = is_whole & texts.str.contains(_SPACED, literal=True)
    yield from _cut(every.filter(~is_spaced), pieces.filter(~is_spaced), _COMPACT)
    yield from _cut(every.filter(is_spaced), texts.filter(is_spaced).str.split(_SPACED), _SPACED)


def _cut(lines: pl.DataFrame, pieces: pl.Series, mark: str) -> Iterator[Alike]:
    """Take those texts together that a mark cuts into as many pieces."""
    counts = pieces.list.len()
    for count, rows in counts.value_counts().rows():
        if rows < FEWEST or count > MOST_PIECES:
            continue
        group, cut = lines, pieces
        if rows < lines.height:
            group, cut = lines.filter(counts == count), pieces.filter(counts == count)
        flat = cut.explode()
        yield from _by_shape(
            group.with_columns(flat.gather_every(count, place).alias(str(place)) for place in range(count)), mark
        )


def _by_shape(lines: pl.DataFrame, mark: str) -> Iterator[Alike]:
    """Lines of as many pieces, those of one shape after those of another."""
    misses = 0
    for _ in range(ROUNDS):
        if lines.height < FEWEST or misses == MISSES:
            return
        shape = shape_of(lines["text"][0], lines.row(0)[2:], mark)
        if shape is None:
            lines, misses = lines[1:], misses + 1
            continue
        pieces, taken, others = parted(lines, shape)
        if taken.height < FEWEST:  # they are left to the parser, and the others may be of other shapes
            misses += 1
        else:
            yield Alike(pieces, taken["index"], shape.names)
        lines = others
