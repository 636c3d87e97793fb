"""CEF and LEEF: alone and behind syslog heads; what is written into a line is read from it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.cef import HEADER
from tests.unit.parse.lines import EXAMPLES, RECEIVED
from tests.unit.parse.test_formats import expect, record

PLAIN = b"CEF:0|Acme|Gate|1.0|7|A scan|5|"


def test_cef_behind_a_syslog_head() -> None:
    expect(
        EXAMPLES["cef"],
        format="cef",
        timestamp=datetime(2025, 9, 29, 8, 26, 10, tzinfo=UTC),
        timestamp_source="syslog_rfc3164",
        level="ERROR",
        level_source="number",
        host_name="fw1",
        service_name="Gate",
        client_address="192.0.2.9",
        body="a=b c",
        attributes={
            "cefVersion": "0",
            "deviceVendor": "Acme",
            "deviceProduct": "Gate",
            "deviceVersion": "1.0",
            "deviceEventClassId": "7",
            "name": "Port|scan",
            "severity": "8",
            "src": "192.0.2.9",
            "msg": "a=b c",
            "cs1": "x",
            "cs1Label": "y",
            "y": "x",
            "syslog.facility": 16,
            "syslog.severity": 6,
        },
    )


@pytest.mark.parametrize(
    ("head", "host", "level"),
    [
        (b"", None, "UNKNOWN"),
        (b"<131>1 2026-01-02T03:04:05Z fw1 gate 12 - - ", "fw1", "ERROR"),
        (b"<131>1 2026-01-02T03:04:05Z fw1 ", "fw1", "ERROR"),
        (b"<131>2026-01-02T03:04:05Z fw1 ", "fw1", "ERROR"),
        (b"2026-01-02T03:04:05Z fw1 ", "fw1", "UNKNOWN"),
        (b"<131>Jan  2 03:04:05 fw1 ", "fw1", "ERROR"),
        (b"<131>Jan  2 03:04:05 fw1 CEF: ", "fw1", "ERROR"),
        (b"Jan  2 03:04:05 192.0.2.1 ", "192.0.2.1", "UNKNOWN"),
    ],
)
def test_heads_give_the_host_the_time_and_the_level_of_an_event_that_has_none(
    head: bytes, host: str | None, level: str
) -> None:
    line = head + b"CEF:0|Acme|Gate|1.0|7|A scan||src=192.0.2.9"
    expect(line, format="cef", host_name=host, level=level, timestamp=RECEIVED, body="A scan", service_name="Gate")


@pytest.mark.parametrize(
    ("severity", "level", "source"),
    [
        (b"0", "INFO", "number"),
        (b"4", "WARNING", "number"),
        (b"8", "ERROR", "number"),
        (b"10", "CRITICAL", "number"),
        (b"Very-High", "CRITICAL", "field"),
        (b"Low", "INFO", "field"),
        (b"Unknown", "UNKNOWN", "none"),
        (b"", "UNKNOWN", "none"),
        (b"11", "UNKNOWN", "none"),
    ],
)
def test_severities(severity: bytes, level: str, source: str) -> None:
    expect(b"CEF:0|Acme|Gate|1.0|7|A scan|" + severity + b"|", format="cef", level=level, level_source=source)


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        (b"", {}),
        (b"src=192.0.2.9 shost= dst=192.0.2.1", {"src": "192.0.2.9", "shost": "", "dst": "192.0.2.1"}),
        (b"msg=a b  c act=drop it", {"msg": "a b  c", "act": "drop it"}),
        (b"a.b[0]-c_d=1 x=y", {"a.b[0]-c_d": "1", "x": "y"}),
        (rb"msg=a\=b\\\nc\|d\te", {"msg": "a=b\\\nc|d\\te"}),
        (b"request=https://h/p?id=1&a=b dst=x", {"request": "https://h/p?id=1&a=b", "dst": "x"}),
        (b"free text src=x", {"extension": "free text", "src": "x"}),
        (b"a=1 a=2 b=3", {"a": "1", "b": "3"}),
        (b"name=x severity=y", {"extension.name": "x", "extension.severity": "y"}),
        (b"c6a1=::1 c6a1Label=Device Address", {"c6a1": "::1", "c6a1Label": "Device Address", "Device Address": "::1"}),
        (b"cs1Label=nothing", {"cs1Label": "nothing"}),
        (b"cs1=x cs1Label=src src=y", {"cs1": "x", "cs1Label": "src", "src": "y"}),
        ('msg="quoted" é\t'.encode(), {"msg": '"quoted" é\t'}),
    ],
)
def test_extensions(extension: bytes, expected: dict[str, str]) -> None:
    found = record(PLAIN + extension)["attributes"]
    assert {name: value for name, value in found.items() if name not in HEADER} == expected


def test_columns_of_cef() -> None:
    extension = b"rt=1767323045000 suser=ann duser=bob requestMethod=GET request=https://h/p?q=1 out=77 dvchost=fw2"
    expect(
        PLAIN + extension,
        timestamp=RECEIVED,
        timestamp_source="field",
        user_id="ann",
        http_method="GET",
        url_path="/p",
        bytes_sent=77,
        host_name="fw2",
        body="A scan",
    )
    expect(PLAIN + b"rt=Jan 02 2026 04:04:05 CET", timestamp=RECEIVED)
    expect(PLAIN + b"rt=soon start=1767323045000 duser=bob", timestamp=RECEIVED, user_id="bob")


@pytest.mark.parametrize(
    "line", [b"CEF:0|a|b|c|d|e|", b"CEF:x|a|b|c|d|e|5|", b"say CEF: and no more", b"XCEF:0|a|b|c|d|e|5|"]
)
def test_what_has_no_header_is_no_cef(line: bytes) -> None:
    assert record(line)["format"] == "text"
    assert record(line, format="cef")["format"] == "text"


TEXT = st.text('aB1 =|\\\n"é.:', max_size=8)
NAMES = st.text("abc019._[]-", min_size=1, max_size=5).filter(lambda name: name not in HEADER)


def escaped(text: str, marks: str) -> str:
    for mark in ("\\", *marks):
        text = text.replace(mark, "\\" + mark)
    return text.replace("\n", "\\n")


@given(st.tuples(*[TEXT.filter(lambda text: text == text.strip()) for _ in HEADER[1:]]), st.dictionaries(NAMES, TEXT))
def test_what_is_written_into_cef_is_read_from_it(header: tuple[str, ...], pairs: dict[str, str]) -> None:
    fields = "|".join(escaped(text, "|") for text in header)
    extension = " ".join(f"{name}={escaped(value, '=')}" for name, value in pairs.items())
    found: dict[str, Any] = record(f"CEF:1|{fields}|{extension}".encode())
    assert found["attributes"] == {"cefVersion": "1", **dict(zip(HEADER[1:], header, strict=True)), **pairs}


def test_leef() -> None:
    expect(
        EXAMPLES["leef"],
        format="leef",
        level="ERROR",
        service_name="Gate",
        client_address="192.0.2.9",
        user_id="ann",
        body="a b",
        attributes={
            "leefVersion": "2.0",
            "vendor": "Acme",
            "product": "Gate",
            "version": "1.0",
            "eventID": "7",
            "src": "192.0.2.9",
            "usrName": "ann",
            "sev": "8",
            "msg": "a b",
        },
    )


@pytest.mark.parametrize(
    "line",
    [
        b"LEEF:1.0|Acme|Gate|1.0|7|src=192.0.2.9\tcat=a=b",
        b"LEEF:2.0|Acme|Gate|1.0|7|src=192.0.2.9\tcat=a=b",
        b"LEEF:2.0|Acme|Gate|1.0|7||src=192.0.2.9\tcat=a=b",
        b"LEEF:2.0|Acme|Gate|1.0|7|x5E|src=192.0.2.9^cat=a=b",
        b"LEEF:2.0|Acme|Gate|1.0|7|0x7c|src=192.0.2.9|cat=a=b",
        b"<13>Jan 18 11:07:53 fw1 LEEF:2.0|Acme|Gate|1.0|7|^|src=192.0.2.9^cat=a=b",
    ],
)
def test_delimiters_of_leef(line: bytes) -> None:
    found = record(line)
    assert (found["format"], found["client_address"], found["attributes"]["cat"]) == ("leef", "192.0.2.9", "a=b")
    assert found["body"] == "7"


@given(
    st.dictionaries(st.text("abcXYZ", min_size=1, max_size=4), st.text('aB1 =|\\é"', max_size=6)),
    st.sampled_from("^;~"),
)
def test_what_is_written_into_leef_is_read_from_it(pairs: dict[str, str], delimiter: str) -> None:
    shown = delimiter.join(f"{name}={value}" for name, value in pairs.items())
    found = record(f"LEEF:2.0|Acme|Gate|1.0|7|{delimiter}|{shown}".encode())["attributes"]
    assert {name: value for name, value in found.items() if name in pairs} == pairs
