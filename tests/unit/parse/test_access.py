"""Access lines: splitting gives what the pattern gives, and what is unusual is left to the pattern."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.formats.access import dialect_records, parse_access, usual_fields
from stacklens_pipeline.tables import PARSED_LOGS
from tests.unit.parse.lines import RECEIVED
from tests.unit.parse.test_formats import record

USUAL = '198.51.100.7 - ann [24/Nov/2026:04:00:00 +0100] "GET /a?b=c HTTP/1.1" 200 12 "https://x/" "curl/8" 0.250'
COMMON = '2001:db8::1 - - [24/Nov/2026:04:00:00 +0100] "GET /a?b=c HTTP/1.1" 200 12'
PIECES = ['"', "\\", '\\"', " ", "-", "[", "]", "\n", "\t", "?", "0", "7", "é", "GET", "/", ""]

changed = st.builds(
    lambda at, piece, cut: USUAL[: at % len(USUAL)] + piece + USUAL[at % len(USUAL) + cut :],
    st.integers(0, 300),
    st.sampled_from(PIECES),
    st.integers(0, 2),
)
tails = st.sampled_from(["", " 0.250", ' 0.250 "x" 0.300', ' "0.250"', " a 1.000 b", " 0.25", ' "-"', "  -", " "])
lines = changed | tails.map(lambda tail: USUAL.removesuffix(" 0.250") + tail)


def framed(texts: list[str]) -> pl.DataFrame:
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    shared = (pl.lit("access").alias("format"), pl.lit(RECEIVED).alias("appended_at"))
    return frame.with_columns(shared).with_row_index("index")


@given(st.lists(lines, min_size=1, max_size=12))
def test_splitting_gives_what_the_pattern_gives(texts: list[str]) -> None:
    every = framed(texts)
    found, expected = (parse(every, "UTC").sort("index") for parse in (parse_access, dialect_records))
    columns = {"index", "severity", *PARSED_LOGS.schema}.intersection(expected.columns, found.columns)
    assert_frame_equal(found.select(sorted(columns)), expected.select(sorted(columns)))


@pytest.mark.parametrize("tail", ["", " 0.250", " 0.250 -", ' "-"', ' "192.0.2.1, 192.0.2.2" 0.3'])
def test_usual_lines_are_split(tail: str) -> None:
    every = framed([USUAL.removesuffix(" 0.250") + tail, COMMON])
    assert usual_fields(every)["is_usual"].all()


@pytest.mark.parametrize(
    "text",
    [
        USUAL.replace("curl", 'c\\"rl'),
        USUAL.replace("GET", "get"),
        USUAL.replace("1.1", "1 .1"),
        USUAL.replace("] ", "]  "),
        USUAL.replace(" - ann", " bob ann"),
        USUAL.replace("198", "vhost:443 198"),
        USUAL.replace(" +0100", ""),
        COMMON + " 5",
    ],
)
def test_what_is_unusual_is_left_to_the_pattern(text: str) -> None:
    assert not usual_fields(framed([text]))["is_usual"].any()


AT = datetime(2000, 10, 10, 20, 55, 36, tzinfo=UTC)
START, REQUEST = "192.0.2.9 - - [10/Oct/2000:13:55:36 -0700]", '"GET /a HTTP/1.1" 200 5'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"vhost:443 192.0.2.9 - ann lee [10/Oct/2000:13:55:36 -0700] {REQUEST}", {"user_id": "ann lee"}),
        (f"vhost:443 {START} {REQUEST}", {"server.address": "vhost", "server.port": 443, "user_id": None}),
        (f"www.example.com {START} {REQUEST}", {"server.address": "www.example.com", "server.port": None}),
        (f"192.0.2.9 bob ann [10/Oct/2000:13:55:36 -0700] {REQUEST}", {"identity": "bob", "user_id": "ann"}),
        (f"192.0.2.9 - Ann Lee [10/Oct/2000:13:55:36 -0700] {REQUEST}", {"user_id": "Ann Lee", "identity": None}),
        (
            f"192.0.2.9, 192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] {REQUEST}",
            {"x_forwarded_for": "192.0.2.9, 192.0.2.1"},
        ),
        (f"192.0.2.9 -  -  [10/Oct/2000:13:55:36 -0700] {REQUEST}  293", {"extra": "293"}),
        (f"192.0.2.9 - - [10/Oct/2000 20:55:36] {REQUEST}", {"bytes_sent": 5}),
        (f'192.0.2.9 - - [10/Oct/2000:20:55:36] {REQUEST} 0.202 "http://x/" "y" "-"', {"duration_ms": 202.0}),
        (f"192.0.2.9 - - [2000-10-10T20:55:36Z] {REQUEST}", {"http_status": 200}),
        (f"{START} {REQUEST} - -", {"http.referrer": None, "user_agent": None, "extra": None}),
        (f'{START} {REQUEST} "" "agent" -', {"http.referrer": "", "user_agent": "agent", "extra": None}),
        (f'{START} {REQUEST} "-" "agent is cut', {"user_agent": "agent is cut"}),
        (f'"{START} {REQUEST} "-" "agent""', {"user_agent": "agent"}),
        (f'{START} {REQUEST} "-" "agent" "198.51.100.1, 10.0.0.1"', {"x_forwarded_for": "198.51.100.1, 10.0.0.1"}),
        (f'{START} {REQUEST} "-" "agent" "2.75"', {"gzip_ratio": 2.75, "x_forwarded_for": None}),
        (f'{START} {REQUEST} "-" "agent" 7 x', {"extra": "7 x", "duration_ms": None}),
        ('2000-10-10T20:55:36Z 192.0.2.9 - GET "/a" -1 200 5 "-" "agent"', {"user_agent": "agent", "bytes_sent": 5}),
    ],
)
def test_dialects(text: str, wanted: dict[str, Any]) -> None:
    found = record(text.encode())
    found |= found.get("attributes", {})
    assert {name: found.get(name) for name in wanted} == wanted
    shared = ("format", "client_address", "timestamp", "http_method", "url_path", "http_status")
    assert [found[name] for name in shared] == ["access", "192.0.2.9", AT, "GET", "/a", 200]


def test_lines_of_ingress_nginx_name_their_upstreams() -> None:
    tail = "462 0.050 [web-80] [] 10.0.0.1:80, 10.0.0.2:80 0, 19437 0.001, 0.049 502, 200 752178adb1"
    found = record(f'{START} {REQUEST} "-" "agent" {tail}'.encode())
    assert found["duration_ms"] == 50
    assert found["attributes"] == {
        "http.version": "1.1",
        "user_agent": "agent",
        "request_length": 462,
        "request_time": 0.05,
        "proxy_upstream_name": "web-80",
        "upstream_addr": "10.0.0.1:80, 10.0.0.2:80",
        "upstream_response_length": "0, 19437",
        "upstream_response_time": "0.001, 0.049",
        "upstream_status": "502, 200",
        "req_id": "752178adb1",
    }


@pytest.mark.parametrize("asked", [r"\x16\x03\x01\x00", "-", "", "]&\\xDF;b}", "GET", 'say \\"x\\"'])
def test_what_is_no_request_is_the_body_and_has_no_path(asked: str) -> None:
    found = record(f'{START} "{asked}" 400 0 "-" "-"'.encode())
    assert (found["format"], found["body"], found.get("url_path"), found["http_status"]) == ("access", asked, None, 400)


@pytest.mark.parametrize(
    "text",
    [
        'app worker [2026-01-02 03:04:05] "something" happened',
        'app - - [10/Oct/2000:13:55:36 -0700] "something" happened',
        "- - - [1234] - - -",
        "- - - - - - -",
    ],
)
def test_what_only_begins_like_an_access_line_is_text(text: str) -> None:
    assert record(text.encode())["format"] == "text"
    assert record(text.encode(), format="access")["format"] == "text"
