"""Rows with declared columns, and key=value lines with declared marks: what is written is read."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats.delimited import CSV, Dialect, csv_format, rows
from stacklens_pipeline.parse.formats.key_value import key_value_format
from tests.unit.parse.lines import read
from tests.unit.parse.test_formats import record

ORDERS = csv_format("orders", ["ts", "level", "msg", "order", "status"])


def test_known_columns_are_columns_and_all_others_attributes() -> None:
    found = read(ORDERS, '2026-01-02T03:04:05Z,error,"it ""broke"", so\nwhat",7,500')
    assert found["timestamp"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (found["level"], found["body"], found["http_status"]) == ("ERROR", 'it "broke", so\nwhat', 500)
    assert found["attributes"] == {"order": "7"}


def test_a_row_may_have_too_few_values_or_too_many() -> None:
    few, many = read(ORDERS, "2026-01-02T03:04:05Z,error"), read(ORDERS, 'a,b,c,d,200,x,"y, z",')
    assert (few["body"], few["http_status"], few["attributes"]) == ("2026-01-02T03:04:05Z,error", None, {"order": None})
    assert many["attributes"] == {"order": "d", "extra.1": "x", "extra.2": "y, z", "extra.3": ""}


def test_a_header_is_a_record_without_fields() -> None:
    found = read(ORDERS, "ts,level,msg,order,status")
    assert (found["body"], found["attributes"]) == ("ts,level,msg,order,status", {})
    assert (found["timestamp_source"], found["level"]) == ("observed", "UNKNOWN")


def test_what_follows_a_row_in_the_same_message_is_kept() -> None:
    found = read(csv_format("two", ["a", "b"]), "1,2\r\n3,4\n")
    assert found["attributes"] == {"a": "1", "b": "2", "rest": "3,4"}


def test_empty_values_are_no_columns() -> None:
    found = read(ORDERS, ",,,,")
    assert (found["level"], found["http_status"], found["body"]) == ("UNKNOWN", None, ",,,,")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a" b,c', ['a" b', "c"]),
        ('"a,b', ["a,b"]),
        ('a"b,"c"', ['a"b', "c"]),
        ('"","",', ["", "", ""]),
        ('"""",x', ['"', "x"]),
        ("", [""]),
    ],
)
def test_rows_that_nobody_should_write_lose_nothing(text: str, expected: list[str]) -> None:
    values, _ = rows(pl.Series([text]), Dialect(()))
    assert values.to_list() == [expected]


def test_other_dialects() -> None:
    assert read(csv_format("t", ["msg", "x"], delimiter="\t", quote="'"), "'a\tb'\tc\"d")["attributes"] == {"x": 'c"d'}
    assert read(csv_format("p", ["a", "b"], delimiter="|", quote=""), 'x"|"y')["attributes"] == {"a": 'x"', "b": '"y'}


VALUES = st.text('aé1 ,"\n;|', max_size=5)


@given(st.lists(st.lists(VALUES, min_size=2, max_size=5), min_size=1, max_size=5), st.sampled_from(",;|"))
def test_what_python_writes_is_read(written: list[list[str]], delimiter: str) -> None:
    texts = []
    for row in written:
        csv.writer(out := io.StringIO(), delimiter=delimiter).writerow(row)
        texts.append(out.getvalue().removesuffix("\r\n"))
    values, rest = rows(pl.Series(texts), Dialect((), delimiter))
    assert values.to_list() == written
    assert rest.null_count() == len(texts)


@pytest.mark.parametrize(
    ("columns", "marks", "value"),
    [
        (["a", "b", "a"], {}, "a"),
        (["rest"], {}, "rest"),
        (["extra.1"], {}, "extra.1"),
        (["a"], {"delimiter": ",,"}, ",,"),
        (["a"], {"delimiter": ""}, ""),
        (["a"], {"quote": ","}, ","),
        (["a"], {"quote": "''"}, "''"),
    ],
)
def test_what_cannot_be_read_is_refused(columns: list[str], marks: dict[str, str], value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"`{value}`$"):
        csv_format("x", columns, **marks)


def test_rows_of_undeclared_columns_are_extra() -> None:
    found = record(b'a,"b, c"', format=CSV.name)
    assert (found["format"], found["body"]) == ("csv", 'a,"b, c"')
    assert found["attributes"] == {"extra.1": "a", "extra.2": "b, c"}


@pytest.mark.parametrize(
    ("pair", "field", "text", "expected"),
    [
        (":", ",", "path:\"/cart\", host : x.y ,  fwd: 'a, b', beta", {"path": "/cart", "fwd": "a, b", "beta": True}),
        (":", ",", 'a: "b" c, d: e: f', {"a": '"b" c', "d": "e: f"}),
        ("--", "||", '"a b" -- "c\\"d" ||  e -- ', {"a b": 'c"d', "e": ""}),
        (":", " ", '"a b" : "c"    d     : e f', {"a b": "c", "d": "e", "f": True}),
        (":", " ", "a: b:c", {"a": "", "b": "c"}),
        (":", "\n", 'To: tom\ntest: "tom" test', {"To": "tom", "test": '"tom" test'}),
        (":", " ", 'x x:"1" x:2 y:3 y', {"x": ["1", "2"], "y": "3"}),
        ("=", ";", "a=b;=c;d=", {"a": "b", "=c": True, "d": ""}),
    ],
)
def test_key_value_lines(pair: str, field: str, text: str, expected: dict[str, Any]) -> None:
    found = read(key_value_format("mine", pair=pair, field=field), text)
    named = found["attributes"] | {"path": found.get("url_path"), "host": found.get("host_name")}
    assert {name: named[name] for name in expected} == expected


@pytest.mark.parametrize("text", ["words alone", " , "])
def test_a_line_without_pairs_is_text(text: str) -> None:
    assert read(key_value_format("mine", pair=":", field=","), text)["format"] == "text"


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=3).map("k.{}".format), st.text('aé ,:"\\;', max_size=6), min_size=1
    )
)
def test_pairs_that_are_written_are_read(pairs: dict[str, str]) -> None:
    text = ", ".join(f"{name}:{json.dumps(value, ensure_ascii=False)}" for name, value in pairs.items())
    assert read(key_value_format("mine", pair=":", field=","), text)["attributes"] == pairs


@pytest.mark.parametrize(("pair", "field"), [("", ","), (":", ""), (":", ":"), (":", "::")])
def test_marks_that_cannot_be_told_apart_are_refused(pair: str, field: str) -> None:
    with pytest.raises(ConfigurationError, match=r"`$"):
        key_value_format("x", pair=pair, field=field)
