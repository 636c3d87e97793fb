"""W3C's extended lines and uWSGI's request lines."""

from datetime import UTC, datetime

import pytest

from stacklens_pipeline.parse.formats.w3c import w3c_format
from tests.unit.parse.lines import EXAMPLES, RECEIVED, read
from tests.unit.parse.test_formats import expect, record


def test_what_iis_writes() -> None:
    expect(
        EXAMPLES["w3c"],
        format="w3c",
        timestamp=RECEIVED,
        level="WARNING",
        client_address="192.0.2.9",
        http_method="GET",
        url_path="/a",
        http_status=404,
        duration_ms=15.0,
        body="GET /a",
        attributes={
            "s-ip": "10.0.0.5",
            "url.query": "b=c",
            "s-port": 80,
            "user_agent": "Mozilla/5.0 (X11)",
            "http.referrer": "https://example.com/",
            "sc-substatus": 0,
            "sc-win32-status": 2,
        },
    )


@pytest.mark.parametrize(
    "line",
    [
        b"2026-01-02 03:04:05 10.0.0.5 GET /a - 80 - 192.0.2.9 Mozilla/5.0 200 0 0 15",
        b"2026-01-02 03:04:05 W3SVC1 10.0.0.5 GET /a - 80 - 192.0.2.9 Mozilla/5.0 200 0 0",
    ],
)
def test_what_earlier_versions_write(line: bytes) -> None:
    expect(line, format="w3c", client_address="192.0.2.9", http_status=200, url_path="/a")
    assert record(line)["attributes"]["user_agent"] == "Mozilla/5.0"


@pytest.mark.parametrize("line", [b"2026-01-02 03:04:05 10.0.0.5 GET /a failed", b"#Fields: date time c-ip"])
def test_other_lines_are_text(line: bytes) -> None:
    assert record(line)["format"] == record(line, format="w3c")["format"] == "text"


def test_fields_that_are_declared() -> None:
    mine = w3c_format("mine", ["date", "time", "c-ip", "sc-status", "x-mine"])
    found = read(mine, "2026-01-02 03:04:05 192.0.2.9 500 - more")
    assert (found["timestamp"], found["client_address"], found["level"]) == (RECEIVED, "192.0.2.9", "ERROR")
    assert found["attributes"] == {"extra": "more"}
    assert read(mine, "#Software: Microsoft Internet Information Services 10.0")["format"] == "text"


def test_uwsgi() -> None:
    expect(
        EXAMPLES["uwsgi"],
        format="uwsgi",
        timestamp=datetime(2012, 1, 3, 5, 1, 31, tzinfo=UTC),
        client_address="192.0.2.9",
        user_id="ann",
        http_method="GET",
        url_path="/a",
        http_status=200,
        duration_ms=21.0,
        bytes_sent=192,
        body="GET /a?b=c",
        attributes={
            "process.pid": 24,
            "uwsgi.app": 0,
            "uwsgi.req": "4/41",
            "http.version": "1.1",
            "url.query": "b=c",
        },
    )
