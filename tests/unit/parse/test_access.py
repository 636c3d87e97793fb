"""Access lines: splitting gives what the pattern gives, and what is unusual is left to the pattern."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.formats.access import parse_access, records_by_pattern, usual_fields
from stacklens_pipeline.tables import PARSED_LOGS

USUAL = '198.51.100.7 - ann [24/Nov/2026:04:00:00 +0100] "GET /a?b=c HTTP/1.1" 200 12 "https://x/" "curl/8" 0.250'
PIECES = ['"', "\\", '\\"', " ", "-", "[", "]", "\n", "\t", "?", "0", "7", "é", "GET", "/", ""]

changed = st.builds(
    lambda at, piece, cut: USUAL[: at % len(USUAL)] + piece + USUAL[at % len(USUAL) + cut :],
    st.integers(0, 300),
    st.sampled_from(PIECES),
    st.integers(0, 2),
)
tails = st.sampled_from(["", " 0.250", ' 0.250 "x" 0.300', ' "0.250"', " a 1.000 b", " 0.25"])
lines = changed | tails.map(lambda tail: USUAL.removesuffix(" 0.250") + tail)


def framed(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}).with_row_index("index")


@given(st.lists(lines, min_size=1, max_size=12))
def test_splitting_gives_what_the_pattern_gives(texts: list[str]) -> None:
    every = framed(texts)
    found, expected = parse_access(every, "UTC").sort("index"), records_by_pattern(every)
    columns = [name for name in expected.columns if name in {"index", "severity", *PARSED_LOGS.schema}]
    assert_frame_equal(found.select(columns), expected.select(columns))


@pytest.mark.parametrize("tail", ["", " 0.250", " 0.250 -"])
def test_usual_lines_are_split(tail: str) -> None:
    every = framed([USUAL.removesuffix(" 0.250") + tail])
    assert usual_fields(every)["is_usual"].all()


@pytest.mark.parametrize(
    "text",
    [
        USUAL + ' "x" 0.300',
        USUAL.replace("curl", "c\\rl"),
        USUAL.replace("GET", "get"),
        USUAL.replace("1.1", "1 .1"),
        USUAL.replace("] ", "]  "),
    ],
)
def test_what_is_unusual_is_left_to_the_pattern(text: str) -> None:
    assert not usual_fields(framed([text]))["is_usual"].any()
