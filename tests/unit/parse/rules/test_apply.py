"""What rules make of records: left out and counted, weighed, held to contracts, redacted, mapped; nothing is lost."""

import json
import math
import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.aggregate import aggregate_records
from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.batch import Parsed
from stacklens_pipeline.parse.rules import Parsers
from stacklens_pipeline.parse.rules.load import parsers_of
from stacklens_pipeline.parse.rules.redaction import fingerprint
from stacklens_pipeline.tables import LOG_METRICS_1M
from tests.unit.parse.lines import raw

CARD = "4111111111111111"


def rules(text: str) -> Parsers:
    indented = "\n".join(f"    {line}" for line in text.strip().splitlines())
    return parsers_of((("parsers.yaml", f"sources:\n  - source: unit\n{indented}\n"),))


def parse(text: str, *lines: bytes | dict[str, object]) -> Parsed:
    values = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return parse_lines(raw(values), rules(text))


def attributes(result: Parsed) -> list[dict[str, object]]:
    return [json.loads(text or "{}") for text in result.parsed.sort("offset", "line_index")["attributes"]]


def messages(result: Parsed) -> int:
    kept, left = result.parsed["raw_messages"].sum(), result.filtered["raw_messages"].sum()
    return int(kept + left) + result.rejected.height


def test_records_are_left_out_and_counted_by_rule() -> None:
    text = "drop:\n  - {name: health, when: {url_path: /health, level: [INFO, DEBUG]}}\n  - {name: x, when: {n: '1'}}"
    lines: list[dict[str, object]] = [
        {"level": "info", "path": "/health"},
        {"level": "error", "path": "/health"},
        {"level": "info", "path": "/other", "n": 1},
        {"level": "info", "path": "/other"},
    ]
    found = parse(text, *lines)
    assert found.parsed["offset"].to_list() == [1, 3]
    assert found.filtered.select("offset", "rule", "raw_messages").rows() == [(0, "unit: health", 1), (2, "unit: x", 1)]
    assert found.line_records.select("offset", "records", "messages").rows() == [(1, 1, 1), (3, 1, 1)]
    assert found.filtered["value_bytes"].to_list() == [len(json.dumps(lines[n])) for n in (0, 2)]


def test_a_stack_trace_is_left_out_as_a_whole() -> None:
    trace = [
        b"2026-01-02 03:04:05 DEBUG x",
        b"\tat a.B.c(D.java:1)",
        b"\tat a.B.d(D.java:2)",
        b"2026-01-02 03:04:06 INFO y",
    ]
    found = parse("drop: [{name: debug, when: {level: DEBUG}}]", *trace)
    assert found.filtered.select("offset", "raw_messages", "value_bytes").rows() == [(0, 3, sum(map(len, trace[:3])))]
    assert found.line_records["offset"].to_list() == [3]


def test_some_of_several_records_in_a_message_are_left_out() -> None:
    message = b'{"level":"debug","a":1}\n{"level":"info","a":2}\n{"level":"debug","a":3}'
    found = parse("drop: [{name: debug, when: {level: DEBUG}}]", message, message.replace(b"info", b"debug"))
    assert found.parsed.select("offset", "line_index", "raw_messages").rows() == [(0, 1, 0)]
    assert messages(found) == 2
    assert found.line_records.select("offset", "records", "messages", "value_bytes").rows() == [(0, 1, 0, 0)]
    assert found.filtered["value_bytes"].sum() == 2 * len(message) + 1


@given(st.integers(2, 50))
def test_a_sample_stands_for_all(one_in: int) -> None:
    found = parse(
        f"sample: [{{name: some, when: {{level: INFO}}, keep: 1/{one_in}}}]", *[b"INFO x"] * 3_000, b"ERROR y"
    )
    kept = found.parsed.filter(pl.col("level") == "INFO")
    assert set(kept["weight"]) == {one_in}
    assert found.parsed.filter(pl.col("level") == "ERROR")["weight"].to_list() == [1]
    assert abs(kept.height - 3_000 / one_in) < 5 * math.sqrt(3_000 / one_in)
    assert messages(found) == 3_001
    counted = aggregate_records(found.parsed)[LOG_METRICS_1M]
    assert counted["count"].sum() == counted["count_info"].sum() + 1 == kept["weight"].sum() + 1


