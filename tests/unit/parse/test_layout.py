"""Fields in a fixed order: cutting gives what taking tokens gives."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats.layout import (
    REST,
    _cut,
    _tokens,
    as_list,
    decimal_or_text,
    declared_layout,
    laid_out,
    layout,
)
from stacklens_pipeline.parse.formats.members import json_object

LAYOUTS = [layout('a b "c" d "e" "f" g'), layout('"a" b'), layout("a b c"), layout('a "b"')]

tokens = st.sampled_from(["x", "-", "1.5", '"x y"', '"-"', '""', "é", '"a\\"b"', "a\\b", '"', '"x', 'y"', "x\ty", ""])
texts = st.lists(tokens, max_size=9).map(" ".join)


@given(st.lists(texts, min_size=1, max_size=6), st.sampled_from(LAYOUTS))
def test_lines_that_are_cut_have_the_fields_that_their_tokens_give(lines: list[str], one: object) -> None:
    every = pl.DataFrame({"text": pl.Series(lines, dtype=pl.String)}).with_row_index("index")
    cut, is_usual = _cut(every, one)  # type: ignore[arg-type]
    expected = every.select("index").hstack(_tokens(every["text"], one))  # type: ignore[arg-type]
    assert_frame_equal(cut.filter(is_usual), expected.filter(is_usual))


@pytest.mark.parametrize("text", ['1 2 "3 4" 5 "6" "7" 8', '1 2 "" 5 "6" "7"', "1 2", '1 2 "3"', '1 2 "3 " 5 '])
def test_lines_as_laid_out_and_their_beginnings_are_cut(text: str) -> None:
    _, is_usual = _cut(pl.DataFrame({"text": [text]}).with_row_index("index"), LAYOUTS[0])
    assert is_usual.all()


def test_fields_that_are_dashes_or_missing_are_null_and_more_is_the_rest() -> None:
    lines = pl.Series(['1 - "3 4" 5 "-" "7" 8', '1 2 bare 5 "6"', '1 2 "3" 4 "5" "6" 7 8 "9 10"'])
    assert laid_out(lines, LAYOUTS[0]).rows() == [
        ("1", None, "3 4", "5", None, "7", "8", None),
        ("1", "2", "bare", "5", "6", None, None, None),
        ("1", "2", "3", "4", "5", "6", "7", '8 "9 10"'),
    ]


def test_numbers_are_numbers_and_lists_are_lists() -> None:
    members = {
        "n": decimal_or_text(pl.Series(["0.001", "-1", "01", None])),
        "l": as_list(pl.Series(["a", "a b", None, '"'])),
    }
    assert json_object(members).to_list() == [
        '{"n":0.001,"l":["a"]}',
        '{"n":-1,"l":["a","b"]}',
        '{"n":"01"}',
        '{"l":[""]}',
    ]


@pytest.mark.parametrize("names", [["a", "a"], ["a", REST], [""]])
def test_fields_that_cannot_be_told_apart_are_refused(names: list[str]) -> None:
    with pytest.raises(ConfigurationError, match=f"`{names[-1]}`$"):
        declared_layout(names)
