"""Bytes to text: each value by itself, whatever stands beside it."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.characters import FEW, TOGETHER, utf8

pieces = st.sampled_from(
    [b"a", "é".encode(), "é".encode()[:1], "\U0001f600".encode()[:3], b"\xff", b"\n", b"\x00", b""]
)
short = st.lists(pieces, max_size=3).map(b"".join)
# longer ones lie in one piece of memory, one behind the other
long = st.tuples(short, st.sampled_from([b"", b"x" * 20]), short).map(b"".join)
values = st.none() | short | long


def decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


@given(st.lists(values, max_size=12), st.integers(0, 12), st.sampled_from([0, FEW, TOGETHER]))
def test_each_value_is_decoded_or_null(found: list[bytes | None], cut: int, plain: int) -> None:
    many = [*found, *[b"plain text of a line"] * plain, *found]
    chunks = [pl.Series(part, dtype=pl.Binary) for part in (many[:cut], many[cut:])]
    assert utf8(pl.concat(chunks)).to_list() == [decoded(value) for value in many]
