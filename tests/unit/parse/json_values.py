"""JSON objects as loggers write them, and odder ones, for property tests."""

import json

from hypothesis import strategies as st

SIGNS = ('"', "\\", ":", ",", "{", "}", "[", "]", " ", "é", "a", "1", "null", "-", ".", "\x01", "\x7f")
pieces = st.sampled_from(SIGNS)
words = st.lists(pieces, max_size=4).map("".join) | st.sampled_from(["", "-", "a\n", "\N{GRINNING FACE}", "\0"])
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
keys = st.sampled_from(["a", "id", "name", "message", "level"]) | words
nested = st.recursive(
    words | numbers | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    *("timestamp", "time", "ts", "@t", "level", "severity", "message", "msg", "log", "error", "service", "host"),
    *("trace_id", "traceparent", "dd", "user", "http", "method", "path", "url", "request", "client_ip", "status"),
    *("duration_ms", "duration", "request_time", "bytes", "attributes", "service.name", "a", "_spilled"),
)
LIKELY = (
    *("2026-11-24T04:00:00Z", "2026-11-24 04:00:00,5", "10/Oct/2000:13:55:36 -0700", 1767323045, "1767323045.25"),
    *("warn", "30", 30, "GET", "get", "/a?b=c", "/a", "https://x.example/p", "GET /a?b HTTP/1.1", "1.2.3.4:80", "web"),
    *("200", 200, 404.0, "12ms", 12.5, "1kB", 7, "0af7651916cd43dd8448eb211c80319c", "1234567890123456789"),
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    {"name": "x"},
    {"id": "7", "more": 1},
    {"level": "error", "logger": "a.B"},
    {"method": "GET", "response": {"status_code": 404}},
    {"seconds": 1767323045, "nanos": 5},
    {"trace_id": 1234567890123456789, "span_id": "12"},
    {"service.name": "y", "http.request.method": "PUT"},
)
objects = st.dictionaries(st.sampled_from(NAMES) | words, st.sampled_from(LIKELY) | nested, min_size=1, max_size=7)


def compact(item: object) -> str:
    """JSON as most languages write it."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


written = objects.map(compact) | objects.map(json.dumps)
