"""Several records in one message: each is the record that it would be alone, and the message counts once."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse import parse_lines, pinned
from stacklens_pipeline.parse.several import objects
from tests.unit.parse.lines import EXAMPLES, raw

OBJECTS = st.lists(
    st.dictionaries(st.text(max_size=4), st.none() | st.integers() | st.text(max_size=4) | st.lists(st.booleans())),
    min_size=1,
    max_size=5,
)
WRITTEN = st.sampled_from(["\n", "\r\n", "\n\n"])


@given(OBJECTS, WRITTEN)
def test_lines_and_arrays_come_apart(items: list[dict[str, Any]], end: str) -> None:
    assert [json.loads(text) for text in objects(end.join(map(json.dumps, items)))] == items
    assert [json.loads(text) for text in objects(json.dumps(items, indent=len(end)))] == items


@pytest.mark.parametrize("text", ["[{}", "[{},]", "[{}]x", "[1]", "[[{}]]", '{"a":\n1}', "{}\nx", "[{" * 2_000])
def test_what_is_no_series_of_objects_is_left(text: str) -> None:
    assert objects(text) == []


def test_each_is_the_record_that_it_is_alone() -> None:
    one, other = b'{"level":"error","msg":"a","id":18446744073709551617}', EXAMPLES["json"]
    result = parse_lines(raw([b"first", one + b"\n" + other, b"[" + one + b", " + other + b"]", b"last"]))
    records = result.parsed.sort("offset", "line_index")
    assert records.select("offset", "line_index", "raw_messages").rows() == [
        (0, 0, 1),
        (1, 0, 1),
        (1, 1, 0),
        (2, 0, 1),
        (2, 1, 0),
        (3, 0, 1),
    ]
    alone = parse_lines(raw([one, other])).parsed
    position = ["offset", "line_index", "raw_messages"]
    for offset in (1, 2):
        assert_frame_equal(records.filter(pl.col("offset") == offset).drop(position), alone.drop(position))
    assert result.line_records.select("offset", "records").rows() == [(0, 1), (1, 2), (2, 2), (3, 1)]
    assert result.line_records["value_bytes"].to_list() == [5, len(one + other) + 1, len(one + other) + 4, 4]


def test_more_records_than_a_stack_trace_may_have_lines() -> None:
    values = [b"\n".join([b'{"a":1}'] * 700), b"\tindented", b"2026-01-02 03:04:05 ERROR x", b"\tgoes on"]
    result = parse_lines(raw(values))
    assert result.parsed.height == 702
    assert result.parsed["raw_messages"].sum() == 4
    assert result.line_records["records"].to_list() == [700, 1, 1, 0]


def test_a_pinned_format_takes_messages_as_they_are() -> None:
    message = '{"a":1}\n{"a":2}'
    assert parse_lines(raw([message.encode()]), pinned(format="text")).parsed["body"].to_list() == [message]
