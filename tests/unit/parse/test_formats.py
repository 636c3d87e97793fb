"""Each format's fields, as a person reads them in the line."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from stacklens_pipeline.parse import parse_lines, pinned
from stacklens_pipeline.parse.formats.text import LONGEST_HEAD
from tests.unit.parse.lines import EXAMPLES, RECEIVED, raw


def record(line: bytes, received: datetime = RECEIVED, **options: Any) -> dict[str, Any]:
    """The only record of a line, its attributes as an object and without what is null."""
    parsed = parse_lines(raw([line], received), pinned(**options)).parsed
    assert parsed.height == 1
    found = parsed.row(0, named=True)
    found["attributes"] = orjson.loads(found["attributes"]) if found["attributes"] else None
    return {name: value for name, value in found.items() if value is not None}


def expect(line: bytes, **wanted: Any) -> None:
    found = record(line)
    assert {name: found.get(name) for name in wanted} == wanted


def test_json() -> None:
    expect(
        EXAMPLES["json"],
        format="json",
        timestamp=RECEIVED,
        level="WARNING",
        level_source="field",
        severity_number=13,
        service_name="pay",
        body="slow",
        attributes={"n": {"a": [1]}},
    )


def test_json_values_keep_their_kinds_among_the_attributes() -> None:
    line = '{"msg":"ü","i":1,"big":123456789012345678901,"f":1.50,"t":true,"z":null,"q":"a\\"b","l":[],"o":{}}'.encode()
    found = record(line)["attributes"]
    assert found == {name: value for name, value in orjson.loads(line).items() if name != "msg"}


def test_a_nested_value_under_a_known_name_is_an_attribute() -> None:
    expect(b'{"msg":{"a":1},"message":"text"}', body="text", attributes={"msg": {"a": 1}})
    expect(b'{"user":{"of":7},"msg":"x"}', user_id=None, attributes={"user": {"of": 7}})


def test_shapes_that_alternate_stay_in_their_rows() -> None:
    lines = [
        b'{"msg":"a%d","x":%d}' % (n, n) if n % 2 else b'{"message":"b%d","y":{"z":%d}}' % (n, n) for n in range(9)
    ]
    parsed = parse_lines(raw(lines)).parsed.sort("offset")
    assert parsed["body"].to_list() == [f"{'a' if n % 2 else 'b'}{n}" for n in range(9)]
    expected = [{"x": n} if n % 2 else {"y": {"z": n}} for n in range(9)]
    assert [orjson.loads(text) for text in parsed["attributes"]] == expected


@pytest.mark.parametrize("line", [b'{"cut":', b"{}", b"{not json}", b'{"a":1} tail'])
def test_what_only_looks_like_json_is_text_with_its_whole_body(line: bytes) -> None:
    expect(line, format="text", body=line.decode())


def test_rfc5424() -> None:
    expect(
        EXAMPLES["rfc5424"],
        format="rfc5424",
        timestamp=datetime(2003, 8, 24, 12, 14, 15, 3, tzinfo=UTC),
        host_name="web",
        service_name="app",
        severity_number=10,
        level="INFO",
        body="it is said",
        attributes={
            "syslog.facility": 20,
            "syslog.severity": 5,
            "syslog.version": 1,
            "process.pid": 12,
            "syslog.msgid": "ID7",
            "syslog.structured_data": {"x@1": {"a": "b"}, "y@1": {"c": 'd"e'}},
        },
    )


def test_rfc5424_with_nothing_known() -> None:
    line = "<0>1 - - - - - - \ufeffthe end".encode()
    expect(line, host_name=None, service_name="unit", level="CRITICAL", body="the end", timestamp=RECEIVED)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'[a b="c"]', {"a": {"b": "c"}}),
        (b'[a b="c" b="d"]', {"a": {"b": "d"}}),
        (b'[a b="[x]" c="=\\]"]', {"a": {"b": "[x]", "c": "=]"}}),
        (b"[a]", {"a": {}}),
        (b"-", None),
    ],
)
def test_structured_data(data: bytes, expected: dict[str, Any] | None) -> None:
    found = record(b"<13>1 2026-01-02T03:04:05Z h a - - " + data + b" m")["attributes"]
    assert found.get("syslog.structured_data") == expected


def test_rfc3164_takes_the_year_from_the_time_it_was_received() -> None:
    expect(
        EXAMPLES["rfc3164"],
        format="rfc3164",
        timestamp=datetime(2025, 10, 11, 22, 14, 15, tzinfo=UTC),
        host_name="mymachine",
        service_name="su",
        level="CRITICAL",
        body="'su root' failed",
    )
    assert record(b"Dec 31 23:59:59 h a: m")["timestamp"] == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert record(b"Jan  2 05:00:00 h a: m")["timestamp"] == datetime(2026, 1, 2, 5, tzinfo=UTC)
    new_year = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert record(b"Jan  1 00:00:01 h a: m", new_year)["timestamp"] == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_access() -> None:
    expect(
        EXAMPLES["access"],
        format="access",
        timestamp=datetime(2000, 10, 10, 20, 55, 36, tzinfo=UTC),
        client_address="192.0.2.9",
        user_id="ann",
        http_method="GET",
        url_path="/a",
        http_status=404,
        bytes_sent=23,
        duration_ms=250.0,
        level="WARNING",
        body="GET /a?b=c HTTP/1.0",
        attributes={"http.version": "1.0", "user_agent": "curl/8", "url.query": "b=c"},
    )


@pytest.mark.parametrize(
    ("agent", "expected"),
    [(rb"plain", "plain"), (rb"with \"quotes\"", 'with "quotes"'), (rb"back\\slash", "back\\\\slash"), (b"-", None)],
)
def test_access_with_escapes(agent: bytes, expected: str | None) -> None:
    line = b'192.0.2.9 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 - "-" "' + agent + b'"'
    found = record(line)
    assert (found["http_status"], found["attributes"].get("user_agent")) == (200, expected)


def test_access_lines_that_are_not_usual() -> None:
    common = b'h - John Doe [10/Oct/2000:13:55:36 +0000] "GET /x HTTP/1.1" 200 5'
    expect(common, user_id="John Doe", url_path="/x", http_status=200, bytes_sent=5)
    expect(b'h - - [10/Oct/2000:13:55:36 +0000] "-" 408 - "-" "-"', http_status=408, body="-", url_path=None)
    expect(b'h - - [10/Oct/2000:13:55:36 +0000] "\\x16\\x03" 400 0 "-" "-"', http_status=400, url_path=None)


def test_logfmt() -> None:
    expect(
        EXAMPLES["logfmt"],
        format="logfmt",
        level="ERROR",
        body='it "broke"',
        http_status=500,
        duration_ms=1.5,
        timestamp=RECEIVED,
        attributes={"other": "x"},
    )
    expect(
        b"a=1 a=2 msg=first msg=second",
        body="first",
        attributes={"a": ["1", "2"], "msg": ["first", "second"]},
    )


def test_text() -> None:
    expect(
        EXAMPLES["text"],
        format="text",
        level="ERROR",
        level_source="token",
        timestamp=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        attributes={"thread.name": "main"},
        body="it failed",
    )
    expect(
        b"nothing is recognised", level="UNKNOWN", level_source="none", timestamp_source="observed", timestamp=RECEIVED
    )


@pytest.mark.parametrize("length", [0, 100, LONGEST_HEAD - 6, LONGEST_HEAD, 10_000])
def test_the_head_of_a_text_ends_where_it_ends(length: int) -> None:
    text = b"ERROR" + b"-" * length + b" it failed " + b"x" * 2_000
    if length + len("ERROR ") <= LONGEST_HEAD:
        expect(text, level="ERROR", body="it failed " + "x" * 2_000)
    else:
        expect(text, level="UNKNOWN", body=text.decode())
    expect(b"x" * length + b" ERROR", level="ERROR" if not length else "UNKNOWN", body=("x" * length + " ERROR"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", RECEIVED),
        ("2026-01-02 03:04:05.5", RECEIVED.replace(microsecond=500_000)),
        ("2026-01-02T03:04:05,123456789+02:00", datetime(2026, 1, 2, 1, 4, 5, 123456, tzinfo=UTC)),
        ("2026-01-02T03:04:05-0330", datetime(2026, 1, 2, 6, 34, 5, tzinfo=UTC)),
        (1767323045, RECEIVED),
        (1767323045000, RECEIVED),
        (1767323045000000, RECEIVED),
        (1767323045000000000, RECEIVED),
        ("not a time", RECEIVED),
    ],
)
def test_timestamps(text: object, expected: datetime) -> None:
    assert record(orjson.dumps({"ts": text, "msg": "m"}))["timestamp"] == expected


def test_times_without_a_zone_are_of_the_zone_that_is_given() -> None:
    found = record(b"2026-07-01 12:00:00 INFO m", timezone="Europe/Berlin")
    assert found["timestamp"] == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("TRACE", "DEBUG"),
        ("Notice", "INFO"),
        ("warn", "WARNING"),
        ("FATAL", "CRITICAL"),
        ("emerg", "CRITICAL"),
        (20, "INFO"),
        (30, "WARNING"),
        (17, "ERROR"),
        (50, "CRITICAL"),
        ("loud", "UNKNOWN"),
    ],
)
def test_levels(level: object, expected: str) -> None:
    assert record(orjson.dumps({"level": level, "msg": "m"}))["level"] == expected


def test_a_word_inside_a_text_is_no_level() -> None:
    assert record(b"the page /error/ERROR.html was not found")["level"] == "UNKNOWN"