def test_a_sample_keeps_together_what_belongs_together_and_is_the_same_in_any_batch() -> None:
    lines = [{"trace_id": f"{n % 40:032x}", "msg": "x"} for n in range(400)]
    text = "sample: [{name: traces, when: {body: x}, keep: 1/4, by: trace_id}]"
    found = parse(text, *lines)
    kept = Counter(found.parsed["trace_id"].to_list())
    assert 0 < len(kept) < 40
    assert set(kept.values()) == {10}
    halves = [
        parse_lines(part, rules(text)).parsed
        for part in raw([json.dumps(line).encode() for line in lines]).iter_slices(70)
    ]
    assert pl.concat(halves)["offset"].to_list() == found.parsed["offset"].to_list()


def test_weights_multiply_durations_and_bytes() -> None:
    line = {"level": "info", "duration_ms": 2.5, "bytes": 10, "status": 503, "path": "/", "method": "GET"}
    found = parse("sample: [{name: s, when: {level: INFO}, keep: 1/3}]", *[line] * 300)
    times = found.parsed.height * 3
    for table, rows in aggregate_records(found.parsed).items():
        assert rows["count"].sum() == times, table.path
        assert rows["duration_ms_sum"].sum() == times * 2.5
    minute = aggregate_records(found.parsed)[LOG_METRICS_1M]
    assert minute.select("bytes_sent_sum", "request_count", "request_error_count", "duration_count").row(0) == (
        times * 10,
        times,
        times,
        times,
    )
    assert minute["duration_histogram"][0].struct.field("count").sum() == times


CONTRACT = """
contract:
  - {field: id, type: integer, required: true}
  - {field: currency, allowed: [EUR], on_violation: POLICY}
  - {field: at, type: time}
"""


def test_what_breaks_a_promise_is_kept_and_noted() -> None:
    lines = [{"id": 1, "currency": "EUR", "at": "2026-01-01T00:00:00Z"}, {"id": "1", "at": "x"}, {"currency": "USD"}]
    found = parse(CONTRACT.replace("POLICY", "keep"), *lines)
    assert found.parsed.height == 3
    reasons = ["id is no integer", "at is no time", "id is missing", "currency has a value that is not allowed"]
    assert found.notes["reason"].to_list() == [f"unit: {reason}" for reason in reasons]
    assert found.notes["outcome"].to_list() == ["violated", "violated", "violated", "tolerated"]
    assert [each.get("contract.violations") for each in attributes(found)] == [None, reasons[:2], reasons[2:]]


def test_what_breaks_a_strict_promise_is_a_dead_letter() -> None:
    lines = [{"id": 1, "currency": "EUR"}, {"id": 2, "currency": "USD"}, {"id": 3}]
    found = parse(CONTRACT.replace("POLICY", "dead_letter"), *lines)
    assert found.parsed["offset"].to_list() == [0, 2]
    assert found.rejected.select("offset", "reason", "detail").rows() == [
        (1, "contract", "currency has a value that is not allowed")
    ]
    assert found.line_records["offset"].to_list() == [0, 2]
    assert messages(found) == 3


def test_a_message_is_refused_with_all_its_records() -> None:
    several = b'{"id":1,"currency":"EUR"}\n{"id":2,"currency":"USD"}'
    found = parse(CONTRACT.replace("POLICY", "dead_letter"), several, b'{"id":3}')
    assert found.parsed["offset"].to_list() == [1]
    assert found.rejected["offset"].to_list() == [0]
    assert messages(found) == 2


@pytest.mark.parametrize(
    ("action", "put"), [("mask", "***"), ("hash", fingerprint(CARD)), ("drop", "")], ids=["mask", "hash", "drop"]
)
def test_a_pattern_is_redacted_wherever_it_stands(action: str, put: str) -> None:
    found = parse(
        f"redact: [{{name: cards, pattern: '[0-9]{{16}}', with: {action}}}]",
        {
            "msg": f"card {CARD}, again {CARD}!",
            "user": CARD,
            "a": [{"b": f"x{CARD}"}],
            "n": int(CARD),
            "m": 12,
            "k": 2**40,
        },
        {"msg": "none"},
    )
    first = found.parsed.row(0, named=True)
    assert (first["body"], first["user_id"]) == (f"card {put}, again {put}!", put)
    assert attributes(found)[0] == {"a": [{"b": f"x{put}"}], "n": put, "m": 12, "k": 2**40}
    assert found.notes.select("offset", "outcome", "reason").rows() == [(0, "redacted", "unit: cards")]
    assert CARD not in str(found.parsed.rows())


