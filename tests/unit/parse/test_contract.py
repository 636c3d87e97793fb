"""What holds for every format and every byte: repeatable, whatever the batch, nothing lost, nothing raised."""

import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.batch import PARSERS, Parsed
from stacklens_pipeline.tables import DEAD_LETTERS, PARSED_LOGS
from tests.unit.parse.lines import EXAMPLES, raw

ANY = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode(errors="replace")),
    st.tuples(st.sampled_from(sorted(EXAMPLES.values())), st.integers(0, 200), st.binary(max_size=3)).map(
        lambda mutated: mutated[0][: mutated[1]] + mutated[2] + mutated[0][mutated[1] + 1 :]
    ),
)


def messages(result: Parsed) -> int:
    return int(result.parsed["raw_messages"].sum()) + result.rejected.height


def test_every_parser_has_an_example() -> None:
    assert set(EXAMPLES) == set(PARSERS)


@pytest.mark.parametrize("name", PARSERS)
def test_the_example_is_recognised(name: str) -> None:
    result = parse_lines(raw([EXAMPLES[name]]))
    assert result.parsed["format"].to_list() == [name]
    assert result.rejected.is_empty()


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("lines", [[], [None], [b""], [b"x"], [b"\xff"]])
def test_the_schemas_are_kept(name: str, lines: list[bytes | None]) -> None:
    for pinned in (name, None):
        result = parse_lines(raw([*lines, EXAMPLES[name]] if lines else []), format=pinned)
        assert result.parsed.schema == PARSED_LOGS.schema
        assert result.rejected.schema == DEAD_LETTERS.schema
        assert messages(result) == len(lines) + bool(lines)


@given(st.lists(ANY, max_size=12))
def test_nothing_raises_and_nothing_is_lost(values: list[bytes | None]) -> None:
    result = parse_lines(raw(values))
    assert messages(result) == len(values)
    assert result.open == {}
    assert result.parsed["timestamp"].null_count() == result.parsed["level"].null_count() == 0
    assert_frame_equal(parse_lines(raw(values)).parsed, result.parsed)


@given(st.lists(ANY, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_record_does_not_depend_on_its_neighbours(values: list[bytes | None], dice: random.Random) -> None:
    lines = [value for value in values if value and value.lstrip()[:1] in (b"{", b"<", b"1")]
    alone = [parse_lines(raw([line])).parsed for line in lines]
    dice.shuffle(order := list(range(len(lines))))
    together = parse_lines(raw([lines[index] for index in order]).with_columns(pl.Series("key", map(_key, order))))
    by_row = together.parsed.sort("offset").drop("offset")
    for row, index in enumerate(order):
        if together.parsed.height == len(lines):
            assert_frame_equal(by_row.slice(row, 1), alone[index].drop("offset"))


def _key(index: int) -> bytes:
    """A stream of its own, so that no line goes on with another."""
    return b"%d" % index
