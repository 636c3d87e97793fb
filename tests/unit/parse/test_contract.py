"""What holds for every format and every byte: repeatable, whatever the batch, nothing lost, nothing raised."""

import json
import random
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse import parse_lines, pinned
from stacklens_pipeline.parse.batch import Parsed
from stacklens_pipeline.parse.formats import BY_NAME
from stacklens_pipeline.parse.formats.text import parse_text
from stacklens_pipeline.tables import DEAD_LETTERS, PARSED_LOGS
from stacklens_pipeline.written import statistics
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
    assert set(EXAMPLES) == set(BY_NAME)


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "csv"])  # which only a person can tell
def test_the_example_is_recognised(name: str) -> None:
    result = parse_lines(raw([EXAMPLES[name]]))
    assert result.parsed["format"].to_list() == [name]
    assert result.rejected.is_empty()


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("lines", [[], [None], [b""], [b"x"], [b"\xff"]])
def test_the_schemas_are_kept(name: str, lines: list[bytes | None]) -> None:
    for format in (name, None):
        result = parse_lines(raw([*lines, EXAMPLES[name]] if lines else []), pinned(format=format))
        assert result.parsed.schema == PARSED_LOGS.schema
        assert result.rejected.schema == DEAD_LETTERS.schema
        assert messages(result) == len(lines) + bool(lines)


@given(st.lists(ANY, max_size=12))
def test_nothing_raises_and_nothing_is_lost(values: list[bytes | None]) -> None:
    result = parse_lines(raw(values))
    assert messages(result) == len(values)
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


STRANGE = {
    "nested deeper than can be written": b'{"msg":"m","a":' + b"[" * 300 + b"]" * 300 + b"}",
    "a time beyond all dates": b'{"msg":"m","ts":5e20}',
    "a time beyond all numbers": b'{"msg":"m","ts":9.2e21}',
    "a time before all dates": b"0000-01-01T00:00:00Z ERROR x",
    "a time after all dates": b"9999-12-31T23:59:59-14:00 ERROR x",
    "a name too long for a pattern": b'{"' + b"k" * 500_000 + b'":1,"msg":"m"}',
    "ten thousand fields": b"{" + b",".join(b'"k%d":1' % n for n in range(10_000)) + b"}",
    "a long word among pairs": b"a=b " + b"x" * 500_000 + b" c=d",
    "many brackets": b"<13>1 - - - - - [" + b"[" * 500_000 + b" x]",
    "many quotation marks": b'h - - [10/Oct/2000:13:55:36 +0000] "' + b'\\"' * 300_000,
}


@pytest.mark.parametrize("line", STRANGE.values(), ids=STRANGE)
def test_strange_lines_are_records_that_can_be_stored_and_harm_no_other(line: bytes) -> None:
    result = parse_lines(raw([*[line] * 64, *EXAMPLES.values()]))
    assert result.parsed.height == 64 + len(EXAMPLES)
    assert json.loads(statistics(result.parsed))["numRecords"] == result.parsed.height
    assert_frame_equal(result.parsed.filter(pl.col("offset") >= 64), _shifted(parse_lines(raw([*EXAMPLES.values()]))))


def test_an_object_of_many_fields_is_the_same_alone_and_among_others_like_it() -> None:
    fields = b",".join(b'"k%d":%d' % (n, n) for n in range(900))
    wide = b'{"level":"error","severity":"info","message":["m"],"msg":"m",' + fields + b"}"
    alone, together = parse_lines(raw([wide])).parsed, parse_lines(raw([wide] * 70)).parsed
    assert_frame_equal(together[:1], alone)
    assert alone.select("level", "body").row(0) == ("ERROR", "m")
    attributes = json.loads(alone["attributes"][0])
    assert attributes.pop("message") == ["m"]
    assert attributes == {"severity": "info", **{f"k{n}": n for n in range(900)}}


def _shifted(result: Parsed) -> pl.DataFrame:
    return result.parsed.with_columns(pl.col("offset") + 64)


def test_a_line_that_no_parser_copes_with_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
        if lines["text"].str.contains("poison").any():
            raise ValueError("poison")
        return parse_text(lines, timezone)

    monkeypatch.setitem(BY_NAME, "text", replace(BY_NAME["text"], parse=failing))
    result = parse_lines(raw([b"one", b"poison", b"\tgoes on", b"two", b"three"]))
    assert result.parsed["body"].to_list() == ["one", "two", "three"]
    assert result.rejected.select("offset", "reason").rows() == [(1, "parser_failed"), (2, "parser_failed")]
    assert result.line_records["offset"].to_list() == [0, 3, 4]


@given(st.lists(st.sampled_from(sorted(EXAMPLES.values())) | ANY, max_size=6), st.integers(0, 9_999).map(random.Random))
def test_many_alike_give_the_records_that_each_gives_alone(found: list[bytes | None], dice: random.Random) -> None:
    lines = [line for line in found if line] + [value for value in EXAMPLES.values() for _ in range(70)]
    dice.shuffle(lines)
    frame = raw(lines).with_columns(pl.Series("key", map(_key, range(len(lines)))))
    together = parse_lines(frame)
    alone = [parse_lines(frame[row]) for row in range(len(lines)) if lines[row] in found]
    for each in alone:
        here = pl.col("offset").is_in(each.line_records["offset"].to_list())
        assert_frame_equal(together.parsed.filter(here), each.parsed)
