"""logfmt by the column: what it gives is what the pattern gives, and what is unusual is left to that."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.formats.key_value import pair_fields
from stacklens_pipeline.parse.formats.logfmt import FEWEST, alike_pairs, read_logfmt

USUAL = [f'ts=2026-01-02T03:04:05Z level=info msg="it is {n}" n={n} url=/a?b={n}' for n in range(FEWEST)]

PIECES = [
    '"',
    "'",
    "\\",
    "=",
    " ",
    "  ",
    "é",
    "a",
    "\t",
    "\n",
    "\0",
    "\x1c",
    "\x1f",
    "\x7f",
    "\x85",
    "\xa0",
    "\u3000",
    "",
]
pieces = st.sampled_from(PIECES)
words = st.lists(pieces, max_size=3).map("".join)
names = st.sampled_from(["ts", "level", "msg", "message", "status", "x", "y", "é"]) | words
plain = st.sampled_from(["", "1", "a=b", "warn", "-"]) | words
pairs = st.tuples(names, plain | plain.map(lambda value: f'"{value}"') | st.just('"a b"')).map("=".join)
written = st.lists(pairs | st.sampled_from(["", "word"]), max_size=5).map(" ".join)
changed = st.builds(
    lambda text, at, piece: text[: at % len(text)] + piece + text[at % len(text) + 1 :],
    st.sampled_from(USUAL[:1]) | written.filter(bool),
    st.integers(0, 90),
    pieces,
)


def matched(texts: list[str]) -> pl.DataFrame:
    """What the pattern alone gives."""
    return pair_fields(pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}).with_row_index("index"), read_logfmt)[
        0
    ]


def assert_alike(texts: list[str]) -> int:
    alike = alike_pairs(pl.Series(texts, dtype=pl.String))
    expected = matched(texts).join(alike, on="index", how="semi")
    assert_frame_equal(alike.sort("index"), expected.sort("index"))
    return alike.height


@given(st.lists(written | changed, max_size=8))
def test_lines_that_are_taken_have_the_fields_that_the_pattern_gives(texts: list[str]) -> None:
    assert assert_alike([*texts, *USUAL]) >= FEWEST
    assert assert_alike([*USUAL, *texts]) >= FEWEST
    for text in texts:
        assert_alike([text] * FEWEST)


@pytest.mark.parametrize(
    "text",
    [
        "a=b",
        "a=",
        'a="b"',
        'a=""',
        'a="b c" d="e"',
        'a="b=c d=" x=',
        "status=200 status_code=404 msg=été",
        "url=/a?b=c&d=e level=warn",
        "a=b word",
        'word a="b c" msg',
    ],
)
def test_common_lines_are_taken(text: str) -> None:
    assert assert_alike([text] * FEWEST) == FEWEST


def test_shapes_that_alternate_are_all_taken() -> None:
    texts = [("a=1 msg=b", 'a=1 msg="b c"', "msg=b a=1 d=x")[n % 3] for n in range(3 * FEWEST)]
    assert assert_alike(texts) == len(texts)


def test_unusual_lines_do_not_keep_the_others_from_being_taken() -> None:
    assert assert_alike(["a=\0", "word", "a=b\tc=d", *["a=b"] * FEWEST]) == FEWEST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "=a",
        "a=b  c=d",
        "a=b ",
        " a=b",
        "a=b a=c",
        "a=b\tc=d",
        "a=b\xa0c=d",
        "a=b\x1cc=d",
        'a="b',
        'a="b"c=d',
        'a="b""c"',
        'a=b"c"',
        'a=b="c"',
        '"a"=b',
        'a="b\\"c"',
        "a=\\b",
        'a="\t"',
        "a='b",
        "a=b a",
        "word",
    ],
)
def test_what_is_unusual_is_left_to_the_pattern(text: str) -> None:
    assert assert_alike([text] * FEWEST) == 0
