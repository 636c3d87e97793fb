"""Bytes to text: each value by itself, whatever stands beside it."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.characters import TOGETHER, utf8

pieces = st.sampled_from(
    [b"a", "é".encode(), "é".encode()[:1], "\U0001f600".encode()[:3], b"\xff", b"\n", b"\x00", b""]
)
values = st.none() | st.lists(pieces, max_size=3).map(b"".join)


def decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


@given(st.lists(values, max_size=12), st.integers(0, 12), st.booleans())
def test_each_value_is_decoded_or_null(found: list[bytes | None], cut: int, is_long: bool) -> None:
    many = [*found, *[b"plain"] * (TOGETHER if is_long else 0), *found]
    chunks = [pl.Series(part, dtype=pl.Binary) for part in (many[:cut], many[cut:])]
    assert utf8(pl.concat(chunks)).to_list() == [decoded(value) for value in many]
