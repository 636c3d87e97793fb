"""Syslog lines that are split: what they give is what the patterns give, and what is unusual is left to these."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.formats import syslog
from stacklens_pipeline.parse.formats.structured import FEWEST

HEAD = "<165>1 2026-01-02T03:04:05.678901Z web app 12 ID7"
USUAL_5424 = [f'{HEAD} [x@1 a="{n}" b="c d"] it is said' for n in range(FEWEST)]
USUAL_3164 = [f"<30>Jan  2 03:04:05 web app[{n}]: it is said" for n in range(FEWEST)]
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

PIECES = ["<", ">", "1", "0", "191", "-", " ", "[", "]", '"', "\\", "=", ":", "é", "\ufeff", "\n", "\0", "a", "x@1", ""]
pieces = st.sampled_from(PIECES)
words = st.lists(pieces, max_size=4).map("".join)
times = st.sampled_from(["2026-01-02T03:04:05Z", "2026-01-02 03:04:05.5+01:00", "2026-13-02T03:04:05.678Z", "-", "x"])
parameters = st.tuples(st.sampled_from(["a", "b"]) | words, words).map(lambda pair: f' {pair[0]}="{pair[1]}"')
elements = st.tuples(st.sampled_from(["x@1", "y"]) | words, st.lists(parameters, max_size=3))
data = st.just("-") | st.lists(elements, min_size=1, max_size=2).map(
    lambda found: "".join(f"[{name}{''.join(pairs)}]" for name, pairs in found)
)
rfc5424 = st.tuples(
    st.sampled_from(["<0>1", "<191>10", "<192>1", "<1>0"]), times, words, words, words, words, data, words
).map(" ".join)
bsd_times = st.sampled_from(
    ["Jan  2 03:04:05", "Dec 31 23:59:59", "Feb 29 00:00:00", "Oct 11 22:14:61", "Abc 11 22:14:15"]
)
tags = st.sampled_from(["app:", "app[1]:", "app[]:", "-[-]:", "a[b", "[1]:", "a:[1]:", ":"]) | words
rfc3164 = st.tuples(
    st.tuples(st.sampled_from(["<30>", "", "<192>", "<1>", "<1234>", "<"]), bsd_times).map("".join), words, tags, words
).map(" ".join)


def changed(lines: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lines with one piece in the place of another character."""
    return st.builds(lambda text, at, piece: text[: at % len(text)] + piece + text[at % len(text) + 1 :], lines,
                     st.integers(0, 120), pieces)  # fmt: skip


def assert_alike(name: str, texts: list[str]) -> int:
    """The records are those of the pattern; how many lines were split."""
    split: Callable[[pl.DataFrame], pl.DataFrame] = getattr(syslog, f"split_{name}")
    parse = getattr(syslog, f"parse_{name}")
    observed = [NEW_YEAR + timedelta(hours=7, milliseconds=400 * n) - timedelta(days=n % 3) for n in range(len(texts))]
    lines = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String), "appended_at": observed})
    lines = lines.with_columns(pl.col("appended_at").cast(pl.Datetime("us", "UTC")))
    with patch.object(syslog, f"split_{name}", lambda every: split(every).clear()):
        expected = parse(lines, "Europe/Berlin")
    assert_frame_equal(parse(lines, "Europe/Berlin"), expected)
    return split(lines.with_row_index("index")).height


@given(st.lists(rfc5424 | changed(rfc5424) | changed(st.sampled_from(USUAL_5424[:1])), max_size=8))
def test_rfc5424(texts: list[str]) -> None:
    assert assert_alike("rfc5424", [*texts, *USUAL_5424]) >= FEWEST - 1
    for text in texts:
        assert_alike("rfc5424", [text] * FEWEST)


@given(st.lists(rfc3164 | changed(rfc3164) | changed(st.sampled_from(USUAL_3164[:1])), max_size=8))
def test_rfc3164(texts: list[str]) -> None:
    assert assert_alike("rfc3164", [*texts, *USUAL_3164]) >= FEWEST


@pytest.mark.parametrize(
    "rest",
    [
        "-",
        "- said",
        '[a b="c"]',
        '[a b="c"] \ufeffsaid',
        '[a b="[c]" d=""] "said" [a b="c"]',
        '[a][b c="d"][e] said',
        "[a]",
    ],
)
def test_common_messages_are_split(rest: str) -> None:
    assert assert_alike("rfc5424", [f"{HEAD} {rest}"] * FEWEST) == FEWEST


def test_split_lines_keep_their_order() -> None:
    nil = "<0>1 2026-01-02T03:04:05Z web app 12 ID7 -"
    assert assert_alike("rfc5424", [nil, USUAL_5424[0], nil, *USUAL_5424]) == FEWEST + 3


def test_shapes_that_alternate_are_all_split() -> None:
    rests = ['[a b="\\"', '[a b="\0"]', *['[a b="c"]', '[a b="c" d="e"] said', "- said", "[a][b]"] * FEWEST]
    assert assert_alike("rfc5424", [f"{HEAD} {rest}" for rest in rests]) == 4 * FEWEST


@pytest.mark.parametrize(
    "rest",
    ["", "said", "[a", '[a b="c\\"d"]', '[a b="c" b="d"]', '[a b="1"][a b="2"]', '[a b="c"]said', "[a ]", '[a b="\t"]'],
)
def test_unusual_data_are_left_to_the_pattern(rest: str) -> None:
    assert assert_alike("rfc5424", [f"{HEAD} {rest}"] * FEWEST) == 0


@pytest.mark.parametrize("tag", ["app:", "app[1]:", "app[]: said", "app[1]: said: [x]"])
def test_common_lines_are_split(tag: str) -> None:
    assert assert_alike("rfc3164", [f"Jan  2 03:04:05 web {tag}"]) == 1


@pytest.mark.parametrize("tag", ["", "said", "app", ": said", "a:b: said", "a[1 2]: said", "a[b]c]: said", "a[1] said"])
def test_unusual_tags_are_left_to_the_pattern(tag: str) -> None:
    assert assert_alike("rfc3164", [f"<30>Jan  2 03:04:05 web {tag}"]) == 0
