"""VRL's cases of klog, glog and the error logs of Apache and nginx: our records hold what VRL's functions give.

What VRL refuses must not be of that format here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.conformance.data import cases, reached
from tests.unit.parse.lines import read

FORMATS = {
    ("parse_klog", None): "klog",
    ("parse_glog", None): "glog",
    ("parse_apache_log", "error"): "apache_error",
    ("parse_nginx_log", "error"): "nginx_error",
}
NAMES = {
    "message": "body",
    "id": "thread.id",
    "file": "code.file.path",
    "line": "code.lineno",
    "pid": "process.pid",
    "tid": "thread.id",
    "thread": "thread.id",
    "module": "apache.error.module",
    "client": "client_address",
    "port": "client.port",
    "cid": "nginx.error.connection_id",
    "server": "server.address",
    "request": "http.request_line",
    "host": "http.request.header.host",
    "upstream": "nginx.error.upstream",
    "referer": "http.referrer",
    "excess": "nginx.error.excess",
    "zone": "nginx.error.zone",
}
LEVELS = {"emerg": "CRITICAL", "alert": "CRITICAL", "crit": "CRITICAL", "warn": "WARNING", "notice": "INFO"}


def asked() -> Iterator[tuple[str, dict[str, Any]]]:
    """The cases of these functions, with our name of the format."""
    for case in cases("vrl-parsers/cases.jsonl"):
        key = case["function"], case.get("args", {}).get("format")
        if key in FORMATS:
            yield FORMATS[key], case


def wrong(format: str, case: dict[str, Any]) -> str | None:
    """What is not as VRL has it; None when all is."""
    found = read(None, case["args"]["value"], case.get("timezone", "UTC"))
    if "error" in case:
        return f"taken for {format}" if found["format"] == format else None
    expected = dict(case["expect"])
    if "message1" in expected:  # the two parts of a text
        expected["message"] = expected.pop("message1") + expected.pop("message2")
    misses = {name: value for name, value in expected.items() if not same(name, value, found)}
    return f"{misses} in {found}" if misses else None


def same(name: str, expected: Any, found: dict[str, Any]) -> bool:
    if name == "timestamp":
        at = found["timestamp"]
        return bool(datetime.fromisoformat(expected.replace("$YEAR", str(at.year))).astimezone(UTC) == at)
    if name in ("level", "severity"):
        return bool(found["level"] == LEVELS.get(expected, expected.upper()))
    ours = found.get(NAMES[name], found["attributes"].get(NAMES[name]))
    return str(expected) == str("" if ours is None else ours)


def test_lines_of_servers() -> None:
    every = list(asked())
    failures = [(case["name"], problem) for format, case in every if (problem := wrong(format, case))]
    reached("VRL's klog, glog and error logs", failures, len(every), 0.95)
