"""JSON as it is met: what other readers refuse, change or lose is kept."""

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.formats.flat import FEWEST
from stacklens_pipeline.parse.formats.json_text import MOST_DEPTH, MOST_FIELDS, Digits, dump, load, rewritten
from tests.unit.parse.json_values import nested, words
from tests.unit.parse.lines import raw
from tests.unit.parse.records import expect, record

LARGE = [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30, int("9" * 4_300)]


def test_values_keep_their_kinds_among_the_attributes() -> None:
    line = '{"msg":"ü","i":1,"f":1.50,"t":true,"z":null,"q":"a\\"b\\u00e9\\/","l":[],"o":{},"n":{"a":[{}]}}'.encode()
    assert record(line)["attributes"] == {name: value for name, value in json.loads(line).items() if name != "msg"}


@pytest.mark.parametrize("number", LARGE)
def test_integers_keep_every_digit(number: int) -> None:
    line = f'{{"msg":"m","n":{number},"list":[{number}],"o":{{"n":{number}}}}}'.encode()
    for lines in ([line], [line] * FEWEST):
        assert parse_lines(raw(lines)).parsed["attributes"][0] == line.decode().replace('"msg":"m",', "")


def test_numbers_that_no_reader_holds_are_texts_as_they_stand() -> None:
    digits = "1" * 5_000
    text = parse_lines(raw([f'{{"msg":"m","i":{digits},"f":-1e999,"s":1e-999}}'.encode()])).parsed["attributes"][0]
    assert text == f'{{"i":"{digits}","f":"-1e999","s":0.0}}'


def test_what_python_writes_for_numbers_that_are_none_are_texts() -> None:
    line = json.dumps({"message": "m", "a": math.nan, "b": [math.inf, -math.inf], "duration_ms": math.inf}).encode()
    expected = {"a": "NaN", "b": ["Infinity", "-Infinity"], "duration_ms": "Infinity"}
    expect(line, format="json", body="m", duration_ms=None, attributes=expected)


@pytest.mark.parametrize(
    ("line", "attributes"),
    [
        (b'{"a":1,"a":2}', {"a": 2, "_duplicates": {"a": [1]}}),
        (b'{"a":1,"a":{"b":1},"a":2}', {"a": 2, "_duplicates": {"a": [1, {"b": 1}]}}),
        (b'{"a" : 1, "a" : 2}', {"a": 2, "_duplicates": {"a": [1]}}),
        (b'{"x":{"a":1,"b":0,"a":1}}', {"x": {"a": 1, "b": 0, "_duplicates": {"a": [1]}}}),
        (b'{"a":1,"a":2,"_duplicates":3}', {"a": 2, "_duplicates": {"a": [1], "_duplicates": [3]}}),
        (b'{"a":"\\"a\\":1","b":":x"}', {"a": '"a":1', "b": ":x"}),
    ],
)
def test_of_a_key_that_stands_twice_the_last_counts_and_the_others_are_kept(
    line: bytes, attributes: dict[str, Any]
) -> None:
    expect(line, attributes=attributes)
    assert json.loads(parse_lines(raw([line] * FEWEST)).parsed["attributes"][-1]) == attributes


def test_a_message_that_stands_twice() -> None:
    expect(b'{"msg":"a","msg":"b","level":"info"}', body="b", level="INFO", attributes={"_duplicates": {"msg": ["a"]}})


