"""Flat objects by the column: what they give is what a parser gives, and what is unusual is left to it."""

from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.formats.fields import Shapes
from stacklens_pipeline.parse.formats.flat import FEWEST, flat_objects

LIKE = {"timestamp": "2026-11-24T04:00:00Z", "level": "info", "n": 7, "ratio": 0.25, "ok": True, "none": None}
USUAL = [orjson.dumps(LIKE).decode()] * FEWEST

pieces = st.sampled_from(['"', "\\", ":", ",", "{", "}", "[", " ", "é", "a", "1", "null", "-", ".", "\x01", "\x7f"])
words = st.lists(pieces, max_size=4).map("".join)
integers = st.integers(-(2**63), 2**63 - 1)
values = st.one_of(words, integers, st.floats(), st.booleans(), st.none(), st.lists(integers, max_size=2))
members = st.dictionaries(st.sampled_from([*LIKE, "path", "msg"]) | words, values, max_size=7)
written = members.map(lambda item: orjson.dumps(item).decode())
changed = st.builds(
    lambda text, at, piece: text[: at % len(text)] + piece + text[at % len(text) + 1 :],
    st.sampled_from(USUAL[:1]) | written,
    st.integers(0, 300),
    pieces,
)


def parsed(texts: list[str]) -> pl.DataFrame:
    """What the parser alone gives."""
    shapes = Shapes()
    for index, text in enumerate(texts):
        try:
            item: Any = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        shapes.add(index, item if isinstance(item, dict) else {})
    return shapes.frame()


def assert_alike(texts: list[str]) -> int:
    flat = flat_objects(pl.Series(texts, dtype=pl.String))
    expected = parsed(texts).join(flat, on="index", how="semi")
    assert_frame_equal(flat.sort("index"), expected.sort("index"))
    return flat.height


@given(st.lists(written | changed, max_size=8))
def test_objects_that_are_taken_have_the_fields_that_a_parser_gives(texts: list[str]) -> None:
    assert assert_alike([*USUAL, *texts]) >= FEWEST
    for text in texts:
        assert_alike([text] * FEWEST)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1}',
        '{ "a" : "b" , "n" : -0.5 } ',
        '{"level":"warn","level_name":"w","msg":"","time":1700000000.25,"user":null,"ok":false}',
        '{"status":200,"status_code":"404","msg":"été \x7f"}',
    ],
)
def test_common_objects_are_taken(text: str) -> None:
    assert assert_alike([text] * FEWEST) == FEWEST


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a":1,"a":2}',
        '{"a":[1]}',
        '{"a":{"b":1}}',
        '{"a":"\\n"}',
        '{"a":1.50}',
        '{"a":1e3}',
        '{"a":0.00001}',
        '{"a":-0}',
        '{"a":12345678901234567890}',
        '{"a":01}',
        '{"a":tru}',
        '{"a":"b"',
        '{"a":"b",}',
        '{"a" "b"}',
        '{"a":"b"}}',
        '{"a":"b"} {"a":"b"}',
        '["a","b"]',
        '{"a","b"}',
        '{"a":"b","c"}',
        '{"a"}',
        '{"tab\there":1}',
    ],
)
def test_what_is_unusual_is_left_to_the_parser(text: str) -> None:
    assert assert_alike([text] * FEWEST) == 0
