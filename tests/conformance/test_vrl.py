"""VRL's cases of access lines, key=value lines, CEF, AWS and CSV: our records hold what VRL's functions give.

Each case is one line without any configuration. A table says under which name we keep what VRL names otherwise; `-` and
null stand for nothing. What VRL refuses must not be of the function's format here. Where a function is told what the
line has no room for (delimiters, an order of fields), the case is read as a source that declares the same; those are
counted apart.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from stacklens_pipeline.parse.formats import Format
from stacklens_pipeline.parse.formats.aws_vpc import vpc_format
from stacklens_pipeline.parse.formats.delimited import csv_format
from stacklens_pipeline.parse.formats.key_value import key_value_format
from tests.conformance.data import cases, reached
from tests.unit.parse.lines import read

_ACCESS = {
    "host": "client_address",
    "client": "client_address",
    "remote_addr": "client_address",
    "user": "user_id",
    "remote_user": "user_id",
    "message": "body",
    "request": "body",
    "method": "http_method",
    "path": "url_path",
    "protocol": "http.version",
    "status": "http_status",
    "size": "bytes_sent",
    "body_bytes_size": "bytes_sent",
    "referrer": "http.referrer",
    "referer": "http.referrer",
    "http_referer": "http.referrer",
    "agent": "user_agent",
    "http_user_agent": "user_agent",
    "http_x_forwarded_for": "x_forwarded_for",
    "compression": "gzip_ratio",
}
_PAIRS = {
    "@timestamp": "timestamp",
    "time": "timestamp",
    "ts": "timestamp",
    "msg": "body",
    "message": "body",
    "host": "host_name",
    "app": "service_name",
    "service": "service service_name",
    "user": "user_id",
    "method": "http_method",
    "path": "url_path",
    "status": "http_status",
    "bytes": "bytes_sent",
}
_ALB = {
    "client_host": "client:port",
    "target_host": "target:port",
    "elb_status_code": "http_status",
    "sent_bytes": "bytes_sent",
    "request_method": "http_method",
    "request_url": "url.full",
    "request_protocol": "http.version",
    "target_port_list": "target:port_list",
    "traceability_id": "conn_trace_id",
}
_VPC = {"srcaddr": "client_address", "bytes": "bytes_sent"}


class Function(NamedTuple):
    """What lines of a function are here: the format that we give them, and our names of its fields."""

    format: str
    names: Mapping[str, str]


FUNCTIONS = {
    "parse_apache_log": Function("access", _ACCESS),
    "parse_common_log": Function("access", _ACCESS),
    "parse_nginx_log": Function("access", _ACCESS),
    "parse_key_value": Function("logfmt", _PAIRS),
    "parse_logfmt": Function("logfmt", _PAIRS),
    "parse_cef": Function("cef", {}),
    "parse_aws_alb_log": Function("aws_alb", _ALB),
    "parse_aws_vpc_flow_log": Function("aws_vpc", _VPC),
    "parse_csv": Function("csv", {}),
}
"""Error logs of Apache and nginx are formats of applications, and tested there."""


def asked(function: str) -> Iterator[dict[str, Any]]:
    for case in cases("vrl-parsers/cases.jsonl"):
        args = case.get("args") or written(case["vrl"])
        if case["function"] == function and args.get("format") != "error":
            yield {**case, "args": args}


def written(source: str) -> dict[str, Any]:
    """The arguments of a documented call."""
    texts = re.compile(r"""(?:(\w+): *)?(?:"((?:[^"\\]|\\.)*)"|s'([^']*)')""", re.DOTALL)
    args = {}
    for name, quoted, plain in texts.findall(source.partition("(")[2]):
        args[name or "value"] = json.loads(f'"{quoted}"') if quoted else plain
    return args


def declared(case: dict[str, Any]) -> Format | None:
    """The format that a source declares which writes such lines; None when lines say all themselves."""
    args, name = case["args"], case["function"]
    pair, field = args.get("key_value_delimiter", "="), args.get("field_delimiter", " ")
    if name == "parse_key_value" and (pair, field) != ("=", " "):
        return key_value_format("declared", pair=pair, field=field)
    if name == "parse_aws_vpc_flow_log" and "format" in args:
        return vpc_format("declared", args["format"].split())
    if name == "parse_csv":
        return csv_format("declared", places(case), delimiter=args.get("delimiter", ","))
    return None


def places(case: dict[str, Any]) -> list[str]:
    """Names for the columns of a case that gives a list."""
    return [f"column {place}" for place, _ in enumerate(case["expect"])]


def record(case: dict[str, Any], format: Format | None) -> dict[str, Any]:
    zone = case.get("timezone", "UTC")
    found = read(format, case["args"]["value"], zone)
    return found | found["attributes"]


def wrong(case: dict[str, Any], format: Format | None) -> str | None:
    """What is not as VRL has it; None when all is."""
    function, found = FUNCTIONS[case["function"]], record(case, format)
    if "error" in case:
        return f"taken for {found['format']}" if found["format"] == function.format else None
    expected = (
        case["expect"] if isinstance(case["expect"], dict) else dict(zip(places(case), case["expect"], strict=True))
    )
    misses = {name: value for name, value in expected.items() if not same(value, ours(found, name, function.names))}
    return f"{misses} in {found}" if misses else None


def ours(found: dict[str, Any], name: str, names: Mapping[str, str]) -> Any:
    for each in (*names.get(name, name).split(), name.replace("_", "-")):
        if found.get(each) is not None:
            return found[each]
    return None


def same(expected: Any, found: Any) -> bool:
    if expected in (None, "-", [], "") or found is None:
        return expected in (None, "-", [], "") and found in (None, "")
    if isinstance(found, datetime):
        return same_time(expected, found)
    if isinstance(expected, str) and expected.startswith("HTTP/"):
        expected = expected.removeprefix("HTTP/")
    if isinstance(expected, bool | list):
        return bool(expected == found)
    return str(expected).lower() == str(found).lower() or number(expected) == number(found) is not None


def same_time(expected: str, found: datetime) -> bool:
    try:
        return datetime.fromisoformat(expected) == found
    except ValueError:
        return datetime.strptime(expected, "%a %b %d %H:%M:%S EST %Y").replace(hour=21, tzinfo=UTC) == found


def number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def counted(select: bool) -> tuple[list[tuple[str, str, str]], int]:
    """The failures and the number of the cases that are, or are not, declared."""
    failures, total = [], 0
    for function in FUNCTIONS:
        for case in asked(function):
            format = declared(case)
            if (format is not None) != select:
                continue
            total += 1
            if problem := wrong(case, format):
                failures.append((function, case["name"], problem))
    return failures, total


def test_lines_that_say_all_themselves() -> None:
    failures, total = counted(False)
    reached("VRL's lines without configuration", failures, total, 0.9)


def test_lines_of_sources_that_declare_their_format() -> None:
    failures, total = counted(True)
    reached("VRL's lines of declared formats", failures, total, 0.9)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_cases(function: str) -> None:
    assert list(asked(function))
