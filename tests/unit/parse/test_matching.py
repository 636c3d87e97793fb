"""Patterns over columns: repeated values give what each gives by itself."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.matching import SAMPLE, are

words = st.none() | st.sampled_from(["a", "b", "1", "a1", "", "a\n"])


@given(st.lists(words, max_size=12), st.lists(words, max_size=3), st.sampled_from([0, 1, SAMPLE]))
def test_each_row_has_what_its_value_has(front: list[str | None], few: list[str | None], times: int) -> None:
    for texts in ([*few * times, *front], [*front, *few * times]):
        values = pl.Series("v", texts, dtype=pl.String)
        expected = values.str.contains("^[a-z]+$")
        found = values.to_frame().select(pl.col("v"), are(values, "^[a-z]+$").alias("is"))["is"]
        assert found.to_list() == expected.to_list()


def test_a_repeated_value_is_asked_once() -> None:
    values = pl.Series("v", ["a"] * SAMPLE)
    assert pl.select(are(values, "a")).height == 1
