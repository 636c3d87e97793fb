"""Fields by name: objects (of JSON, of logfmt) to the columns of a record, everything else to `attributes`."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import polars as pl

ALIASES: Mapping[str, str] = {
    alias: column
    for column, aliases in {
        "time": ("timestamp", "time", "ts", "@timestamp", "datetime", "eventtime", "event_time"),
        "level": ("level", "severity", "lvl", "loglevel", "log.level", "log_level", "levelname"),
        "body": ("message", "msg", "log", "event"),
        "service_name": ("service", "service.name", "service_name", "app", "application"),
        "host_name": ("host", "hostname", "host.name", "host_name"),
        "trace_id": ("trace_id", "traceId", "trace.id", "traceid"),
        "span_id": ("span_id", "spanId", "span.id", "spanid"),
        "client_address": ("client_ip", "remote_addr", "client_address", "client.address", "remote_ip", "clientip"),
        "user_id": ("user_id", "user", "userId", "user.id"),
        "http_method": ("method", "http_method", "http.method", "request_method"),
        "url_path": ("path", "url_path", "url.path", "url", "uri", "request_uri"),
        "http_status": ("status", "status_code", "http_status", "http.status_code", "statusCode"),
        "duration_ms": ("duration_ms", "latency_ms", "elapsed_ms", "response_time_ms", "took_ms"),
        "bytes_sent": ("bytes", "bytes_sent", "body_bytes_sent", "response_bytes"),
    }.items()
    for alias in aliases
}
"""A field's name as services write it -> the column it becomes. The first that a record has wins."""

COLUMNS = tuple(dict.fromkeys(ALIASES.values()))


def to_columns(objects: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """One row an object: `COLUMNS` as text, and `attributes`, a JSON object of the rest or null."""
    columns: dict[str, list[str | None]] = {name: [] for name in (*COLUMNS, "attributes")}
    for item in objects:
        known: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for name, value in item.items():
            column = ALIASES.get(name)
            if column is None or column in known or value.__class__ in _NESTED:
                rest[name] = value
            else:
                known[column] = value
        for column in COLUMNS:
            columns[column].append(_text(known.get(column)))
        columns["attributes"].append(orjson.dumps(rest).decode() if rest else None)
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


_NESTED = (dict, list)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)