@pytest.mark.parametrize(("action", "put"), [("mask", "***"), ("hash", fingerprint("s3")), ("drop", None)])
def test_fields_are_redacted_as_a_whole(action: str, put: str | None) -> None:
    text = f"redact: [{{name: secrets, fields: [password, user.pin, user_id], with: {action}}}]"
    found = parse(text, {"msg": "m", "password": "s3", "user": {"pin": "s3", "name": "a"}}, {"msg": "m", "uid": "b"})
    expected = {"password": put, "user.pin": put, "user": {"name": "a"}}
    assert attributes(found)[0] == {name: value for name, value in expected.items() if value is not None}


@given(st.text(alphabet="ab1 \n\"'é", max_size=20))
def test_hashing_leaves_what_stands_between_matches(text: str) -> None:
    result = parse("redact: [{name: x, pattern: 'a+', with: hash}]", {"msg": f"m{text}.", "k": text})
    for found, given_text in ((result.parsed["body"][0], f"m{text}."), (attributes(result)[0].get("k", ""), text)):
        assert found == re.sub("a+", lambda match: fingerprint(match[0]), given_text)


def test_fields_become_columns_where_they_fit() -> None:
    text = "fields: {uid: user_id, took: duration_ms, at: timestamp, sev: level, n.code: http_status}"
    fits = {
        "msg": "m",
        "uid": "ann",
        "took": "2.5",
        "at": "2026-01-01T00:00:00Z",
        "sev": "error",
        "n": {"code": 500, "x": 1},
    }
    odd = {"msg": "m", "took": "12ms", "at": "soon", "sev": "odd"}
    found = parse(text, fits, odd)
    columns = found.parsed.select("user_id", "duration_ms", "level", "level_source", "timestamp_source", "http_status")
    assert columns.rows() == [
        ("ann", 2.5, "ERROR", "field", "field", 500),
        (None, None, "UNKNOWN", "none", "observed", None),
    ]
    assert str(found.parsed["timestamp"][0]) == "2026-01-01 00:00:00+00:00"
    assert attributes(found) == [{"n": {"x": 1}}, {"took": "12ms", "at": "soon", "sev": "odd"}]


@pytest.mark.parametrize(
    ("rule", "bodies"),
    [
        ("multiline: none", ["a", "  b", "c", "  d"]),
        ("multiline: {begins: '^c'}", ["a\n  b", "c\n  d"]),
        ("multiline: {continues: '^[bc ]'}", ["a\n  b\nc\n  d"]),
    ],
)
def test_lines_are_joined_as_the_source_says(rule: str, bodies: list[str]) -> None:
    assert parse(rule, b"a", b"  b", b"c", b"  d").parsed["body"].to_list() == bodies


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        ("csv: {columns: [status, user, x], delimiter: ';'}", b'500;ann;"a;b"'),
        ("key_value: {pair: ':', field: '|'}", b"status:500|user:ann|x:a;b"),
    ],
)
def test_declared_formats_are_read_as_they_are_declared(declared: str, line: bytes) -> None:
    found = parse(f"format: {{{declared}}}", line)
    assert found.parsed.select("http_status", "user_id").row(0) == (500, "ann")
    assert attributes(found) == [{"x": "a;b"}]


def test_bytes_of_another_encoding_are_text() -> None:
    assert parse("encoding: latin-1", "Größe".encode("latin-1")).parsed["body"].to_list() == ["Größe"]


def test_only_the_sources_that_are_named_have_rules() -> None:
    parsers = parsers_of(
        (("parsers.yaml", "sources:\n  - {source: a*, format: text}\n  - {source: b, timezone: Asia/Tokyo}"),)
    )
    lines = raw([b'{"a":1}', b"2026-01-01 09:00:00 INFO x", b'{"a":1}']).with_columns(
        source=pl.Series(["ab", "b", "c"])
    )
    found = parse_lines(lines, parsers).parsed.sort("offset")
    assert found["format"].to_list() == ["text", "text", "json"]
    assert str(found["timestamp"][1]) == "2026-01-01 00:00:00+00:00"
    assert set(found["parser_version"]) == {parsers.version}
