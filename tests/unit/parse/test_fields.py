"""Fields to columns: which names and values become which column, and that nothing of an object is lost."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given

from stacklens_pipeline.parse.formats.fields.meanings import names_among
from stacklens_pipeline.parse.formats.fields.names import COLUMNS
from stacklens_pipeline.parse.formats.json import json_fields
from tests.unit.parse.json_values import compact, objects
from tests.unit.parse.lines import RECEIVED
from tests.unit.parse.records import expect, record

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration_ms", "12ms"),
        ("duration_ms", -1),
        ("duration_ms", True),
        ("timestamp", "not a time"),
        ("timestamp", True),
        ("time", 12.5),
        ("time", 99999999999999999999),
        ("status", "abc"),
        ("status", 99),
        ("status", 200.5),
        ("bytes", "1kB"),
        ("bytes", -1),
        ("bytes", 1.5),
        ("level", "loud"),
        ("level", 99),
        ("level", [1]),
        ("user_id", True),
        ("user_id", "-"),
        ("user_id", ""),
        ("host", {"a": 1}),
        ("method", "doFilter"),
        ("path", "C:\\temp"),
        ("client_ip", 7),
        ("client_ip", "two words"),
        ("trace_id", "abc"),
        ("trace_id", "0" * 32),
        ("span_id", "0af7651916cd43dd8448eb211c80319c"),
        ("msg", {"a": {"b": None}}),
        ("msg", None),
        ("service", None),
    ],
)
def test_a_value_that_is_none_of_its_column_stays_under_its_own_name_and_of_its_own_kind(
    field: str, value: object
) -> None:
    found = record({"message": "m", field: value} if field != "msg" else {"text": "m", field: value})
    assert found["attributes"] == {field: value}
    assert (found["body"], found["timestamp"], found["level"]) == ("m", RECEIVED, "UNKNOWN")
    for column in COLUMNS:
        assert column in ("time", "level", "body", "service_name") or found[column] is None


def test_the_first_that_can_be_read_is_taken_and_all_others_stay() -> None:
    expect({"level": None, "severity": "error"}, level="ERROR", attributes={"level": None})
    expect({"severity": "error", "level": "warn"}, level="WARNING", attributes={"severity": "error"})
    expect({"level": "loud", "lvl": "warn"}, level="WARNING", attributes={"level": "loud"})
    expect({"time": 3.5, "ts": "2026-01-02T03:04:05Z"}, timestamp=AT, attributes={"time": 3.5})
    expect({"msg": ["m"], "message": "text"}, body="text", attributes={"msg": ["m"]})
    expect({"status": "ok", "status_code": 503}, http_status=503, attributes={"status": "ok"})
    expect({"bytes": "1kB", "bytes_sent": "12"}, bytes_sent=12, attributes={"bytes": "1kB"})
    expect({"duration_ms": "12ms", "latency_ms": 7}, duration_ms=7.0, attributes={"duration_ms": "12ms"})


def test_a_column_that_does_not_say_all_of_a_value_leaves_it_among_the_attributes() -> None:
    expect({"path": "/a?b=c"}, url_path="/a", attributes={"path": "/a?b=c"})
    expect({"url": "https://x.example/p?q#f"}, url_path="/p", attributes={"url": "https://x.example/p?q#f"})
    expect({"url": "https://x.example"}, url_path="/", attributes={"url": "https://x.example"})
    expect({"client_ip": "192.0.2.1:80"}, client_address="192.0.2.1", attributes={"client_ip": "192.0.2.1:80"})
    expect({"client_ip": "[2001:db8::1]:80"}, client_address="2001:db8::1")
    expect({"client_ip": "192.0.2.1, 10.0.0.1"}, client_address="192.0.2.1")
    expect({"client_ip": "2001:db8::1"}, client_address="2001:db8::1", attributes={})
    expect({"duration": "1m30.5s"}, duration_ms=90_500.0, attributes={"duration": "1m30.5s"})
    expect({"latency": "350µs", "elapsed": "1s"}, duration_ms=0.35, attributes={"latency": "350µs", "elapsed": "1s"})
    expect({"request_time": 0.25}, duration_ms=250.0, attributes={"request_time": 0.25})
    expect({"event": {"duration": 5_000_000}}, duration_ms=5.0, attributes={"event": {"duration": 5_000_000}})


@pytest.mark.parametrize(
    ("item", "column", "expected"),
    [
        ({"user_id": 42}, "user_id", "42"),
        ({"user_id": 2**70}, "user_id", str(2**70)),
        ({"user_id": 1e16}, "user_id", "1e+16"),
        ({"message": 7.5}, "body", "7.5"),
        ({"method": "post"}, "http_method", "POST"),
        ({"status": "404"}, "http_status", 404),
        ({"status": 404.0}, "http_status", 404),
        ({"bytes": 2**60}, "bytes_sent", 2**60),
        ({"duration_ms": "1.5"}, "duration_ms", 1.5),
    ],
)
def test_what_a_column_can_hold_is_taken_from_texts_and_numbers(
    item: dict[str, object], column: str, expected: object
) -> None:
    found = record(compact(item).encode())
    assert (found[column], found["attributes"]) == (expected, {})


@pytest.mark.parametrize(
    "item",
    [
        {"service": {"name": "shop", "version": "1"}},
        {"service.name": "shop", "service": {"version": "1"}},
        {"resource": {"service.name": "shop"}, "service": {"version": "1"}},
        {"resource": {"service": {"name": "shop"}}, "service": {"version": "1"}},
        {"resource": {"attributes": {"service.name": "shop"}}, "service": {"version": "1"}},
    ],
)
def test_nested_names_are_found_and_what_is_beside_them_stays_nested(item: dict[str, object]) -> None:
    expect(item, service_name="shop", attributes={"service": {"version": "1"}})


def test_objects_in_objects_stay_nested() -> None:
    item = {
        "http": {"method": "GET", "version": "1.1", "response": {"status_code": 200, "headers": {"a": ["b"]}}},
        "log": {"level": "warn", "logger": "a.B"},
        "host": {"name": "h", "ip": ["192.0.2.1"]},
        "error": {"message": "no", "stack_trace": "at x\n\tat y"},
        "trace": {"id": "0af7651916cd43dd8448eb211c80319c"},
        "attributes": {"http.request.method": "PUT", "user.id": "7", "other": {"x": 1}},
        "message": "m",
    }
    expect(
        item,
        http_method="GET",
        http_status=200,
        level="WARNING",
        host_name="h",
        body="m",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        user_id="7",
        attributes={
            "http": {"version": "1.1", "response": {"headers": {"a": ["b"]}}},
            "log": {"logger": "a.B"},
            "host": {"ip": ["192.0.2.1"]},
            "error": {"message": "no", "stack_trace": "at x\n\tat y"},
            "attributes": {"http.request.method": "PUT", "other": {"x": 1}},
        },
    )


def test_without_a_message_the_error_is_the_body_and_without_both_the_text() -> None:
    expect({"error": {"message": "no", "type": "T"}}, body="no", attributes={"error": {"type": "T"}})
    expect({"err": "no", "n": 1}, body="no", attributes={"n": 1})
    expect(b'{"n": 1}', body='{"n": 1}', format="json", attributes={"n": 1})


@pytest.mark.parametrize(
    ("value", "source", "expected"),
    [
        ("2026-01-02T03:04:05Z", "field", AT),
        ("2026-01-02 03:04:05,000", "field", AT),
        ("2026-01-02T04:04:05.000000+01:00", "field", AT),
        (1767323045, "epoch", AT),
        (1767323045.25, "epoch", AT.replace(microsecond=250_000)),
        ("1767323045000", "epoch", AT),
        (1767323045000000, "epoch", AT),
        (1767323045000000999, "epoch", AT),
        ("1767323045000000999", "epoch", AT),
        ("02/Jan/2026:03:04:05 +0000", "clf", AT),
        ({"seconds": 1767323045, "nanos": 250_000_000}, "epoch", AT.replace(microsecond=250_000)),
        ({"_seconds": "1767323045"}, "epoch", AT),
        ({"epochSecond": 1767323045, "nanoOfSecond": 1_000}, "epoch", AT.replace(microsecond=1)),
        ({"$date": "2026-01-02T03:04:05.000+00:00"}, "field", AT),
        ({"$date": {"$numberLong": "1767323045000"}}, "epoch", AT),
        ({"date": "2026-01-02 03:04:05.000000", "timezone_type": 3, "timezone": "UTC"}, "field", AT),
        ({"date": "2026-01-02 05:04:05.000000", "timezone_type": 1, "timezone": "+02:00"}, "field", AT),
    ],
)
def test_times(value: object, source: str, expected: datetime) -> None:
    expect({"ts": value, "msg": "m"}, timestamp=expected, timestamp_source=source, attributes={})


@pytest.mark.parametrize(
    "value", [{"seconds": 1767323045, "zone": 1}, {"seconds": 1.5}, {"seconds": "x"}, {"$date": {}}, {"nanos": 1}, {}]
)
def test_an_object_that_says_more_or_less_than_a_time_is_none(value: object) -> None:
    expect({"ts": value, "msg": "m"}, timestamp_source="observed", attributes={"ts": value})


def test_a_time_without_a_zone_is_of_the_zone_that_is_given_and_one_without_a_year_of_the_year_of_receipt() -> None:
    berlin = {"timezone": "Europe/Berlin"}
    for text in ("2026-07-01 12:00:00", "2026-07-01T12:00:00.000"):
        assert record({"ts": text}, **berlin)["timestamp"] == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert record({"ts": "2026-07-01T12:00:00Z"}, **berlin)["timestamp"] == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert record({"ts": 1767323045}, **berlin)["timestamp"] == AT
    found = record({"ts": "Dec 31 23:59:59"})
    assert (found["timestamp"], found["timestamp_source"]) == (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), "syslog")


@pytest.mark.parametrize("text", ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_all_dates_is_none(text: str) -> None:
    expect({"ts": text, "msg": "m"}, timestamp_source="observed", timestamp=RECEIVED, attributes={"ts": text})


def test_a_time_that_there_is_not_in_the_zone_is_not_lost() -> None:
    found = record({"ts": "9999-12-31T23:59:59", "n": 1}, timezone="America/New_York")
    assert (found["timestamp_source"], found["attributes"]) == ("observed", {"_time": "9999-12-31T23:59:59", "n": 1})


@pytest.mark.parametrize(
    ("item", "level", "source"),
    [
        ({"level": "\x1b[33mwarn\x1b[39m"}, "WARNING", "field"),
        ({"level": "[ERROR] "}, "ERROR", "field"),
        ({"level": "Warning"}, "WARNING", "field"),
        ({"level": 30}, "WARNING", "number"),
        ({"level": "30"}, "WARNING", "number"),
        ({"level": 30, "time": 1767323045000, "msg": "pino"}, "INFO", "number"),
        ({"level": 60, "time": 1767323045000, "pid": 1, "hostname": "h", "v": 0}, "CRITICAL", "number"),
        ({"level": 3, "version": "1.1", "host": "h", "short_message": "GELF"}, "ERROR", "syslog"),
        ({"level": 250, "level_name": "NOTICE", "channel": "app", "message": "Monolog"}, "INFO", "number"),
        ({"level_value": 40000}, "ERROR", "number"),
        ({"severityNumber": 17, "severityText": "x"}, "ERROR", "number"),
        ({"severity": 400, "insertId": "a", "logName": "b"}, "WARNING", "number"),
        ({"severityLevel": 4}, "CRITICAL", "number"),
    ],
)
def test_levels(item: dict[str, object], level: str, source: str) -> None:
    expect(item, level=level, level_source=source)


@given(objects)
def test_every_value_is_found_again_as_an_attribute_or_in_a_column(item: dict[str, Any]) -> None:
    fields, no_objects = json_fields(pl.Series([compact(item)]))
    record = fields.row(0, named=True)
    attributes = json.loads(record["attributes"] or "{}")
    assert no_objects == []
    assert all(_value(item, path) == [value] for path, value in _leaves(attributes))
    for path, value in _leaves(item):
        if _value(attributes, path) != [value]:
            assert any(_says(record, target.column, value) for target in _targets(item, path))


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    else:
        yield path, value


def _value(item: Any, path: tuple[str, ...]) -> list[Any]:
    """The value at a path, or nothing."""
    for key in path:
        if not isinstance(item, dict) or key not in item:
            return []
        item = item[key]
    return [item]


def _targets(item: dict[str, Any], path: tuple[str, ...]) -> Iterator[Any]:
    """What a field, or an object that it lies in, may become."""
    for depth in range(1, len(path) + 1):
        yield from names_among(item).targets.get(".".join(path[:depth]), ())


def _says(record: dict[str, Any], column: str, value: Any) -> bool:
    """Whether a column says a value."""
    if column in ("time", "level"):
        return record[{"time": "timestamp", "level": "severity"}[column]] is not None
    found = record[column]
    if found is None or isinstance(value, (dict, list)):
        return False
    if isinstance(found, str):
        return found.lower() == (value if isinstance(value, str) else json.dumps(value)).lower()
    return float(found) == float(value)
