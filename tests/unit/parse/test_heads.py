"""Shapes of heads: what tells where a head ends holds whatever follows, and both ways to look at tokens agree."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.heads import head_of, is_settled
from stacklens_pipeline.parse.formats.kinds import KINDS, kind, kinds
from stacklens_pipeline.parse.formats.tokens import codes, cut, shape
from tests.unit.parse.test_text import HEADS

letters = st.sampled_from(sorted(set(KINDS.values())))
words = ["INFO", "Error", "warn", "main", "Thread", "Exception", "B.c", "x1", "a", "0", "12"]
pieces = st.sampled_from([*words, *"[](){}<>:-|/=@#$._'\"\\\t\x00éſ\u212a٣"])
tokens = st.lists(pieces, min_size=1, max_size=6).map("".join)


@given(st.text(letters, max_size=3), st.booleans(), st.text(letters, min_size=1, max_size=9))
def test_what_is_settled_stays_so_whatever_follows(before: str, has_time: bool, after: str) -> None:
    lead = f"{before}T" if has_time else ""
    whole = lead + after
    for end in range(len(lead) + 1, len(whole)):
        if is_settled(whole[:end]):
            assert head_of(whole[:end]) == head_of(whole), whole[:end]
            break


@pytest.mark.parametrize("place", range(9))
@given(st.text(letters, min_size=9, max_size=9))
def test_a_head_has_no_more_tokens_than_there_are(place: int, letters: str) -> None:
    head = head_of(f"T{letters[:place]}")
    assert head is None or 0 <= head.count <= place


@given(st.lists(tokens.filter(lambda token: token[0] != "\t"), max_size=20), st.booleans())
def test_tokens_are_the_same_one_by_one_and_by_the_column(found: list[str], before: bool) -> None:
    column = pl.Series([f"{token} " for token in found], dtype=pl.String)
    assert kinds(column, before).to_list() == [kind(token, before) for token in column]


def test_the_tokens_of_real_heads_are_the_same_by_the_column() -> None:
    texts = pl.Series([f"{line} " for line, *_ in HEADS.values()])
    found = pl.concat([cut(texts, 9)[name] for name in cut(texts, 9).columns]).drop_nulls()
    assert kinds(found).to_list() == [kind(token) for token in found]


@given(st.lists(tokens, max_size=9))
def test_a_code_tells_the_letters(found: list[str]) -> None:
    texts = pl.Series([" ".join(found) + " "])
    columns = cut(texts, 9)
    (code,) = codes(columns)
    assert shape(code) == "".join(kind(token) for token in columns.row(0) if token)


def test_few_letters_are_enough_for_a_number() -> None:
    assert len(set(KINDS.values())) == len(KINDS) < 64
