"""Attributes put together by the column are what a JSON library writes row by row."""

import json

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.members import json_object, number_or_text

ROWS = st.lists(
    st.tuples(st.none() | st.text(max_size=5), st.none() | st.integers(-(2**40), 2**40), st.none() | st.booleans()),
    max_size=6,
)


@given(ROWS)
def test_an_object_holds_the_members_that_are_there(rows: list[tuple[str | None, int | None, bool | None]]) -> None:
    names = ("a text", "number", "flag")
    types = (pl.String, pl.Int64, pl.Boolean)
    columns = {
        name: pl.Series([row[i] for row in rows], dtype=types[i])  # type: ignore[arg-type]
        for i, name in enumerate(names)
    }
    expected = [{name: value for name, value in zip(names, row, strict=True) if value is not None} for row in rows]
    found = [json.loads(text) if text else {} for text in json_object(columns)]
    assert found == expected
    assert [text is None for text in json_object(columns)] == [not each for each in expected]


def test_a_token_is_a_number_where_it_is_one() -> None:
    tokens = pl.Series(["12", "web", None, "007", '"'])
    assert json_object({"pid": number_or_text(tokens)}).to_list() == [
        '{"pid":12}',
        '{"pid":"web"}',
        None,
        '{"pid":"007"}',
        '{"pid":"\\""}',
    ]
