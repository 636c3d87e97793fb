"""Syslog lines that are split: what they give is what the slower ways give, and what is unusual is left to these."""

from datetime import UTC, datetime, timedelta
from itertools import product
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.formats import BY_NAME, rfc3164, rfc3164_split, rfc5424
from stacklens_pipeline.parse.formats.structured import FEWEST, usual_data
from stacklens_pipeline.tables import UTC_TIME

HEAD = "<165>1 2026-01-02T03:04:05.678901Z web app 12 ID7"
USUAL_5424 = [f'{HEAD} [x@1 a="{n}" b="c d"] it is said' for n in range(FEWEST)]
USUAL_BSD = [f"<30>Jan  2 03:04:05 web app[{n}]: it is said" for n in range(FEWEST)]
USUAL_ISO = [f"2026-01-02T03:04:05.678901+01:00 web app[{n}]: it is said" for n in range(FEWEST)]
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
rfc5424_lines = st.tuples(
    st.sampled_from(["<0>1", "<191>10", "<192>1", "<1>0"]), times, words, words, words, words, data, words
).map(" ".join)
HEADS = ["", "<30>"]
TIMES = [
    "Jan  2 03:04:05", "Dec 31 23:59:59", "Feb 29 00:00:00", "Mar 29 02:30:00", "Oct 11 22:14:61", "Abc 11 22:14:15",
    "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.5-0330", "2026-02-30T03:04:05+01:00", "2026-01-02T03:04:05",
]  # fmt: skip
HOSTS = [
    "web", "10.1.2.3", "-", "2026", "CET", "fe80::1", "[::1]", "user.warn", "last", "forwarded", "web:", "app[1]:",
    "%A-1-B:", "é", "",
]  # fmt: skip
TAGS = [
    "app:", "app[1]:", "app[]:", "-[-]:", "a/b.c(d)[e]:", "a[b", "[1]:", "a:[1]:", ":", "%A-1-B:", "%a:", "message",
    "from x:", "CEF:0|", "app", "App", "1.2.3.4:", "app:said", "user.warn app:",
]  # fmt: skip
MESSAGES = ["said", "  said", '[x a="b"] said', "[x] said", "[ID 7 auth.info] said", "-", "", "\ufeffx\ny"]
rfc3164_lines = st.tuples(
    st.tuples(st.sampled_from([*HEADS, "<192>", "<01>", "<"]), st.sampled_from(TIMES)).map("".join),
    st.sampled_from(HOSTS) | words,
    st.sampled_from(TAGS) | words,
    st.sampled_from(MESSAGES) | words,
).map(" ".join)


