"""Syslog beside go-syslog, rsyslog, syslog-ng, syslog-loose and VRL: their cases, and real logs of two hosts.

RFC 5424 is strict as go-syslog is. Of BSD syslog the implementations disagree on purpose, so a share is wanted.
"""

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import zstandard

from stacklens_pipeline.filters import items
from stacklens_pipeline.parse import UNCONFIGURED
from stacklens_pipeline.parse.commands import parsed_rows
from stacklens_pipeline.parse.levels import SYSLOG_SEVERITIES
from tests.conformance.data import cases, path, reached

RECEIVED = datetime(2026, 11, 25, tzinfo=UTC)
RECEIVED_LOOSE = "2020-07-01T00:00:00Z"
"""Of syslog-loose, whose dates without a year mean 2020, and in December 2019."""

Case = dict[str, Any]
MARK = "\ufeff"


def rows(messages: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What `stacklens parse --messages` makes of each; no message goes on with another."""
    lines = io.BytesIO(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
    found = [row for part in parsed_rows(items(lines, True), RECEIVED, None, UNCONFIGURED) for row in part]  # type: ignore[arg-type]
    assert [row["line"] for row in found] == list(range(1, len(messages) + 1))
    return found


def judged(chosen: list[Case]) -> list[tuple[Case, dict[str, Any]]]:
    return list(zip(chosen, rows([_message(case) for case in chosen]), strict=True))


def _message(case: Case) -> dict[str, str]:
    raw = {"raw": case["input"]} if "input" in case else {"raw_b64": case["input_b64"]}
    received = case.get("now", RECEIVED_LOOSE if "loose" in case["source"] else RECEIVED.isoformat())
    zone = "Europe/Budapest" if "local_tz" in case else "Europe/Paris" if case["name"] == "parse_chrono_tz" else "UTC"
    return {**raw, "received": received, "timezone": zone}


def is_flagged(row: dict[str, Any]) -> bool:
    return "reason" in row or "syslog.invalid" in row["attributes"]


def wrong(case: Case, row: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """What is found and what is wanted of the fields that differ."""
    if "reason" in row:
        return {"reason": (row["reason"], None)}
    pairs = dict(_compared(case, row))
    return {name: (found, want) for name, (found, want) in pairs.items() if (found or None) != (want or None)}


def _compared(case: Case, row: dict[str, Any]) -> Iterator[tuple[str, tuple[object, object]]]:
    wanted, attributes = case["expect"], row["attributes"]
    texts = {
        "hostname": row.get("host_name"),
        "appname": row.get("service_name"),
        "programname": row.get("service_name"),
        "procid": attributes.get("process.pid"),
        "msgid": attributes.get("syslog.msgid"),
        "version": attributes.get("syslog.version"),
    }
    for name, found in texts.items():
        if name in wanted:
            yield name, (_text(found), _text(wanted[name]))
    yield "message", (row["body"].lstrip(), _body(wanted).removeprefix(MARK).lstrip())
    if case.get("input", "<").startswith("<") and "severity" in wanted:
        found = (attributes.get("syslog.facility"), attributes.get("syslog.severity"), row["severity_number"])
        severity = wanted["severity"]
        yield "priority", (found, (wanted["facility"], severity, SYSLOG_SEVERITIES[severity]))
    data = attributes.get("syslog.structured_data")
    if "structured_data" in wanted:
        yield "structured_data", (data, wanted["structured_data"])
    if "sdata_flat" in wanted:
        flat = {f".SDATA.{name}.{key}": value for name, pairs in (data or {}).items() for key, value in pairs.items()}
        yield "sdata_flat", (flat, wanted["sdata_flat"])
    if row["timestamp_source"] != "observed" or case["dialect"] == "rfc3164":
        yield "timestamp", _times(wanted, row["timestamp"])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _body(wanted: dict[str, Any]) -> str:
    if "message_b64" in wanted:
        return base64.b64decode(wanted["message_b64"]).decode("latin-1")
    return wanted["message"] or ""


def _times(wanted: dict[str, Any], found: datetime) -> tuple[object, object]:
    text = wanted.get("timestamp")
    if "timestamp_rfc3164" in wanted:
        return f"{found:%b} {found.day:2} {found:%H:%M:%S}", wanted["timestamp_rfc3164"]
    if text is None:
        return None, None
    if text.startswith("$YEAR"):
        return f"{found:%m-%dT%H:%M:%S}", text.removeprefix("$YEAR-").rstrip("Z")
    return found, datetime.fromisoformat(text.replace(" local", "Z").replace("Z", "+00:00"))


def of(dialect: str, *valid: bool | None) -> list[Case]:
    return [case for case in cases("syslog/cases.jsonl") if case["dialect"] == dialect and case["valid"] in valid]


def test_every_valid_message_of_rfc5424_is_read() -> None:
    found = judged([case for case in of("rfc5424", True) if "input" in case])
    failures = [(case["input"], differing) for case, row in found if (differing := wrong(case, row))]
    reached("valid RFC 5424", failures, len(found), 1)
    # syslog-ng takes names of more than 32 characters and values without quotation marks, which the RFC does not allow
    refused = [case["input"] for case, row in found if is_flagged(row) and "syslog-ng" not in case["source"]]
    assert refused == []


def test_messages_of_rfc5424_in_other_encodings_are_read() -> None:
    found = judged([case for case in of("rfc5424", True) if "input_b64" in case])
    if any(row.get("reason") == "invalid_utf8" for _, row in found):
        pytest.xfail("parse/reading.py does not call syslog_bytes.with_other_encodings")
    failures = [(case["input_b64"], differing) for case, row in found if (differing := wrong(case, row))]
    reached("valid RFC 5424, not UTF-8", failures, len(found), 1)
    assert not any(is_flagged(row) for _, row in found)


def test_invalid_messages_of_rfc5424_are_flagged() -> None:
    found = judged(of("rfc5424", False))
    failures = [(case.get("input", case.get("input_b64")), row) for case, row in found if not is_flagged(row)]
    reached("invalid RFC 5424", failures, len(found), 0.97)


def test_bsd_syslog_in_all_its_dialects() -> None:
    found = judged([case for case in of("rfc3164", True, False) if "expect" in case])
    failures = [(case["input"], differing) for case, row in found if (differing := wrong(case, row))]
    reached("RFC 3164", failures, len(found), 0.9)


def test_octet_counts_that_are_wrong_are_flagged() -> None:
    found = judged(of("rfc6587-octet-counting", False))
    failures = [(case["input"], row) for case, row in found if not is_flagged(row)]
    reached("octet counts", failures, len(found), 1)


FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "audit", "alert", "clock", *(f"local{number}" for number in range(8))),
)
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
OF_VRL = ("hostname", "appname", "procid", "msgid", "message", "timestamp", "version", "facility", "severity")


def _of_vrl(case: Case) -> Case:
    """A case of VRL like the others: structured data are what has no other name there."""
    said = case["expect"]
    expect = {name: said.get(name) for name in OF_VRL if name in said}
    expect["structured_data"] = {name: value for name, value in said.items() if name not in OF_VRL}
    if "severity" in said:
        priority = {"facility": FACILITIES.index(said["facility"]), "severity": SEVERITIES.index(said["severity"])}
        expect |= priority
    return {"source": "vrl", "name": "", "dialect": "rfc3164", "input": case["args"]["value"], "expect": expect}


def test_what_vrl_reads_is_read() -> None:
    chosen = [case for case in cases("vrl-parsers/cases.jsonl") if case["function"] == "parse_syslog"]
    found = judged([_of_vrl(case) for case in chosen if "expect" in case])
    failures = [(case["input"], differing) for case, row in found if (differing := wrong(case, row))]
    reached("VRL's parse_syslog", failures, len(found), 1)
    assert not any(is_flagged(row) for _, row in found)


LOGHUB = {
    "Linux": lambda row: (f"{row['Month']} {row['Date']} {row['Time']}", row["Level"], row["Component"], row["PID"]),
    "OpenSSH": lambda row: (f"{row['Date']} {row['Day']} {row['Time']}", row["Component"], "sshd", row["Pid"]),
}
"""Time, host, component and pid of a line, which stand under other names in either log."""


@pytest.mark.parametrize("system", LOGHUB)
def test_real_logs(system: str) -> None:
    lines = path(f"loghub/{system}/{system}_2k.log").read_text(encoding="utf-8").split("\n")
    packed = path(f"loghub/{system}/{system}_2k.log_structured.csv.zst").read_bytes()
    truth = csv.DictReader(io.StringIO(zstandard.ZstdDecompressor().stream_reader(packed).read().decode()))
    wanted = [LOGHUB[system](row) for row in truth]
    found = [_names(row) for row in rows([{"raw": line} for line in lines[: len(wanted)]])]
    failures = [(line, got, want) for line, got, want in zip(lines, found, wanted, strict=False) if got != want]
    reached(f"{system}: time, host, component and pid", failures, len(wanted), 0.99)


def _names(row: dict[str, Any]) -> tuple[str, ...]:
    time = f"{row['timestamp']:%b} {row['timestamp'].day} {row['timestamp']:%H:%M:%S}"
    return time, row.get("host_name", ""), row.get("service_name") or "", str(row["attributes"].get("process.pid", ""))


def test_a_real_log_of_a_host_in_the_cloud() -> None:
    text = zstandard.ZstdDecompressor().stream_reader(path("auth-log/auth.log.zst").read_bytes()).read().decode()
    lines = text.splitlines()
    failures = []
    for line, row in zip(lines, rows([{"raw": line} for line in lines]), strict=True):
        time, host, app, pid = _names(row)
        tag = f"{app}[{pid}]" if pid else app
        if " ".join(line.split()) != " ".join(f"{time} {host} {tag}: {row['body']}".split()):
            failures.append((line, row))
    reached("auth.log: all parts of a line", failures, len(lines), 0.99)
