"""Groups by columns that hold one value are those of `group_by`."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from stacklens_pipeline.constant import constants, grouped

ROWS = pl.DataFrame(
    {"topic": ["a", "a", "b"], "hour": ["h", "h", "h"], "reason": [None, None, None], "n": [1, 2, 4]},
    schema={"topic": pl.String, "hour": pl.String, "reason": pl.String, "n": pl.Int64},
)
BY = ["topic", "hour", "reason"]


@pytest.mark.parametrize(
    "rows", [ROWS, ROWS.head(2), ROWS.head(1), ROWS.head(0)], ids=["varying", "same", "one", "none"]
)
def test_grouped_gives_the_rows_of_group_by(rows: pl.DataFrame) -> None:
    sums = [pl.col("n").sum(), pl.len().alias("rows")]
    expected = rows.group_by(BY).agg(sums)
    assert_frame_equal(grouped(rows, BY, sums).select(expected.columns), expected, check_row_order=False)


def test_null_among_values_is_a_value_of_its_own() -> None:
    rows = pl.DataFrame({"a": [1, None], "b": [None, 1], "c": [1, 1]})
    assert constants(rows, ["a", "b", "c"]) == {"c": 1}
