"""What well-known loggers write as JSON, in the form that their documentation gives, and what records it becomes."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.formats.fields.meanings import names_among
from stacklens_pipeline.parse.formats.fields.readings import READINGS
from stacklens_pipeline.parse.formats.flat import FEWEST
from tests.unit.parse.json_values import compact
from tests.unit.parse.lines import raw
from tests.unit.parse.records import expect

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

LOGGERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "MongoDB": (
        {
            "t": {"$date": "2026-01-02T04:04:05.000+01:00"},
            "s": "D2",
            "c": "NETWORK",
            "id": 22943,
            "ctx": "conn1",
            "msg": "Connection accepted",
            "attr": {"remote": "192.0.2.1:50"},
        },
        {
            "timestamp": AT,
            "level": "DEBUG",
            "body": "Connection accepted",
            "attributes": {"c": "NETWORK", "id": 22943, "ctx": "conn1", "attr": {"remote": "192.0.2.1:50"}},
        },
    ),
    "Serilog, compact": (
        {"@t": "2026-01-02T03:04:05.0000000Z", "@mt": "Hello {Name}", "Name": "x", "SourceContext": "A.B"},
        {
            "timestamp": AT,
            "level": "INFO",
            "level_source": "field",
            "body": "Hello {Name}",
            "attributes": {"Name": "x", "SourceContext": "A.B"},
        },
    ),
    "Serilog": (
        {
            "Timestamp": "2026-01-02T03:04:05Z",
            "Level": "Fatal",
            "MessageTemplate": "Hello {N}",
            "RenderedMessage": "Hello 1",
            "Properties": {"N": 1, "MachineName": "m1"},
        },
        {
            "level": "CRITICAL",
            "body": "Hello 1",
            "host_name": "m1",
            "attributes": {"MessageTemplate": "Hello {N}", "Properties": {"N": 1}},
        },
    ),
    "zap": (
        {"level": "info", "ts": 1767323045.5, "logger": "a", "caller": "a/b.go:1", "msg": "m"},
        {
            "timestamp": AT.replace(microsecond=500_000),
            "body": "m",
            "attributes": {"logger": "a", "caller": "a/b.go:1"},
        },
    ),
    "structlog": (
        {"event": "done", "timestamp": "2026-01-02T03:04:05Z", "level": "info", "logger": "x"},
        {"timestamp": AT, "level": "INFO", "body": "done", "attributes": {"logger": "x"}},
    ),
    "python-json-logger": (
        {"asctime": "2026-01-02 03:04:05,000", "levelname": "ERROR", "name": "a.b", "message": "m"},
        {"timestamp": AT, "level": "ERROR", "body": "m", "attributes": {"name": "a.b"}},
    ),
    "loguru": (
        {
            "text": "a line\n",
            "record": {
                "level": {"icon": "i", "name": "INFO", "no": 20},
                "message": "m",
                "time": {"repr": "2026-01-02 03:04:05.000000+00:00", "timestamp": 1767323045.0},
            },
        },
        {"timestamp": AT, "level": "INFO", "body": "m"},
    ),
    "Logback": (
        {
            "@timestamp": "2026-01-02T03:04:05.000Z",
            "@version": "1",
            "message": "m",
            "logger_name": "a.B",
            "thread_name": "main",
            "level": "WARN",
            "level_value": 30000,
            "stack_trace": "x\n\tat y",
        },
        {
            "timestamp": AT,
            "level": "WARNING",
            "attributes": {
                "@version": "1",
                "logger_name": "a.B",
                "thread_name": "main",
                "level_value": 30000,
                "stack_trace": "x\n\tat y",
            },
        },
    ),
    "log4j": (
        {
            "instant": {"epochSecond": 1767323045, "nanoOfSecond": 0},
            "thread": "main",
            "level": "INFO",
            "loggerName": "a.B",
            "message": "m",
            "contextMap": {"traceId": "0af7651916cd43dd8448eb211c80319c"},
        },
        {
            "timestamp": AT,
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "attributes": {"thread": "main", "loggerName": "a.B"},
        },
    ),
    "Bunyan": (
        {
            "name": "shop",
            "hostname": "h",
            "pid": 1,
            "level": 50,
            "msg": "m",
            "time": "2026-01-02T03:04:05.000Z",
            "v": 0,
        },
        {
            "service_name": "shop",
            "host_name": "h",
            "level": "ERROR",
            "timestamp": AT,
            "attributes": {"pid": 1, "v": 0},
        },
    ),
    "pino-http": (
        {
            "level": 30,
            "time": 1767323045000,
            "pid": 1,
            "hostname": "h",
            "req": {"id": 1, "method": "GET", "url": "/a", "remoteAddress": "::1"},
            "res": {"statusCode": 200},
            "responseTime": 3,
            "msg": "request completed",
        },
        {
            "level": "INFO",
            "timestamp": AT,
            "http_method": "GET",
            "url_path": "/a",
            "client_address": "::1",
            "http_status": 200,
            "duration_ms": 3.0,
            "attributes": {"pid": 1, "req": {"id": 1}},
        },
    ),
    "Caddy": (
        {
            "level": "info",
            "ts": 1767323045.5241024,
            "logger": "http.log.access",
            "msg": "handled request",
            "request": {"remote_ip": "192.0.2.1", "proto": "HTTP/2.0", "method": "GET", "host": "x", "uri": "/a"},
            "user_id": "",
            "duration": 0.25,
            "size": 10900,
            "status": 200,
        },
        {
            "timestamp": AT.replace(microsecond=524_102),
            "client_address": "192.0.2.1",
            "http_method": "GET",
            "url_path": "/a",
            "http_status": 200,
            "duration_ms": 250.0,
            "bytes_sent": 10900,
            "user_id": None,
        },
    ),
    "nginx": (
        {
            "time_local": "02/Jan/2026:03:04:05 +0000",
            "remote_addr": "192.0.2.1",
            "remote_user": "-",
            "request": "GET /a?b HTTP/1.1",
            "status": "200",
            "body_bytes_sent": "5",
            "request_time": "0.250",
        },
        {
            "timestamp": AT,
            "timestamp_source": "clf",
            "client_address": "192.0.2.1",
            "user_id": None,
            "body": "GET /a?b HTTP/1.1",
            "http_method": "GET",
            "url_path": "/a",
            "http_status": 200,
            "bytes_sent": 5,
            "duration_ms": 250.0,
            "attributes": {"remote_user": "-", "request_time": "0.250"},
        },
    ),
    "Elastic Common Schema": (
        {
            "@timestamp": "2026-01-02T03:04:05.000Z",
            "log.level": "ERROR",
            "message": "m",
            "ecs.version": "1.2.0",
            "service.name": "shop",
            "event.duration": 2_000_000,
            "process.thread.name": "main",
        },
        {
            "level": "ERROR",
            "service_name": "shop",
            "duration_ms": 2.0,
            "attributes": {"ecs.version": "1.2.0", "event.duration": 2_000_000, "process.thread.name": "main"},
        },
    ),
    "OpenTelemetry": (
        {
            "timeUnixNano": "1767323045000000000",
            "severityNumber": 13,
            "severityText": "Warn",
            "body": {"stringValue": "m"},
            "traceId": "0AF7651916CD43DD8448EB211C80319C",
            "spanId": "b7ad6b7169203331",
            "resource": {"service.name": "shop"},
        },
        {
            "timestamp": AT,
            "level": "WARNING",
            "body": "m",
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "span_id": "b7ad6b7169203331",
            "service_name": "shop",
            "attributes": {"severityText": "Warn"},
        },
    ),
    "Google Cloud": (
        {
            "insertId": "a",
            "logName": "projects/p/logs/x",
            "severity": "NOTICE",
            "timestamp": "2026-01-02T03:04:05Z",
            "trace": "projects/p/traces/0af7651916cd43dd8448eb211c80319c",
            "jsonPayload": {"message": "m", "n": 1},
            "httpRequest": {
                "requestMethod": "GET",
                "requestUrl": "https://x.example/a",
                "status": 200,
                "responseSize": "10",
                "remoteIp": "192.0.2.1",
                "latency": "0.25s",
            },
        },
        {
            "severity_number": 10,
            "body": "m",
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "http_method": "GET",
            "url_path": "/a",
            "http_status": 200,
            "bytes_sent": 10,
            "client_address": "192.0.2.1",
            "duration_ms": 250.0,
        },
    ),
    "Azure": (
        {
            "time": "2026-01-02T03:04:05Z",
            "resourceId": "/r",
            "operationName": "o",
            "level": "Informational",
            "durationMs": "12",
            "callerIpAddress": "192.0.2.1",
            "properties": {"a": 1},
        },
        {
            "timestamp": AT,
            "level": "INFO",
            "duration_ms": 12.0,
            "client_address": "192.0.2.1",
            "attributes": {"resourceId": "/r", "operationName": "o", "properties": {"a": 1}},
        },
    ),
    "CloudTrail": (
        {
            "eventVersion": "1.08",
            "userIdentity": {"type": "IAMUser", "userName": "ann"},
            "eventTime": "2026-01-02T03:04:05Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "sourceIPAddress": "192.0.2.1",
        },
        {
            "timestamp": AT,
            "service_name": "s3.amazonaws.com",
            "user_id": "ann",
            "client_address": "192.0.2.1",
            "attributes": {"eventVersion": "1.08", "userIdentity": {"type": "IAMUser"}, "eventName": "GetObject"},
        },
    ),
    "Kubernetes audit": (
        {
            "kind": "Event",
            "level": "Metadata",
            "auditID": "a",
            "stage": "ResponseComplete",
            "requestURI": "/api/v1/pods?limit=5",
            "verb": "list",
            "user": {"username": "system:x", "groups": ["g"]},
            "responseStatus": {"metadata": {}, "code": 403},
            "requestReceivedTimestamp": "2026-01-02T03:04:05.000000Z",
            "stageTimestamp": "2026-01-02T03:04:05.250000Z",
        },
        {
            "timestamp": AT,
            "level": "UNKNOWN",
            "url_path": "/api/v1/pods",
            "http_status": 403,
            "user_id": "system:x",
        },
    ),
    "Docker daemon": (
        {"level": "info", "msg": "Starting up", "time": "2026-01-02T03:04:05.000000001Z"},
        {"timestamp": AT, "level": "INFO", "body": "Starting up", "attributes": {}},
    ),
    "GELF": (
        {
            "version": "1.1",
            "host": "h",
            "short_message": "m",
            "full_message": "long",
            "timestamp": 1767323045.25,
            "level": 4,
        },
        {
            "timestamp": AT.replace(microsecond=250_000),
            "host_name": "h",
            "body": "m",
            "level": "WARNING",
            "attributes": {"version": "1.1", "full_message": "long"},
        },
    ),
    "tracing (Rust)": (
        {"timestamp": "2026-01-02T03:04:05Z", "level": "INFO", "fields": {"message": "m", "n": 1}, "target": "a"},
        {"body": "m", "attributes": {"fields": {"n": 1}, "target": "a"}},
    ),
}


@pytest.mark.parametrize("name", LOGGERS)
def test_loggers(name: str) -> None:
    item, expected = LOGGERS[name]
    expect(item, **expected)


def test_a_line_of_a_logger_is_the_same_record_among_many() -> None:
    lines = [compact(item).encode() for item, _ in LOGGERS.values()]
    alone = [parse_lines(raw([line])).parsed.drop("offset") for line in lines]
    together = parse_lines(raw([line for line in lines for _ in range(FEWEST)])).parsed.sort("offset").drop("offset")
    assert together[::FEWEST].equals(pl.concat(alone), null_equal=True)


def test_every_reading_that_a_name_asks_for_is_known() -> None:
    for keys in [(), *(item for item, _ in LOGGERS.values())]:
        for targets in names_among(keys).targets.values():
            assert {target.reading for target in targets} <= READINGS.keys()
