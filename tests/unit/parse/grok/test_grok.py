"""What a compiled Grok gives: typed columns, objects, alternatives, and reasons for texts that are given up."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

from stacklens_pipeline.parse.grok import Grok, Library
from stacklens_pipeline.parse.grok.grok import OVER_BUDGET, OVER_LENGTH

LIBRARY = Library.bundled("ecs-v1")


def objects(pattern: str | list[str], *texts: str | None) -> list[dict[str, object]]:
    return list(LIBRARY.compile(pattern).extract(pl.Series(texts, dtype=pl.String)).nested())


def test_columns_have_the_types_that_the_pattern_says() -> None:
    grok = LIBRARY.compile("%{INT:[a][i]:int} %{NUMBER:f:float} %{WORD:b:boolean} %{WORD:w:string}")
    found = grok.extract(pl.Series(["1 2.5 TRUE x", "-3 4 no y", "nothing", None]))
    assert found.fields.schema == {"a.i": pl.Int64, "f": pl.Float64, "b": pl.Boolean, "w": pl.String}
    assert found.fields.rows() == [(1, 2.5, True, "x"), (-3, 4.0, None, "y"), (None,) * 4, (None,) * 4]
    assert found.matched.to_list() == [True, True, False, False]
    assert found.uncast.to_dicts() == [{"b": None}, {"b": "no"}, {"b": None}, {"b": None}]
    assert list(found.nested())[:2] == [
        {"a": {"i": 1}, "f": 2.5, "b": True, "w": "x"},
        {"a": {"i": -3}, "f": 4.0, "b": "no", "w": "y"},
    ]


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("int", "12", 12),
        ("int", "+5", 5),
        ("int", "12.9", 12),
        ("int", "007", 7),
        ("int", "12abc", 12),
        ("int", ".5", 0),
        ("int", "-", "-"),
        ("int", "99999999999999999999", "99999999999999999999"),
        ("integer", "3", 3),
        ("float", "1.5", 1.5),
        ("float", "1e3", 1000.0),
        ("float", "0.1 s", 0.1),
        ("float", "x", "x"),
        ("float", "inf", "inf"),
        ("float", "NaN", "NaN"),
        ("float", "1e999", "1e999"),
        ("boolean", "False", False),
        ("bool", "0", "0"),
        ("string", "1", "1"),
        ("date", "1", "1"),
    ],
)
def test_texts_are_cast_as_ruby_reads_them_and_kept_where_that_is_no_number(
    type: str, text: str, value: object
) -> None:
    (found,) = objects(f"(?<x:{type}>.*)", text)
    assert found == {"x": value}


def test_a_field_that_is_captured_twice_is_a_list_and_empty_captures_are_absent() -> None:
    assert objects("%{INT:n:int}(?:,%{INT:n:int})?(?<e>x*)", "1,2", "1", "1,x", "1x") == [
        {"n": [1, 2]},
        {"n": 1},
        {"n": 1},
        {"n": 1, "e": "x"},
    ]
    grok = LIBRARY.compile("%{INT:n:int}(?:,%{INT:n:int})?")
    assert grok.extract(pl.Series(["1"])).fields.schema == {"n": pl.List(pl.Int64)}


def test_captures_of_branches_exclude_each_other() -> None:
    grok = LIBRARY.compile("(?:a=%{INT:n:int}|b=%{INT:n:int})")
    assert grok.extract(pl.Series(["b=2", "a=1"])).fields.rows() == [(2,), (1,)]


def test_a_repeated_capture_has_its_last_text() -> None:
    assert objects("(?:%{INT:n},?)+$", "1,2,3") == [{"n": "3"}]


def test_a_list_keeps_a_text_that_cannot_be_cast() -> None:
    assert objects("(?<n:int>\\S+) (?<n:int>\\S+)", "1 x", "1 2") == [{"n": ["1", "x"]}, {"n": [1, 2]}]


def test_a_field_within_a_field_that_is_a_value_keeps_its_brackets() -> None:
    assert objects("%{WORD:a} %{WORD:[a][b]}", "x y") == [{"a": "x", "[a][b]": "y"}]
    assert objects("%{WORD:[a][b]} %{WORD:a}", "x y") == [{"a": {"b": "x"}, "[a]": "y"}]
    assert objects("%{WORD:[a][b]} %{WORD:a.b}", "x y") == [{"a": {"b": "x"}, "a.b": "y"}]


def test_the_first_alternative_that_matches_gives_the_fields() -> None:
    grok = LIBRARY.compile(["^%{INT:n:int}$", "^%{WORD:w}$", "%{GREEDYDATA:rest}"])
    found = grok.extract(pl.Series(["12", "ab", "a b", "", None]))
    assert found.pattern.to_list() == [0, 1, 2, 2, None]
    assert list(found.nested()) == [{"n": 12}, {"w": "ab"}, {"rest": "a b"}, {}, {}]


def test_alternatives_that_type_a_field_differently_make_it_text() -> None:
    assert objects(["^%{INT:x:int}$", "^%{WORD:x}$"], "12", "ab") == [{"x": "12"}, {"x": "ab"}]


def test_the_object_of_a_row_is_made_of_its_columns() -> None:
    grok = LIBRARY.compile("%{INT:[a][b]:int}")
    assert grok.nested({"a.b": 5}) == {"a": {"b": 5}}


def test_a_text_that_is_too_long_is_given_up_and_the_others_are_not() -> None:
    grok = LIBRARY.compile("(?<x>a+)", longest_chars=3)
    found = grok.extract(pl.Series(["aaa", "aaaa", "ééa", "éééa"]))
    assert found.reason.to_list() == [None, OVER_LENGTH, None, OVER_LENGTH]
    assert found.matched.to_list() == [True, False, True, False]


CATASTROPHES = [
    (r"(a+)+$", "a" * 60 + "b"),
    (r"(a|aa)+$", "a" * 60 + "b"),
    (r"(.*,){20}x", "1," * 60),
    (r"(a*)*b|(?<q>c)\k<q>", "a" * 60),
    (r"(?<q>.)(.*,){20}\k<q>!", "1," * 60),
    (r"(?<q>a*?)*\k<q>(a|aa)+$", "a" * 60 + "b"),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    (r"(x+x+)+y(?=(.)\2)(.)", "x" * 60),
]


@pytest.mark.parametrize(("pattern", "hostile"), CATASTROPHES)
def test_a_catastrophe_ends_in_time_and_the_rest_of_the_batch_goes_on(pattern: str, hostile: str) -> None:
    grok = Library().with_definitions({"P": pattern}).compile(["%{P}", "^ok$"], budget_s=0.05)
    found = grok.extract(pl.Series([hostile, "ok", hostile, "also not"]))
    assert found.matched.to_list()[1:2] == [True]
    assert [reason in (None, OVER_BUDGET) for reason in found.reason.to_list()] == [True] * 4
    assert found.reason.to_list()[1] is None
    if grok.why_slow[0] is None:  # Rust's engine is linear and needs no budget
        assert found.reason.null_count() == 4


def test_the_budget_is_a_reason() -> None:
    grok = Library().compile([r"(?<q>a*?)*\k<q>(a|aa)+$", "b"], budget_s=0.02)
    found = grok.extract(pl.Series(["a" * 60 + "b", "aa"]))
    assert (found.reason.to_list(), found.matched.to_list()) == ([OVER_BUDGET, None], [False, True])


LINES = st.sampled_from(
    [
        '10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 12 "-" "x"',
        '::1 - bob@x.y [10/Oct/2026:13:55:36 +0000] "-" 408 - "-" "\\""',
        'x 10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 12 "-" "é"',
        "nothing",
        "",
    ]
)


@pytest.fixture(scope="module")
def apache() -> Grok:
    return LIBRARY.compile(["%{COMBINEDAPACHELOG}", "^(?<word>\\w+)$"])


@given(lines=st.lists(LINES, max_size=30), more=st.integers(0, 2))
def test_results_do_not_depend_on_the_batch(apache: Grok, lines: list[str], more: int) -> None:
    """Large batches take other forms of a pattern than small ones."""
    texts = pl.Series(lines * (1 + 20 * more), dtype=pl.String)
    together = apache.extract(texts)
    single = [apache.extract(texts.slice(place, 1)) for place in range(len(lines))]
    if single:
        assert_frame_equal(together.fields.head(len(lines)), pl.concat([found.fields for found in single]))
        assert_series_equal(together.pattern.head(len(lines)), pl.concat([found.pattern for found in single]))
    assert together.matched.to_list() == [*together.matched.to_list()[: len(lines)]] * (1 + 20 * more)


@given(text=st.text())
def test_no_text_makes_it_fail(apache: Grok, text: str) -> None:
    apache.extract(pl.Series([text, text.replace(" ", "\0")], dtype=pl.String))


def test_nothing_gives_nothing(apache: Grok) -> None:
    found = apache.extract(pl.Series([], dtype=pl.String))
    assert (found.fields.height, list(found.nested()), len(found.matched)) == (0, [], 0)
    assert apache.extract(pl.Series([None, None])).matched.to_list() == [False, False]