@pytest.mark.parametrize("depth", [1, MOST_DEPTH - 1, MOST_DEPTH, MOST_DEPTH + 1, 300, 1_100, 100_000])
@pytest.mark.parametrize(("before", "after"), [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deep_is_a_text(before: str, after: str, depth: int) -> None:
    innermost = '"[}"'
    whole = before * depth + innermost + after * depth
    found = record(f'{{"msg":"m","deep":{whole},"last":[1]}}'.encode())
    assert (found["format"], found["body"], found["attributes"].pop("last")) == ("json", "m", [1])
    value, levels = found["attributes"]["deep"], 0
    while not isinstance(value, str):
        value, levels = (value[0] if isinstance(value, list) else value["a"]), levels + 1
    assert levels == min(depth, MOST_DEPTH - 1)
    left = depth - levels
    assert value == (before * left + innermost + after * left if left else "[}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"a\udc00b"', "a\ufffdb"),
        (r'"\uD83D\uDE00"', "\N{GRINNING FACE}"),
        (r'"\ud83d\\ude00"', "\ufffd\\ude00"),
        (r'"\\ud800"', "\\ud800"),
        (r'"\u0000"', "\0"),
        ('"tab\there"', "tab\there"),
        (r'"say \x22no\x22"', 'say "no"'),
        (r'"caf\xC3\xA9 \xff"', "café \ufffd"),
        (r'"\\x22"', "\\x22"),
    ],
)
def test_texts_that_others_refuse(text: str, expected: str) -> None:
    expect(f'{{"msg":{text},"a":{text}}}'.encode(), format="json", body=expected, attributes={"a": expected})


def test_keys_may_be_empty_or_very_long() -> None:
    item = {"": 1, "k" * 100_000: 2, "a.": 3, ".": {"": 4}, "msg": "m"}
    expect(item, body="m", attributes={key: value for key, value in item.items() if key != "msg"})


@pytest.mark.parametrize("count", [MOST_FIELDS - 1, MOST_FIELDS, MOST_FIELDS + 1, 3 * MOST_FIELDS])
def test_fields_beyond_the_cap_are_one_text(count: int) -> None:
    fields = {f"k{n}": n for n in range(count)}
    found = record({**fields, "msg": "m", "level": "error"})
    kept = found["attributes"]
    spilled = json.loads(kept.pop("_spilled", "{}"))
    assert (found["body"], found["level"]) == ("m", "ERROR")
    assert {**kept, **spilled} == fields
    assert len(kept) == (count if count <= MOST_FIELDS else MOST_FIELDS - 1)


def test_nested_fields_count_and_a_field_that_is_called_spilled_is_not_lost() -> None:
    wide = {"a": 1, "wide": {f"k{n}": n for n in range(MOST_FIELDS)}, "b": [{"c": 2}], "_spilled": "mine"}
    kept = record(wide)["attributes"]
    assert json.loads(kept.pop("_spilled")) == {"wide": wide["wide"], "_spilled": "mine"}
    assert kept == {"a": 1, "b": [{"c": 2}]}


@pytest.mark.parametrize(
    "line",
    [
        b'{"cut":',
        b"{}",
        b"{not json}",
        b'{"a":1} tail',
        b'{"a":01}',
        b'{"a":tru}',
        b'{"a":"b",}',
        b'{"a" "b"}',
        b'{"a":"b"}}',
        b'{"a","b"}',
        b'{"a":"\\q"}',
        b"{'a':1}",
        b'{"a":+1}',
    ],
)
def test_what_only_looks_like_json_is_text_with_its_whole_body(line: bytes) -> None:
    expect(line, format="text", body=line.decode(), attributes={})
    assert parse_lines(raw([line] * FEWEST)).parsed["format"].unique().to_list() == ["text"]


def test_texts_among_objects_keep_their_places() -> None:
    lines = [b'{"msg":"m%d","n":%d}' % (n, n) if n % 3 else b"{%d" % n for n in range(3 * FEWEST)]
    parsed = parse_lines(raw(lines)).parsed.sort("offset")
    assert parsed["body"].to_list() == [f"m{n}" if n % 3 else f"{{{n}" for n in range(3 * FEWEST)]
    assert parsed["format"].to_list() == ["json" if n % 3 else "text" for n in range(3 * FEWEST)]


def test_shapes_that_alternate_stay_in_their_rows() -> None:
    odd, even = b'{"msg":"a%d","x":%d}', b'{"message":"b%d","y":{"z":%d}}'
    lines = [(odd if n % 2 else even) % (n, n) for n in range(3 * FEWEST)]
    parsed = parse_lines(raw(lines)).parsed.sort("offset")
    assert parsed["body"].to_list() == [f"{'a' if n % 2 else 'b'}{n}" for n in range(3 * FEWEST)]
    assert [json.loads(text) for text in parsed["attributes"]] == [
        {"x": n} if n % 2 else {"y": {"z": n}} for n in range(3 * FEWEST)
    ]


@given(st.dictionaries(words, nested, max_size=5))
def test_what_is_loaded_is_dumped_again(item: dict[str, Any]) -> None:
    for text in (json.dumps(item), json.dumps(item, ensure_ascii=False, indent=1)):
        loaded = load(text)
        assert loaded is not None
        assert json.loads(dump(loaded)) == json.loads(text)
        assert rewritten(text) == dump(loaded)


def test_numbers_are_dumped_as_orjson_does() -> None:
    for text in ("1.50", "1E5", "-0", "-0.0", "0.00001", "100000000000000000000.0", "5e-324"):
        assert rewritten(text) == orjson.dumps(orjson.loads(text)).decode()
    assert load('{"a":18446744073709551616}') == {"a": Digits("18446744073709551616")}
