"""Entries of systemd's journal, as `journalctl -o json` writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stacklens_pipeline.parse import parse_lines
from tests.unit.parse.lines import raw
from tests.unit.parse.records import expect, record

ENTRY: dict[str, Any] = {
    "__CURSOR": "s=0;i=1",
    "__REALTIME_TIMESTAMP": "1767323045123456",
    "__MONOTONIC_TIMESTAMP": "5",
    "_BOOT_ID": "f3f2b9b0c6a54d5e8e3f0d2b1a090807",
    "PRIORITY": "3",
    "_HOSTNAME": "web-1",
    "SYSLOG_IDENTIFIER": "sshd",
    "_PID": "77",
    "_SYSTEMD_UNIT": "ssh.service",
    "MESSAGE": "it failed",
}
COLUMNS = ("__REALTIME_TIMESTAMP", "PRIORITY", "_HOSTNAME", "SYSLOG_IDENTIFIER", "MESSAGE")


def test_an_entry_of_the_journal() -> None:
    expect(
        ENTRY,
        format="journald",
        timestamp=datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
        timestamp_source="epoch",
        level="ERROR",
        level_source="syslog",
        severity_number=17,
        host_name="web-1",
        service_name="sshd",
        body="it failed",
        attributes={key: value for key, value in ENTRY.items() if key not in COLUMNS},
    )


def test_the_time_of_the_source_comes_before_that_of_the_journal() -> None:
    found = record({**ENTRY, "_SOURCE_REALTIME_TIMESTAMP": "1767323045000000"})
    assert found["timestamp"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found["attributes"]["__REALTIME_TIMESTAMP"] == "1767323045123456"


@pytest.mark.parametrize(
    ("message", "body", "kept"),
    [
        ([104, 105], "hi", None),
        ([27, 91, 51, 49, 109, 195, 164], "\x1b[31mä", None),
        ([104, 255, 105], "h\ufffdi", [104, 255, 105]),
    ],
)
def test_a_message_of_bytes_is_read_as_text_and_kept_where_it_is_none(
    message: list[int], body: str, kept: list[int] | None
) -> None:
    found = record({**ENTRY, "MESSAGE": message})
    assert (found["body"], found["attributes"].get("MESSAGE")) == (body, kept)


@pytest.mark.parametrize("message", [None, [], [256], [-1], [True], ["a", "b"], {"a": 1}])
def test_a_message_that_is_none_stays_among_the_attributes(message: object) -> None:
    found = record({**ENTRY, "MESSAGE": message})
    assert found["attributes"]["MESSAGE"] == message
    assert found["body"].startswith('{"__CURSOR"')


def test_the_service_is_what_is_known_best() -> None:
    names = {"CONTAINER_NAME": "shop", "SYSLOG_IDENTIFIER": "0f3", "_SYSTEMD_UNIT": "a.service", "_COMM": "dockerd"}
    entry = {key: value for key, value in ENTRY.items() if key not in names}
    for name in list(names):
        assert record({**entry, **names})["service_name"] == names.pop(name)


@pytest.mark.parametrize("key", ["__REALTIME_TIMESTAMP", "__CURSOR", "_BOOT_ID"])
def test_one_key_of_the_journal_is_enough(key: str) -> None:
    expect({"MESSAGE": "m", key: "1767323045000000"}, format="journald", body="m")


@pytest.mark.parametrize(
    "line",
    [
        b'{"msg":"it is \\"__CURSOR\\" that","_id":1}',
        b'{"msg":"__REALTIME_TIMESTAMP"}',
        b'{"msg":["_BOOT_ID"]}',
        b'{"_PID":"1","MESSAGE":"m"}',
    ],
)
def test_other_objects_are_no_entries(line: bytes) -> None:
    assert record(line)["format"] == "json"


def test_an_entry_that_was_cut_is_text_and_its_neighbours_are_none_the_worse() -> None:
    cut = b'{"__CURSOR":"s=1","_BOOT_ID":"x","MESSAGE":"cut in the mid'
    parsed = parse_lines(raw([b'{"_BOOT_ID":"x","MESSAGE":"m"}', cut, b'{"_BOOT_ID":"y","MESSAGE":"n"}'])).parsed
    found = parsed.sort("offset").select("format", "body").rows()
    assert found == [("journald", "m"), ("text", cut.decode()), ("journald", "n")]
