"""Detection: the format of a line is the first whose test it passes, whatever stands beside it."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.detect import formats
from stacklens_pipeline.parse.formats import FORMATS
from tests.unit.parse.lines import EXAMPLES

pieces = st.sampled_from(["{", "<", "<13>1 ", "Oct 11 22:14:15 ", "h - - [10/Oct/2000:", '] "', "a=", " ", "é", ""])
starts = st.sampled_from([value.decode() for value in EXAMPLES.values()] + [""])
texts = st.none() | st.builds(
    lambda piece, start, cut: "".join(piece) + start[cut:], st.lists(pieces, max_size=4), starts, st.integers(0, 20)
)


@given(st.lists(texts, max_size=20))
def test_the_first_test_that_a_line_passes_names_it(found: list[str | None]) -> None:
    lines = pl.DataFrame({"text": pl.Series(found, dtype=pl.String)})
    passed = [pl.when(f.test).then(pl.lit(f.name)) for f in FORMATS if f.test is not None]
    expected = lines.select(pl.coalesce(*passed, pl.lit("text")).alias("text"))
    assert lines.select(formats(pl.col("text")))["text"].to_list() == expected["text"].to_list()
