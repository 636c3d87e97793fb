"""AWS: load balancers, S3 and flow logs; what is written into a line is read from it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.aws_alb import ALB_FIELDS
from stacklens_pipeline.parse.formats.aws_vpc import vpc_format
from tests.unit.parse.lines import EXAMPLES, read
from tests.unit.parse.test_formats import expect, record

AT = datetime(2026, 1, 2, 3, 4, 5, 1, tzinfo=UTC)


def test_an_application_load_balancer() -> None:
    expect(
        EXAMPLES["aws_alb"],
        timestamp=AT,
        level="INFO",
        level_source="status",
        client_address="192.0.2.9",
        http_method="GET",
        url_path="/a",
        http_status=200,
        bytes_sent=57,
        duration_ms=171.0,
        trace_id="583372811d84f3d73c47ec4e58577259",
        body="GET https://www.example.com:443/a?b=c HTTP/1.1",
        attributes={
            "type": "https",
            "elb": "app/web/50dc6c495c0c9188",
            "client:port": "192.0.2.9:2817",
            "target:port": "10.0.0.1:80",
            "request_processing_time": 0.086,
            "target_processing_time": 0.048,
            "response_processing_time": 0.037,
            "target_status_code": 200,
            "received_bytes": 0,
            "user_agent": "curl/8",
            "ssl_cipher": "ECDHE",
            "ssl_protocol": "TLSv1.2",
            "target_group_arn": "arn:aws:x",
            "trace_id": "Root=1-58337281-1d84f3d73c47ec4e58577259",
            "domain_name": "www.example.com",
            "chosen_cert_arn": "arn:aws:y",
            "matched_rule_priority": 1,
            "request_creation_time": "2026-01-02T03:04:04.364000Z",
            "actions_executed": "authenticate,forward",
            "target:port_list": ["10.0.0.1:80"],
            "target_status_code_list": ["200"],
            "conn_trace_id": "TID_1",
            "http.version": "1.1",
            "url.full": "https://www.example.com:443/a?b=c",
            "url.query": "b=c",
        },
    )


def test_a_request_that_reached_no_target_has_no_duration() -> None:
    line = EXAMPLES["aws_alb"].replace(b"10.0.0.1:80 0.086 0.048 0.037 200 200", b"- -1 -1 -1 502 -")
    expect(line, duration_ms=None, http_status=502, level="ERROR")
    assert "target:port" not in record(line)["attributes"]


def test_a_line_with_fields_of_a_later_time_keeps_them() -> None:
    line = EXAMPLES["aws_alb"] + b' "host" "uri" "status" "later" 7'
    assert record(line)["attributes"]["request_transform_status"] == "status"
    assert record(line)["attributes"]["extra"] == '"later" 7'


def test_an_ipv6_client_keeps_its_address() -> None:
    line = EXAMPLES["aws_alb"].replace(b"192.0.2.9:2817", b"2001:db8::1:2817")
    expect(line, format="aws_alb", client_address="2001:db8::1")


def test_a_classic_load_balancer() -> None:
    expect(
        EXAMPLES["aws_elb"],
        timestamp=AT,
        client_address="192.0.2.9",
        url_path="/",
        duration_ms=1.178,
        bytes_sent=29,
    )
    tcp = (
        EXAMPLES["aws_elb"]
        .replace(b"200 200 0 29", b"- - 82 305")
        .replace(b"GET http://www.example.com:80/ HTTP/1.1", b"- - - ")
    )
    expect(tcp, format="aws_elb", http_status=None, http_method=None, level="UNKNOWN", body=tcp.decode())


def test_s3() -> None:
    expect(
        EXAMPLES["aws_s3"],
        timestamp=datetime(2019, 2, 6, 0, 0, 38, tzinfo=UTC),
        client_address="192.0.2.3",
        user_id="ann",
        http_method="GET",
        url_path="/bucket",
        http_status=200,
        bytes_sent=113,
        duration_ms=7.0,
        attributes={
            "bucket_owner": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
            "bucket": "bucket",
            "request_id": "3E57427F3EXAMPLE",
            "operation": "REST.GET.VERSIONING",
            "user_agent": "S3",
            "total_time": 7,
            "http.version": "1.1",
            "url.query": "versioning",
        },
    )


def test_flow_logs() -> None:
    expect(
        EXAMPLES["aws_vpc"],
        timestamp=datetime.fromtimestamp(1418530010, UTC),
        timestamp_source="epoch",
        level="UNKNOWN",
        client_address="192.0.2.9",
        bytes_sent=4249,
        attributes={
            "version": 2,
            "account-id": "123456789010",
            "interface-id": "eni-1235b8ca",
            "dstaddr": "172.31.16.21",
            "srcport": 20641,
            "dstport": 22,
            "protocol": 6,
            "packets": 20,
            "start": 1418530010,
            "end": 1418530070,
            "action": "ACCEPT",
            "log-status": "OK",
        },
    )


@pytest.mark.parametrize(
    "line",
    [
        b"2 123456789010 eni-1235b8ca - - - - - - - 1431280876 1431280934 - NODATA",
        b"3 vpc-1 subnet-1 i-1 eni-1 123456789010 IPv4 192.0.2.1 10.0.0.62 43416 5001 192.0.2.1 10.0.0.62 6 568 8 "
        b"1566848875 1566848933 ACCEPT 2 OK",
        b"3 eni-1 123456789010 vpc-1 subnet-1 i-1 2001:db8::1 2001:db8::2 80 34210 6 19 IPv6 2001:db8::1 2001:db8::2 "
        b"ACCEPT OK",
        b"5 192.0.2.1 10.0.0.71 80 34210 6 1616729292 1616729349 IPv4 14 15044 123456789012 vpc-1 subnet-1 i-1 eni-1 "
        b"ap-southeast-2 apse2-az3 - - ACCEPT 19 192.0.2.1 10.0.0.71 S3 - - ingress OK",
    ],
)
def test_the_orders_that_are_documented_are_recognised(line: bytes) -> None:
    found = record(line)
    assert found["format"] == "aws_vpc"
    assert found["attributes"]["log-status"] in ("OK", "NODATA")


@pytest.mark.parametrize(
    "line", [b"2 apples and 3 pears", b"2 123456789010 eni-1 192.0.2.1 10.0.0.1 1 2 6 20 4249 then now ACCEPT OK"]
)
def test_numbers_alone_are_no_flow_log(line: bytes) -> None:
    assert record(line)["format"] == "text"
    assert record(line, format="aws_vpc")["format"] == "text"


def test_an_order_of_ones_own_is_declared() -> None:
    found = read(
        vpc_format("mine", ["action", "srcaddr", "bytes", "start", "region"]), "REJECT 192.0.2.1 7 1616729292 eu"
    )
    assert (found["client_address"], found["bytes_sent"]) == ("192.0.2.1", 7)
    assert found["timestamp"] == datetime.fromtimestamp(1616729292, UTC)
    assert found["attributes"] == {"action": "REJECT", "start": 1616729292, "region": "eu"}


WORDS = st.text("abcXYZ019.:/_=-", min_size=1, max_size=8).filter(lambda text: text != "-")
QUOTED = st.text("abcXYZ 019.:/_=,;()[]é", min_size=1, max_size=12).filter(lambda text: text != "-")
FREE = [
    name for name in ALB_FIELDS.names[12:] if name not in ("request", "target:port_list", "target_status_code_list")
]


@given(st.fixed_dictionaries({name: QUOTED if name in ALB_FIELDS.quoted else WORDS for name in FREE}))
def test_what_is_written_into_a_line_is_read_from_it(written: dict[str, str]) -> None:
    values = {"request": "GET http://h/ HTTP/1.1", "target:port_list": "-", "target_status_code_list": "-"} | written
    shown = (f'"{values[name]}"' if name in ALB_FIELDS.quoted else values[name] for name in ALB_FIELDS.names[12:])
    head = "https 2026-01-02T03:04:05.000001Z app/web/1 192.0.2.9:2817 - -1 -1 -1 200 - 0 57"
    found = record(f"{head} {' '.join(shown)}".encode())["attributes"]
    assert {name: _text(found[name]) for name in written} == written


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