def changed(lines: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lines with one piece in the place of another character."""
    return st.builds(lambda text, at, piece: text[: at % len(text)] + piece + text[at % len(text) + 1 :], lines,
                     st.integers(0, 120), pieces)  # fmt: skip


def nothing_valid(parts: pl.DataFrame) -> pl.Series:
    return pl.repeat(False, parts.height, dtype=pl.Boolean, eager=True)


SLOWER = {
    "rfc5424": [
        patch.object(rfc5424, "is_valid", nothing_valid),
        patch.object(rfc5424, "usual_data", lambda parts: usual_data(parts.clear())),
    ],
    "rfc3164": [patch.object(rfc3164, "_readers", lambda lines: (rfc3164._others,))],
}
"""Ways to take lines for unusual: all of them, or only their structured data."""


def assert_alike(name: str, texts: list[str]) -> None:
    observed = [NEW_YEAR + timedelta(hours=7, milliseconds=400 * n) - timedelta(days=n % 3) for n in range(len(texts))]
    lines = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String), "appended_at": observed, "format": name})
    lines = lines.with_columns(pl.col("appended_at").cast(UTC_TIME), pl.lit(b"").alias("value"))
    found = BY_NAME[name].parse(lines, "Europe/Berlin")
    for slower in SLOWER[name]:
        with slower:
            assert_frame_equal(found, BY_NAME[name].parse(lines, "Europe/Berlin"))


def split_5424(texts: list[str]) -> int:
    """How many messages are split, their structured data included."""
    assert_alike("rfc5424", texts)
    parts = rfc5424.split_header(pl.DataFrame({"text": texts}).with_row_index("index"))
    return usual_data(parts.filter(rfc5424.is_valid(parts))).height


def split_3164(texts: list[str]) -> int:
    assert_alike("rfc3164", texts)
    lines = pl.DataFrame({"text": texts}).with_row_index("index").with_columns(observed=NEW_YEAR)
    return rfc3164_split.split_bsd(lines).height + rfc3164_split.split_iso(lines).height


@given(st.lists(rfc5424_lines | changed(rfc5424_lines) | changed(st.sampled_from(USUAL_5424[:1])), max_size=16))
def test_rfc5424(texts: list[str]) -> None:
    assert split_5424([*texts, *USUAL_5424]) >= FEWEST - 1
    assert_alike("rfc5424", (texts or USUAL_5424)[:1] * FEWEST)


@given(
    st.lists(rfc3164_lines | changed(rfc3164_lines) | changed(st.sampled_from(USUAL_BSD[:1])), max_size=16),
    st.permutations([USUAL_BSD, USUAL_ISO]),
)
def test_rfc3164(texts: list[str], usual: list[list[str]]) -> None:
    assert split_3164([*usual[0], *texts, *usual[1]]) >= 2 * FEWEST


def test_every_combination_of_what_is_usual_and_what_is_not() -> None:
    lines = [
        f"{head}{time} {host} {tag} {message}"
        for head, time, host, tag, message in product(HEADS, TIMES, HOSTS, TAGS, MESSAGES)
    ]
    assert 1_000 < split_3164(lines) < len(lines) / 4


@pytest.mark.parametrize(
    "rest",
    [
        "-",
        "- said",
        '[a b="c"]',
        '[a b="c"] \ufeffsaid',
        '[a b="[c" d=""] "said" [a b="c"]',
        '[a][b c="d"][e] said',
        "[a]",
    ],
)
def test_common_messages_are_split(rest: str) -> None:
    assert split_5424([f"{HEAD} {rest}"] * FEWEST) == FEWEST


def test_split_lines_keep_their_order() -> None:
    nil = "<0>1 2026-01-02T03:04:05Z web app 12 ID7 -"
    assert split_5424([nil, USUAL_5424[0], nil, *USUAL_5424]) == FEWEST + 3


def test_shapes_that_alternate_are_all_split() -> None:
    rests = ['[a b="\\"', '[a b="\0"]', *['[a b="c"]', '[a b="c" d="e"] said', "- said", "[a][b]"] * FEWEST]
    assert split_5424([f"{HEAD} {rest}" for rest in rests]) == 4 * FEWEST


@pytest.mark.parametrize("value", ["]", '\\"', "\\\\", "\t", '"', "\0"])
def test_a_value_that_is_not_plain_is_read_by_itself_among_others(value: str) -> None:
    assert split_5424([*USUAL_5424, USUAL_5424[0].replace("c d", value)]) == FEWEST


@pytest.mark.parametrize(
    "rest",
    [
        "[a",
        '[a b="c\\"d"]',
        '[a b="c" b="d"]',
        '[a b="1"][a b="2"]',
        '[a b="c"]said',
        "[a ]",
        '[a b="\t"]',
        '[a b="]"]',
        f"[{'a' * 33}]",
    ],
)
def test_unusual_data_are_read_one_by_one(rest: str) -> None:
    assert split_5424([f"{HEAD} {rest}"] * FEWEST) == 0


@pytest.mark.parametrize(
    "time", ["<30>Jan  2 03:04:05", "Jan  2 03:04:05", "2026-01-02T03:04:05Z", "<1>2026-01-02T03:04:05-01:00"]
)
@pytest.mark.parametrize("tag", ["app:", "app[1]:", "app[1]: said: [x]", "sshd(pam_unix)[1]: said", "a/b[c]:   said"])
def test_common_lines_are_split(time: str, tag: str) -> None:
    assert split_3164([f"{time} web {tag}"]) == 1


@pytest.mark.parametrize(
    "tag",
    ["", "said", "app", ": said", "a:b: said", "a[1 2]: said", "a[b]c]: said", "a[1] said", 'app: [x a="b"] said'],
)
def test_unusual_tags_are_left_to_the_patterns(tag: str) -> None:
    assert split_3164([f"<30>Jan  2 03:04:05 web {tag}"]) == 0
